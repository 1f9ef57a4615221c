"""The network of Pan, Jin, Miller, Kyrillidis & Phillips, IUCrJ 10, 487–496 (2023).

    Encoding            2 × [7³ convolution, batch norm, ReLU], max-pool 2
    Learning features   blocks of [7³ convolution, batch norm, ReLU, 7³ convolution, batch norm,
                        (squeeze-excite), + what came in, ReLU]
    Decoding            nearest up-sampling × 2, 5³ convolution, batch norm, ReLU,
                        5³ convolution, tanh

Convolutions are circular in the first two phases, as the cell is periodic, and padded with
zeros in the decoding. All have biases. The encoding widens 1 → narrow → wide, everything after
has the wide number of channels: 23, 25 and 7 blocks make 3,288,884 parameters.
"""

import torch
from pydantic import Field
from torch import Tensor, nn

from patterson_gui.nets.layers import (
    CircularConv3d,
    SqueezeExcite,
    UpsampledZeroPaddedConv3d,
    ZeroPaddedConv3d,
    initialise_he,
)
from patterson_gui.nets.normalisation import BatchNorm, BatchNormReLU
from patterson_gui.nets.pooling import MaxPool
from patterson_gui.nets.registry import Network, NetworkConfig, NetworkInputs, register


class ResUNetConfig(NetworkConfig):
    """The network for the dialanines (sets 1a and 1b)."""

    narrow: int = Field(23, ge=1, description="channels after the first convolution")
    wide: int = Field(25, ge=1, description="channels of everything after")
    blocks: int = Field(7, ge=0, description="residual blocks")
    squeeze_excite: bool = Field(False, description="weigh channels by their mean")
    reduction: int = Field(2, ge=1, description="squeeze-excite: channels over hidden channels")


class ResUNetConfig2(ResUNetConfig):
    """The network for any two residues (set 2)."""

    narrow: int = Field(25, ge=1, description="channels after the first convolution")
    wide: int = Field(30, ge=1, description="channels of everything after")
    blocks: int = Field(8, ge=0, description="residual blocks")
    squeeze_excite: bool = Field(True, description="weigh channels by their mean")


class ResidualBlock(nn.Module):
    """Two circular convolutions beside what came in."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv1 = CircularConv3d(channels, channels, 7, dilation)
        self.norm1 = BatchNormReLU(channels)
        self.conv2 = CircularConv3d(channels, channels, 7, dilation)
        self.norm2 = BatchNormReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm2(self.conv2(self.norm1(self.conv1(x))), x)
        return out


class WeighedResidualBlock(nn.Module):
    """A residual block that weighs its channels before it adds what came in."""

    def __init__(self, channels: int, reduction: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv1 = CircularConv3d(channels, channels, 7, dilation)
        self.norm1 = BatchNormReLU(channels)
        self.conv2 = CircularConv3d(channels, channels, 7, dilation)
        self.norm2 = BatchNorm(channels)
        self.weigh = SqueezeExcite(channels, reduction)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(self.norm1(self.conv1(x))))
        return torch.relu(self.weigh(y) + x)


@register("resunet2", ResUNetConfig2)
@register("resunet1", ResUNetConfig)
class ResUNet3D(Network):
    """Patterson (B, 1, nu, nv, nw) → density of the same shape, both scaled; sides even."""

    multiple = 2
    smallest = 4

    def __init__(self, config: ResUNetConfig) -> None:
        super().__init__()
        self.encoding = encoding(1, config.narrow, config.wide)
        self.features = nn.Sequential(
            *(
                WeighedResidualBlock(config.wide, config.reduction)
                if config.squeeze_excite
                else ResidualBlock(config.wide)
                for _ in range(config.blocks)
            )
        )
        self.decoding = decoding(config.wide)
        initialise_he(self)

    def forward(self, inputs: NetworkInputs) -> Tensor:
        self.check(inputs)
        density: Tensor = self.decoding(self.features(self.encoding(inputs.patterson)))
        return density.contiguous()


def encoding(channels: int, narrow: int, wide: int) -> nn.Sequential:
    """From the full grid to half of it along each axis."""
    return nn.Sequential(
        CircularConv3d(channels, narrow, 7), BatchNormReLU(narrow),
        CircularConv3d(narrow, wide, 7), BatchNormReLU(wide),
        MaxPool(),
    )  # fmt: skip


def decoding(wide: int) -> nn.Sequential:
    """From the half grid back to the full one, a density."""
    return nn.Sequential(
        UpsampledZeroPaddedConv3d(wide, wide, 5), BatchNormReLU(wide),
        ZeroPaddedConv3d(wide, 1, 5), nn.Tanh(),
    )  # fmt: skip
