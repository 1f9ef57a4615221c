"""The pieces the convolutional networks are made of."""

import torch
import torch.nn.functional as fn
from torch import Tensor, nn


class CircularConv3d(nn.Conv3d):
    """A convolution on a periodic grid: (B, C_in, nu, nv, nw) → (B, C_out, nu, nv, nw).

    Kernels of odd size; a grid smaller than the kernel is wrapped as often as need be.
    """

    def __init__(
        self, channels_in: int, channels_out: int, size: int, dilation: int = 1, groups: int = 1
    ) -> None:
        super().__init__(
            channels_in, channels_out, size, dilation=dilation, groups=groups, padding=0
        )

    def forward(self, x: Tensor) -> Tensor:
        return circular_conv3d(x, self.weight, self.bias, self.dilation[0], self.groups)


def circular_conv3d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, dilation: int = 1, groups: int = 1
) -> Tensor:
    """The convolution written out: the grid is continued by wrapping, then convolved."""
    reach = [dilation * (size // 2) for size in weight.shape[-3:]]
    return fn.conv3d(wrapped(x, reach), weight, bias, dilation=dilation, groups=groups)


def wrapped(x: Tensor, reach: list[int]) -> Tensor:
    """(…, nu, nv, nw) continued periodically by `reach` points on either side of each axis."""
    if all(r <= n for r, n in zip(reach, x.shape[-3:], strict=True)):
        return fn.pad(x, [r for r in reversed(reach) for _ in range(2)], mode="circular")
    for axis, r in zip((-3, -2, -1), reach, strict=True):
        n = x.shape[axis]
        index = torch.arange(-r, n + r, device=x.device) % n
        x = x.index_select(axis, index)
    return x


class SqueezeExcite(nn.Module):
    """Weigh the channels by what the whole cell holds of each (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int, reduction: int = 2) -> None:
        super().__init__()
        narrow = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, narrow)
        self.excite = nn.Linear(narrow, channels)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(2, 3, 4))
        weights = torch.sigmoid(self.excite(torch.relu(self.squeeze(mean))))
        weighed: Tensor = x * weights[:, :, None, None, None]
        return weighed


def initialise_he(module: nn.Module) -> None:
    """He-normal weights for layers before a ReLU (He et al., ICCV 2015), biases zero."""
    for part in module.modules():
        if isinstance(part, nn.Conv3d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)
