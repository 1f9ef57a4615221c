"""Local correlation of two densities: where in the cell they agree."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1, same_cell
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.masks import ball_mask
from patterson_gui.crystal.reciprocal.fourier import fourier_interpolate

LEAST_RADIUS = 2.0  # Å: an atom with those bonded to it
_RADIUS_BY_D_MIN = 1.5  # a sphere holds several independent values of either map
_FLAT = 1e-6  # share of the variance of a map below which it is constant in a sphere


@dataclass(frozen=True, eq=False)
class LocalCorrelation:
    """The correlation in a sphere about each place of the cell.

    Attributes
    ----------
    values : −1 … 1 on a grid over the cell; 0 where one of the maps is constant in the sphere.
    radius : of the sphere, Å.
    """

    values: DensityMap
    radius: float


def usual_radius(d_min: float | None) -> float:
    """The radius for maps to this resolution (Å): 1.5 d_min, and 2 Å at least."""
    return max(LEAST_RADIUS, _RADIUS_BY_D_MIN * (d_min or 0.0))


def local_correlation(one: DensityMap, other: DensityMap, radius: float) -> LocalCorrelation:
    """Pearson's correlation coefficient of two maps over the grid points within `radius` of each
    grid point:

        r(x) = (⟨ab⟩ − ⟨a⟩⟨b⟩) / √((⟨a²⟩ − ⟨a⟩²)(⟨b²⟩ − ⟨b⟩²)),

    where ⟨ ⟩ is the mean over the sphere about x. Each mean is a convolution with the sphere,
    calculated by Fourier transforms. Both maps are brought to the finer of their grids; their
    scales and means do not matter.

    Parameters
    ----------
    one, other : maps of the same cell, in one frame.
    radius : Å.

    Raises
    ------
    ValueError : the cells differ.
    """
    if not same_cell(one.cell, other.cell):
        raise ValueError(f"maps of different cells: {one.cell} and {other.cell}")
    nu, nv, nw = (max(a, b) for a, b in zip(one.shape, other.shape, strict=True))
    shape = (nu, nv, nw)
    a, b = (_standard(each, shape) for each in (one, other))
    ball = ball_mask(one.cell, shape, np.zeros((1, 3)), radius)
    kernel = scipy.fft.rfftn(ball.astype(np.float64) / ball.sum())

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        # The sphere is its own mirror image, so that convolution and correlation are the same.
        return np.asarray(scipy.fft.irfftn(scipy.fft.rfftn(values) * kernel, shape))

    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    known = (variance_a > _FLAT) & (variance_b > _FLAT)  # the whole maps have a variance of 1
    r = np.zeros(shape, dtype=np.float32)
    product = variance_a[known] * variance_b[known]
    r[known] = (mean(a * b) - mean_a * mean_b)[known] / np.sqrt(product)
    values = DensityMap(
        np.clip(r, -1.0, 1.0), one.cell, p1(), MapKind.DENSITY, name="local correlation",
        absolute=False,
    )  # fmt: skip
    return LocalCorrelation(values, radius)


def _standard(density: DensityMap, shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """The map on a grid of this shape, with a mean of 0 and a variance of 1."""
    grid = density.grid if density.shape == shape else fourier_interpolate(density.grid, shape)
    values = grid.astype(np.float64)
    values -= values.mean()
    deviation = float(values.std())
    return values / deviation if deviation > 0 else values
