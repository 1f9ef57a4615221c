"""The tab of a data set: page through its examples, with facts about example and data set."""

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import QEvent, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.datasets.pages import SPLIT_WORDS, spaced
from patterson_gui.app.document.statistics import Rows
from patterson_gui.gui.panels.statistics import StatisticsPanel
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.scrolled import in_scroll_area

PAGER_WIDTH = 424
LEAP = 10  # examples that Page Up and Page Down skip
_KEY = Qt.Key
KEYS = (_KEY.Key_Home, _KEY.Key_End, _KEY.Key_PageUp, _KEY.Key_PageDown)


class _Number(QSpinBox):
    """A number box that leaves Home, End and the page keys to the pager."""

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.key() in KEYS:
            event.ignore()
            return False
        return super().event(event)


class DatasetViewer(QWidget):
    """The pager with facts about the example, and beside it facts about the data set.

    Signals
    -------
    go_wanted(int) : number of an example in the chosen split, from 0.
    step_wanted(int), last_wanted, random_wanted
    split_chosen(str | None)
    show_wanted : show the example in the views again.
    close_clicked, train_clicked
    """

    go_wanted = pyqtSignal(int)
    step_wanted = pyqtSignal(int)
    last_wanted = pyqtSignal()
    random_wanted = pyqtSignal()
    split_chosen = pyqtSignal(object)
    show_wanted = pyqtSignal()
    close_clicked = pyqtSignal()
    train_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.name = PlainLabel()
        self.name.setObjectName("view-title")
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.split = QComboBox()
        self.split.setToolTip("Split of the data set to page through")
        self.split.currentIndexChanged.connect(self._choose_split)
        self.rows = QFormLayout()
        self.rows.setVerticalSpacing(4)
        self.rows.setHorizontalSpacing(16)
        self.show_button = QPushButton("Show again")
        self.show_button.setToolTip("Show this example in the views again")
        self.show_button.clicked.connect(self.show_wanted)
        self.train = QPushButton("Train…")
        self.train.setToolTip("Train a network on this data set")
        self.train.clicked.connect(self.train_clicked)
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Close the data set and show what was open before")
        self.close_button.clicked.connect(self.close_clicked)
        self.facts = StatisticsPanel()
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.train)
        buttons.addWidget(self.show_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._make_pager())
        column.addWidget(self.name)
        column.addLayout(self.rows)
        column.addStretch(1)
        column.addLayout(buttons)
        left = QWidget()
        left.setFixedWidth(PAGER_WIDTH)
        left.setLayout(column)
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedWidth(1)
        content = QWidget()
        in_scroll_area(self, content)
        layout = QHBoxLayout(content)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(16)
        layout.addWidget(left)
        layout.addWidget(rule)
        layout.addWidget(self.facts, 1)

    def _make_pager(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.number = _Number()
        self.number.setRange(1, 1)
        self.number.setKeyboardTracking(False)
        self.number.setAccessibleName("Number of the example")
        self.number.setToolTip("Home, End: first, last; Page Up, Page Down: ten back, ten forward")
        self.number.valueChanged.connect(lambda value: self.go_wanted.emit(value - 1))
        self.previous = self._button("‹", "Previous example (←)", -1)
        self.next = self._button("›", "Next example (→)", 1)
        self.random = QToolButton()
        self.random.setObjectName("framed")
        self.random.setText("Random")
        self.random.setToolTip("Random example")
        self.random.clicked.connect(self.random_wanted)
        row.addWidget(self.previous)
        row.addWidget(self.number, 1)
        row.addWidget(self.next)
        row.addWidget(self.random)
        row.addWidget(self.split)
        self.split.setMinimumWidth(112)
        return row

    def _button(self, text: str, tip: str, by: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName("framed")
        button.setText(text)
        button.setToolTip(tip)
        button.setAutoRepeat(True)
        button.clicked.connect(lambda: self.step_wanted.emit(by))
        return button

    # ------------------------------------------------------------------ content
    def set_splits(self, sizes: Mapping[str, int], chosen: str | None) -> None:
        """Offer all examples, or those of one split."""
        blocker = QSignalBlocker(self.split)
        self.split.clear()
        self.split.addItem(f"all {spaced(sum(sizes.values()))}", None)
        for name, size in sizes.items():
            self.split.addItem(f"{SPLIT_WORDS[name]} {spaced(size)}", name)
        self.split.setCurrentIndex(max(0, self.split.findData(chosen)))
        del blocker

    def set_example(self, position: int, count: int, name: str, rows: Rows) -> None:
        """Show an example: its number, from 0, its name and facts."""
        blocker = QSignalBlocker(self.number)
        self.number.setRange(1, max(1, count))
        self.number.setSuffix(f" of {spaced(count)}")
        self.number.setValue(position + 1)
        del blocker
        self.previous.setEnabled(position > 0)
        self.next.setEnabled(position + 1 < count)
        self.random.setEnabled(count > 1)
        self.name.setText(name)
        while self.rows.rowCount():
            self.rows.removeRow(0)
        for key, value in rows:
            label = PlainLabel(key)
            label.setObjectName("dim")
            shown = PlainLabel(value)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            shown.setWordWrap(True)
            self.rows.addRow(label, shown)

    def set_showing(self, showing: bool) -> None:
        """Whether the views show the example."""
        self.show_button.setVisible(not showing)

    def set_facts(self, groups: Sequence[tuple[str, Rows]]) -> None:
        """Show contents, what was left out, settings and provenance of the data set."""
        self.facts.set_groups(groups)

    # ------------------------------------------------------------------ user input
    def _choose_split(self, _index: int) -> None:
        self.split_chosen.emit(self.split.currentData())

    def event(self, event: QEvent | None) -> bool:
        # Home is a shortcut of the window; in this tab it goes to the first page.
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in KEYS
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        moves = {
            _KEY.Key_Left: lambda: self.step_wanted.emit(-1),
            _KEY.Key_Right: lambda: self.step_wanted.emit(1),
            _KEY.Key_PageUp: lambda: self.step_wanted.emit(-LEAP),
            _KEY.Key_PageDown: lambda: self.step_wanted.emit(LEAP),
            _KEY.Key_Home: lambda: self.go_wanted.emit(0),
            _KEY.Key_End: self.last_wanted.emit,
        }
        move = moves.get(_KEY(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            move()
