"""Tables of crystals, and a dialog to search and choose one."""

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import plain_tip

Index = QModelIndex
Row = tuple[str, ...]
TYPING_MS = 150  # after the last key the list is searched
MOST_ROWS = 5000  # listed at once; a search finds the others


class RowsModel(QAbstractTableModel):
    """Rows of text; the columns in `right` are right-aligned."""

    def __init__(self, headings: Row, right: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self._headings, self._right = headings, right
        self.rows: Sequence[Row] = ()

    def set_rows(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._headings)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return self._headings[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(str(self.rows[index.row()][index.column()]))
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column in self._right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class RowsTable(QTableView):
    """A table of text rows. `opened(row)` : a double-click, or Return."""

    opened = pyqtSignal(int)

    def __init__(self, headings: Row, right: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self.rows = RowsModel(headings, right)
        self.setModel(self.rows)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        lines = not_none(self.verticalHeader())
        lines.hide()
        lines.setDefaultSectionSize(24)
        header = not_none(self.horizontalHeader())
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column in right:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.activated.connect(lambda index: self.opened.emit(index.row()))

    def set_rows(self, rows: Sequence[Row]) -> None:
        self.rows.set_rows(rows)

    @property
    def chosen(self) -> int | None:
        """The selected row."""
        index = self.currentIndex()
        return index.row() if index.isValid() else None


class ChooseCrystalDialog(QDialog):
    """Choose one of many crystals, with a search line. It stays open for further choices."""

    chosen = pyqtSignal(int)

    def __init__(
        self,
        title: str,
        row: Callable[[int], Row],
        search: Callable[[str], list[int]],
        parent: QWidget,
    ) -> None:
        """`row` : texts of a crystal (formula, name, atoms) by its number; `search` : numbers of
        the crystals that match some words."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(480, 560)
        self._row, self._matches = row, search
        self._numbers: list[int] = []
        self.line = QLineEdit()
        self.line.setPlaceholderText("Formula or name, such as Ti O or mp-149")
        self.line.setClearButtonEnabled(True)
        self.table = RowsTable(("Formula", "Name", "Atoms"), frozenset({2}))
        self.table.opened.connect(self._open)
        self.count = text_label("", dim=True)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._search)
        self.line.textChanged.connect(lambda _text: self._typing.start())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.open_button = not_none(
            buttons.addButton("Encode", QDialogButtonBox.ButtonRole.ActionRole)
        )
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self._open_chosen)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.line)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.count)
        layout.addWidget(buttons)
        not_none(self.table.selectionModel()).currentRowChanged.connect(self._show_button)
        self._search()

    def _search(self) -> None:
        found = self._matches(self.line.text())
        self._numbers = found[:MOST_ROWS]
        self.table.set_rows([self._row(number) for number in self._numbers])
        more = f"; the first {MOST_ROWS} are listed" if len(found) > MOST_ROWS else ""
        n = len(found)
        self.count.setText(f"{n} crystal{'' if n == 1 else 's'}{more}. Double-click to encode one.")
        if n:
            self.table.selectRow(0)
        self._show_button()

    def _show_button(self, *_: object) -> None:
        self.open_button.setEnabled(self.table.chosen is not None)

    def _open(self, row: int) -> None:
        self.chosen.emit(self._numbers[row])

    def _open_chosen(self) -> None:
        row = self.table.chosen
        if row is not None and row < len(self._numbers):
            self._open(row)
