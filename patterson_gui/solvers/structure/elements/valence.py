"""Atoms with more bonds than their element ever has: their element is wrong.

Carbon and nitrogen have four bonds to other atoms at most, oxygen two, fluorine one; chlorine and
bromine have one where carbon or nitrogen is bonded to them. Bonds to metals, boron and silicon do
not count: oxygen joins three silicon atoms in stishovite.
"""

from collections.abc import Sequence

import gemmi
import numpy as np

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.models.bonds import covalent_radii
from patterson_gui.crystal.sites.neighbours import neighbours

_MOST = {"C": 4, "N": 4, "O": 2, "F": 1, "Cl": 1, "Br": 1}
_PARTNERS = ("C", "N", "O", "F", "P", "S", "Cl", "Br")
# Of chlorine and bromine; these have several bonds to oxygen and fluorine.
_PARTNERS_OF_HALOGENS = ("C", "N")
_SLACK = 0.2  # Å beyond the sum of covalent radii, for a bond of ordinary length
_REACH = 2.4  # Å
# Å: neighbours that are closer to each other are sites of one disordered atom.
_DISORDERED = 1.1


def overloaded(
    model: AsymmetricUnit, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> dict[int, int]:
    """Rows of atoms with too many bonds for their element, and how many they have.

    Hydrogen atoms do not count, nor do sites that are partly filled or have neighbours that are.
    """
    heavy = np.flatnonzero(~model.is_hydrogen)
    part = model.without_hydrogen()
    near = neighbours(part.frac, cell, spacegroup, _REACH)
    radius = covalent_radii(part.elements)
    bonds = near.select(near.distance < radius[near.atom] + radius[near.other] + _SLACK)
    found: dict[int, int] = {}
    for row, element in enumerate(part.elements):
        if element not in _MOST:
            continue
        partners = _PARTNERS if element in "CNOF" else _PARTNERS_OF_HALOGENS
        around = bonds.of(row)
        kept = np.array([part.elements[i] in partners for i in around.other], dtype=bool)
        if kept.sum() <= _MOST[element]:
            continue
        sites = [row, *around.other.tolist()]
        full = not part.part[sites].any() and bool((part.occ[sites] > 0.99).all())
        apart = np.linalg.norm(around.vector[:, None] - around.vector[None], axis=-1)
        np.fill_diagonal(apart, np.inf)
        if full and apart.min() > _DISORDERED and around.distance.min() > _DISORDERED:
            found[int(heavy[row])] = int(kept.sum())
    return found


def with_enough_bonds(bonds: int, element: str, choices: Sequence[str]) -> list[str]:
    """The light elements among `choices` that an atom of an overloaded element can be."""
    return [e for e in choices if e != element and e in ("C", "N", "O") and _MOST[e] >= bonds]
