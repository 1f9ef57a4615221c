"""The table model of interatomic vectors: a row for each, sorted by any column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt

from patterson_gui.app.vectors.vectors import ModelVectors

Index = QModelIndex
ORDER_ROLE = Qt.ItemDataRole.UserRole
_LAST = 1e9  # sorts after every number


@dataclass(frozen=True)
class VectorColumn:
    """One column.

    Attributes
    ----------
    heading, tip : shown above the column.
    text : of the cell of a vector.
    order : number or text by which rows are sorted.
    """

    heading: str
    tip: str
    text: Callable[[ModelVectors, int], str]
    order: Callable[[ModelVectors, int], float | str]


def pair_text(shown: ModelVectors, row: int) -> str:
    """The two atoms of a vector, "Au1 – Au1 at −x, y+1/2, −z"."""
    one, other, operation = shown.names(row)
    return f"{one} – {other} at {operation}" if operation else f"{one} – {other}"


def _column(
    heading: str, tip: str, format_: str, value: Callable[[ModelVectors, int], float]
) -> VectorColumn:
    """A column of numbers. Those that do not exist are a dash and come last."""

    def text(shown: ModelVectors, row: int) -> str:
        number = value(shown, row)
        return format(number, format_) if np.isfinite(number) else "–"

    def order(shown: ModelVectors, row: int) -> float:
        number = value(shown, row)
        return number if np.isfinite(number) else _LAST

    return VectorColumn(heading, tip, text, order)


def _peak_number(shown: ModelVectors, row: int) -> float:
    peak = int(shown.matches.peak[row])
    return float(shown.numbers[peak]) if peak >= 0 else float("nan")


def _coordinate(axis: int) -> Callable[[ModelVectors, int], float]:
    return lambda shown, row: float(shown.matches.place[row, axis])


VECTOR_COLUMNS = (
    VectorColumn(
        "Atoms", "The vector leads from the second atom to the first.", pair_text, pair_text
    ),
    _column("u", "Fractional, of the equivalent nearest to its peak", ".3f", _coordinate(0)),
    _column("v", "Fractional, of the equivalent nearest to its peak", ".3f", _coordinate(1)),
    _column("w", "Fractional, of the equivalent nearest to its peak", ".3f", _coordinate(2)),
    _column("Length, Å", "The shortest of its equivalents by the lattice", ".2f",
            lambda s, r: float(s.vectors.length[r])),
    _column("Weight, %", "Σ Z₁Z₂ of the pairs that meet there, of Σ Z² at the origin", ".2f",
            lambda s, r: 100 * float(s.vectors.weight[r]) / s.origin),
    _column("Map, rmsd", "The Patterson map at the vector, above its mean", ".1f",
            lambda s, r: float(s.matches.value[r])),
    _column("Peak", "Number of the peak that it explains; 0 is the origin", ".0f", _peak_number),
    _column("Residual, Å", "Distance from the vector to that peak", ".2f",
            lambda s, r: float(s.matches.residual[r])),
)  # fmt: skip


class VectorModel(QAbstractTableModel):
    """The listed vectors as rows."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: ModelVectors | None = None
        self.listed: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def set_vectors(self, shown: ModelVectors | None, listed: NDArray[np.int64]) -> None:
        self.beginResetModel()
        self.shown, self.listed = shown, listed
        self.endResetModel()

    def rowCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.listed)

    def columnCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(VECTOR_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return VECTOR_COLUMNS[section].tip
        return VECTOR_COLUMNS[section].heading if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if self.shown is None or not index.isValid():
            return None
        column, row = VECTOR_COLUMNS[index.column()], int(self.listed[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(self.shown, row)
        return column.order(self.shown, row) if role == ORDER_ROLE else None

    def texts(self, rows: Sequence[int]) -> str:
        """Rows of the table, tab-separated, with headings."""
        shown = self.shown
        if shown is None:
            return ""
        lines = ["\t".join(column.heading for column in VECTOR_COLUMNS)]
        lines += [
            "\t".join(column.text(shown, int(self.listed[row])) for column in VECTOR_COLUMNS)
            for row in rows
        ]
        return "\n".join(lines)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
