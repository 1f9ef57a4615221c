"""The Harker sections of the space group in a row: one click shows one."""

from collections.abc import Sequence

from PyQt6.QtCore import QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from patterson_gui.crystal.sections.harker import HarkerSection
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.not_none import not_none

_MOST_ROWS = 2  # of entries before the list scrolls


class HarkerList(QWidget):
    """Emits the section that is clicked or chosen with the keys."""

    chosen = pyqtSignal(object)  # HarkerSection

    def __init__(self) -> None:
        super().__init__()
        self._words = text_label("", dim=True)
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
        layout.addWidget(self._words)
        layout.addWidget(self.list)
        self._sections: tuple[HarkerSection, ...] = ()

    def set_sections(self, sections: Sequence[HarkerSection], spacegroup: str | None) -> None:
        """List these; without any, say so."""
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
        if spacegroup is None:
            self._words.setText("Harker sections appear here when a file is open.")
        elif sections:
            self._words.setText(f"Harker sections of {spacegroup}")
        else:
            self._words.setText(
                f"{spacegroup} has no Harker sections: it has no rotation, screw, mirror or glide."
            )
        self._fit()

    @property
    def words(self) -> str:
        """The line above the list."""
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
