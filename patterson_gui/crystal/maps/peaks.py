"""Find the highest symmetry-unique peaks of a map."""

import math
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from patterson_gui.crystal.lattices import distances, minimum_image
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.masks import lattice_points
from patterson_gui.crystal.reciprocal.fourier import fourier_interpolate
from patterson_gui.crystal.symmetry_images import operation_arrays, symmetry_images
from patterson_gui.errors import UserError

_MOST_CANDIDATES = 20_000
_FINE = 8.0  # grid points per resolution limit; on coarser grids ridges look like peaks
_MOST_POINTS = 8_000_000  # largest number of points of an interpolated map
_SHORTEST_BOND = 0.9  # Å, between atoms other than hydrogen


@dataclass(frozen=True)
class Peak:
    """A local maximum of a map.

    Attributes
    ----------
    height : in the map's units; `rmsd` the same above the mean in units of its rmsd.
    frac : fractional coordinates u v w, 0..1, of one of the equivalent positions.
    length_A : Å, shortest vector from any lattice point to it or to an equivalent.
    multiplicity : how many equivalents the cell holds.
    is_origin : whether it sits on a lattice point.
    harker : labels of the Harker sections of the crystal on which a Patterson peak lies; empty
        where that is not known.
    """

    height: float
    rmsd: float
    frac: tuple[float, float, float]
    length_A: float  # noqa: N815  (the unit is part of the name)
    multiplicity: int
    is_origin: bool = False
    harker: tuple[str, ...] = ()

    def __repr__(self) -> str:
        u, v, w = self.frac
        origin = ", origin" if self.is_origin else ""
        return (
            f"<Peak {u:.3f} {v:.3f} {w:.3f}: height {self.height:.4g}, {self.rmsd:.1f} rmsd, "
            f"{self.length_A:.2f} Å{origin}>"
        )


def find_peaks(density: DensityMap, n: int = 100, min_rmsd: float = 3.0) -> tuple[Peak, ...]:
    """At most `n` unique peaks of at least `min_rmsd`, highest first.

    Positions are between grid points, at the maximum of a quadratic fitted to 27 points. A map
    with a coarse grid is first interpolated exactly; otherwise positions of broad peaks are wrong
    by up to 0.5 Å, and ridges look like peaks. A peak closer to a higher one than two thirds of the
    resolution (1.5 grid spacings if that is unknown) is a shoulder and is left out. The origin peak
    of a Patterson comes first whatever its height; peaks closer to it than any two atoms are
    ripples and are left out.
    """
    if n < 1:
        raise UserError("Ask for at least one peak.")
    rmsd, mean = density.rmsd, density.mean
    if not rmsd > 0:
        return ()
    frac, heights = _candidates(density, mean + min_rmsd * rmsd)
    operations = _Operations(density.spacegroup)
    distance = _least_distance(density)
    is_patterson = density.kind is MapKind.PATTERSON
    kept: list[Peak] = []
    taken = np.empty((0, 3))
    for x, height in zip(frac, heights, strict=True):
        images = operations.images(x)
        if len(taken) and _closest(density, images[0] - taken) < distance:
            continue
        peak = _peak(density, images, float(height), mean, rmsd, distance, operations)
        # All its equivalents are added too, so each later candidate is tested once.
        taken = np.concatenate([taken, images])
        if is_patterson and not peak.is_origin and peak.length_A < _SHORTEST_BOND:
            continue
        kept.append(peak)
        if len(kept) >= n:
            break
    if is_patterson:
        kept.sort(key=lambda peak: not peak.is_origin)
    return tuple(kept)


def _least_distance(density: DensityMap) -> float:
    """Least distance of two separate peaks, Å."""
    if density.d_min is not None:
        return density.d_min * 2.0 / 3.0
    return 1.5 * density.spacing


def _candidates(
    density: DensityMap, threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Refined fractional positions (m, 3) of local maxima and their heights, descending.

    Of symmetry-equivalent voxels only one is used.
    """
    grid = _finer(density)
    top = (grid == maximum_filter(grid, size=3, mode="wrap")) & (grid > threshold)
    voxels = np.argwhere(top)
    voxels = _unique_voxels(voxels, grid.shape, density.spacegroup)
    order = np.argsort(-grid[tuple(voxels.T)], kind="stable")[:_MOST_CANDIDATES]
    frac, heights = _refine(grid, voxels[order])
    order = np.argsort(-heights, kind="stable")
    return frac[order], heights[order]


def _finer(density: DensityMap) -> NDArray[np.float32]:
    """The map interpolated to a multiple of its points along each axis, if its grid is coarse.

    This is exact, because the terms of the map end at its resolution, which its grid can hold.
    """
    grid, d_min = density.grid, density.d_min
    spacing = density.spacing
    if d_min is None or spacing >= d_min / 2:
        return grid
    most = math.floor((_MOST_POINTS / grid.size) ** (1 / 3))
    times = min(math.ceil(spacing * _FINE / d_min), most)
    if times <= 1:
        return grid
    nu, nv, nw = density.shape
    return fourier_interpolate(grid, (times * nu, times * nv, times * nw))


def _unique_voxels(
    voxels: NDArray[np.intp], size: tuple[int, ...], spacegroup: gemmi.SpaceGroup
) -> NDArray[np.intp]:
    """Remove voxels that are equivalent to others.

    This is exact if the grid has the symmetry; other equivalents are found by distance later.
    """
    shape = np.array(size)
    best = np.full(len(voxels), np.iinfo(np.int64).max)
    for image in symmetry_images(voxels / shape, spacegroup.operations()):
        images = np.rint(image * shape).astype(np.int64) % shape
        best = np.minimum(best, np.ravel_multi_index(tuple(images.T), size))
    _, first = np.unique(best, return_index=True)
    return voxels[first]


# Least-squares quadratic c + g·x + x·Qx/2 through the 27 points of a 3 × 3 × 3 block.
_BLOCK = np.array(list(np.ndindex(3, 3, 3))) - 1
_PAIRS = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
_DESIGN = np.column_stack(
    [np.ones(27), _BLOCK]
    + [_BLOCK[:, i] * _BLOCK[:, j] * (0.5 if i == j else 1.0) for i, j in _PAIRS]
)
_FIT = np.linalg.pinv(_DESIGN)


def _refine(
    grid: NDArray[np.float32], voxels: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(m, 3) fractional tops of the quadratics around `voxels` and the heights there."""
    shape = np.array(grid.shape)
    around = (voxels[:, None] + _BLOCK) % shape
    values = grid[around[..., 0], around[..., 1], around[..., 2]].astype(np.float64)
    c = values @ _FIT.T
    gradient = c[:, 1:4]
    hessian = np.empty((len(c), 3, 3))
    for k, (i, j) in enumerate(_PAIRS):
        hessian[:, i, j] = hessian[:, j, i] = c[:, 4 + k]
    step = np.zeros_like(gradient)
    curved = np.linalg.eigvalsh(hessian)[:, -1] < 0 if len(c) else np.zeros(0, dtype=bool)
    step[curved] = -np.linalg.solve(hessian[curved], gradient[curved][..., None])[..., 0]
    step[np.abs(step).max(axis=1, initial=0.0) > 1.0] = 0.0  # not a maximum: stay on the voxel
    # The fit smooths the map, so only its increase between grid points is used.
    rise = np.einsum("ij,ij->i", gradient, step) + 0.5 * np.einsum(
        "ij,ijk,ik->i", step, hessian, step
    )
    return (voxels + step) / shape % 1.0, values[:, 13] + np.maximum(rise, 0.0)


class _Operations:
    """Symmetry operations as arrays, centring included."""

    def __init__(self, spacegroup: gemmi.SpaceGroup) -> None:
        self.rotations, self.translations = operation_arrays(spacegroup.operations())
        self.centring = lattice_points(spacegroup)

    def images(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n_operations, 3) equivalents of one point, in 0..1; the identity first."""
        return (self.rotations @ frac + self.translations) % 1.0


def _closest(density: DensityMap, difference: NDArray[np.float64]) -> float:
    """Shortest of (n, 3) fractional differences, Å."""
    return float(distances(difference, density.orthogonalization.T).min())


def _peak(
    density: DensityMap,
    images: NDArray[np.float64],
    height: float,
    mean: float,
    rmsd: float,
    distance: float,
    operations: _Operations,
) -> Peak:
    near_itself = minimum_image(images - images[0], density.orthogonalization.T)
    same = np.linalg.norm(near_itself @ density.orthogonalization.T, axis=1) < distance / 2
    length = _closest(density, images[0] - operations.centring)
    # A peak close to a symmetry element is moved onto it exactly.
    centre = images[0] + near_itself[same].mean(axis=0)
    is_origin = length < distance / 2
    shown = np.zeros(3) if is_origin else _representative(operations.images(centre))
    return Peak(
        height=height,
        rmsd=(height - mean) / rmsd,
        frac=(float(shown[0]), float(shown[1]), float(shown[2])),
        length_A=0.0 if is_origin else length,
        multiplicity=round(len(images) / int(same.sum())),
        is_origin=is_origin,
    )


def _representative(images: NDArray[np.float64]) -> NDArray[np.float64]:
    """The equivalent nearest the origin corner of the cell: 0 ≤ u, v, w, small first."""
    tidy = np.round(images, 6) % 1.0
    first = np.lexsort((*tidy.T, np.round(tidy.sum(axis=1), 5)))[0]
    return np.asarray(tidy[first])
