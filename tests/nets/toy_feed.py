"""A feed of a few random molecules, without a file."""

from collections.abc import Iterator

import torch

from patterson_gui.io.training.model_cards import SeenData
from patterson_gui.nets.architectures.registry import Scales
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.forward_model.synthesis import (
    AtomBatch,
    density_from,
    patterson_from,
    structure_factors,
)

SHAPE = (8, 8, 8)
CELL = (8.0, 8.0, 8.0, 90.0, 90.0, 90.0)
D_MIN = 2.2


class ToyFeed:
    """Molecules of four atoms in an 8 Å cube, each training batch shaken at random."""

    d_min = D_MIN
    sha256 = "0" * 64

    def __init__(self, n_training: int = 24, n_validation: int = 6, shake: float = 0.2) -> None:
        self.n_training, self.n_validation, self.shake = n_training, n_validation, shake
        self.scales = Scales(patterson=200.0, density=2.0)
        generator = torch.Generator().manual_seed(0)
        n = n_training + n_validation
        self.positions = torch.randn(n, 4, 3, generator=generator)
        self.numbers = torch.tensor([[6, 7, 8, 6]]).expand(n, 4)

    def training(self, chosen, batch_size, generator) -> Iterator[Batch]:
        for part in torch.from_numpy(chosen).split(batch_size):
            moved = self.shake * torch.randn(len(part), 4, 3, generator=generator)
            yield self.batch(self.positions[part] + moved, self.numbers[part])

    def validation(self, chosen, batch_size) -> Iterator[Batch]:
        for part in (torch.from_numpy(chosen) + self.n_training).split(batch_size):
            yield self.batch(self.positions[part], self.numbers[part])

    def batch(self, positions: torch.Tensor, numbers: torch.Tensor) -> Batch:
        n = len(positions)
        cells = torch.tensor([CELL]).expand(n, 6)
        atoms = AtomBatch(positions, numbers, cells, torch.full((n,), 40.0))
        f = structure_factors(atoms, SHAPE, D_MIN)
        patterson = patterson_from(f.abs(), atoms.volume, SHAPE)[:, None]
        density = density_from(f, atoms.volume, SHAPE)[:, None]
        inputs = self.scales.inputs(patterson, f.abs(), atoms.volume)
        return Batch(inputs, density / self.scales.density, cells)

    def validation_name(self, place: int) -> str:
        return f"molecule {place}"

    def seen(self) -> SeenData:
        return SeenData(
            sha256=self.sha256, examples=self.n_training, cell_edges=(8.0, 8.0),
            d_min=(D_MIN, D_MIN), shapes=(SHAPE,), spacing=1.0,
        )  # fmt: skip
