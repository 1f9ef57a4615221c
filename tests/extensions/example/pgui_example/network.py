"""A network that multiplies the Patterson map by one weight."""

import torch
from torch import Tensor, nn

from patterson_gui.nets.architectures.registry import (
    Network,
    NetworkConfig,
    NetworkInputs,
    register,
)


class PointwiseConfig(NetworkConfig):
    """No choices."""


@register("pgui_pointwise", PointwiseConfig)
class Pointwise(Network):
    """For a test: it learns next to nothing."""

    def __init__(self, config: PointwiseConfig) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, inputs: NetworkInputs) -> Tensor:
        return self.weight * self.channels(inputs)
