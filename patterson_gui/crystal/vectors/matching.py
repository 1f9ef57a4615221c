"""Peaks of a Patterson map held against the vectors of a model: which explains which."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import minimum_image, steps_within
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.crystal.vectors.interatomic import InteratomicVectors
from patterson_gui.errors import UserError

LEAST_DISTANCE = 0.5  # Å; peaks are found to a fraction of the resolution


@dataclass(frozen=True, eq=False)
class Matches:
    """Vectors assigned to the nearest peak, where one is near enough.

    Attributes
    ----------
    peak : (n,) for each vector the row of its peak; −1 where there is none.
    place : (n, 3) fractional, of the vector that is equivalent by symmetry and nearest to the peak;
        the vector itself where there is none.
    residual : (n,) Å, distance from the vector to that peak; NaN where there is none.
    value : (n,) the map at each vector, in units of its rmsd above its mean.
    weight : (p,) for each peak the sum of the weights of its vectors; 0 where none is near.
    within : Å, the largest distance of a match.
    """

    peak: NDArray[np.int64]
    place: NDArray[np.float64]
    residual: NDArray[np.float64]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    within: float

    def of_peak(self, row: int) -> NDArray[np.int64]:
        """Row numbers of the vectors of a peak, nearest first."""
        rows = np.flatnonzero(self.peak == row)
        return rows[np.argsort(self.residual[rows], kind="stable")]

    @property
    def explained(self) -> NDArray[np.bool_]:
        """(p,) whether a vector is near each peak."""
        return np.asarray(self.weight > 0)


def match_peaks(
    patterson: DensityMap,
    peaks: Sequence[Peak],
    vectors: InteratomicVectors,
    within: float | None = None,
) -> Matches:
    """Assign vectors to peaks by distance, through the symmetry of the Patterson map.

    Parameters
    ----------
    patterson : the map of the peaks.
    within : Å; None: half the resolution of the map, at least 0.5 Å.

    Raises
    ------
    UserError : `within` is not a positive distance.
    """
    if within is None:
        within = max(LEAST_DISTANCE, 0.5 * (patterson.d_min or 0.0))
    if not (np.isfinite(within) and within > 0):
        raise UserError(f"{within:g} Å is no distance for a match: give a number above zero.")
    n = len(vectors)
    peak, residual = np.full(n, -1, dtype=np.int64), np.full(n, np.nan)
    if n and len(peaks):
        axes = orthogonalization(patterson.cell).T
        tree, row = _tree(patterson, peaks, axes, within)
        distance, found = tree.query((vectors.frac % 1.0) @ axes, distance_upper_bound=within)
        near = np.isfinite(distance)
        peak[near], residual[near] = row[found[near]], distance[near]
    weight = np.zeros(len(peaks))
    np.add.at(weight, peak[peak >= 0], vectors.weight[peak >= 0])
    value = (patterson.value_at(vectors.frac) - patterson.mean) / patterson.rmsd
    place = _nearest_images(patterson, vectors.frac, peak, peaks)
    return Matches(peak, place, residual, value, weight, within)


def _nearest_images(
    patterson: DensityMap,
    frac: NDArray[np.float64],
    peak: NDArray[np.int64],
    peaks: Sequence[Peak],
) -> NDArray[np.float64]:
    """(n, 3) of each vector the image nearest to its peak."""
    place = frac.copy()
    rows = np.flatnonzero(peak >= 0)
    if not len(rows):
        return place
    there = np.array([p.frac for p in peaks], dtype=np.float64)[peak[rows]]
    axes = orthogonalization(patterson.cell).T
    steps = minimum_image(
        symmetry_images(frac[rows], patterson.spacegroup.operations()) - there, axes
    )
    best = np.linalg.norm(steps @ axes, axis=2).argmin(axis=0)
    place[rows] = there + steps[best, np.arange(len(rows))]
    return place


def _tree(
    patterson: DensityMap, peaks: Sequence[Peak], axes: NDArray[np.float64], within: float
) -> tuple[cKDTree, NDArray[np.int64]]:
    """All images of the peaks in and around the cell, Cartesian Å, and the peak of each."""
    frac = np.array([p.frac for p in peaks], dtype=np.float64)
    images = symmetry_images(frac, patterson.spacegroup.operations()) % 1.0
    row = np.broadcast_to(np.arange(len(peaks)), images.shape[:2]).reshape(-1)
    every = images.reshape(-1, 3)
    steps = steps_within(axes, within)
    copies = every + steps[:, None]
    margin = within * np.linalg.norm(np.linalg.inv(axes), axis=0) + 1e-6  # fractional
    inside = ((copies > -margin) & (copies < 1.0 + margin)).all(axis=2)
    which = np.broadcast_to(row, inside.shape)[inside]
    return cKDTree(copies[inside] @ axes), which
