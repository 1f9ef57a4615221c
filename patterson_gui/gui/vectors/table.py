"""The table model of interatomic vectors: a row for each, sorted by any column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.vectors.vectors import ModelVectors
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.tables.column_model import ColumnModel

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


class VectorModel(ColumnModel):
    """The listed vectors as rows."""

    def __init__(self) -> None:
        super().__init__(len(VECTOR_COLUMNS), left={0})
        self.shown: ModelVectors | None = None
        self.listed: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def set_vectors(self, shown: ModelVectors | None, listed: NDArray[np.int64]) -> None:
        self.beginResetModel()
        self.shown, self.listed = shown, listed
        self.endResetModel()

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
        shown = not_none(self.shown)
        return VECTOR_COLUMNS[column].order(shown, int(self.listed[row]))

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
