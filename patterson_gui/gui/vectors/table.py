"""The table model of interatomic vectors: a row for each, sorted by any column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSortFilterProxyModel, Qt

from patterson_gui.app.vectors.vectors import ModelVectors
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.tables.column_model import ColumnModel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class VectorColumn:
    """One column.

    Attributes
    ----------
    heading, tip : shown above the column.
    text : of the cell of a vector.
    order : a number for each vector (n,), by which rows are sorted; NaN: none, sorted last.
    """

    heading: str
    tip: str
    text: Callable[[ModelVectors, int], str]
    order: Callable[[ModelVectors], Array]


def pair_text(shown: ModelVectors, row: int) -> str:
    """The two atoms of a vector, "Au1 – Au1 at −x, y+1/2, −z"."""
    one, other, operation = shown.names(row)
    return f"{one} – {other} at {operation}" if operation else f"{one} – {other}"


def _pair_order(shown: ModelVectors) -> Array:
    """The atoms in their order in the model, then the operations."""
    vectors, n_atoms = shown.vectors, len(shown.atoms.labels)
    n_operations = 1 + int(vectors.operation.max(initial=0))
    pair = vectors.first.astype(np.float64) * n_atoms + vectors.second
    return np.asarray(pair * n_operations + vectors.operation)


def _column(
    heading: str, tip: str, format_: str, values: Callable[[ModelVectors], Array]
) -> VectorColumn:
    """A column of numbers. Those that do not exist are a dash."""

    def text(shown: ModelVectors, row: int) -> str:
        number = float(values(shown)[row])
        return format(number, format_) if np.isfinite(number) else "–"

    return VectorColumn(heading, tip, text, values)


def _peak_number(shown: ModelVectors) -> Array:
    peak = shown.matches.peak
    return np.where(peak >= 0, peak + float(shown.numbers.start), np.nan)


def _coordinate(axis: int) -> Callable[[ModelVectors], Array]:
    return lambda shown: np.asarray(shown.matches.place[:, axis], dtype=np.float64)


VECTOR_COLUMNS = (
    VectorColumn(
        "Atoms", "The vector leads from the second atom to the first.", pair_text, _pair_order
    ),
    _column("u", "Fractional, of the equivalent nearest to its peak", ".3f", _coordinate(0)),
    _column("v", "Fractional, of the equivalent nearest to its peak", ".3f", _coordinate(1)),
    _column("w", "Fractional, of the equivalent nearest to its peak", ".3f", _coordinate(2)),
    _column("Length, Å", "The shortest of its equivalents by the lattice", ".2f",
            lambda shown: shown.vectors.length),
    _column("Weight, %", "Σ Z₁Z₂ of the pairs that meet there, of Σ Z² at the origin", ".2f",
            lambda shown: np.asarray(100 * shown.vectors.weight / shown.origin)),
    _column("Map, rmsd", "The Patterson map at the vector, above its mean", ".1f",
            lambda shown: shown.matches.value),
    _column("Peak", "Number of the peak that it explains; 0 is the origin", ".0f", _peak_number),
    _column("Residual, Å", "Distance from the vector to that peak", ".2f",
            lambda shown: shown.matches.residual),
)  # fmt: skip


class SortedByModel(QSortFilterProxyModel):
    """The rows of a model that sorts itself.

    Qt would compare two rows at a time through Python: seconds for 20,000 vectors.
    """

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        not_none(self.sourceModel()).sort(column, order)


class VectorModel(ColumnModel):
    """The listed vectors as rows."""

    def __init__(self) -> None:
        super().__init__(len(VECTOR_COLUMNS), left={0})
        self.shown: ModelVectors | None = None
        self.listed: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

        self._sorted_by = (0, False)

    def set_vectors(self, shown: ModelVectors | None, listed: NDArray[np.int64]) -> None:
        self.beginResetModel()
        self.shown, self.listed = shown, listed
        self.listed = self.listed[self._places(*self._sorted_by)]
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows; the chosen ones stay chosen."""
        self._sorted_by = (column, order == Qt.SortOrder.DescendingOrder)
        self.layoutAboutToBeChanged.emit()
        places = self._places(*self._sorted_by)
        self.listed = self.listed[places]
        line_of = np.argsort(places)
        old = self.persistentIndexList()
        self.changePersistentIndexList(
            old, [self.index(int(line_of[one.row()]), one.column()) for one in old]
        )
        self.layoutChanged.emit()

    def _places(self, column: int, descending: bool) -> NDArray[np.int64]:
        """(n,) present rows in the order of a column, those without a number last."""
        if self.shown is None:
            return np.arange(len(self.listed))
        keys = VECTOR_COLUMNS[column].order(self.shown)[self.listed]
        return np.argsort(-keys if descending else keys, kind="stable")

    def count(self) -> int:
        return len(self.listed)

    def heading(self, column: int) -> str:
        return VECTOR_COLUMNS[column].heading

    def heading_tip(self, column: int) -> str:
        return VECTOR_COLUMNS[column].tip

    def text(self, row: int, column: int) -> str:
        shown = not_none(self.shown)
        return VECTOR_COLUMNS[column].text(shown, int(self.listed[row]))

    def order(self, row: int, column: int) -> float | str:
        return float(VECTOR_COLUMNS[column].order(not_none(self.shown))[self.listed[row]])

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
