"""The Harker sections of the space group in a row: one click shows one."""

from collections.abc import Sequence

from PyQt6.QtCore import QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.crystal.sections.harker import HarkerSection
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel

_GROUP_WIDTH = 112  # pixels
_MOST_ROWS = 2  # of entries before the list scrolls


class HarkerList(QWidget):
    """Emits the section that is clicked or chosen with the keys, and a typed space group."""

    chosen = pyqtSignal(object)  # HarkerSection
    group_typed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._words = text_label("", dim=True)
        self.group = QLineEdit()
        self.group.setFixedWidth(_GROUP_WIDTH)
        self.group.setAccessibleName("Space group of the Harker sections")
        self.group.setToolTip("Type another space group to see its Harker sections")
        self.group.editingFinished.connect(self._type_group)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(PlainLabel("Harker sections of"))
        head.addWidget(self.group)
        head.addStretch(1)
        self.list = QListWidget()
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(True)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setSpacing(1)
        self.list.setAccessibleName("Harker sections")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self.list)
        layout.addWidget(self._words)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._sections: tuple[HarkerSection, ...] = ()

    def set_sections(
        self, sections: Sequence[HarkerSection], spacegroup: str | None, *, is_open: bool
    ) -> None:
        """List these; without any, say why. `spacegroup` None: it is not known."""
        self._sections = tuple(sections)
        self.list.clear()
        for section in sections:
            name = section.label if section.kind == "plane" else f"line {section.label}"
            item = QListWidgetItem(name)
            vectors = "\n".join(f"{v.vector}   by   {v.operation}" for v in section.vectors[:8])
            more = len(section.vectors) - 8
            tail = f"\nand {more} more" if more > 0 else ""
            item.setToolTip(f"Harker {section.kind} {section.label}: vectors\n{vectors}{tail}")
            self.list.addItem(item)
        self.list.setVisible(bool(sections))
        self.group.setText(spacegroup or "")
        self.group.setEnabled(is_open)
        self._words.setVisible(not sections)
        if not is_open:
            self._words.setText("They appear here when a file is open.")
        elif spacegroup is None:
            self._words.setText("Type the space group of the crystal: the map does not tell it.")
        else:
            self._words.setText(
                f"{spacegroup} has none: it has no rotation, screw, mirror or glide."
            )
        self._fit()

    def _type_group(self) -> None:
        if self.group.isModified():
            self.group.setModified(False)
            self.group_typed.emit(self.group.text())

    @property
    def words(self) -> str:
        """What is said in place of the list."""
        return self._words.text()

    def mark(self, section: HarkerSection | None) -> None:
        """Show which one is drawn; None: none of them."""
        with QSignalBlocker(self.list):
            self.list.clearSelection()
            self.list.setCurrentRow(-1)
            if section in self._sections:
                self.list.setCurrentRow(self._sections.index(section))

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self._sections[self.list.row(item)])

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as its rows, at most two."""
        if not self._sections:
            return
        hints = [self._hint(i) for i in range(self.list.count())]
        width = sum(hint.width() + 2 for hint in hints)
        rows = min(-(-width // max(self.width() - 8, 1)), _MOST_ROWS)
        self.list.setFixedHeight(rows * (max(hint.height() for hint in hints) + 2) + 4)

    def _hint(self, row: int) -> QSize:
        return self.list.sizeHintForIndex(not_none(self.list.model()).index(row, 0))

    def sizeHint(self) -> QSize:
        return QSize(320, 56)
