"""The residual U-Net of Pan, Jin, Miller, Kyrillidis & Phillips, IUCrJ 10, 487–496 (2023).

    Encoding            2 × [7³ convolution, batch norm, ReLU], max-pool 2
    Learning features   blocks of [7³ convolution, batch norm, ReLU, 7³ convolution, batch norm,
                        (squeeze-excite), + input of the block, ReLU]
    Decoding            nearest up-sampling × 2, 5³ convolution, batch norm, ReLU,
                        5³ convolution, tanh

Convolutions are circular in the first two phases, because the cell is periodic, and padded with
zeros in the decoding. All have biases. The encoding goes from 1 to `narrow` to `wide` channels; all
later layers have `wide` channels. 23 and 25 channels with 7 blocks make 3,288,884 parameters.

Two variants, proposed in the paper's outlook, differ only in their configuration: `conditioned` has
further input channels, and `dilated` has the same field of view with smaller kernels.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from patterson_gui.nets.architectures.registry import (
    ODD,
    Blocks,
    ExtraChannels,
    Network,
    NetworkConfig,
    NetworkInputs,
    SomeExtraChannels,
    register,
)
from patterson_gui.nets.convolution.layers import (
    CircularConv3d,
    SqueezeExcite,
    UpsampledZeroPaddedConv3d,
    ZeroPaddedConv3d,
    initialise_he,
)
from patterson_gui.nets.convolution.normalisation import BatchNorm, BatchNormReLU
from patterson_gui.nets.convolution.pooling import MaxPool

Narrow = Annotated[int, Field(ge=1, le=512, description="channels after the first convolution")]
Wide = Annotated[int, Field(ge=1, le=512, description="channels of everything after")]
SqueezeExcites = Annotated[
    bool, Field(description="weight channels by their means (squeeze-excite)")
]
Size = Annotated[int, Field(ge=1, le=15, description="points of the blocks' kernels; odd"), ODD]
Dilations = Annotated[
    tuple[Annotated[int, Field(ge=1, le=16)], ...],
    Field(min_length=1, description="distance between kernel points, used in turn by the blocks"),
]


class ResUNetConfig(NetworkConfig):
    """The network for the dialanines (sets 1a and 1b)."""

    narrow: Narrow = 23
    wide: Wide = 25
    blocks: Blocks = 7
    squeeze_excite: SqueezeExcites = False
    reduction: int = Field(
        2, ge=1, description="squeeze-excite: number of channels / hidden channels"
    )
    size: Size = 7
    dilations: Dilations = (1,)
    extra_channels: ExtraChannels = 0


class ResUNetConfig2(ResUNetConfig):
    """The network for any two residues (set 2)."""

    narrow: Narrow = 25
    wide: Wide = 30
    blocks: Blocks = 8
    squeeze_excite: SqueezeExcites = True


class ConditionedConfig(ResUNetConfig):
    """The network for the dialanines, with a partial structure or residues as further input."""

    extra_channels: SomeExtraChannels = 1


class DilatedConfig(ResUNetConfig):
    """Dilated kernels of 27 points; more channels for the same cost."""

    narrow: Narrow = 16
    wide: Wide = 32
    blocks: Blocks = 9
    size: Size = 3
    dilations: Dilations = (1, 2, 3)


class ResidualBlock(nn.Module):
    """Two circular convolutions with a skip connection."""

    def __init__(self, channels: int, size: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = CircularConv3d(channels, channels, size, dilation)
        self.norm1 = BatchNormReLU(channels)
        self.conv2 = CircularConv3d(channels, channels, size, dilation)
        self.norm2 = BatchNormReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm2(self.conv2(self.norm1(self.conv1(x))), x)
        return out


class WeighedResidualBlock(nn.Module):
    """A residual block with squeeze-excite before the skip connection is added."""

    def __init__(self, channels: int, size: int, dilation: int, reduction: int) -> None:
        super().__init__()
        self.conv1 = CircularConv3d(channels, channels, size, dilation)
        self.norm1 = BatchNormReLU(channels)
        self.conv2 = CircularConv3d(channels, channels, size, dilation)
        self.norm2 = BatchNorm(channels)
        self.weigh = SqueezeExcite(channels, reduction)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(self.norm1(self.conv1(x))))
        return torch.relu(self.weigh(y) + x)


@register("dilated", DilatedConfig)
@register("conditioned", ConditionedConfig)
@register("resunet2", ResUNetConfig2)
@register("resunet1", ResUNetConfig)
class ResUNet3D(Network):
    """Patterson (B, 1, nu, nv, nw) → density of the same shape, both scaled; sides even."""

    multiple = 2
    smallest = 4

    def __init__(self, config: ResUNetConfig) -> None:
        super().__init__()
        self.extra_channels = config.extra_channels
        self.encoding = encoding(1 + config.extra_channels, config)
        self.features = features(config)
        self.decoding = decoding(config)
        initialise_he(self)

    def forward(self, inputs: NetworkInputs) -> Tensor:
        density: Tensor = self.decoding(self.features(self.encoding(self.channels(inputs))))
        return density.contiguous()


def encoding(channels: int, config: ResUNetConfig) -> nn.Sequential:
    """(B, channels, nu, nv, nw) → (B, wide, nu / 2, nv / 2, nw / 2)."""
    narrow, wide = config.narrow, config.wide
    return nn.Sequential(
        CircularConv3d(channels, narrow, 7), BatchNormReLU(narrow),
        CircularConv3d(narrow, wide, 7), BatchNormReLU(wide),
        MaxPool(),
    )  # fmt: skip


def features(config: ResUNetConfig) -> nn.Sequential:
    """(B, wide, nu / 2, nv / 2, nw / 2) → the same shape."""
    return nn.Sequential(*(_block(config, number) for number in range(config.blocks)))


def decoding(config: ResUNetConfig) -> nn.Sequential:
    """(B, wide, nu / 2, nv / 2, nw / 2) → (B, 1, nu, nv, nw) between −1 and 1."""
    wide = config.wide
    return nn.Sequential(
        UpsampledZeroPaddedConv3d(wide, wide, 5), BatchNormReLU(wide),
        ZeroPaddedConv3d(wide, 1, 5), nn.Tanh(),
    )  # fmt: skip


def _block(config: ResUNetConfig, number: int) -> nn.Module:
    dilation = config.dilations[number % len(config.dilations)]
    if config.squeeze_excite:
        return WeighedResidualBlock(config.wide, config.size, dilation, config.reduction)
    return ResidualBlock(config.wide, config.size, dilation)
