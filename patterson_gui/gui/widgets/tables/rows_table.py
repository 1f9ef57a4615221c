"""A compact table of texts whose rows can be chosen; it keeps the chosen row when it is filled."""

from collections.abc import Callable, Collection, Sequence

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QColor, QFont, QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import plain_tip

ROW_HEIGHT = 24
_LEAST_LAST = 40  # of the last column


class RowsTable(QTableWidget):
    """Rows of texts. The last column takes what is left of the width.

    Signals
    -------
    row_clicked(int) : by mouse or keys.
    """

    row_clicked = pyqtSignal(int)

    def __init__(
        self,
        head: Sequence[str],
        tips: Sequence[str] = (),
        *,
        numbers: Collection[int] = (),
        several: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`numbers` : the columns that are aligned to the right."""
        super().__init__(0, len(head), parent)
        self._numbers = frozenset(numbers)
        self._rows: tuple[tuple[str, ...], ...] = ()
        self._content: object = None  # what the table was filled with
        self.setHorizontalHeaderLabels(list(head))
        for column in range(len(head)):
            item = not_none(self.horizontalHeaderItem(column))
            item.setTextAlignment(self._alignment(column))
            item.setToolTip(plain_tip(tips[column]) if column < len(tips) else "")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setObjectName("rows")
        self.setWordWrap(False)
        self.setFont(theme.tabular_font())
        rows = not_none(self.verticalHeader())
        rows.hide()
        rows.setDefaultSectionSize(ROW_HEIGHT)
        header = not_none(self.horizontalHeader())
        # Not resized with every cell, which is slow: once, when the table is filled.
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_rows)
        self.cellClicked.connect(lambda row, _column: self.row_clicked.emit(row))
        self.currentCellChanged.connect(self._moved)

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = (
            Qt.AlignmentFlag.AlignRight if column in self._numbers else Qt.AlignmentFlag.AlignLeft
        )
        return side | Qt.AlignmentFlag.AlignVCenter

    def _moved(self, row: int, _column: int, before: int, _before: int) -> None:
        if row >= 0 and row != before and self.hasFocus():
            self.row_clicked.emit(row)

    def set_rows(
        self,
        rows: Sequence[tuple[str, ...]],
        *,
        marked: Collection[int] = (),
        tips: Sequence[str] = (),
        editable: Callable[[int, int], bool] = lambda _row, _column: False,
    ) -> None:
        """Show these rows; those in `marked` are bold. The chosen rows stay, by number."""
        content = (tuple(rows), frozenset(marked), tuple(tips))
        if content == self._content:
            return
        self._content = content
        blocker = QSignalBlocker(self)
        chosen = self.chosen_rows()
        self._rows = tuple(rows)
        self.setRowCount(len(rows))
        plain, bold = QFont(self.font()), QFont(self.font())
        bold.setBold(True)
        for i, cells in enumerate(rows):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setTextAlignment(self._alignment(column))
                item.setFont(bold if i in marked else plain)
                item.setToolTip(plain_tip(tips[i] if i < len(tips) else text))
                flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
                if editable(i, column):
                    flags |= Qt.ItemFlag.ItemIsEditable
                item.setFlags(flags)
                self.setItem(i, column, item)
        self.clearSelection()
        for row in chosen:
            if row < len(rows):
                self._select(row)
        self._fit_columns()
        del blocker

    def _fit_columns(self) -> None:
        """Make columns as wide as their texts; the last one takes the rest."""
        last = self.columnCount() - 1
        for column in range(last):
            self.resizeColumnToContents(column)
        rest = not_none(self.viewport()).width() - sum(map(self.columnWidth, range(last)))
        self.setColumnWidth(last, max(rest, _LEAST_LAST))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def forget(self) -> None:
        """Fill the table anew the next time, even with the same rows."""
        self._content = None

    def dim_rows(self, rows: Collection[int]) -> None:
        """Write these rows in the colour of less important text."""
        brush = QBrush(QColor(theme.current().dim))
        blocker = QSignalBlocker(self)
        for row in rows:
            for column in range(self.columnCount()):
                not_none(self.item(row, column)).setForeground(brush)
        del blocker

    def chosen_rows(self) -> list[int]:
        """The chosen rows, from above."""
        return sorted({index.row() for index in self.selectedIndexes()})

    def choose_row(self, row: int | None) -> None:
        """Choose one row and scroll to it; None: no row. Emits nothing."""
        blocker = QSignalBlocker(self)
        self.clearSelection()
        if row is not None and row < self.rowCount():
            self._select(row)
            self.scrollToItem(self.item(row, 0))
        del blocker

    def _select(self, row: int) -> None:
        for column in range(self.columnCount()):
            item = self.item(row, column)
            if item is not None:
                item.setSelected(True)

    def copy_rows(self) -> None:
        """Copy the chosen rows, tab-separated."""
        copy_text("\n".join("\t".join(self._rows[row]) for row in self.chosen_rows()))
