"""The interface of feeds, which make batches of examples for the training."""

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
    """Several examples on one grid.

    Attributes
    ----------
    inputs : the input of the network.
    true : (B, 1, nu, nv, nw) the scaled density; for networks that find atoms, the labels of
        the grid points.
    cells : (B, 6) a, b, c in Å, α, β, γ in degrees.
    """

    inputs: Inputs
    true: Tensor
    cells: Tensor

    def __len__(self) -> int:
        return len(self.true)


class Feed(Protocol):
    """Makes batches of a data set's examples."""

    n_training: int
    n_validation: int
    sha256: str
    d_min: float  # Å, of the examples as stored
    scales: Scales

    def training(
        self, chosen: NDArray[np.int64], batch_size: int, generator: torch.Generator
    ) -> Iterator[Batch[Any]]:
        """The chosen training examples, augmented, in batches of at most `batch_size`."""
        ...

    def validation(self, chosen: NDArray[np.int64], batch_size: int) -> Iterator[Batch[Any]]:
        """The chosen validation examples, unchanged, in batches of at most `batch_size`."""
        ...

    def validation_name(self, place: int) -> str:
        """The name of a validation example, such as its residues."""
        ...

    def seen(self) -> SeenData:
        """The description of the training data for the card."""
        ...
