"""How often each value occurs in a map: what a contour level is chosen by."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind

BINS = 120
_SHOWN_RMSD = 8.0  # always in the range, where the map reaches it
_RARE = 1e-5  # the share of grid points that may lie above the range
_FINE_BINS = 4000
_LEAST_SHARE = 0.05  # of the grid points that must lie outside the origin peak


@dataclass(frozen=True, eq=False)
class ValueHistogram:
    """Numbers of grid points by value.

    Attributes
    ----------
    edges : (n + 1,) of the bins, rmsd; values far above all others are left out.
    counts : (n,) grid points.
    rmsd : of the map, in its own units.
    highest : the map's maximum, rmsd.
    origin : the value at the origin, in the map's own units, where that is the highest one of a
        Patterson map; None for other maps, and where the origin peak was removed.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.intp]
    rmsd: float
    highest: float
    origin: float | None


def value_histogram(density: DensityMap) -> ValueHistogram:
    """The histogram of all grid points; of a Patterson map, as its rmsd, without the origin peak.

    All points of a map without any variation are in one bin.
    """
    rmsd = density.rmsd
    scale = rmsd if rmsd > 0 else 1.0
    values = density.grid.ravel()
    lowest, highest = float(values.min()), float(values.max())
    if density.kind is MapKind.PATTERSON:
        outside = values[~density.origin_mask().ravel()]
        values = outside if len(outside) > _LEAST_SHARE * len(values) else values
    upper = float(values.max())
    if upper > _SHOWN_RMSD * scale:
        counts, edges = np.histogram(values, _FINE_BINS, (lowest, highest))
        above = len(values) - np.cumsum(counts)
        first = int(np.argmax(above <= _RARE * len(values)))
        upper = max(float(edges[first + 1]), _SHOWN_RMSD * scale)
    if not upper > lowest:
        upper = lowest + scale
    counts, edges = np.histogram(values, BINS, (lowest, upper))
    return ValueHistogram(edges / scale, counts, rmsd, highest / scale, origin_peak(density))


def origin_peak(density: DensityMap) -> float | None:
    """The height of the origin peak of a Patterson map, in its own units; None for other maps, and
    where the peak was removed."""
    if density.kind is not MapKind.PATTERSON:
        return None
    # Of a sum of cosines with positive coefficients, no value is higher than that at the origin.
    origin = float(density.grid[0, 0, 0])
    return origin if origin > 0 and origin >= float(density.grid.max()) else None
