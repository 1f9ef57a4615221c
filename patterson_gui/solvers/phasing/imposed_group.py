"""A space group that is imposed on densities while phases are searched."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.cells import smooth_multiple

_DEN = 24  # translations of space groups are whole numbers of 1/24 of an axis


@dataclass(frozen=True, eq=False)
class ImposedGroup:
    """The operations x' = R x + t of a space group, one for each rotation.

    Attributes
    ----------
    name : Hermann-Mauguin symbol, in the axes of the data.
    rotations : (m, 3, 3) whole numbers, in the axes of the cell in which phases are searched.
    translations : (m, 3) in fractions of that cell.
    """

    name: str
    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]

    def grid_shape(self, fewest: Sequence[int]) -> tuple[int, int, int]:
        """The smallest grid that the operations map onto itself, with at least `fewest` points
        along each axis."""
        linked = (self.rotations != 0).any(axis=0)
        linked = np.linalg.matrix_power((linked | linked.T).astype(np.int64), 2) > 0
        steps = np.gcd(np.rint(self.translations * _DEN).astype(np.int64), _DEN)
        factors = np.lcm.reduce(_DEN // steps, axis=0)
        shape = []
        for axes in linked:  # axes that a rotation takes into one another are divided alike
            factor = int(np.lcm.reduce(factors[axes]))
            most = max(n for n, also in zip(fewest, axes, strict=True) if also)
            shape.append(smooth_multiple(most, factor))
        return shape[0], shape[1], shape[2]


class SymmetryAverage:
    """The mean of densities (S, nu, nv, nw) over the operations of a group."""

    def __init__(
        self, group: ImposedGroup, shape: tuple[int, int, int], device: torch.device
    ) -> None:
        """Take a group and a grid that it maps onto itself; see `ImposedGroup.grid_shape`."""
        size = np.array(shape)
        points = np.indices(shape).reshape(3, -1).T
        self._images = []
        for rotation, translation in zip(group.rotations, group.translations, strict=True):
            # With x = p / n, the point R x + t is n R (p / n) + n t.
            turned = (rotation * size[:, None]) // size[None, :]
            image = (points @ turned.T + np.rint(translation * size).astype(np.int64)) % size
            index = np.ravel_multi_index((image[:, 0], image[:, 1], image[:, 2]), shape)
            self._images.append(torch.as_tensor(index, device=device))

    def __call__(self, density: Tensor) -> Tensor:
        """The mean of ρ(x) over all images of x."""
        flat = density.flatten(-3)
        total = torch.zeros_like(flat)
        for image in self._images:
            total += flat[..., image]
        return (total / len(self._images)).view(density.shape)
