"""Find atoms in the segmentation of a crystal: one per maximum, at its weighted mean position."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label, maximum_filter
from torch import Tensor

from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.materials.cube import EDGE, POINTS, SPACING

_LEAST = 0.35  # least probability of an atom at its maximum
_REACH = 2  # number of points around a maximum that belong to it


@dataclass(frozen=True, eq=False)
class CubeAtoms:
    """Atoms found in a cube: positions (n, 3), Å, and atomic numbers (n,)."""

    positions: NDArray[np.float64]
    numbers: NDArray[np.int64]


def atoms_from_logits(logits: Tensor) -> CubeAtoms:
    """Find the atoms in a segmentation of the cube.

    Each local maximum of the probability of an atom is one atom. Its position is the centroid of
    the probability around the maximum, and its element is that of most points there.

    Parameters
    ----------
    logits : (95, 30, 30, 30) of each atomic number; 0 is empty.
    """
    probabilities = torch.softmax(logits.float(), 0)
    atom = (1 - probabilities[0]).double().numpy()
    # Smooth first: where the probability is 1 at several points, the neighbours decide which is
    # the maximum.
    smooth = _smoothed(atom)
    peaks = (smooth == maximum_filter(smooth, size=3)) & (atom > _LEAST)
    # Adjacent points of equal height are one maximum.
    _, first = np.unique(label(peaks, np.ones((3, 3, 3)))[0][peaks], return_index=True)
    places = np.argwhere(peaks)[first]
    elements = probabilities[1:].double().numpy()
    positions, numbers = [], []
    for place in places:
        low = np.maximum(place - _REACH, 0)
        high = np.minimum(place + _REACH + 1, POINTS)
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        points = np.stack(
            np.meshgrid(*[np.arange(a, b) for a, b in zip(low, high, strict=True)], indexing="ij"),
            -1,
        )
        near = ((points - place) ** 2).sum(-1) <= _REACH**2
        weight = atom[box] * near
        positions.append((weight[..., None] * points).sum((0, 1, 2)) / weight.sum() * SPACING)
        votes = (elements[(slice(None), *box)] * near).sum((1, 2, 3))
        numbers.append(int(votes.argmax()) + 1)
    return CubeAtoms(
        np.clip(np.array(positions, np.float64).reshape(-1, 3), 0, EDGE),
        np.array(numbers, np.int64),
    )


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    smooth: NDArray[np.float64] = gaussian_filter(values, 0.8, mode="constant")
    return smooth


def remove_translated_copies(
    atoms: CubeAtoms, lattice: NDArray[np.float64], nearer: float = 0.8
) -> CubeAtoms:
    """Keep one of each set of atoms that are equivalent by the translations of a lattice (3, 3).

    Atoms within `nearer` Å of a translated copy of another are the same atom; the one farthest
    from the faces of the cube is kept.
    """
    inverse = np.linalg.inv(lattice)
    depth = np.minimum(atoms.positions, EDGE - atoms.positions).min(1)
    kept: list[int] = []
    for i in np.argsort(-depth, kind="stable"):
        differences = atoms.positions[kept] - atoms.positions[i]
        apart = distances(differences @ inverse, lattice)
        if not kept or apart.min() > nearer:
            kept.append(int(i))
    return CubeAtoms(atoms.positions[kept], atoms.numbers[kept])
