"""Densities and species grids of crystals in the cube, and their separable transforms.

A Gaussian in the cube is a product of three functions of one coordinate. Each of these is expanded
in the first principal functions of exp(−(x − x_a)² / 2σ²) over all x_a. Ten principal functions
lose less than a thousandth of the squared density.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.materials.cube import (
    AMPLITUDE,
    EDGE,
    POINTS,
    REACH,
    SIGMA,
    SPACING,
    VOXEL_RADIUS,
    Sample,
)


@cache
def principal_functions(n: int) -> NDArray[np.float64]:
    """(30, n) orthonormal functions of one coordinate on the grid, the most important first.

    Their signs are chosen so that the largest value is positive; they are the same on all machines.
    """
    along = np.arange(POINTS) * SPACING
    centres = np.arange(-REACH, EDGE + REACH, 0.02)
    gaussians = np.exp(-((along[:, None] - centres) ** 2) / (2 * SIGMA**2))
    vectors = np.linalg.svd(gaussians @ gaussians.T)[0][:, :n]
    signs = np.sign(vectors[np.abs(vectors).argmax(0), np.arange(n)])
    functions: NDArray[np.float64] = vectors * signs
    return functions


@cache
def sharpening(noise: float) -> NDArray[np.float64]:
    """(30, 30) matrix that deconvolves the Gaussian along one axis (Tikhonov regularisation).

    Parameters
    ----------
    noise : the weakest component, relative to the strongest, that is restored.
    """
    along = np.arange(POINTS) * SPACING
    blur = np.exp(-((along[:, None] - along) ** 2) / (2 * SIGMA**2))
    blur *= SPACING / (2 * np.pi) ** 0.5 / SIGMA
    restored: NDArray[np.float64] = blur.T @ np.linalg.inv(
        blur @ blur.T + noise**2 * np.eye(POINTS)
    )
    return restored


def along_axes(maps: Tensor, matrix: Tensor) -> Tensor:
    """(..., n, n, n) maps with (m, n) applied along each of the last three axes."""
    maps = maps @ matrix.T
    maps = (maps.transpose(-1, -2) @ matrix.T).transpose(-1, -2)
    return (maps.transpose(-1, -3) @ matrix.T).transpose(-1, -3)


def padded(samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """Positions (B, A, 3), Å, and numbers (B, A) of samples; 0 for padding."""
    most = max(1, *(len(sample.numbers) for sample in samples))
    positions = np.full((len(samples), most, 3), -1e3, np.float32)
    numbers = np.zeros((len(samples), most), np.int64)
    for i, sample in enumerate(samples):
        n = len(sample.numbers)
        positions[i, :n], numbers[i, :n] = sample.positions, sample.numbers
    return torch.from_numpy(positions), torch.from_numpy(numbers)


def densities(positions: Tensor, numbers: Tensor) -> Tensor:
    """(B, 1, 30, 30, 30) e/Å³ of padded atoms, as `crystal/materials/cube.py: gaussian_density`."""
    along = torch.arange(POINTS, device=positions.device) * SPACING
    x, y, z = (
        torch.exp(-((along - positions[:, :, k, None]) ** 2) / (2 * SIGMA**2)) for k in range(3)
    )
    heights = (AMPLITUDE * numbers)[:, :, None].to(x.dtype)
    planes = (y[:, :, :, None] * z[:, :, None, :]).flatten(2)
    maps: Tensor = (heights * x).transpose(1, 2) @ planes
    return maps.reshape(len(positions), 1, POINTS, POINTS, POINTS)


def species(positions: Tensor, numbers: Tensor, radius: float = VOXEL_RADIUS) -> Tensor:
    """(B, 30, 30, 30) atomic number of the nearest atom within `radius` Å of each grid point, 0
    where there is none (Hoffmann et al., 2019: 0.65 Å)."""
    device = positions.device
    reach = int(np.ceil(radius / SPACING))
    steps = torch.cartesian_prod(*[torch.arange(-reach, reach + 1, device=device)] * 3)
    seen = (numbers > 0) & ((positions > -radius) & (positions < EDGE + radius)).all(-1)
    batch, atom = torch.nonzero(seen, as_tuple=True)
    where = positions[batch, atom]
    points = (where / SPACING).round().long()[:, None] + steps
    squared = ((points * SPACING - where[:, None]) ** 2).sum(-1)
    meant = (squared < radius**2) & ((points >= 0) & (points < POINTS)).all(-1)
    row, step = torch.nonzero(meant, as_tuple=True)
    u, v, w = points[row, step].unbind(-1)
    place = ((batch[row] * POINTS + u) * POINTS + v) * POINTS + w
    # A point near several atoms belongs to the nearest one.
    order = squared[row, step].argsort(descending=True, stable=True)
    grid = torch.zeros(len(positions) * POINTS**3, dtype=torch.int64, device=device)
    grid[place[order]] = numbers[batch, atom][row[order]]
    return grid.reshape(len(positions), POINTS, POINTS, POINTS)
