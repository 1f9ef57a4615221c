"""Unique peaks of a density in its space group, at special positions where they are near one."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from patterson_gui.crystal.cells import grid_shape, orthogonalization
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.symmetry_images import operation_arrays

SNAP = 0.45  # Å from its image within which a peak is moved to the special position
_POINTS_PER_RESOLUTION = 3.2
_WIDEST = 0.32  # Å between grid points


@dataclass(frozen=True, eq=False)
class DensityGrid:
    """Fills maps of one crystal: the expansion of its unique reflections is kept."""

    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    shape: tuple[int, int, int]
    _hkl: NDArray[np.int32]
    _source: NDArray[np.intp]
    _shift: NDArray[np.complex128]
    _conjugate: NDArray[np.bool_]

    @classmethod
    def of(
        cls, hkl: NDArray[np.int32], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
    ) -> "DensityGrid":
        """For unique reflections hkl (n, 3) of a space group."""
        d_min = float(cell.calculate_d_array(hkl).min())
        spacing = min(_WIDEST, d_min / _POINTS_PER_RESOLUTION)
        shape = grid_shape(cell, spacing, spacegroup, d_min=d_min)
        expanded, source, change = equivalents.expand(hkl, spacegroup)
        return cls(cell, spacegroup, shape, expanded, source, change.shift, change.conjugate_mask)

    def density(self, f: NDArray[np.complex128]) -> NDArray[np.float32]:
        """(nu, nv, nw) e/Å³ of structure factors f (n,), without F(000)."""
        terms = f[self._source] * self._shift
        terms = np.where(self._conjugate, terms.conj(), terms)
        return map_from_terms(self._hkl, terms, self.cell, self.shape)


@dataclass(frozen=True, eq=False)
class UniquePeaks:
    """Peaks of one asymmetric unit, the highest first.

    frac (n, 3) fractional; height (n,); order (n,) of the site symmetry, 1 at general positions.
    """

    frac: NDArray[np.float64]
    height: NDArray[np.float64]
    order: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.height)


def unique_peaks(
    grid: DensityGrid,
    density: NDArray[np.float32],
    n: int,
    distance: float,
    lowest: float = 0.0,
) -> UniquePeaks:
    """At most `n` peaks, the highest first, at least `distance` Å from each other's images.

    Positions are at the maximum of parabolas through the neighbouring points. A peak closer than
    `SNAP` to its own image moves to the special position.
    """
    rotations, translations = operation_arrays(grid.spacegroup.operations())
    to_cartesian = orthogonalization(grid.cell).T
    frac, height = _maxima(density, lowest, 2 * n * len(rotations) + 20)
    kept: list[NDArray[np.float64]] = []
    images = np.empty((0, 3))
    heights, orders = [], []
    for x, value in zip(frac, height, strict=True):
        if len(images) and _nearest(images, x, to_cartesian) < distance:
            continue
        x, order = _snapped(x, rotations, translations, to_cartesian)  # noqa: PLW2901
        kept.append(x)
        heights.append(value)
        orders.append(order)
        images = np.concatenate([images, rotations @ x + translations])
        if len(kept) == n:
            break
    return UniquePeaks(
        np.array(kept).reshape(-1, 3), np.array(heights), np.array(orders, dtype=np.int64)
    )


def distances_to_images(
    frac: NDArray[np.float64],
    others: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> NDArray[np.float64]:
    """(n, m) Å from each position (n, 3) to the nearest image of each of `others` (m, 3)."""
    rotations, translations = operation_arrays(spacegroup.operations())
    to_cartesian = orthogonalization(cell).T
    best = np.full((len(frac), len(others)), np.inf)
    for rotation, translation in zip(rotations, translations, strict=True):
        step = frac[:, None] - (others @ rotation.T + translation)[None]
        best = np.minimum(best, _length(step, to_cartesian))
    return best


def _maxima(
    density: NDArray[np.float32], lowest: float, most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fractional positions (m, 3) of local maxima and their heights, the highest first."""
    top = (density == maximum_filter(density, size=3, mode="wrap")) & (density > lowest)
    at = np.argwhere(top)
    centre = density[tuple(at.T)].astype(np.float64)
    order = np.argsort(-centre, kind="stable")[:most]
    at, centre = at[order], centre[order]
    shape = np.array(density.shape)
    position, height = at.astype(np.float64), centre.copy()
    for axis in range(3):
        step = np.eye(3, dtype=np.int64)[axis]
        before = density[tuple(((at - step) % shape).T)].astype(np.float64)
        after = density[tuple(((at + step) % shape).T)].astype(np.float64)
        curvature = np.minimum(before + after - 2 * centre, -1e-12)
        offset = np.clip((before - after) / (2 * curvature), -0.5, 0.5)
        position[:, axis] += offset
        height += 0.5 * (after - before) * offset + 0.5 * curvature * offset**2
    order = np.argsort(-height, kind="stable")
    return (position / shape)[order] % 1.0, height[order]


def _nearest(
    images: NDArray[np.float64], x: NDArray[np.float64], to_cartesian: NDArray[np.float64]
) -> float:
    return float(_length(images - x, to_cartesian).min())


def _length(step: NDArray[np.float64], to_cartesian: NDArray[np.float64]) -> NDArray[np.float64]:
    """Å of the shortest equivalent of fractional steps (..., 3), by rounding each component.

    It is exact for steps much shorter than the cell edges, which are all that matter here.
    """
    step = step - np.round(step)
    return np.asarray(np.linalg.norm(step @ to_cartesian, axis=-1))


def _snapped(
    x: NDArray[np.float64],
    rotations: NDArray[np.float64],
    translations: NDArray[np.float64],
    to_cartesian: NDArray[np.float64],
) -> tuple[NDArray[np.float64], int]:
    """The position moved to the mean of its images within `SNAP`, and how many there are."""
    for _ in range(20):
        step = rotations @ x + translations - x
        step -= np.round(step)
        close = np.linalg.norm(step @ to_cartesian, axis=1) < SNAP
        move = step[close].mean(axis=0)
        x = x + move
        if np.abs(move).max() < 1e-7:
            break
    return x % 1.0, int(close.sum())
