"""Find peaks of maps where atoms are added, and short distances between atoms."""

import torch
import torch.nn.functional as nn
from torch import Tensor

from patterson_gui.crystal.lattices import reduced_lattice
from patterson_gui.solvers.atoms.data import RefinementData

_CANDIDATES = 4  # number of local maxima considered for each peak


def distances(xyz: Tensor, others: Tensor, orth: Tensor, reach: float = 1.5) -> Tensor:
    """(P, A, B) Å from each of `xyz` (P, A, 3) to the nearest copy of each of `others`.

    The same as `crystal.lattices.distances` up to `reach` Å. A longer distance may
    be that to a copy which is not the nearest.
    """
    inverse = torch.linalg.inv(orth).transpose(1, 2)
    apart = torch.bmm(others, inverse)[:, None] - torch.bmm(xyz, inverse)[:, :, None]
    # Rounding finds every distance below half the spacing of the lattice planes.
    spacings = 1.0 / torch.linalg.vector_norm(torch.linalg.inv(orth), dim=2)
    if float(spacings.min()) >= 2 * reach:
        return _lengths(apart - apart.round(), orth)
    axes = orth.transpose(1, 2)
    reduced = torch.stack(
        [torch.from_numpy(reduced_lattice(one.double().cpu().numpy())) for one in axes]
    ).to(axes)
    to_reduced = torch.bmm(axes, torch.linalg.inv(reduced)).round()
    apart = torch.bmm(apart.flatten(1, 2), to_reduced).reshape(apart.shape)
    apart = apart - apart.round()
    shortest = torch.full_like(apart[..., 0], torch.inf)
    for step in torch.cartesian_prod(*[torch.arange(-1, 2)] * 3).to(apart):
        shortest = torch.minimum(shortest, _lengths(apart + step, reduced.transpose(1, 2)))
    return shortest


def _lengths(frac: Tensor, orth: Tensor) -> Tensor:
    """(P, A, B) Å of fractional vectors (P, A, B, 3)."""
    vectors = torch.bmm(frac.flatten(1, 2), orth.transpose(1, 2)).reshape(frac.shape)
    length: Tensor = torch.linalg.vector_norm(vectors, dim=3)
    return length


def highest_peaks(
    density: Tensor, data: RefinementData, n: int, occupied: Tensor, used: Tensor, apart: float
) -> tuple[Tensor, Tensor]:
    """The n highest maxima of each map (P, nu, nv, nw), highest first.

    None lies nearer than `apart` Å to another or to an atom `occupied` (P, A, 3) whose `used`
    (P, A) is not zero.

    Returns
    -------
    xyz : (P, n, 3) Cartesian, Å, between grid points by a parabola along each axis.
    height : (P, n) in the unit of the map; minus infinity if there are fewer than n peaks.
    """
    xyz, height = maxima(density, data, _CANDIDATES * n + 8)
    if occupied.shape[1]:
        near = distances(xyz, occupied, data.orth) < apart
        height = height.masked_fill((near & (used[:, None] > 0)).any(2), -torch.inf)
    crowded = distances(xyz, xyz, data.orth) < apart
    rows = torch.arange(len(xyz), device=xyz.device)
    places, heights = [], []
    for _ in range(n):
        best = height.argmax(1)
        places.append(xyz[rows, best])
        heights.append(height[rows, best])
        height = height.masked_fill(crowded[rows, best], -torch.inf)
    return torch.stack(places, dim=1), torch.stack(heights, dim=1)


def maxima(density: Tensor, data: RefinementData, most: int) -> tuple[Tensor, Tensor]:
    """Positions (P, k, 3), Å, and heights (P, k) of the highest local maxima of the grid."""
    wrapped = nn.pad(density[:, None], (1,) * 6, mode="circular")
    highest = nn.max_pool3d(wrapped, 3, stride=1)[:, 0]
    flat = torch.where(density >= highest, density, -torch.inf).flatten(1)
    height, index = flat.topk(min(most, flat.shape[1]), dim=1)
    size = torch.tensor(data.shape, device=density.device)
    _, nv, nw = data.shape
    point = torch.stack([index // (nv * nw), index // nw % nv, index % nw], dim=2)
    rows = torch.arange(len(density), device=density.device)[:, None]
    middle = density[rows, point[..., 0], point[..., 1], point[..., 2]]
    offset = []
    for axis in range(3):
        step = torch.zeros(3, dtype=point.dtype, device=point.device)
        step[axis] = 1
        before, after = ((point + sign * step) % size for sign in (-1, 1))
        low = density[rows, before[..., 0], before[..., 1], before[..., 2]]
        high = density[rows, after[..., 0], after[..., 1], after[..., 2]]
        curve = (2 * middle - low - high).clamp(min=1e-12)
        offset.append(((high - low) / (2 * curve)).clamp(-0.5, 0.5))
    frac = (point + torch.stack(offset, dim=2)) / size
    return frac @ data.orth.transpose(1, 2), height
