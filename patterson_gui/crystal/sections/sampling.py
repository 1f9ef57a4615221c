"""Values of a periodic map in a plane or slab, exact by its Fourier terms or by cubic splines."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, spline_filter

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.sections.planes import HIGHEST, LOWEST, Plane
from patterson_gui.errors import UserError

Interpolation = Literal["exact", "cubic"]
Projection = Literal["mean", "maximum"]
MOST_POINTS = 2000  # of a section along one axis
_FINE = 10.0  # points of a section for each resolution limit: contours look smooth
_PER_GRID = 2.0  # points for each grid point of a map of unknown resolution
_NEGLIGIBLE = 1e-6  # share of the largest Fourier term
_STEPS_IN_SLAB = 64  # largest number of planes whose maximum is taken
_THICKEST = 50.0  # Å


@dataclass(frozen=True)
class Bounds:
    """The part of a plane that is shown: s from `right[0]` to `right[1]`, t likewise along `up`."""

    right: tuple[float, float] = (0.0, 1.0)
    up: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        for low, high in (self.right, self.up):
            if not LOWEST <= low < high <= HIGHEST:
                raise UserError(
                    f"The bounds {low:g}…{high:g} are not possible: give a lower and a higher "
                    "fraction of the cell between −1 and 2, such as −0.5:0.5."
                )


CELL = Bounds()
CENTRED = Bounds((-0.5, 0.5), (-0.5, 0.5))
THREE_CELLS = Bounds((-1.0, 2.0), (-1.0, 2.0))
BOUNDS = {"centred": CENTRED, "cell": CELL, "three": THREE_CELLS}


@dataclass(frozen=True)
class Slab:
    """How much of the map on both sides of a plane is taken: 0 Å is the plane alone.

    Along the normal the mean of a layer of `thickness`, Å, or its maximum.
    """

    thickness: float = 0.0
    projection: Projection = "mean"

    def __post_init__(self) -> None:
        if not 0.0 <= self.thickness <= _THICKEST:
            raise UserError(
                f"A slab of {self.thickness:g} Å is not possible: choose a thickness from 0 to "
                f"{_THICKEST:g} Å."
            )
        if self.projection not in ("mean", "maximum"):
            raise UserError(f"A slab is a mean or a maximum, not {self.projection!r}.")


PLANE_ALONE = Slab()


@dataclass(frozen=True, eq=False)
class Section:
    """A map in a plane.

    Attributes
    ----------
    density : the map.
    plane, bounds, slab : where it was sampled.
    values : (n, m) float32, at s[i] along `plane.right` and t[j] along `plane.up`; in the units of
        the map.
    s, t : (n,) and (m,), fractions, evenly spaced, bounds included.
    """

    density: DensityMap
    plane: Plane
    bounds: Bounds
    slab: Slab
    values: NDArray[np.float32]
    s: NDArray[np.float64]
    t: NDArray[np.float64]

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """(2, 2) Å: rows are the lattice vectors to the right (along x) and up."""
        return self.plane.axes_angstrom(self.density.cell)

    def on_paper(self, s_t: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) Å, x to the right and y up, of (n, 2) fractions s, t."""
        return np.asarray(np.asarray(s_t, dtype=np.float64) @ self.axes)

    @property
    def corners(self) -> NDArray[np.float64]:
        """(4, 2) Å, the outline of what is shown, from its lower left, counter-clockwise."""
        (a, b), (c, d) = self.bounds.right, self.bounds.up
        return self.on_paper(np.array([[a, c], [b, c], [b, d], [a, d]]))

    def cubic_at(self, s: float, t: float) -> float:
        """The value at a point within the bounds, by cubic interpolation."""
        place = (
            (s - self.s[0]) / (self.s[-1] - self.s[0]) * (len(self.s) - 1),
            (t - self.t[0]) / (self.t[-1] - self.t[0]) * (len(self.t) - 1),
        )
        at = np.array(place)[:, None]
        return float(map_coordinates(self.values, at, np.float64, order=3, mode="nearest")[0])


class SectionSampler:
    """Samples many sections of one map; what they have in common is calculated once."""

    def __init__(self, density: DensityMap) -> None:
        self.density = density

    def sample(
        self,
        plane: Plane,
        bounds: Bounds = CELL,
        slab: Slab = PLANE_ALONE,
        *,
        interpolation: Interpolation = "exact",
        spacing: float | None = None,
    ) -> Section:
        """The map in a plane.

        Parameters
        ----------
        interpolation : "exact" sums the Fourier terms of the map's grid, which is exact for a map
            of a finite resolution; "cubic" uses splines, for maps with steps, such as masked ones,
            around which Fourier terms make ripples.
        spacing : largest distance of the points, Å; None: a tenth of the resolution, or half the
            spacing of the map's grid if that is unknown, with at most 2000 points along an axis.

        Raises
        ------
        UserError : the spacing is so small that the section has more than 2000 points along an
            axis.
        """
        right, up = np.linalg.norm(plane.axes_angstrom(self.density.cell), axis=1)
        if spacing is None:
            spacing = max(default_spacing(self.density), *finest(plane, bounds, self.density))
        s = _points(bounds.right, float(right), spacing)
        t = _points(bounds.up, float(up), spacing)
        at = self._exact if interpolation == "exact" else self._cubic
        if slab.thickness == 0:
            values = at(plane, s, t, 0.0, 0.0)
        elif slab.projection == "mean":
            values = at(plane, s, t, 0.0, slab.thickness)
        else:
            values = np.max([at(plane, s, t, z, 0.0) for z in self._heights(slab)], axis=0)
        return Section(self.density, plane, bounds, slab, values.astype(np.float32), s, t)

    def _heights(self, slab: Slab) -> NDArray[np.float64]:
        """Distances from the plane, Å, of the planes whose values are combined."""
        half = slab.thickness / 2
        n = min(max(2, ceil(slab.thickness / default_spacing(self.density)) + 1), _STEPS_IN_SLAB)
        return np.linspace(-half, half, n)

    # ------------------------------------------------------------------ Fourier terms
    @cached_property
    def _terms(self) -> tuple[NDArray[np.complex64], list[NDArray[np.int64]]]:
        """Terms F (a, b, c) of ρ(x) = Re Σ F exp(2πi k·x), and k along each axis.

        Half of the terms, doubled; planes of terms at the border that are negligible are left out.
        """
        grid = self.density.grid
        f = scipy.fft.rfftn(grid) / grid.size
        weights = np.full(f.shape[2], 2.0, dtype=np.float32)
        weights[0] = 1.0
        if grid.shape[2] % 2 == 0:
            weights[-1] = 1.0
        f *= weights
        k = [
            np.fft.fftfreq(grid.shape[0], 1 / grid.shape[0]).astype(np.int64),
            np.fft.fftfreq(grid.shape[1], 1 / grid.shape[1]).astype(np.int64),
            np.arange(f.shape[2], dtype=np.int64),
        ]
        size = np.abs(f)
        least = _NEGLIGIBLE * float(size.max())
        keep = [size.max(axis=others) > least for others in ((1, 2), (0, 2), (0, 1))]
        f = np.ascontiguousarray(f[np.ix_(*keep)], dtype=np.complex64)
        return f, [kk[kept] for kk, kept in zip(k, keep, strict=True)]

    def _exact(
        self,
        plane: Plane,
        s: NDArray[np.float64],
        t: NDArray[np.float64],
        height: float,
        thickness: float,
    ) -> NDArray[np.float32]:
        """Re Σ F exp(2πi k·x) at x = origin + s right + t up + height along the normal.

        The mean of a layer multiplies each term by sin(πx)/πx with x = thickness · k·n for the
        normal n. Terms with the same k·right and k·up are added first.
        """
        f, k = self._terms
        step = plane.normal_step(self.density.cell)
        origin = np.array(plane.origin) + height * step
        phases = [
            np.exp(2j * np.pi * kk * x).astype(np.complex64)
            for kk, x in zip(k, origin, strict=True)
        ]
        terms = f * phases[0][:, None, None] * phases[1][:, None] * phases[2]
        if thickness > 0:
            along = _sum_of_axes(k, step)
            terms = terms * np.sinc(thickness * along).astype(np.float32)
        m, n, joined = _joined(terms, k, plane)
        right = np.exp(2j * np.pi * np.outer(s, m)).astype(np.complex64)
        up = np.exp(2j * np.pi * np.outer(n, t)).astype(np.complex64)
        return np.asarray((right @ joined @ up).real)

    # ------------------------------------------------------------------ splines
    @cached_property
    def _spline(self) -> NDArray[np.float32]:
        return np.asarray(
            spline_filter(self.density.grid, order=3, output=np.float32, mode="grid-wrap")
        )

    def _cubic(
        self,
        plane: Plane,
        s: NDArray[np.float64],
        t: NDArray[np.float64],
        height: float,
        thickness: float,
    ) -> NDArray[np.float32]:
        if thickness > 0:
            heights = self._heights(Slab(thickness))
            layers = [self._cubic(plane, s, t, z, 0.0) for z in heights]
            # The trapezoidal rule: the outer planes count half.
            inner = np.sum(layers[1:-1], axis=0) if len(layers) > 2 else 0.0
            return np.asarray((inner + (layers[0] + layers[-1]) / 2) / (len(layers) - 1))
        frac = plane.frac(s[:, None], t[None, :]) + height * plane.normal_step(self.density.cell)
        places = np.moveaxis(frac % 1.0 * self.density.shape, -1, 0)
        values = map_coordinates(
            self._spline, places, np.float32, order=3, mode="grid-wrap", prefilter=False
        )
        return np.asarray(values)


def default_spacing(density: DensityMap) -> float:
    """Distance of the points of a section, Å, at which contour lines look smooth."""
    if density.d_min is None:
        return density.spacing / _PER_GRID
    return min(density.d_min / _FINE, density.spacing)


def finest(
    plane: Plane, bounds: Bounds, density: DensityMap, points: int = MOST_POINTS
) -> tuple[float, float]:
    """The spacings, Å, at which a section has this many points along its two axes."""
    right, up = np.linalg.norm(plane.axes_angstrom(density.cell), axis=1)
    s, t = (high - low for low, high in (bounds.right, bounds.up))
    return float(right) * s / (points - 1), float(up) * t / (points - 1)


def default_bounds(density: DensityMap) -> Bounds:
    """Around the origin for a Patterson map, whose origin peak is in the middle then; the cell for
    a density."""
    return CENTRED if density.kind is MapKind.PATTERSON else CELL


def _points(bounds: tuple[float, float], length: float, spacing: float) -> NDArray[np.float64]:
    low, high = bounds
    n = max(2, ceil((high - low) * length / spacing - 1e-9) + 1)
    if n > MOST_POINTS:
        raise UserError(
            f"A section of {n:,} points along an axis is too large: choose a spacing of at least "
            f"{(high - low) * length / (MOST_POINTS - 1):.2g} Å or narrower bounds."
        )
    return np.linspace(low, high, n)


def _sum_of_axes(
    k: list[NDArray[np.int64]], factors: NDArray[np.float64] | tuple[int, int, int]
) -> NDArray[np.float64]:
    """(a, b, c) Σ factor · k over the three axes."""
    a, b, c = (kk * factor for kk, factor in zip(k, factors, strict=True))
    return np.asarray(a[:, None, None] + b[:, None] + c)


def _joined(
    terms: NDArray[np.complex64], k: list[NDArray[np.int64]], plane: Plane
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.complex64]]:
    """k·right, k·up and the sums of the terms that share both."""
    if plane.axis is not None:  # `right` and `up` are two of the axes in their order
        row = "uvw".index(plane.axis)
        others = [kk for i, kk in enumerate(k) if i != row]
        return others[0], others[1], terms.sum(axis=row)
    m, n = (_sum_of_axes(k, vector).astype(np.int64) for vector in (plane.right, plane.up))
    m_values, n_values = (np.arange(each.min(), each.max() + 1) for each in (m, n))
    shape = len(m_values), len(n_values)
    cells = ((m - m_values[0]) * shape[1] + n - n_values[0]).ravel()
    flat = terms.ravel()
    real, imaginary = (
        np.bincount(cells, part, shape[0] * shape[1]) for part in (flat.real, flat.imag)
    )
    return m_values, n_values, (real + 1j * imaginary).astype(np.complex64).reshape(shape)
