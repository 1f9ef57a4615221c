"""A fast network of depthwise convolutions and channel mixing (ConvNeXt).

Each 2³ cube of grid points becomes the channels of one point (space to depth), which halves the
grid along each axis. Then follow blocks of a depthwise 7³ circular convolution, layer normalisation
and two layers that mix channels, with a skip connection (ConvNeXt: Liu et al., CVPR 2022). At the
end the channels become points again. A prediction does not depend on the rest of the batch.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from patterson_gui.nets.architectures.patches import from_patches, to_patches
from patterson_gui.nets.architectures.registry import (
    ODD,
    Blocks,
    ExtraChannels,
    Network,
    NetworkConfig,
    NetworkInputs,
    register,
)
from patterson_gui.nets.convolution.depthwise import DepthwiseCircularConv3d


class SeparableConfig(NetworkConfig):
    """Sizes of the layers."""

    width: int = Field(64, ge=1, le=1024, description="channels")
    blocks: Blocks = 8
    expansion: int = Field(3, ge=1, le=8, description="hidden channels / channels")
    size: Annotated[int, Field(ge=1, le=31, description="points of the kernels; odd"), ODD] = 7
    extra_channels: ExtraChannels = 0


class SeparableBlock(nn.Module):
    """(nu, nv, nw, B, C): a depthwise convolution, then two layers that mix channels."""

    def __init__(self, width: int, size: int, expansion: int) -> None:
        super().__init__()
        self.look = DepthwiseCircularConv3d(width, size)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.narrow(self.widen(self.norm(self.look(x))).relu_())
        return x + change


@register("separable", SeparableConfig)
class SeparableNetwork(Network):
    """Patterson (B, 1, nu, nv, nw) → density of the same shape; sides even."""

    multiple = 2
    smallest = 4

    def __init__(self, config: SeparableConfig) -> None:
        super().__init__()
        self.extra_channels = config.extra_channels
        width = config.width
        self.enter = nn.Linear(8 * (1 + config.extra_channels), width)
        self.blocks = nn.Sequential(
            *(SeparableBlock(width, config.size, config.expansion) for _ in range(config.blocks))
        )
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, 8)

    def forward(self, inputs: NetworkInputs) -> Tensor:
        x = self.enter(to_patches(self.channels(inputs), 2))
        return torch.tanh(from_patches(self.leave(self.norm(self.blocks(x))), 2))
