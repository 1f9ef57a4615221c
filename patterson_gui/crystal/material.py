"""A material: a lattice and all atoms of one cell, without symmetry."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.display.words import cell_words, named

if TYPE_CHECKING:
    import gemmi

MOST_NUMBER = 94  # plutonium, the heaviest element with known crystal structures


@dataclass(frozen=True, eq=False)
class Material:
    """The atoms of one cell, and the lattice.

    Attributes
    ----------
    positions : (n, 3) Cartesian, Å, in the frame of `lattice`.
    numbers : (n,) atomic numbers.
    lattice : (3, 3) Å, the rows a, b, c; None if unknown.
    name : name of the material, by default its formula.
    identifier : its identifier in a collection, such as 'mp-149'.
    split : 'train', 'val' or 'test' if the collection defines it.
    notes : what its reader assumed or left out, in sentences for the user.
    """

    positions: NDArray[np.float64]
    numbers: NDArray[np.int64]
    lattice: NDArray[np.float64] | None = None
    name: str = ""
    identifier: str = ""
    split: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def __repr__(self) -> str:
        cell = "no lattice" if self.cell is None else cell_words(self.cell)
        return f"<{named('Material', self.label)}: {self.formula}, {len(self)} atoms, {cell}>"

    def _repr_html_(self) -> str:
        from patterson_gui.crystal.display.html import summary

        rows = [
            ("formula", self.formula),
            ("atoms", str(len(self))),
            ("cell", "none" if self.cell is None else cell_words(self.cell)),
        ]
        return summary(self.label, rows)

    @cached_property
    def formula(self) -> str:
        """Formula of all atoms of the cell, in Hill order."""
        import gemmi  # imported here, because it need not be installed for training

        counts = Counter(gemmi.Element(int(z)).name for z in self.numbers)
        first = ["C", "H"] if "C" in counts else []
        order = [s for s in first if s in counts] + sorted(s for s in counts if s not in first)
        return "".join(f"{s}{counts[s] if counts[s] > 1 else ''}" for s in order)

    @property
    def label(self) -> str:
        """Name and identifier, for display."""
        return " ".join(part for part in (self.name or self.formula, self.identifier) if part)

    @property
    def frac(self) -> NDArray[np.float64]:
        """(n, 3) fractional coordinates, not moved into the cell.

        Raises
        ------
        ValueError : there is no lattice.
        """
        if self.lattice is None:
            raise ValueError("atoms without a lattice have no fractional coordinates")
        coordinates: NDArray[np.float64] = self.positions @ np.linalg.inv(self.lattice)
        return coordinates

    @property
    def volume(self) -> float:
        """Å³ of the cell; NaN without a lattice."""
        return float("nan") if self.lattice is None else abs(float(np.linalg.det(self.lattice)))

    @property
    def cell(self) -> "gemmi.UnitCell | None":
        """The unit cell, without the orientation of the lattice."""
        import gemmi

        if self.lattice is None:
            return None
        a, b, c = self.lattice
        edges = [float(np.linalg.norm(v)) for v in (a, b, c)]
        pairs = ((b, c), (a, c), (a, b))
        angles = [float(np.degrees(np.arccos(u @ v / np.sqrt(u @ u * (v @ v))))) for u, v in pairs]
        return gemmi.UnitCell(*edges, *angles)

    def with_element(self, atom: int, number: int) -> Self:
        """The same with another element for one atom."""
        numbers = self.numbers.copy()
        numbers[atom] = number
        return replace(self, numbers=numbers, name="", identifier="", split="")

    def with_position(self, atom: int, position: NDArray[np.float64]) -> Self:
        """The same with one atom at `position` (3,), Cartesian, Å."""
        positions = self.positions.copy()
        positions[atom] = position
        return replace(self, positions=positions, name="", identifier="", split="")
