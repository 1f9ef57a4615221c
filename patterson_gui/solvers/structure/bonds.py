"""Neighbours of the atoms of an asymmetric unit, symmetry images included."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import steps_within
from patterson_gui.crystal.symmetry_images import operation_arrays


@dataclass(frozen=True, eq=False)
class Contacts:
    """Pairs of atoms within a distance; each pair stands twice, once from each atom.

    i, j : (k,) rows of atoms; step : (k, 3) Å from i to the image of j; length : (k,) Å.
    """

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    step: NDArray[np.float64]
    length: NDArray[np.float64]

    def of(self, atom: int) -> NDArray[np.int64]:
        """Rows of the pairs of one atom."""
        return np.flatnonzero(self.i == atom)


def contacts(
    frac: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    reach: float,
    shortest: float = 0.3,
) -> Contacts:
    """All pairs of atoms (n, 3) and images closer than `reach` Å and farther than `shortest`."""
    axes = orthogonalization(cell).T
    rotations, translations = operation_arrays(spacegroup.operations())
    steps = steps_within(axes, reach)
    rows_i, rows_j, vectors = [], [], []
    home = frac % 1.0
    for rotation, translation in zip(rotations, translations, strict=True):
        image = (home @ rotation.T + translation) % 1.0
        apart = image[None] - home[:, None]
        for step in steps:
            vector = (apart + step) @ axes
            length = np.linalg.norm(vector, axis=2)
            i, j = np.nonzero((length < reach) & (length > shortest))
            rows_i.append(i)
            rows_j.append(j)
            vectors.append(vector[i, j])
    i, j = np.concatenate(rows_i), np.concatenate(rows_j)
    vector = np.concatenate(vectors)
    # An atom on a special position is its own image by several operations.
    key = np.column_stack([i, j, np.rint(vector / 0.02).astype(np.int64)])
    _, first = np.unique(key, axis=0, return_index=True)
    i, j, vector = i[first], j[first], vector[first]
    return Contacts(i, j, vector, np.linalg.norm(vector, axis=1))


def radii(elements: tuple[str, ...]) -> NDArray[np.float64]:
    """(n,) covalent radii, Å (Cordero et al., Dalton Trans. 2008, 2832, as gemmi has them)."""
    return np.array([gemmi.Element(element).covalent_r for element in elements])
