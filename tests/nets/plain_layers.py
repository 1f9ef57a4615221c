"""The networks written with torch's own layers, for comparison."""

import torch
import torch.nn.functional as fn
from torch import Tensor, nn

from patterson_gui.nets.architectures.registry import Network, NetworkInputs


def inputs_of(patterson: Tensor, extra_channels: int = 0) -> NetworkInputs:
    """Inputs with constant amplitudes, for networks that use only the Patterson."""
    batch, _, nu, nv, nw = patterson.shape
    return NetworkInputs(
        patterson=patterson,
        amplitudes=patterson.new_ones(batch, nu, nv, nw // 2 + 1),
        cell_volume=patterson.new_full((batch,), 1000.0),
        extra=torch.randn(batch, extra_channels, nu, nv, nw) if extra_channels else None,
    )


def wrap_and_convolve(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int = 1) -> Tensor:
    """A circular convolution: the grid is tiled 3 × 3 × 3 first, so that any kernel fits."""
    reach = [dilation * (k // 2) for k in weight.shape[2:]]
    nu, nv, nw = x.shape[2:]
    tiled = x.repeat(1, 1, 3, 3, 3)
    cut = tiled[
        :, :, nu - reach[0] : 2 * nu + reach[0], nv - reach[1] : 2 * nv + reach[1],
        nw - reach[2] : 2 * nw + reach[2],
    ]  # fmt: skip
    return fn.conv3d(cut, weight, bias, dilation=dilation)


def plain_resunet(network: Network, x: Tensor) -> Tensor:
    """The paper's network with the weights of `network`, by torch's layers."""
    encode, decode = network.encoding, network.decoding

    def norm(layer: nn.BatchNorm3d, x: Tensor) -> Tensor:
        assert layer.running_mean is not None
        assert layer.running_var is not None
        mean, variance = layer.running_mean.clone(), layer.running_var.clone()
        return fn.batch_norm(x, mean, variance, layer.weight, layer.bias, layer.training)

    def convolve(layer: nn.Conv3d, x: Tensor) -> Tensor:
        return fn.conv3d(fn.pad(x, [3] * 6, mode="circular"), layer.weight, layer.bias)

    x = norm(encode[1], convolve(encode[0], x)).relu()
    x = norm(encode[3], convolve(encode[2], x)).relu()
    x = fn.max_pool3d(x, 2)
    for block in network.features:
        y = norm(block.norm1, convolve(block.conv1, x)).relu()
        y = norm(block.norm2, convolve(block.conv2, y))
        if hasattr(block, "weigh"):
            hidden = block.weigh.squeeze(y.mean((2, 3, 4))).relu()
            y = y * block.weigh.excite(hidden).sigmoid()[:, :, None, None, None]
        x = (y + x).relu()
    x = fn.interpolate(x, scale_factor=2, mode="nearest")
    x = fn.conv3d(x, decode[0].weight, decode[0].bias, padding=2)
    x = norm(decode[1], x).relu()
    return fn.conv3d(x, decode[2].weight, decode[2].bias, padding=2).tanh()
