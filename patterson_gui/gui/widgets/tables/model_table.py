"""A table of a model whose rows the user sorts, chooses and copies."""

from collections.abc import Callable, Sequence

from PyQt6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QSortFilterProxyModel,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QAbstractItemView, QTableView

from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.tables.column_model import ORDER_ROLE

_ROW_HEIGHT = 24


class ModelTable(QTableView):
    """Rows of a model in the order of its proxy. Rows are numbered as in the model.

    Signals
    -------
    row_chosen(int) : the current row, by mouse or keys.
    choice_changed() : other rows are chosen than before.
    """

    row_chosen = pyqtSignal(int)
    choice_changed = pyqtSignal()

    def __init__(
        self,
        rows: QSortFilterProxyModel,
        name: str,
        text_of: Callable[[Sequence[int]], str],
        widths: Sequence[int] = (),
    ) -> None:
        """`name` : for screen readers; `text_of` : what is copied of chosen rows."""
        super().__init__()
        self._rows, self._text_of = rows, text_of
        rows.setSortRole(ORDER_ROLE)
        self.setModel(rows)
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setAccessibleName(name)
        lines = not_none(self.verticalHeader())
        lines.hide()
        lines.setDefaultSectionSize(_ROW_HEIGHT)
        self.header = not_none(self.horizontalHeader())
        self.header.setHighlightSections(False)
        for column, width in enumerate(widths):
            self.header.resizeSection(column, width)
        self.selection = not_none(self.selectionModel())
        self.selection.currentRowChanged.connect(self._choose)
        self.selection.selectionChanged.connect(self.choice_changed)
        self.clicked.connect(self._choose)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_rows)

    def chosen(self) -> list[int]:
        """The chosen rows, from the top of the table."""
        lines = sorted(self.selection.selectedRows(), key=lambda index: index.row())
        return [self._rows.mapToSource(index).row() for index in lines]

    def choose_row(self, row: int | None) -> None:
        """Make a row the current one and scroll to it; None: choose none."""
        if row is None:
            self.selection.clear()
            return
        source = not_none(self._rows.sourceModel())
        index = self._rows.mapFromSource(source.index(row, 0))
        if index.row() != self.currentIndex().row() or not self.chosen():
            flags = QItemSelectionModel.SelectionFlag
            self.selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(index)

    def copy_rows(self) -> None:
        """Copy the chosen rows, tab-separated."""
        copy_text(self._text_of(self.chosen()))

    def _choose(self, index: QModelIndex, _previous: QModelIndex | None = None) -> None:
        source = self._rows.mapToSource(index)
        if source.isValid():
            self.row_chosen.emit(source.row())
