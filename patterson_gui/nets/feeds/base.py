"""What a training is fed with: batches of inputs and true densities, made where it runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.io.training.model_cards import SeenData
from patterson_gui.nets.architectures.registry import MapInputs, NetworkInputs, Scales

Inputs = TypeVar("Inputs", NetworkInputs, MapInputs)


@dataclass(frozen=True, eq=False)
class Batch(Generic[Inputs]):
    """Examples on one grid.

    Attributes
    ----------
    inputs : what the network is given.
    true : (B, 1, nu, nv, nw) scaled density; for networks that look for atoms, their numbers.
    cells : (B, 6) a, b, c in Å, α, β, γ in degrees.
    """

    inputs: Inputs
    true: Tensor
    cells: Tensor

    def __len__(self) -> int:
        return len(self.true)


class Feed(Protocol):
    """Where batches come from."""

    n_training: int
    n_validation: int
    sha256: str
    d_min: float  # Å, of the examples as they are stored
    scales: Scales

    def training(
        self, chosen: NDArray[np.int64], batch_size: int, generator: torch.Generator
    ) -> Iterator[Batch[Any]]:
        """The chosen training examples, augmented, at most `batch_size` at once."""
        ...

    def validation(self, chosen: NDArray[np.int64], batch_size: int) -> Iterator[Batch[Any]]:
        """The chosen validation examples as they are stored, at most `batch_size` at once."""
        ...

    def validation_name(self, place: int) -> str:
        """Which residues a validation example is made of."""
        ...

    def seen(self) -> SeenData:
        """For the card: what a network trained with this has seen."""
        ...
