"""Pseudo-translation: the largest peak of the Patterson function off the origin."""

import itertools
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.reciprocal import equivalents

_NEAREST = 3.5  # Å; closer peaks are bonds and their overlaps with the origin
_COARSEST_LIMIT = 1.2  # Å; finer detail only costs time
_FEWEST = 100  # reflections; where there are fewer, all are used
_STEPS = 3.0  # grid points for each d_min


@dataclass(frozen=True)
class PattersonPeak:
    """The largest off-origin peak.

    Attributes
    ----------
    height : relative to the origin peak, 0..1. One heavy atom among light ones gives high peaks
        as well; a pseudo-translation gives one that repeats most of the structure.
    at : fractional coordinates, 0..0.5 in the first that is not zero.
    distance : from the origin, Å.
    """

    height: float
    at: tuple[float, float, float]
    distance: float


def largest_patterson_peak(
    merged: MergedIntensities,
    coefficients: NDArray[np.float64] | None = None,
    nearest: float = _NEAREST,
) -> PattersonPeak | None:
    """The largest peak far enough from every lattice point; None where the cell has no room.

    Parameters
    ----------
    nearest : Å, least distance of the peak from a lattice point.
    coefficients : (n,) of the Patterson function instead of the intensities, such as E².
    """
    values = merged.value if coefficients is None else coefficients
    kept = merged.d >= _COARSEST_LIMIT
    if np.count_nonzero(kept) < _FEWEST:
        kept = np.ones(len(merged), dtype=bool)
    if not kept.any():
        return None
    hkl, source, _ = equivalents.expand(merged.hkl[kept], merged.spacegroup)
    values = values[kept][source]
    d_min = float(merged.d[kept].min())
    shape = tuple(
        int(2 * np.ceil(max(_STEPS * edge / d_min, 2 * np.abs(hkl[:, i]).max() + 2) / 2.0))
        for i, edge in enumerate(merged.cell.parameters[:3])
    )
    grid = np.zeros(shape)
    for sign in (1, -1):
        grid[tuple((sign * hkl % np.array(shape)).T)] = values
    patterson = np.fft.fftn(grid).real
    if patterson[0, 0, 0] <= 0:
        return None
    peaks = np.argwhere(patterson == maximum_filter(patterson, size=3, mode="wrap"))
    frac = peaks / np.array(shape)
    distance = _distances(frac, merged)
    heights = np.where(distance >= nearest, patterson[tuple(peaks.T)], -np.inf)
    best = int(np.argmax(heights))
    if not np.isfinite(heights[best]):
        return None
    at = frac[best]
    if at[np.flatnonzero(at)[0]] > 0.5:
        at = -at % 1.0
    return PattersonPeak(
        float(heights[best] / patterson[0, 0, 0]),
        (float(at[0]), float(at[1]), float(at[2])),
        float(distance[best]),
    )


def _distances(frac: NDArray[np.float64], merged: MergedIntensities) -> NDArray[np.float64]:
    """(n,) Å from each position (n, 3) to the nearest lattice point, those of centring included."""
    centring = np.array(merged.spacegroup.operations().cen_ops, dtype=np.float64) / gemmi.Op.DEN
    steps = np.array(list(itertools.product((-1, 0, 1), repeat=3)), dtype=np.float64)
    to_angstrom = orthogonalization(merged.cell).T
    nearest = np.full(len(frac), np.inf)
    for vector in centring:
        offset = frac - vector
        every = (offset - np.rint(offset))[:, None, :] + steps
        nearest = np.minimum(nearest, np.linalg.norm(every @ to_angstrom, axis=2).min(axis=1))
    return nearest
