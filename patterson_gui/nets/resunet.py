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

from pydantic import Field
from torch import Tensor, nn

from patterson_gui.nets.layers import CircularConv3d, SqueezeExcite, initialise_he
from patterson_gui.nets.registry import Network, NetworkConfig, NetworkInputs, register


class ResUNetConfig(NetworkConfig):
    """The network for the dialanines (sets 1a and 1b)."""

    narrow: int = Field(23, ge=1, description="channels after the first convolution")
    wide: int = Field(25, ge=1, description="channels of everything after")
    blocks: int = Field(7, ge=0, description="residual blocks")
    squeeze_excite: bool = Field(False, description="weigh channels by their mean")
    reduction: int = Field(2, ge=1, description="squeeze-excite: channels over hidden channels")
    dilations: tuple[int, ...] = Field(
        (1,), min_length=1, description="spacing of the kernels' points, cycled over the blocks"
    )


class ResUNetConfig2(ResUNetConfig):
    """The network for any two residues (set 2)."""

    narrow: int = Field(25, ge=1, description="channels after the first convolution")
    wide: int = Field(30, ge=1, description="channels of everything after")
    blocks: int = Field(8, ge=0, description="residual blocks")
    squeeze_excite: bool = Field(True, description="weigh channels by their mean")


class ResidualBlock(nn.Module):
    """Two circular convolutions beside what came in."""

    def __init__(self, channels: int, squeeze_excite: bool, reduction: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = CircularConv3d(channels, channels, 7, dilation)
        self.norm1 = nn.BatchNorm3d(channels)
        self.conv2 = CircularConv3d(channels, channels, 7, dilation)
        self.norm2 = nn.BatchNorm3d(channels)
        self.weigh = SqueezeExcite(channels, reduction) if squeeze_excite else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(self.conv1(x)).relu_()
        out: Tensor = self.weigh(self.norm2(self.conv2(y))).add_(x).relu_()
        return out


@register("resunet2", ResUNetConfig2)
@register("resunet1", ResUNetConfig)
class ResUNet3D(Network):
    """Patterson (B, 1, nu, nv, nw) → density of the same shape, both scaled; sides even."""

    multiple = 2
    smallest = 4

    def __init__(self, config: ResUNetConfig) -> None:
        super().__init__()
        narrow, wide = config.narrow, config.wide
        self.encoding = nn.Sequential(
            CircularConv3d(1, narrow, 7), nn.BatchNorm3d(narrow), nn.ReLU(inplace=True),
            CircularConv3d(narrow, wide, 7), nn.BatchNorm3d(wide), nn.ReLU(inplace=True),
            nn.MaxPool3d(2),
        )  # fmt: skip
        self.features = nn.Sequential(
            *(
                ResidualBlock(
                    wide,
                    config.squeeze_excite,
                    config.reduction,
                    config.dilations[block % len(config.dilations)],
                )
                for block in range(config.blocks)
            )
        )
        self.decoding = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv3d(wide, wide, 5, padding=2), nn.BatchNorm3d(wide), nn.ReLU(inplace=True),
            nn.Conv3d(wide, 1, 5, padding=2), nn.Tanh(),
        )  # fmt: skip
        initialise_he(self)

    def forward(self, inputs: NetworkInputs) -> Tensor:
        self.check(inputs)
        density: Tensor = self.decoding(self.features(self.encoding(inputs.patterson)))
        return density
