"""Molecules of a data set: atom positions, random orientations, distances to periodic copies."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.io.datasets.proteins import DataSet
from patterson_gui.nets.forward_model.synthesis import orthogonalisation

NEAREST_COPY = 3.0  # Å, least distance between a molecule and its copies in neighbouring cells
_ROTATIONS_TRIED = 8  # attempts per molecule


@dataclass(frozen=True, eq=False)
class Molecules:
    """Molecules without cells: padded positions about the centre of mass, and atomic numbers.

    Attributes
    ----------
    positions : (B, A, 3) Å.
    numbers : (B, A) atomic numbers; 0 is padding.
    """

    positions: Tensor
    numbers: Tensor

    @property
    def extent(self) -> Tensor:
        """(B, 3) Å along x, y, z."""
        real = (self.numbers > 0)[:, :, None]
        high = self.positions.masked_fill(~real, -torch.inf).amax(1)
        return high - self.positions.masked_fill(~real, torch.inf).amin(1)

    def rotated(self, rotations: Tensor) -> "Molecules":
        """Rotate each molecule by its (B, 3, 3) matrix about the centre of mass."""
        return Molecules(self.positions @ rotations.transpose(1, 2), self.numbers)

    def chosen(self, rows: Tensor) -> "Molecules":
        """Select some of the molecules."""
        return Molecules(self.positions[rows], self.numbers[rows])


def stored(data: DataSet, rows: NDArray[np.int64]) -> Molecules:
    """Some examples of a data set in their stored orientation, about their centres of mass."""
    parts = [data.atoms(int(row)) for row in rows]
    most = max(len(numbers) for _, numbers in parts)
    positions = np.zeros((len(parts), most, 3), np.float32)
    numbers = np.zeros((len(parts), most), np.int64)
    for i, (where, what) in enumerate(parts):
        positions[i, : len(what)], numbers[i, : len(what)] = where, what
    return Molecules(torch.from_numpy(positions), torch.from_numpy(numbers))


def random_rotations(n: int, generator: torch.Generator) -> Tensor:
    """(n, 3, 3) proper rotations, uniform, from unit quaternions (Shoemake, 1992)."""
    q = torch.randn(n, 4, generator=generator, dtype=torch.float64)
    w, x, y, z = (q / q.norm(dim=1, keepdim=True)).unbind(1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, dim=1).reshape(n, 3, 3).float()


def nearest_copy(molecules: Molecules, cells: Tensor) -> Tensor:
    """(B,) Å, the shortest distance between atoms of a molecule and of its periodic copies."""
    steps = torch.cartesian_prod(*[torch.arange(-1.0, 2.0)] * 3)
    steps = steps[13 + 1 :]  # 13 of the 26 neighbours: the others are related to these by inversion
    lattice = orthogonalisation(cells.cpu())
    shifts = torch.einsum("bij,sj->bsi", lattice, steps)
    positions = molecules.positions.cpu()
    missing = molecules.numbers.cpu() == 0
    differences = positions[:, :, None] - positions[:, None]
    near = torch.full((len(positions),), torch.inf)
    for s in range(len(steps)):
        squared = (differences + shifts[:, None, None, s]).square().sum(-1)
        squared = squared.masked_fill(missing[:, :, None] | missing[:, None], torch.inf)
        near = torch.minimum(near, squared.flatten(1).amin(1))
    return near.sqrt()


def rotate_clear_of_copies(
    molecules: Molecules, cells: Tensor, generator: torch.Generator
) -> Molecules:
    """Rotate each molecule at random so that it keeps `NEAREST_COPY` from its periodic copies.

    A molecule for which no random orientation fits after a few attempts stays as stored; the
    builder of the data set has checked that this orientation fits.
    """
    positions = molecules.positions.clone()
    waiting = torch.arange(len(positions))
    for _ in range(_ROTATIONS_TRIED):
        rotations = random_rotations(len(waiting), generator)
        tried = molecules.chosen(waiting).rotated(rotations)
        fits = nearest_copy(tried, cells[waiting]) >= NEAREST_COPY
        positions[waiting[fits]] = tried.positions[fits]
        waiting = waiting[~fits]
        if len(waiting) == 0:
            break
    return Molecules(positions, molecules.numbers)
