"""The training program with an additional network without batch statistics.

It is a separate program, so that several processes can be started with it.
"""

import sys

import torch

from patterson_gui.nets.architectures.registry import (
    Network,
    NetworkConfig,
    NetworkInputs,
    register,
)
from patterson_gui.nets.training.process import main


class EmptyConfig(NetworkConfig):
    """A configuration without fields."""


@register("linear", EmptyConfig)
class Linear(Network):
    """One convolution."""

    def __init__(self, config: EmptyConfig) -> None:
        super().__init__()
        self.weigh = torch.nn.Conv3d(1, 1, 3, padding=1)

    def forward(self, inputs: NetworkInputs) -> torch.Tensor:
        found: torch.Tensor = self.weigh(inputs.patterson)
        return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
