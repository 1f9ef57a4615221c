"""Chemical formula, number of formula units, density and F(000) of a refined model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import gemmi
import numpy as np

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.models.bonds import Bonds
from patterson_gui.crystal.models.molecules import packed

# Unified atomic mass unit in g, times Å³ in cm³: density = factor · mass / volume.
_GRAM_PER_CM3 = 1.66053906660
_WHOLE = 0.02  # a count this near a whole number is one


@dataclass(frozen=True)
class ModelContents:
    """What a model says is in the unit cell.

    Attributes
    ----------
    in_cell : atoms of each element in the cell, in Hill order; sums of occupancies.
    z : formula units in the cell.
    """

    in_cell: Mapping[str, float]
    z: int
    volume: float  # Å³

    @property
    def formula(self) -> str:
        """One formula unit in Hill order: 'C11 H10 O2 S'; '' of an empty model."""
        return formula_text({element: n / self.z for element, n in self.in_cell.items()})

    @property
    def weight(self) -> float:
        """Mass of one formula unit, g/mol."""
        return sum(gemmi.Element(e).weight * n for e, n in self.in_cell.items()) / self.z

    @property
    def density(self) -> float:
        """Calculated density, g/cm³."""
        return _GRAM_PER_CM3 * self.weight * self.z / self.volume

    @property
    def f000(self) -> float:
        """F(000) of X-rays without dispersion: the electrons of the cell."""
        return sum(gemmi.Element(e).atomic_number * n for e, n in self.in_cell.items())

    @property
    def n_non_hydrogen(self) -> float:
        """Non-hydrogen atoms in the cell."""
        return sum(n for element, n in self.in_cell.items() if element not in ("H", "D"))


def contents_of(model: AsymmetricUnit, cell: gemmi.UnitCell, bonds: Bonds) -> ModelContents:
    """Count the atoms of the cell and choose Z.

    Z is the largest number that divides the count of each element and, where there are finite
    molecules, the number of molecules like the largest one. With counts that are not whole, Z is
    the number of such molecules, or 1.
    """
    copies = model.occ * bonds.images.multiplicity
    counts: dict[str, float] = {}
    for element, n in zip(model.elements, copies.tolist(), strict=True):
        counts[element] = counts.get(element, 0.0) + n
    counts = {e: _rounded(counts[e]) for e in hill_order(counts)}
    molecules = _copies_of_largest_molecule(model, cell, bonds)
    divisors = [round(n) for n in counts.values()]
    if all(abs(n - round(n)) < _WHOLE for n in counts.values()):
        divisors += [molecules] if molecules else []
        z = reduce(math.gcd, divisors, 0)
    else:
        z = molecules
    return ModelContents(counts, max(z, 1), float(cell.volume))


def _copies_of_largest_molecule(model: AsymmetricUnit, cell: gemmi.UnitCell, bonds: Bonds) -> int:
    """Molecules in the cell with the formula of the largest finite one; 0 where none is finite."""
    atoms = packed(model, cell, bonds)
    elements = np.array(model.elements)
    formulas = []
    for number in np.flatnonzero(~atoms.endless):
        rows = atoms.atom[atoms.molecule == number]
        heavy = int((~model.is_hydrogen[rows]).sum())
        names, n = np.unique(elements[rows], return_counts=True)
        formulas.append((heavy, len(rows), tuple(zip(names.tolist(), n.tolist(), strict=True))))
    finite = max((entry[0] for entry in formulas), default=0)
    endless = atoms.endless[atoms.molecule]
    if finite == 0 or int((~model.is_hydrogen[atoms.atom[endless]]).sum()) > 0:
        return 0
    return formulas.count(max(formulas))


def hill_order(elements: Mapping[str, float]) -> list[str]:
    """C, H, then the others by symbol; all by symbol where there is no carbon."""
    first = [e for e in ("C", "H", "D") if e in elements] if "C" in elements else []
    return first + sorted(e for e in elements if e not in first)


def formula_text(counts: Mapping[str, float]) -> str:
    """'C11 H10 O2 S' of counts, in Hill order; fractions with two decimals."""
    words = []
    for element in hill_order(counts):
        n = _rounded(counts[element])
        if n > 0:
            words.append(element + ("" if n == 1 else f"{n:.2f}".rstrip("0").rstrip(".")))
    return " ".join(words)


def _rounded(n: float) -> float:
    return float(round(n)) if abs(n - round(n)) < _WHOLE else n
