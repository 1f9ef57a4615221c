"""Apply the atom-finding network to a map of any cell.

The network gets a small cell with right angles as a whole, as a periodic map. Other cells are cut
into overlapping orthogonal boxes, so that the spacing and the axes are those of the training.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy.fft
import torch
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, spline_filter

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.errors import Cancelled
from patterson_gui.nets.architectures.organic import SPACING, Organic, channels

_MOST_POINTS = 64**3  # points of a cell that is processed as a whole
_BOX, _HALO = 32, 8  # points along the edge of a box, and margin on each side
_FINER = 0.6  # of the network's spacing: spacing of the grid from which boxes are interpolated
_SQUARE = 0.02  # largest cosine of angles that count as right angles
_LEAST = 0.1  # points with a smaller probability of an atom are left out

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Voxels:
    """The grid points that are likely to be near an atom.

    Attributes
    ----------
    votes : (k, 3) Å, the atom position that each point predicts.
    probabilities : (k, 5) of `organic.ELEMENTS`.
    volume : Å³ per grid point.
    """

    votes: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    volume: float


@torch.no_grad()
def voxels_of(
    density: DensityMap, network: Organic, cancelled: Callable[[], bool] = lambda: False
) -> Voxels:
    """Apply `network` to a map over the whole cell; space-group symmetry is not used.

    Raises `Cancelled` soon after `cancelled()` turns true.
    """
    orth = density.orthogonalization
    lattice = torch.from_numpy(orth.T.copy()).float()[None]
    edges = np.linalg.norm(orth, axis=0)
    network.eval()
    shape = _shape(edges, SPACING, network)
    if _is_orthogonal(orth) and np.prod(shape) <= _MOST_POINTS:
        maps = channels(torch.from_numpy(resampled(density.grid, shape))[None, None], lattice)
        probabilities, offsets = network.found(maps, periodic=True)
        points = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"))
        where = np.tensordot(orth, points, axes=(1, 0))
        volume = float(np.linalg.det(orth)) / float(np.prod(shape))
        return _likely(where, probabilities[0].numpy(), offsets[0].numpy(), volume)
    shape = _shape(edges, _FINER * SPACING, network)
    maps = channels(torch.from_numpy(resampled(density.grid, shape))[None, None], lattice)
    parts = []
    for part in _boxes(maps[0].numpy(), orth, network):
        if cancelled():
            raise Cancelled
        parts.append(part)
    return Voxels(
        np.concatenate([part.votes for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
        SPACING**3,
    )


def resampled(grid: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """Resample a map by Fourier interpolation; terms beyond the limit of `shape` are dropped."""
    half = scipy.fft.rfftn(grid)
    out = np.zeros((shape[0], shape[1], shape[2] // 2 + 1), np.complex64)
    kept = [min(a, b) for a, b in zip(grid.shape, shape, strict=True)]
    # Terms at the limit of the smaller grid have no defined phase there.
    h, k = (np.arange(-((n - 1) // 2), (n - 1) // 2 + 1) for n in kept[:2])
    l = np.arange((kept[2] - 1) // 2 + 1)  # noqa: E741
    out[np.ix_(h, k, l)] = half[np.ix_(h, k, l)]
    out *= np.prod(shape) / grid.size
    return np.asarray(scipy.fft.irfftn(out, shape), dtype=np.float32)


def _shape(edges: NDArray[np.float64], spacing: float, network: Organic) -> Shape:
    multiple = network.multiple
    n = np.maximum(np.ceil(edges / spacing / multiple - 1e-6) * multiple, network.smallest)
    nu, nv, nw = (int(side) for side in n)
    return nu, nv, nw


def _is_orthogonal(orth: NDArray[np.float64]) -> bool:
    axes = orth / np.linalg.norm(orth, axis=0)
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() < _SQUARE)


def _likely(
    where: NDArray[np.float64],
    probabilities: NDArray[np.float32],
    offsets: NDArray[np.float32],
    volume: float,
    inside: NDArray[np.bool_] | None = None,
) -> Voxels:
    """Select the points `inside` that are likely near an atom, from arrays with points (3, …),
    probabilities (5, …) and offsets (3, …)."""
    near = probabilities[0] < 1 - _LEAST
    if inside is not None:
        near &= inside
    votes = where[:, near] + offsets[:, near]
    return Voxels(votes.T.astype(float), probabilities[:, near].T.astype(float), volume)


def _boxes(
    maps: NDArray[np.float32], orth: NDArray[np.float64], network: Organic
) -> Iterator[Voxels]:
    """Boxes whose interiors together contain each point of the cell once."""
    sides = np.array(maps.shape[1:])
    inverse = np.linalg.inv(orth)
    # Cubic splines; both the filter and the interpolation are periodic.
    coefficients = [spline_filter(m, order=3, mode="grid-wrap", output=np.float32) for m in maps]
    corners = orth @ np.array(list(product((0.0, 1.0), repeat=3))).T
    low, high = corners.min(axis=1), corners.max(axis=1)
    edge = _BOX * SPACING
    axis = (np.arange(_BOX + 2 * _HALO) - _HALO + 0.5) * SPACING
    core = np.zeros((_BOX + 2 * _HALO,) * 3, dtype=bool)
    core[(slice(_HALO, -_HALO),) * 3] = True
    number = np.ceil((high - low) / edge - 1e-6).astype(int)
    for place in np.ndindex(*number):
        first = low + np.array(place) * edge
        where = np.stack(np.meshgrid(*(axis + x for x in first), indexing="ij"))
        frac = np.tensordot(inverse, where, axes=(1, 0))
        inside = core & ((frac >= 0) & (frac < 1)).all(axis=0)
        if not inside.any():
            continue
        at = frac * sides[:, None, None, None]
        seen = np.stack(
            [
                map_coordinates(c, at, order=3, mode="grid-wrap", prefilter=False)
                for c in coefficients
            ]
        )
        probabilities, offsets = network.found(torch.from_numpy(seen)[None], periodic=False)
        yield _likely(where, probabilities[0].numpy(), offsets[0].numpy(), SPACING**3, inside)
