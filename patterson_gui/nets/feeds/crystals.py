"""The feed of a data set of crystals: densities of unit cells and of windows.

A data set of kind 'crystal' gives unit cells only; one of kind 'lattice' gives unit cells and
windows alternately, each window at a random place and in a random orientation.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.materials.cube import (
    EDGE,
    POINTS,
    SPACING,
    Sample,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.errors import UserError
from patterson_gui.io.datasets.crystals import MaterialDataSet
from patterson_gui.io.training.model_cards import SeenData
from patterson_gui.nets.architectures.registry import MapInputs, Scales
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.feeds.molecules import random_rotations
from patterson_gui.nets.forward_model.crystal_grids import densities, padded, species

_NYQUIST = 2 * SPACING


class CrystalFeed:
    """The `Feed` of a data set of crystals: densities in the cube, with their elements.

    Parameters
    ----------
    device : on which the densities are computed.

    Raises
    ------
    UserError : the data set has no training or no validation crystal.
    """

    d_min = _NYQUIST

    def __init__(self, data: MaterialDataSet, device: torch.device | str = "cpu") -> None:
        self.data, self.device = data, torch.device(device)
        self.scales = Scales(patterson=1.0, density=1.0)
        self.sha256 = data.sha256
        self.with_windows = data.settings.kind == "lattice"
        self._train, self._validation = data.in_split("train"), data.in_split("val")
        each = 2 if self.with_windows else 1
        self.n_training = each * len(self._train)
        self.n_validation = each * len(self._validation)
        if self.n_training == 0 or self.n_validation == 0:
            lacking = "train" if self.n_training == 0 else "val"
            raise UserError(
                f"The data set {data.path} has no crystal of the split '{lacking}': build it from "
                "more crystals or with a table of splits."
            )

    def training(
        self, chosen: NDArray[np.int64], batch_size: int, generator: torch.Generator
    ) -> Iterator[Batch[MapInputs]]:
        """The chosen training examples, windows at random, in batches of at most `batch_size`."""
        yield from self._batches(self._train, chosen, batch_size, generator)

    def validation(self, chosen: NDArray[np.int64], batch_size: int) -> Iterator[Batch[MapInputs]]:
        """The chosen validation examples, unchanged, in batches of at most `batch_size`."""
        for first in range(0, len(chosen), batch_size):
            part = chosen[first : first + batch_size]
            generator = torch.Generator().manual_seed(int(part[0]))
            yield from self._batches(self._validation, part, len(part), generator)

    def validation_name(self, place: int) -> str:
        """The crystal of a validation example, and whether it is a window."""
        row, window = self._row(self._validation, place)
        return self.data.material(row).label + (", window" if window else "")

    def seen(self) -> SeenData:
        """The description of the training data for the card."""
        return SeenData(
            file=self.data.path.name,
            sha256=self.sha256,
            kind=self.data.settings.kind,
            lengths=(1, 1),
            examples=self.n_training,
            validation_examples=self.n_validation,
            cell_edges=(EDGE, EDGE),
            shapes=((POINTS, POINTS, POINTS),),
            spacing=SPACING,
            d_min=(_NYQUIST, _NYQUIST),
        )

    def _row(self, rows: NDArray[np.int64], place: int) -> tuple[int, bool]:
        if not self.with_windows:
            return int(rows[place]), False
        return int(rows[place // 2]), bool(place % 2)

    def _batches(
        self,
        rows: NDArray[np.int64],
        chosen: NDArray[np.int64],
        batch_size: int,
        generator: torch.Generator,
    ) -> Iterator[Batch[MapInputs]]:
        for first in range(0, len(chosen), batch_size):
            part = chosen[first : first + batch_size]
            turns = random_rotations(len(part), generator).double().numpy()
            offsets = torch.rand(len(part), 3, generator=generator, dtype=torch.float64).numpy()
            samples = [
                self._sample(*self._row(rows, int(place)), turn, offset)
                for place, turn, offset in zip(part, turns, offsets, strict=True)
            ]
            yield batch_of(samples, self.device)

    def _sample(
        self, row: int, window: bool, turn: NDArray[np.float64], offset: NDArray[np.float64]
    ) -> Sample:
        material = self.data.material(row)
        if not window:
            try:
                return unit_cell_sample(material)
            except UserError:
                pass  # the cell does not fit the cube: use a window
        return window_sample(material, turn, offset)


def batch_of(samples: Sequence[Sample], device: torch.device | str = "cpu") -> Batch[MapInputs]:
    """A batch of samples: densities as input, the elements of the grid points as truth."""
    positions, numbers = (x.to(device) for x in padded(samples))
    lattices = torch.from_numpy(np.stack([s.lattice for s in samples])).float().to(device)
    windows = torch.tensor([s.kind == "lattice" for s in samples], device=device)
    cells = torch.tensor([[EDGE] * 3 + [90.0] * 3], device=device).expand(len(samples), 6)
    inputs = MapInputs(densities(positions, numbers), lattices, windows)
    return Batch(inputs, species(positions, numbers)[:, None].float(), cells)
