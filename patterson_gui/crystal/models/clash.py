"""Distances between a molecule in P1 and its copies in neighbouring cells."""

import math

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization

NEAREST_COPY = 3.0  # Å between atoms of a molecule and of its copy in the next cell


def comes_too_near(
    positions: NDArray[np.float64], cell: gemmi.UnitCell, least: float = NEAREST_COPY
) -> bool:
    """Whether an atom lies within `least` Å of an atom of another cell's copy.

    positions : (n, 3) Cartesian, Å.
    """
    reciprocal = np.linalg.inv(orthogonalization(cell))  # rows a*, b*, c*
    spacings = 1.0 / np.linalg.norm(reciprocal, axis=1)
    extent = np.ptp(positions @ reciprocal.T, axis=0)
    # A copy one step along an axis or further is at least this far away along that axis.
    if ((1.0 - extent) * spacings >= least).all():
        return False
    return nearest_copy(positions, cell, reach=least) < least


def nearest_copy(
    positions: NDArray[np.float64], cell: gemmi.UnitCell, reach: float | None = None
) -> float:
    """Shortest distance, Å, between an atom and any atom of another cell's copy.

    All lattice vectors that can bring two atoms within `reach` are tried, so the result holds for
    oblique cells and long molecules. The default `reach` is the shortest edge, which is the
    distance of an atom from its own copy. A result above a given `reach` may be wrong.
    """
    matrix = orthogonalization(cell)
    reach = min(cell.a, cell.b, cell.c) if reach is None else reach
    reciprocal = np.linalg.inv(matrix)
    extent = np.ptp(positions @ reciprocal.T, axis=0)
    # x − y + t, t of n steps along an axis, is at least n − extent spacings of its planes long.
    steps = np.floor(extent + reach * np.linalg.norm(reciprocal, axis=1) + 1e-9).astype(int)
    ranges = [np.arange(-n, n + 1) for n in steps]
    translations = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    # Of t and −t one is enough: the pairs are the same.
    half = translations[: len(translations) // 2] @ matrix.T
    if not len(half):
        return math.inf
    differences = (positions[:, None] - positions[None, :]).reshape(-1, 3)
    squared = min(float(((differences + shift) ** 2).sum(axis=1).min()) for shift in half)
    return math.sqrt(squared)


def pieces_too_near(
    positions: NDArray[np.float64],
    start: NDArray[np.int64],
    most: int,
    cell: gemmi.UnitCell,
    least: float = NEAREST_COPY,
) -> NDArray[np.bool_]:
    """Find pairs of pieces of a molecule of which one is too near a copy of the other.

    Many parts of a molecule share pieces, so testing pairs of pieces once is faster than testing
    every part.

    Parameters
    ----------
    positions : (n, 3) Cartesian, Å.
    start : (n_pieces + 1,) atoms of piece i are start[i] : start[i + 1].
    most : pairs of pieces i and i + k are tested for k < most.

    Returns
    -------
    near : (most, n_pieces), element [k, i] of pieces i and i + k.
    """
    matrix = orthogonalization(cell)
    reciprocal = np.linalg.inv(matrix)
    reach = least * np.linalg.norm(reciprocal, axis=1)  # fractional, as in `nearest_copy`
    frac = positions @ reciprocal.T
    low = np.minimum.reduceat(frac, start[:-1], axis=0)
    high = np.maximum.reduceat(frac, start[:-1], axis=0)
    near = np.zeros((most, len(low)), dtype=bool)
    for k in range(min(most, len(low))):
        n = len(low) - k
        # t brings x of one piece near y + t of the other where x − y − t can be within reach.
        least_steps = np.ceil(low[:n] - high[k:] - reach - 1e-9).astype(int)
        most_steps = np.floor(high[:n] - low[k:] + reach + 1e-9).astype(int)
        possible = (least_steps <= most_steps).all(axis=1)
        possible &= ((least_steps < 0) | (most_steps > 0)).any(axis=1)
        for i in np.flatnonzero(possible).tolist():
            ranges = [
                np.arange(a, b + 1) for a, b in zip(least_steps[i], most_steps[i], strict=True)
            ]
            steps = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
            shifts = steps[steps.any(axis=1)] @ matrix.T
            one = positions[start[i] : start[i + 1]]
            other = positions[start[i + k] : start[i + k + 1]]
            vectors = (one[:, None] - other[None, :]).reshape(-1, 1, 3) - shifts
            near[k, i] = bool((np.einsum("pti,pti->pt", vectors, vectors) < least**2).any())
    return near
