"""The base of table models: rows with texts, and columns with headings that rows are sorted by."""

from abc import abstractmethod
from collections.abc import Collection

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt

Index = QModelIndex
ORDER_ROLE = Qt.ItemDataRole.UserRole


class ColumnModel(QAbstractTableModel):
    """Rows of texts. Columns of numbers are aligned to the right."""

    def __init__(self, columns: int, *, left: Collection[int]) -> None:
        """`left` : the columns that are aligned to the left."""
        super().__init__()
        self._columns = columns
        self._left = frozenset(left)

    @abstractmethod
    def count(self) -> int:
        """The number of rows."""

    @abstractmethod
    def heading(self, column: int) -> str:
        """What stands above a column."""

    @abstractmethod
    def text(self, row: int, column: int) -> str:
        """What stands in a cell."""

    @abstractmethod
    def order(self, row: int, column: int) -> float | str:
        """What the rows are sorted by when they are sorted by this column."""

    def heading_tip(self, column: int) -> str | None:
        """More words about a column; None: none."""
        return None

    def row_tip(self, row: int) -> str | None:
        """More words about a row; None: none."""
        return None

    # ------------------------------------------------------------------ what Qt asks
    def rowCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.count()

    def columnCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._columns

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.heading_tip(section)
        return self.heading(section) if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= self.count():
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(column)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.row_tip(row)
        return self.order(row, column) if role == ORDER_ROLE else None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column in self._left else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter
