"""Convolutions in reciprocal space, compared with direct sums in double precision."""

import pytest
import torch
import torch.nn.functional as fn
from torch import Tensor

from patterson_gui.nets.convolution.depthwise import DepthwiseCircularConv3d
from patterson_gui.nets.convolution.layers import (
    CircularConv3d,
    UpsampledZeroPaddedConv3d,
    ZeroPaddedConv3d,
    from_planes,
    planes,
)
from patterson_gui.nets.convolution.reciprocal_space import SLAB_BYTES
from tests.nets.plain_layers import wrap_and_convolve

Shape = tuple[int, int, int]


def relative(a: Tensor, b: Tensor) -> float:
    return ((a.double() - b).norm() / b.norm()).item()


def assert_same_function(layer: torch.nn.Conv3d, x: Tensor, expected: Tensor) -> None:
    """Outputs and gradients of `layer.spectral` within 1e-5 of the expected ones."""
    torch.manual_seed(1)
    above = torch.randn(expected.shape)
    right = torch.autograd.grad(expected, (x, layer.weight, layer.bias), above.double())
    found, weight, bias = (
        t.detach().float().requires_grad_() for t in (x, layer.weight, layer.bias)
    )
    single = type(layer)(*layer.weight.shape[1::-1], layer.weight.shape[-1], layer.dilation[0])
    single.weight, single.bias = torch.nn.Parameter(weight), torch.nn.Parameter(bias)
    y = single.spectral(found)
    assert y.shape == expected.shape
    assert relative(y, expected) < 1e-5
    for mine, theirs in zip(
        torch.autograd.grad(y, (found, single.weight, single.bias), above), right, strict=True
    ):
        assert relative(mine, theirs) < 1e-5


@pytest.mark.parametrize(
    ("shape", "into", "out", "size", "dilation", "batch"),
    [
        ((12, 12, 12), 5, 6, 7, 1, 2),  # the grid of the paper's blocks
        ((24, 24, 24), 3, 2, 7, 1, 1),  # its full grid
        ((12, 10, 14), 5, 7, 7, 2, 3),
        ((11, 9, 13), 5, 3, 5, 1, 2),  # odd sides
        ((4, 6, 5), 2, 3, 7, 1, 2),  # smaller than the kernel
        ((8, 6, 10), 3, 4, 1, 1, 2),  # point by point
    ],
)
def test_circular_convolution_equals_the_direct_sum(
    shape: Shape, into: int, out: int, size: int, dilation: int, batch: int
) -> None:
    torch.manual_seed(0)
    layer = CircularConv3d(into, out, size, dilation).double()
    x = torch.randn(batch, into, *shape, dtype=torch.float64, requires_grad=True)
    expected = wrap_and_convolve(x, layer.weight, layer.bias, dilation)
    assert_same_function(layer, x, expected)


@pytest.mark.parametrize("shape", [(12, 12, 12), (7, 10, 9)])
@pytest.mark.parametrize("out", [1, 6])
def test_zero_padded_convolution_equals_the_direct_sum(shape: Shape, out: int) -> None:
    torch.manual_seed(0)
    layer = ZeroPaddedConv3d(5, out, 5).double()
    x = torch.randn(2, 5, *shape, dtype=torch.float64, requires_grad=True)
    expected = fn.conv3d(x, layer.weight, layer.bias, padding=2)
    assert_same_function(layer, x, expected)


@pytest.mark.parametrize("shape", [(6, 6, 6), (4, 5, 7)])
def test_up_sampling_in_the_transform_equals_up_sampling_first(shape: Shape) -> None:
    torch.manual_seed(0)
    layer = UpsampledZeroPaddedConv3d(4, 3, 5).double()
    x = torch.randn(2, 4, *shape, dtype=torch.float64, requires_grad=True)
    doubled = fn.interpolate(x, scale_factor=2, mode="nearest")
    expected = fn.conv3d(doubled, layer.weight, layer.bias, padding=2)
    assert_same_function(layer, x, expected)


@pytest.mark.parametrize("shape", [(12, 12, 12), (5, 8, 6)])
def test_depthwise_convolution_equals_a_grouped_convolution(shape: Shape) -> None:
    torch.manual_seed(0)
    layer = DepthwiseCircularConv3d(6, 7)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(*shape, 3, 6, requires_grad=True)
    y = layer(x)
    above = torch.randn_like(y)
    mine = torch.autograd.grad(y, (x, layer.weight, layer.bias), above)
    double = [t.detach().double().requires_grad_() for t in (x, layer.weight, layer.bias)]
    tiled = double[0].permute(3, 4, 0, 1, 2).repeat(1, 1, 3, 3, 3)
    nu, nv, nw = shape
    cut = tiled[:, :, nu - 3 : 2 * nu + 3, nv - 3 : 2 * nv + 3, nw - 3 : 2 * nw + 3]
    expected = fn.conv3d(cut, double[1], double[2], groups=6).permute(2, 3, 4, 0, 1)
    assert relative(y, expected) < 1e-5
    for a, b in zip(mine, torch.autograd.grad(expected, double, above.double()), strict=True):
        assert relative(a, b) < 1e-5


def test_processing_in_parts_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    layer = CircularConv3d(4, 5, 7)
    x = torch.randn(2, 4, 12, 12, 12, requires_grad=True)
    assert SLAB_BYTES > 2 * 12 * 12 * 12 * 4 * 2 * 4
    at_once = layer.spectral(x)
    at_once.square().sum().backward()
    of_weight = layer.weight.grad
    layer.weight.grad = None
    monkeypatch.setattr("patterson_gui.nets.convolution.reciprocal_space.SLAB_BYTES", 1)
    in_parts = layer.spectral(x)
    in_parts.square().sum().backward()
    torch.testing.assert_close(in_parts, at_once, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(layer.weight.grad, of_weight, rtol=1e-4, atol=1e-3)


def test_autocast_does_not_reduce_the_precision() -> None:
    torch.manual_seed(0)
    layer = CircularConv3d(3, 3, 7)
    x = torch.randn(2, 3, 8, 8, 8)
    plain = layer.spectral(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        within = layer.spectral(x)
    assert within.dtype == torch.float32
    assert torch.equal(within, plain)
    coarse = layer.spectral(x.bfloat16())
    assert coarse.dtype == torch.bfloat16
    assert relative(coarse, plain.double()) < 1e-2


def test_training_works_after_inference_mode() -> None:
    layer = CircularConv3d(2, 3, 7)
    x = torch.randn(1, 2, 9, 8, 7)  # of a size that no other test has prepared
    with torch.inference_mode():
        layer.spectral(x)
    layer.spectral(x).sum().backward()
    assert layer.weight.grad is not None


def test_only_trainable_tensors_get_a_gradient() -> None:
    layer = CircularConv3d(2, 3, 7)
    layer.weight.requires_grad_(False)
    x = torch.randn(2, 2, 8, 8, 8, requires_grad=True)
    layer.spectral(x).sum().backward()
    assert layer.weight.grad is None
    assert x.grad is not None
    # The sum over the grid knows only the sum over each kernel.
    expected = layer.weight.sum((0, 2, 3, 4))[None, :, None, None, None].expand_as(x)
    torch.testing.assert_close(x.grad, expected, rtol=1e-4, atol=1e-5)


def test_from_planes_inverts_planes() -> None:
    x = torch.randn(2, 3, 4, 5, 6)
    arranged = planes(x)
    assert arranged.shape == (4, 5, 6, 3, 2)
    assert torch.equal(from_planes(arranged), x)
    assert planes(from_planes(arranged)).data_ptr() == arranged.data_ptr()
