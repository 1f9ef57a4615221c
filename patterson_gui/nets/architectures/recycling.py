"""A residual U-Net that gets its own prediction as an input channel, several times.

The first round gets the Patterson and an empty density; each further round gets the previous
prediction instead. The scheme is that of RecCrysFormer; the layers are those of `resunet`.
"""

import torch
from pydantic import Field
from torch import Tensor

from patterson_gui.nets.architectures.registry import Network, NetworkInputs, register
from patterson_gui.nets.architectures.resunet import ResUNetConfig, decoding, encoding, features
from patterson_gui.nets.convolution.layers import initialise_he


class RecyclingConfig(ResUNetConfig):
    """The configuration for dialanines, with the number of rounds."""

    rounds: int = Field(3, ge=1, le=64, description="number of rounds")
    detached: bool = Field(
        True,
        description="back-propagate through the last round only; needs the memory of one round",
    )


@register("recycling", RecyclingConfig)
class RecyclingResUNet3D(Network):
    """Patterson (B, 1, nu, nv, nw) → density of the same shape, after several rounds."""

    multiple = 2
    smallest = 4

    def __init__(self, config: RecyclingConfig) -> None:
        super().__init__()
        self.extra_channels = config.extra_channels
        self.rounds, self.detached = config.rounds, config.detached
        self.encoding = encoding(2 + config.extra_channels, config)
        self.features = features(config)
        self.decoding = decoding(config)
        initialise_he(self)

    def forward(self, inputs: NetworkInputs) -> Tensor:
        return self.answers(inputs)[-1]

    def answers(self, inputs: NetworkInputs) -> list[Tensor]:
        """(B, 1, nu, nv, nw) after each round."""
        known = self.channels(inputs)
        density = torch.zeros_like(inputs.patterson)
        answers = []
        for round_ in range(self.rounds):
            learns = torch.is_grad_enabled() and (not self.detached or round_ == self.rounds - 1)
            with torch.set_grad_enabled(learns):
                seen = torch.cat((known, density), 1)
                density = self.decoding(self.features(self.encoding(seen))).contiguous()
            answers.append(density)
        return answers
