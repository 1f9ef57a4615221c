"""Find atoms that were taken for two: disordered ones that fill one of two nearby sites.

A hydroxyl group that points in two directions gives two peaks on the same atom, each with a part
of the electrons of oxygen. Taken for two atoms, they get the wrong elements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import Radiation
from patterson_gui.crystal.models.bonds import TOLERANCE, covalent_radii
from patterson_gui.crystal.sites.neighbours import Neighbours
from patterson_gui.solvers.structure.elements.assign import strengths

# Å between the sites of an atom on a third one: 2.3 if it turns by 120°, as CH2–OH may do.
_FARTHEST = 2.6
# Å: the same without neighbours; two atoms that are not bonded are never so close.
_FARTHEST_ALONE = 2.0
REACH = 5.0  # Å, to the neighbours of a neighbour
_FULL = 0.9  # of the electrons of an atom: a site that has more is no part of one
_SUM = 0.2  # relative difference of the sum of the electrons from those of one atom
_LEAST_SHARE = 0.15  # of the atom on either site
_LIGHT = ("B", "C", "N", "O", "F")
_MOBILE = 1.2  # U of such an atom relative to the median


@dataclass(frozen=True)
class SplitAtom:
    """Two rows that may be one atom.

    Attributes
    ----------
    first, second : rows of the model.
    element : of the atom.
    share : occupancy of the first site; the second has the rest.
    """

    first: int
    second: int
    element: str
    share: float


def find_split_atoms(
    model: AsymmetricUnit,
    electrons: NDArray[np.float64],
    copies: NDArray[np.int64],
    near: Neighbours,
    choices: Sequence[str],
    counts: Mapping[str, float] | None,
    n_operations: int,
    radiation: Radiation = "xray",
) -> list[SplitAtom]:
    """Pairs of light sites that have the same neighbours and together the electrons of one atom.

    Parameters
    ----------
    model : n atoms, without hydrogen.
    electrons : (n,) of each site, on the scale of `strengths`.
    copies : (n,) how many atoms of the cell each site stands for.
    near : contacts of the sites, to `REACH`.
    choices : symbols of the possible elements, hydrogen left out.
    counts : atoms of each element in the cell, as stated; None where unknown. The element that
        suits them best is taken.
    n_operations : of the space group; sites on special positions are left out.
    """
    radius = covalent_radii(model.elements)
    free = (model.part == 0) & (copies == n_operations)
    free &= np.isin(model.elements, _LIGHT)
    light = [element for element in choices if element in _LIGHT]
    z = strengths(light, radiation)

    def misfit(first: int, second: int, element: str) -> float:
        """How far the numbers of atoms are from the stated ones."""
        if counts is None:
            return 0.0
        names = np.array(model.elements, dtype=object)
        names[first] = element
        kept = np.arange(len(model)) != second
        return float(
            sum(abs(float(copies[kept & (names == e)].sum()) - counts.get(e, 0.0)) for e in choices)
        )

    found: list[tuple[float, float, SplitAtom]] = []
    for row in np.flatnonzero(free):
        first, around = int(row), near.of(int(row))
        for place in np.flatnonzero(around.distance < _FARTHEST):
            second = int(around.other[place])
            if first >= second or not free[second]:
                continue
            if not _same_neighbours(around, radius, first, int(place)):
                continue
            total = float(electrons[first] + electrons[second])
            share = float(electrons[first]) / total
            if min(share, 1 - share) < _LEAST_SHARE:
                continue
            for element, full in zip(light, z, strict=True):
                off = abs(total / float(full) - 1)
                if off < _SUM and max(electrons[first], electrons[second]) < _FULL * full:
                    atom = SplitAtom(first, second, element, share)
                    found.append((misfit(first, second, element), off, atom))
    taken: set[int] = set()
    pairs = []
    for _, _, atom in sorted(found, key=lambda each: each[:2]):
        if not {atom.first, atom.second} & taken:
            taken |= {atom.first, atom.second}
            pairs.append(atom)
    return pairs


def with_split_atom(model: AsymmetricUnit, atom: SplitAtom) -> AsymmetricUnit:
    """The model with an atom on two sites, as two new disorder groups 2k − 1 and 2k."""
    elements = list(model.elements)
    occ, u, part = model.occ.copy(), model.u_aniso.copy(), model.part.copy()
    u_iso = model.u_iso.copy()
    group = 2 * ((int(part.max(initial=0)) + 1) // 2) + 1
    for row, own, number in (
        (atom.first, atom.share, group),
        (atom.second, 1 - atom.share, group + 1),
    ):
        elements[row], occ[row], part[row] = atom.element, own, number
        u[row] = np.nan
        u_iso[row] = _MOBILE * float(np.median(model.u_iso))
    return replace(model, elements=tuple(elements), occ=occ, u_aniso=u, u_iso=u_iso, part=part)


def _same_neighbours(
    around: Neighbours, radius: NDArray[np.float64], first: int, place: int
) -> bool:
    """Whether two sites are bonded to the same atoms beside each other, or are close together
    where there are none.

    around : contacts of the first site; the second is number `place` of them.
    radius : (n,) covalent, of all atoms.
    """
    others = np.arange(len(around.atom)) != place
    names = around.other[others]
    second = int(around.other[place])
    from_second = np.linalg.norm(around.vector[others] - around.vector[place], axis=1)
    one = around.distance[others] < radius[first] + radius[names] + TOLERANCE
    two = from_second < radius[second] + radius[names] + TOLERANCE
    alone = not one.any()
    return bool((one == two).all()) and (not alone or around.distance[place] < _FARTHEST_ALONE)
