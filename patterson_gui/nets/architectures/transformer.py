"""A transformer between convolutions, with attention between cubes of the cell.

    Encoding     5³ circular convolution, batch norm, ReLU on the full grid; cubes of points
                 become tokens
    Features     layers of attention and a perceptron (Vaswani et al., 2017; norm first)
    Decoding     tokens back to points, + the encoding, 5³ circular convolution, batch norm,
                 ReLU, 5³ circular convolution, tanh

There is no absolute position encoding. Attention adds a learnt periodic function of the vector
between two tokens. Grids of any size are therefore accepted, and a shift of the origin by whole
cubes shifts the result. The origin peak of the Patterson marks the origin of the cell.
"""

import math

import torch
import torch.nn.functional as fn
from pydantic import Field, model_validator
from torch import Tensor, nn

from patterson_gui.nets.architectures.patches import from_patches, to_patches
from patterson_gui.nets.architectures.registry import (
    ExtraChannels,
    Network,
    NetworkConfig,
    NetworkInputs,
    register,
)
from patterson_gui.nets.convolution.layers import CircularConv3d, initialise_he
from patterson_gui.nets.convolution.normalisation import BatchNormReLU


class TransformerConfig(NetworkConfig):
    """Sizes of the layers."""

    channels: int = Field(8, ge=1, le=256, description="channels on the full grid")
    patch: int = Field(
        4, ge=1, le=16, description="points along the edge of the cube that a token stands for"
    )
    width: int = Field(192, ge=1, le=2048, description="numbers of a token")
    heads: int = Field(6, ge=1, le=64, description="heads of attention; divides the width")
    layers: int = Field(6, ge=0, le=64, description="layers of attention")
    expansion: int = Field(
        4, ge=1, le=8, description="hidden width of the perceptron / width of a token"
    )
    extra_channels: ExtraChannels = 0

    @model_validator(mode="after")
    def _divisible(self) -> "TransformerConfig":
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {self.width}")
        return self


class RelativePlace(nn.Module):
    """Attention bias (heads, T, T): a learnt function of the vector between two tokens."""

    HIDDEN = 32
    UNIT = 4.0  # tokens; scales the vectors to about 1

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.first = nn.Linear(6, self.HIDDEN)
        self.second = nn.Linear(self.HIDDEN, heads)

    def forward(self, mu: int, mv: int, mw: int) -> Tensor:
        device = self.first.weight.device
        along_u = _periodic(mu, device)[:, None, None].expand(mu, mv, mw, 2)
        along_v = _periodic(mv, device)[None, :, None].expand(mu, mv, mw, 2)
        along_w = _periodic(mw, device)[None, None, :].expand(mu, mv, mw, 2)
        vectors = torch.cat((along_u, along_v, along_w), -1)
        table = self.second(fn.silu(self.first(vectors / self.UNIT)))
        places = [torch.arange(n, device=device) for n in (mu, mv, mw)]
        u, v, w = (p.flatten() for p in torch.meshgrid(*places, indexing="ij"))
        away = [(p[None] - p[:, None]) % n for p, n in ((u, mu), (v, mv), (w, mw))]
        bias: Tensor = table[away[0], away[1], away[2]].permute(2, 0, 1)
        return bias


def _periodic(n: int, device: torch.device) -> Tensor:
    """(n, 2) two periodic functions of a distance d in a period n: n/2π sin(2πd/n), which is about
    d for short distances, and n/π |sin(πd/n)|."""
    angle = torch.arange(n, device=device) * (2 * math.pi / n)
    return torch.stack((angle.sin() * (n / (2 * math.pi)), (angle / 2).sin() * (n / math.pi)), -1)


class AttentionLayer(nn.Module):
    """Attention, then a perceptron, each with a skip connection: (B, T, width)."""

    def __init__(self, width: int, heads: int, expansion: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.place = RelativePlace(heads)
        self.ask = nn.Linear(width, 3 * width)
        self.answer = nn.Linear(width, width)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)

    def forward(self, x: Tensor, grid: tuple[int, int, int]) -> Tensor:
        batch, tokens, width = x.shape
        q, k, v = (
            self.ask(self.norm1(x)).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        )
        bias = self.place(*grid).to(q.dtype)[None]
        heard = fn.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = x + self.answer(heard.transpose(1, 2).reshape(batch, tokens, width))
        change: Tensor = self.narrow(fn.silu(self.widen(self.norm2(x))))
        return x + change


@register("transformer", TransformerConfig)
class TransformerNetwork(Network):
    """Patterson (B, 1, nu, nv, nw) → density of the same shape; sides are multiples of the cube."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.extra_channels = config.extra_channels
        self.multiple = self.smallest = self.patch = config.patch
        channels, points = config.channels, config.channels * config.patch**3
        self.encoding = nn.Sequential(
            CircularConv3d(1 + config.extra_channels, channels, 5), BatchNormReLU(channels)
        )
        self.enter = nn.Linear(points, config.width)
        self.layers = nn.ModuleList(
            AttentionLayer(config.width, config.heads, config.expansion)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)
        self.leave = nn.Linear(config.width, points)
        self.decoding = nn.Sequential(
            CircularConv3d(channels, channels, 5), BatchNormReLU(channels),
            CircularConv3d(channels, 1, 5), nn.Tanh(),
        )  # fmt: skip
        initialise_he(self.encoding)
        initialise_he(self.decoding)

    def forward(self, inputs: NetworkInputs) -> Tensor:
        encoded = self.encoding(self.channels(inputs))
        patches = to_patches(encoded, self.patch)
        mu, mv, mw, batch, _ = patches.shape
        x = self.enter(patches).flatten(0, 2).transpose(0, 1)
        for layer in self.layers:
            x = layer(x, (mu, mv, mw))
        points = self.leave(self.norm(x)).transpose(0, 1).reshape(mu, mv, mw, batch, -1)
        decoded = self.decoding(encoded + from_patches(points, self.patch))
        density: Tensor = decoded.contiguous()
        return density
