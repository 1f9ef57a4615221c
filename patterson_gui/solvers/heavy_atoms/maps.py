"""Maps for the search: the weighted Patterson function and the slope of the likelihood.

The likelihood of weak sites, ½ Σ (Δ²/v₀ − 1) c S |F|²/v₀, is a sum over interatomic vectors of the
Patterson function with the coefficients c S (Δ²/v₀ − 1)/v₀. It has no origin peak, and uncertain
differences count little in it. With sites, the slope of the likelihood by the occupancy of a
further atom at r is the Fourier map of (Δ²/v − 1) c S F/v: the difference map of these data.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.solvers.heavy_atoms.expected_variance import DifferenceSquares
from patterson_gui.solvers.heavy_atoms.likelihood import expected
from patterson_gui.solvers.heavy_atoms.substructure import (
    Substructure,
    distances,
    explained_share,
    structure_factors,
)

_LEAST_APART = 1.8  # Å
_POINTS = 3.0  # grid points along a length of d_min


class MapMaker:
    """Fourier maps over the whole cell of coefficients on the unique reflections of some data.

    Attributes
    ----------
    apart : Å, the smallest distance of a new site from the others.
    """

    def __init__(self, data: DifferenceSquares) -> None:
        self.data = data
        self.apart = max(_LEAST_APART, 0.7 * data.d_min)
        self.shape = grid_shape(
            data.cell, data.d_min / _POINTS, data.spacegroup, d_min=0.999 * data.d_min
        )
        index, source, shift, mate = [], [], [], []
        for image, turn in zip(data.images, data.shifts, strict=True):
            for sign in (1, -1):
                index.append(sign * image)
                shift.append(np.conj(turn))
                mate.append(np.full(len(data), sign < 0))
                source.append(np.arange(len(data)))
        every = np.concatenate(index)
        _, first = np.unique(every, axis=0, return_index=True)
        upper = first[every[first, 2] >= 0]
        self._place = tuple((every[upper] % np.array(self.shape)).T)
        self._source = np.concatenate(source)[upper]
        self._shift = np.concatenate(shift)[upper]
        self._mate = np.concatenate(mate)[upper]

    def map(self, coefficients: NDArray[np.complexfloating]) -> NDArray[np.floating]:
        """Σ_h c(h) exp(−2πi h·x) over all reflections, with the phases of the space group."""
        c = coefficients[self._source] * self._shift
        return self._transform(np.where(self._mate, np.conj(c), c))

    def patterson(self, coefficients: NDArray[np.float64]) -> NDArray[np.floating]:
        """The same sum without the phases of the space group."""
        return self._transform(coefficients[self._source])

    def _transform(
        self, terms: NDArray[np.complexfloating] | NDArray[np.float64]
    ) -> NDArray[np.floating]:
        nu, nv, nw = self.shape
        half = np.zeros((nu, nv, nw // 2 + 1), dtype=np.complex64)
        half[self._place] = np.conj(terms)
        return np.asarray(scipy.fft.irfftn(half, self.shape, overwrite_x=True) * (nu * nv * nw))


def weighted_patterson(maker: MapMaker) -> NDArray[np.float64]:
    """(nu, nv, nw) the Patterson function of the likelihood of weak sites, in its rmsd."""
    data = maker.data
    weight = data.signal / data.variance
    density = maker.patterson(weight * (data.square / data.variance - 1.0))
    return np.asarray(density / max(float(density.std()), 1e-30), dtype=np.float64)


def likelihood_slope(maker: MapMaker, sites: Substructure) -> NDArray[np.float64]:
    """(nu, nv, nw) derivative of the likelihood by the occupancy of an atom at each point."""
    data = maker.data
    f = structure_factors(data, sites)
    variance = expected(data, f, explained_share(data, sites), sites.b)
    slope = maker.map(data.signal * (data.square / variance - 1.0) / variance * f)
    return slope.astype(np.float64)


def highest_peaks(
    density: NDArray[np.float64], most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3) fractional positions and (n,) heights of the local maxima, highest first."""
    top = (density == maximum_filter(density, 3, mode="wrap")) & np.isfinite(density)
    index = np.argwhere(top)
    height = density[tuple(index.T)]
    order = np.argsort(-height, kind="stable")[:most]
    return index[order] / np.array(density.shape), height[order]


def distinct_peaks(
    data: DifferenceSquares,
    density: NDArray[np.float64],
    n: int,
    sites: NDArray[np.float64],
    apart: float,
) -> NDArray[np.float64]:
    """(m ≤ n, 3) the highest maxima that are `apart` Å from `sites`, and from one another.

    Images by symmetry count once.
    """
    order = len(data.spacegroup.operations())
    frac, _ = highest_peaks(density, 2 * order * (n + len(sites) + 2))
    kept: list[NDArray[np.float64]] = []
    far = distances(data, frac, sites) > apart
    for position in frac[far]:
        if not kept or distances(data, position[None], np.array(kept))[0] > apart:
            kept.append(position)
            if len(kept) == n:
                break
    return np.array(kept).reshape(-1, 3)
