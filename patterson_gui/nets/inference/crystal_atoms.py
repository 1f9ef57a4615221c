"""Find atoms in the segmentation of a crystal: one per maximum, at its weighted mean position."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label, maximum_filter
from torch import Tensor

from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.materials.cube import EDGE, POINTS, SPACING

_LEAST = 0.35  # probability that there is an atom, at its most likely point
_REACH = 2  # points around a maximum that belong to it


@dataclass(frozen=True, eq=False)
class CubeAtoms:
    """Atoms seen in a cube: positions (n, 3), Å, and numbers (n,)."""

    positions: NDArray[np.float64]
    numbers: NDArray[np.int64]


def atoms_seen(logits: Tensor) -> CubeAtoms:
    """The atoms that a segmentation of the cube speaks of.

    Each local maximum of the probability that there is an atom is one, at the centroid of the
    probability around it, and of the element that most of its points are.

    Parameters
    ----------
    logits : (95, 30, 30, 30), 0 for empty.
    """
    probabilities = torch.softmax(logits.float(), 0)
    atom = (1 - probabilities[0]).double().numpy()
    # Plateaus of certainty have no maximum of their own: what lies around decides.
    smooth = _smoothed(atom)
    peaks = (smooth == maximum_filter(smooth, size=3)) & (atom > _LEAST)
    # Points side by side that are as high as each other are one maximum.
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


def folded(atoms: CubeAtoms, lattice: NDArray[np.float64], nearer: float = 0.8) -> CubeAtoms:
    """One of each set of copies that a lattice (3, 3) makes: those within `nearer` Å of another's
    copy are the same atom, and the one furthest from the faces of the cube is kept."""
    inverse = np.linalg.inv(lattice)
    depth = np.minimum(atoms.positions, EDGE - atoms.positions).min(1)
    kept: list[int] = []
    for i in np.argsort(-depth, kind="stable"):
        differences = atoms.positions[kept] - atoms.positions[i]
        apart = distances(differences @ inverse, lattice)
        if not kept or apart.min() > nearer:
            kept.append(int(i))
    return CubeAtoms(atoms.positions[kept], atoms.numbers[kept])
