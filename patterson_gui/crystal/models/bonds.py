"""Bonds between the atoms of a crystal, found by covalent radii, through all symmetry."""

from collections.abc import Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import steps_within
from patterson_gui.crystal.models.atom_images import AtomImages

# Å, added to the sum of the covalent radii of Cordero et al., Dalton Trans. 2832 (2008), as in
# the Cambridge Structural Database.
TOLERANCE = 0.4
_SHORTEST = 0.5  # Å: nearer atoms are alternatives of a disordered one
_SHORTEST_HEAVY = 0.9  # Å: the same between atoms that are both not hydrogen
# Alkali and alkaline earth metals, whose large radii make bonds between two of them of contacts.
_IONS = frozenset(("Li", "Na", "K", "Rb", "Cs", "Be", "Mg", "Ca", "Sr", "Ba"))


@dataclass(frozen=True, eq=False)
class Bonds:
    """The bonds that each independent atom has, so that most bonds are listed from both ends.

    Attributes
    ----------
    atom, neighbour : (m,) rows of the two atoms.
    operation, shift : (m,), (m, 3) the neighbour is at R x + t + shift, where R, t are the
        operation with this number of `images.operations`.
    length : (m,) Å.
    images : of the atoms under the space group.
    """

    atom: NDArray[np.int64]
    neighbour: NDArray[np.int64]
    operation: NDArray[np.int64]
    shift: NDArray[np.int64]
    length: NDArray[np.float64]
    images: AtomImages

    def __len__(self) -> int:
        return len(self.atom)

    def places(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        """(m, 3) fractional coordinates of the neighbours."""
        ops = self.images.operations
        moved = np.einsum("mij,mj->mi", ops.rotations[self.operation], frac[self.neighbour])
        return np.asarray(moved + ops.translations[self.operation] + self.shift)


def covalent_radii(elements: Sequence[str]) -> NDArray[np.float64]:
    """(n,) Å, of Cordero et al. (2008)."""
    return np.array([gemmi.Element(element).covalent_r for element in elements])


def are_bonded(
    one: Sequence[str], other: Sequence[str], length: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(m,) whether pairs of elements at a distance (m,) Å are bonded.

    The distance is at most the sum of the radii + 0.4 Å; between two metals at most the sum,
    and two hydrogen atoms or two alkali or alkaline earth metals are never bonded.
    """
    pairs = list(zip(one, other, strict=True))
    if not pairs:
        return np.zeros(0, dtype=bool)
    table: dict[tuple[str, str], tuple[float, float]] = {}
    for pair in set(pairs):
        a, b = (gemmi.Element(element) for element in pair)
        reach = a.covalent_r + b.covalent_r + TOLERANCE
        hydrogens = a.is_hydrogen + b.is_hydrogen
        if hydrogens == 2 or (pair[0] in _IONS and pair[1] in _IONS):
            reach = 0.0
        elif a.is_metal and b.is_metal:
            reach -= TOLERANCE
        table[pair] = reach, _SHORTEST if hydrogens else _SHORTEST_HEAVY
    limits = np.array([table[pair] for pair in pairs])
    return np.asarray((length <= limits[:, 0]) & (length >= limits[:, 1]))


def find_bonds(model: AsymmetricUnit, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup) -> Bonds:
    """All bonds of a crystal.

    A riding hydrogen is bonded to its parent alone, another one to its nearest neighbour.
    Atoms of different disorder groups are not bonded; an atom of a negative group is not bonded
    to symmetry images of that group, as in SHELX.
    """
    images = AtomImages.of(model.frac, cell, spacegroup)
    if len(model) == 0:
        empty = np.zeros(0, dtype=np.int64)
        return Bonds(empty, empty, empty, np.zeros((0, 3), np.int64), np.zeros(0), images)
    reach = 2.0 * float(covalent_radii(model.elements).max()) + TOLERANCE
    atom, neighbour, operation, shift, length = _pairs(model.frac, cell, images, reach)
    names = np.array(model.elements)
    kept = are_bonded(names[atom].tolist(), names[neighbour].tolist(), length)
    part, other = model.part[atom], model.part[neighbour]
    kept &= (part == 0) | (other == 0) | (part == other)
    moved = (operation != 0) | shift.any(axis=1)
    kept &= ~((part < 0) & (other < 0) & moved)
    kept &= _hydrogen_bonded_once(model, atom, neighbour, length, kept)
    return Bonds(atom[kept], neighbour[kept], operation[kept], shift[kept], length[kept], images)


def _pairs(
    frac: NDArray[np.float64], cell: gemmi.UnitCell, images: AtomImages, reach: float
) -> tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]
]:
    """Atoms, neighbours, operations, shifts and distances of all pairs within `reach` Å."""
    axes = orthogonalization(cell).T
    places = images.operations.images(frac)
    number, source = np.nonzero(images.first == np.arange(len(places))[:, None])
    inside = places[number, source]
    home = np.floor(inside)
    inside = inside - home
    steps = steps_within(axes, reach)
    everywhere = (inside[None] + steps[:, None]).reshape(-1, 3) @ axes
    start = np.floor(frac)
    found = cKDTree(everywhere).query_ball_point((frac - start) @ axes, reach)
    counts = np.array([len(row) for row in found])
    atom = np.repeat(np.arange(len(frac)), counts)
    index = np.concatenate([np.asarray(row, dtype=np.int64) for row in found])
    step, place = np.divmod(index, len(inside))
    neighbour, operation = source[place], number[place]
    shift = np.rint(steps[step] - home[place] + start[atom]).astype(np.int64)
    vector = places[operation, neighbour] + shift - frac[atom]
    length = np.linalg.norm(vector @ axes, axis=1)
    itself = (atom == neighbour) & (length < _SHORTEST)
    kept = ~itself
    return atom[kept], neighbour[kept], operation[kept], shift[kept], length[kept]


def _hydrogen_bonded_once(
    model: AsymmetricUnit,
    atom: NDArray[np.int64],
    neighbour: NDArray[np.int64],
    length: NDArray[np.float64],
    possible: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """(m,) false for bonds of hydrogen atoms to others than the parent or the nearest atom."""
    kept = np.ones(len(atom), dtype=bool)
    for end, other in ((atom, neighbour), (neighbour, atom)):
        for hydrogen in np.flatnonzero(model.is_hydrogen):
            rows = np.flatnonzero((end == hydrogen) & possible)
            if len(rows) == 0:
                continue
            parent = model.parent[hydrogen]
            shortest = length[rows] <= length[rows].min() + 1e-3
            bonded = shortest if parent < 0 else shortest & (other[rows] == parent)
            kept[rows[~bonded]] = False
    return kept
