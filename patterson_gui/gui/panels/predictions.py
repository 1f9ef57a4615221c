"""The list of kept predictions: a click shows one, two can be compared."""

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.gui.widgets.labels import FittingLabel, format_number
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import plain_tip

_HEADINGS = ("Name", "Time", "R", "r", "Atoms", "File", "")
_TIPS = (
    "Double-click to rename",
    "When it ended",
    "Σ|s|Fc| − |Fo|| / Σ|Fo|",
    "Correlation with the truth, aligned",
    "Atoms built into the density",
    "Whether a file has it",
)
_WIDTHS = (180, 72, 72, 72, 72, 112)
_NONE = "Predictions of the open crystal are kept here until another one is opened."
_SOME = "Click one to show it; choose two to compare them."


class PredictionsPanel(QWidget):
    """One line for each prediction, the newest first."""

    show_clicked = pyqtSignal(object)  # KeptPrediction
    compare_clicked = pyqtSignal(object, object)  # two of them
    end_clicked = pyqtSignal()  # of the comparison
    save_clicked = pyqtSignal(object)
    remove_clicked = pyqtSignal(object)
    renamed = pyqtSignal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[KeptPrediction] = []
        self._shown: KeptPrediction | None = None
        self._comparing = False
        self.words = FittingLabel()
        self._make_table()
        self.compare = QPushButton("Compare")
        self.compare.clicked.connect(self._compare)
        self.save = QPushButton("Save…")
        self.save.setToolTip("Save this prediction, with its crystal, as a bundle")
        self.save.clicked.connect(lambda: self._on_one(self.save_clicked.emit))
        self.remove = QPushButton("Remove")
        self.remove.clicked.connect(lambda: self._on_one(self.remove_clicked.emit))
        bar = QHBoxLayout()
        bar.addWidget(self.words, 1)
        for button in (self.compare, self.save, self.remove):
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)
        self.show_items([], None)

    def _make_table(self) -> None:
        self.table = QTreeWidget()
        self.table.setHeaderLabels(list(_HEADINGS))
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAlternatingRowColors(True)
        self.table.setAllColumnsShowFocus(True)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.table.setAccessibleName("Kept predictions")
        header = not_none(self.table.header())
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header_item = not_none(self.table.headerItem())
        for column, (width, tip) in enumerate(zip(_WIDTHS, _TIPS, strict=True)):
            header.resizeSection(column, width)
            header_item.setToolTip(column, tip)
            if column in (2, 3, 4):
                header_item.setTextAlignment(column, _RIGHT)
        self.table.itemSelectionChanged.connect(self._show_enabled)
        self.table.itemClicked.connect(self._clicked)
        self.table.itemActivated.connect(self._clicked)
        self.table.itemDoubleClicked.connect(self._edit)
        self.table.itemChanged.connect(self._edited)

    # ------------------------------------------------------------------ showing
    def show_items(
        self,
        items: Sequence[KeptPrediction],
        shown: KeptPrediction | None,
        compared: str = "",
    ) -> None:
        """Show these, the last one first; the one that the views show is in bold.

        `compared` : what is to be read about the two that are compared; "" where none are.
        """
        chosen = self.chosen() if shown is self._shown else [shown]
        self._shown, self._comparing = shown, bool(compared)
        blocker = QSignalBlocker(self.table)
        self.table.clear()
        self._items = list(reversed(items))
        for item in self._items:
            row = QTreeWidgetItem(_texts(item))
            row.setFlags(row.flags() | Qt.ItemFlag.ItemIsEditable)
            for column in (2, 3, 4):
                row.setTextAlignment(column, _RIGHT)
            row.setToolTip(0, plain_tip(item.prediction.verdict))
            font = row.font(0)
            font.setBold(item is shown)
            for column in range(len(_HEADINGS)):
                row.setFont(column, font)
            self.table.addTopLevelItem(row)
            row.setSelected(item in chosen)
        if not chosen and shown in self._items:
            self.table.setCurrentItem(self.table.topLevelItem(self._items.index(shown)))
        del blocker
        self.words.set_texts(compared or (_SOME if items else _NONE))
        self._show_enabled()

    def chosen(self) -> list[KeptPrediction]:
        """The chosen ones, from the top."""
        rows = sorted(self.table.indexOfTopLevelItem(row) for row in self.table.selectedItems())
        return [self._items[row] for row in rows if row < len(self._items)]

    def _show_enabled(self) -> None:
        chosen = self.chosen()
        one = len(chosen) == 1
        self.save.setEnabled(one)
        removable = one and chosen[0] is not self._shown
        self.remove.setEnabled(removable)
        self.remove.setToolTip(
            "Remove this prediction from the list" if removable else "The one that is shown stays."
        )
        self.compare.setText("End comparison" if self._comparing else "Compare")
        self.compare.setEnabled(self._comparing or len(chosen) == 2)
        self.compare.setToolTip(
            "Show the true map again" if self._comparing
            else "Show two predictions side by side, one laid over the other: choose two with Ctrl"
        )  # fmt: skip

    # ------------------------------------------------------------------ doing
    def _on_one(self, call: Callable[[KeptPrediction], object]) -> None:
        chosen = self.chosen()
        if len(chosen) == 1:
            call(chosen[0])

    def _compare(self) -> None:
        chosen = self.chosen()
        if self._comparing:
            self.end_clicked.emit()
        elif len(chosen) == 2:
            self.compare_clicked.emit(*chosen)

    def _clicked(self, row: QTreeWidgetItem, _column: int) -> None:
        if len(self.table.selectedItems()) == 1:
            self.show_clicked.emit(self._items[self.table.indexOfTopLevelItem(row)])

    def _edit(self, row: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self.table.editItem(row, 0)

    def _edited(self, row: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self.renamed.emit(self._items[self.table.indexOfTopLevelItem(row)], row.text(0))


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _texts(item: KeptPrediction) -> list[str]:
    built = item.prediction.built
    saved = "saved" if item.saved else "not saved"
    return [
        item.name,
        f"{item.time:%H:%M}",
        format_number(item.prediction.r_factor, 3),
        format_number(item.r, 3),
        "–" if built is None else str(built.n_atoms),
        saved if item.finished else "not finished",
        "",
    ]
