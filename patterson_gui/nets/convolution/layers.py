"""Layers of the convolutional networks: circular, zero-padded and up-sampling convolutions.

Tensors have torch's usual shape (B, C, nu, nv, nw), but their memory order is (nu, nv, nw, C, B),
in which `spectral` convolves without transposing. `planes` and `from_planes` convert between the
two shapes; they copy nothing if the memory order is right already.
"""

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as fn
from torch import Tensor, nn

from patterson_gui.nets.convolution.direct_or_spectral import Forms, faster_form
from patterson_gui.nets.convolution.fourier_matrices import Geometry, circular, zero_padded
from patterson_gui.nets.convolution.spectral import convolve


def planes(x: Tensor) -> Tensor:
    """(B, C, nu, nv, nw) → (nu, nv, nw, C, B), contiguous."""
    return x.permute(2, 3, 4, 1, 0).contiguous()


def from_planes(x: Tensor) -> Tensor:
    """(nu, nv, nw, C, B) → (B, C, nu, nv, nw), a view."""
    return x.permute(4, 3, 0, 1, 2)


def pad_periodic(x: Tensor, reach: list[int]) -> Tensor:
    """(…, nu, nv, nw) continued periodically by `reach` points on either side of each axis."""
    if all(r <= n for r, n in zip(reach, x.shape[-3:], strict=True)):
        return fn.pad(x, [r for r in reversed(reach) for _ in range(2)], mode="circular")
    for axis, r in zip((-3, -2, -1), reach, strict=True):
        n = x.shape[axis]
        index = torch.arange(-r, n + r, device=x.device) % n
        x = x.index_select(axis, index)
    return x


class _Convolution(nn.Conv3d, ABC):
    """A convolution with a cubic kernel of odd size that preserves the grid's size."""

    def __init__(self, channels_in: int, channels_out: int, size: int, dilation: int = 1) -> None:
        if size % 2 == 0:
            raise ValueError("the size of a convolution kernel must be odd")
        super().__init__(channels_in, channels_out, size, dilation=dilation)

    @abstractmethod
    def geometry(self, shape: tuple[int, int, int]) -> Geometry:
        """The geometry on an input grid of this shape."""

    @abstractmethod
    def direct(self, x: Tensor) -> Tensor:
        """The convolution as a direct sum over the kernel."""

    def spectral(self, x: Tensor) -> Tensor:
        """The convolution as a product in reciprocal space."""
        nu, nv, nw = x.shape[2:]
        geometry = self.geometry((nu, nv, nw))
        return from_planes(convolve(planes(x), self.weight, self.bias, geometry))

    def forward(self, x: Tensor) -> Tensor:
        nu, nv, nw = x.shape[2:]
        forms: Forms = {"direct": self.direct, "spectral": self.spectral}
        form = faster_form(x, self.weight, self.geometry((nu, nv, nw)), forms)
        return forms[form](x)


class CircularConv3d(_Convolution):
    """A convolution on a periodic grid, which may be smaller than the kernel."""

    def geometry(self, shape: tuple[int, int, int]) -> Geometry:
        size = self.kernel_size[0]
        return circular(shape, (size, size, size), self.dilation[0])

    def direct(self, x: Tensor) -> Tensor:
        reach = [self.dilation[0] * (self.kernel_size[0] // 2)] * 3
        return fn.conv3d(pad_periodic(x, reach), self.weight, self.bias, dilation=self.dilation)


class ZeroPaddedConv3d(_Convolution):
    """A convolution on a grid that is padded with zeros."""

    def geometry(self, shape: tuple[int, int, int]) -> Geometry:
        size = self.kernel_size[0]
        return zero_padded(shape, (size, size, size), self.dilation[0])

    def direct(self, x: Tensor) -> Tensor:
        reach = self.dilation[0] * (self.kernel_size[0] // 2)
        return fn.conv3d(x, self.weight, self.bias, padding=reach, dilation=self.dilation)


class UpsampledZeroPaddedConv3d(ZeroPaddedConv3d):
    """Nearest up-sampling by two, then a convolution padded with zeros.

    One layer does both, because the transform of the up-sampled grid can be computed from the
    original points; the larger grid is never stored.
    """

    def geometry(self, shape: tuple[int, int, int]) -> Geometry:
        nu, nv, nw = shape
        size = self.kernel_size[0]
        doubled = (2 * nu, 2 * nv, 2 * nw)
        return zero_padded(doubled, (size, size, size), self.dilation[0], repeat=2)

    def direct(self, x: Tensor) -> Tensor:
        return super().direct(fn.interpolate(x, scale_factor=2, mode="nearest"))


class SqueezeExcite(nn.Module):
    """Scale the channels by weights from their means over the cell (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int, reduction: int = 2) -> None:
        super().__init__()
        narrow = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, narrow)
        self.excite = nn.Linear(narrow, channels)

    def forward(self, x: Tensor) -> Tensor:
        mean = planes(x).flatten(0, 2).mean(0).T
        weights = torch.sigmoid(self.excite(torch.relu(self.squeeze(mean))))
        weighed: Tensor = from_planes(planes(x) * weights.T.contiguous())
        return weighed


def initialise_he(module: nn.Module) -> None:
    """He-normal weights for layers before a ReLU (He et al., ICCV 2015), biases zero."""
    for part in module.modules():
        if isinstance(part, nn.Conv3d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)
