"""Bonds between built atoms, whole molecules, and how well elements fit their bonds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.lattices import minimum_image, steps_within

# Covalent radii, Å: Cordero et al., Dalton Trans. (2008) 2832; others count as metals.
_RADII = {5: 0.84, 6: 0.76, 7: 0.71, 8: 0.66, 9: 0.57, 14: 1.11, 15: 1.07, 16: 1.05, 17: 1.02}
_RADII |= {34: 1.20, 35: 1.20, 53: 1.39}
_METAL = 1.3
_SLACK = 0.35  # Å added to the sum of radii, because models are not yet accurate


@dataclass(frozen=True, eq=False)
class Bonds:
    """Bonds between atoms i and j; `step` (k, 3) Å leads from i to the bonded copy of j.

    Every bond is listed twice, once from each atom.
    """

    i: NDArray[np.intp]
    j: NDArray[np.intp]
    step: NDArray[np.float64]

    @property
    def length(self) -> NDArray[np.float64]:
        """(k,) Å."""
        return np.asarray(np.linalg.norm(self.step, axis=1))

    def of(self, atom: int) -> list[tuple[int, NDArray[np.float64]]]:
        """(partner, step to it) of one atom."""
        return [(int(self.j[k]), self.step[k]) for k in np.flatnonzero(self.i == atom)]


def find_bonds(
    xyz: NDArray[np.float64], numbers: NDArray[np.int64], orth: NDArray[np.float64]
) -> Bonds:
    """Bonds between atoms and their lattice copies.

    Two atoms are bonded within the sum of their covalent radii and 0.35 Å, but not nearer than
    0.3 Å.

    Parameters
    ----------
    xyz : (n, 3) Cartesian, Å.
    numbers : (n,) atomic numbers.
    orth : (3, 3) fractional to Cartesian coordinates (columns a, b, c, Å).
    """
    radius = np.array([_RADII.get(int(z), _METAL) for z in numbers])
    frac = xyz @ np.linalg.inv(orth).T
    reach = 2 * radius.max(initial=0.8) + _SLACK
    steps = steps_within(orth.T, reach)
    copies = ((frac % 1.0)[:, None] + steps).reshape(-1, 3) @ orth.T
    home = (frac % 1.0) @ orth.T
    pairs = cKDTree(home).sparse_distance_matrix(cKDTree(copies), reach, output_type="ndarray")
    i, copy = pairs["i"].astype(np.intp), pairs["j"].astype(np.intp)
    j = copy // len(steps)
    bonded = (pairs["v"] > 0.3) & (pairs["v"] < radius[i] + radius[j] + _SLACK)
    i, j, copy = i[bonded], j[bonded], copy[bonded]
    return Bonds(i, j, copies[copy] - home[i])


def in_one_piece(
    xyz: NDArray[np.float64], bonds: Bonds, orth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The copies of the atoms (n, 3) that form whole molecules, each close to the largest."""
    n = len(xyz)
    placed = np.full((n, 3), np.nan)
    molecules: list[list[int]] = []
    partners: list[list[tuple[int, NDArray[np.float64]]]] = [[] for _ in range(n)]
    for i, j, step in zip(bonds.i, bonds.j, bonds.step, strict=True):
        partners[i].append((int(j), step))
    for first in range(n):
        if not np.isnan(placed[first, 0]):
            continue
        placed[first] = xyz[first]
        molecule = [first]
        for atom in molecule:  # the list grows during the loop
            for other, step in partners[atom]:
                if np.isnan(placed[other, 0]):
                    placed[other] = placed[atom] + step
                    molecule.append(other)
        molecules.append(molecule)
    if not molecules:
        return xyz
    molecules.sort(key=len, reverse=True)
    middle = placed[molecules[0]].mean(axis=0)
    inverse = np.linalg.inv(orth)
    for molecule in molecules[1:]:
        apart = (placed[molecule].mean(axis=0) - middle) @ inverse.T
        placed[molecule] += (minimum_image(apart, orth.T) - apart) @ orth.T
    return placed


# Ranges of bond lengths between light elements in peptides and small molecules, Å.
BOND_RANGES = {
    (6, 6): (1.33, 1.57), (6, 7): (1.29, 1.51), (6, 8): (1.20, 1.45), (6, 16): (1.68, 1.84),
    (7, 7): (1.24, 1.42), (7, 8): (1.20, 1.42), (16, 16): (2.00, 2.08), (8, 16): (1.42, 1.60),
    (8, 15): (1.45, 1.65), (7, 16): (1.55, 1.70),
}  # fmt: skip
UNUSUAL_BONDS = {(7, 7): 1.0, (7, 8): 1.0, (8, 8): 4.0, (8, 16): 1.0, (7, 16): 1.0}
MOST_BONDS = {6: 4, 7: 3, 8: 2, 9: 1, 16: 2, 17: 1}
BRIDGE_PENALTY = 1.0  # penalty for an oxygen between two atoms, which is rarer than C=O and OH
STRAIN_LENGTH = 0.03  # Å of deviation with penalty 1
MOST_STRAIN = 4.0
SHORTEST_METHYL = 1.46  # Å: a carbon with a single neighbour is a methyl group in peptides


def strain(atom_number: int, neighbours: list[tuple[int, float]]) -> float:
    """Penalty of an element for its bonds, in squared standard deviations.

    `neighbours`: atomic number of each bonded atom and the length of the bond, Å.
    """
    penalty = 0.0
    most = MOST_BONDS.get(atom_number)
    if most is not None and len(neighbours) > most:
        penalty += 4.0 * (len(neighbours) - most)
    if atom_number == 8 and len(neighbours) == 2:
        penalty += BRIDGE_PENALTY
    for number, length in neighbours:
        pair = (min(atom_number, number), max(atom_number, number))
        penalty += UNUSUAL_BONDS.get(pair, 0.0)
        if pair in BOND_RANGES:
            low, high = BOND_RANGES[pair]
            outside = max(low - length, length - high, 0.0)
            penalty += min((outside / STRAIN_LENGTH) ** 2, MOST_STRAIN)
    if atom_number == 6 and len(neighbours) == 1:
        short = max(SHORTEST_METHYL - neighbours[0][1], 0.0)
        penalty += min((short / STRAIN_LENGTH) ** 2, MOST_STRAIN)
    if atom_number == 6 and not neighbours:
        penalty += MOST_STRAIN
    return penalty
