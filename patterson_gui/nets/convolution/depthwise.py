"""Depthwise convolutions (one kernel per channel) as products in reciprocal space.

As in `spectral`, but with channels last, (nu, nv, nw, B, C), because the layers between depthwise
convolutions mix the channels of each point.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from patterson_gui.nets.convolution.fourier_matrices import Geometry, Matrices, circular, matrices
from patterson_gui.nets.convolution.spectral import transfer, unfilled_spectrum, working


class DepthwiseCircularConv3d(nn.Module):
    """A periodic convolution of each channel: (nu, nv, nw, B, C) → the same shape.

    Always in reciprocal space: the direct form is slow on all devices.
    """

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        if size % 2 == 0:
            raise ValueError("the size of a convolution kernel must be odd")
        self.weight = nn.Parameter(torch.empty(channels, 1, size, size, size))
        self.bias = nn.Parameter(torch.zeros(channels))
        nn.init.kaiming_normal_(self.weight, nonlinearity="linear")

    def forward(self, x: Tensor) -> Tensor:
        nu, nv, nw = x.shape[:3]
        n = self.weight.shape[-1]
        return convolve_each(x, self.weight, self.bias, circular((nu, nv, nw), (n, n, n)))


def convolve_each(x: Tensor, weight: Tensor, bias: Tensor, geometry: Geometry) -> Tensor:
    """Convolve as `torch.nn.functional.conv3d` does with one group for each channel.

    Parameters
    ----------
    x : (nu, nv, nw, B, C)
    weight : (C, 1, *size)
    bias : (C,)

    Returns
    -------
    (nu, nv, nw, B, C)
    """
    answer: Tensor = _Depthwise.apply(x, weight, bias, geometry)  # type: ignore[no-untyped-call]
    return answer


class _Depthwise(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, geometry: Geometry) -> Tensor:
        given = x.dtype
        with torch.autocast(x.device.type, enabled=False):
            x = working(x)
            m = matrices(geometry, x.device, x.dtype)
            kernels = _spectra(weight.to(x.dtype), m.kernel_alone)
            constant = bias.to(x.dtype) * math.prod(geometry.periods)

            def act(planes: slice, part: Tensor) -> Tensor:
                mixed = _product(part, kernels[planes])
                if planes.start == 0:
                    mixed[0, 0, 0, 0] += constant
                return mixed

            keep = unfilled_spectrum(x, m.forward) if ctx.needs_input_grad[1] else None
            y = transfer(x, m.forward, act, m.inverse, keep)
            assert y is not None
        ctx.save_for_backward(keep, weight)
        ctx.geometry, ctx.given = geometry, given
        return y.to(given)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        spectrum, weight = ctx.saved_tensors
        wish_x, wish_weight, wish_bias, _ = ctx.needs_input_grad
        with torch.autocast(gradient.device.type, enabled=False):
            gradient = working(gradient)
            m = matrices(ctx.geometry, gradient.device, gradient.dtype)
            kernels = _spectra(weight.to(gradient.dtype), m.kernel_alone)
            products: list[Tensor] = []
            constants: list[Tensor] = []

            def act(planes: slice, part: Tensor) -> Tensor | None:
                if planes.start == 0:
                    constants.append(part[0, 0, 0, 0].sum(0) * math.prod(ctx.geometry.periods))
                if wish_weight:
                    products.append(_product_with_conjugate(part, spectrum[planes]).sum(-2))
                return _product_with_conjugate(part, kernels[planes]) if wish_x else None

            of_x = transfer(gradient, m.inverse.transposed, act, m.forward.transposed)
            of_weight = None
            if wish_weight:
                of_weight = _kernels(torch.cat(products), m.kernel_alone).to(weight.dtype)
        return (
            of_x.to(ctx.given) if of_x is not None else None,
            of_weight,
            constants[0].to(weight.dtype) if wish_bias else None,
            None,
        )


def _spectra(weight: Tensor, m: Matrices) -> Tensor:
    """Kernels (C, 1, *size) at every frequency: (Ku, Kv, Kw, 2, 1, C)."""
    channels, _, *size = weight.shape
    ku, kv = m.u.shape[0] // 2, m.v.shape[0] // 2
    x = torch.mm(m.u, weight.permute(2, 3, 4, 1, 0).reshape(size[0], -1))
    x = torch.bmm(m.v.expand(ku, -1, -1), x.view(ku, 2 * size[1], -1))
    x = torch.bmm(m.w.expand(ku * kv, -1, -1), x.view(ku * kv, 2 * size[2], -1))
    return x.view(ku, kv, m.kw, 2, 1, channels)


def _kernels(spectra: Tensor, m: Matrices) -> Tensor:
    """The transpose of `_spectra`: (Ku, Kv, Kw, 2, C) → (C, 1, *size)."""
    ku, kv, kw, _, channels = spectra.shape
    back = m.transposed
    x = torch.bmm(back.w.expand(ku * kv, -1, -1), spectra.view(ku * kv, 2 * kw, channels))
    x = torch.bmm(back.v.expand(ku, -1, -1), x.view(ku, 2 * kv, -1))
    x = torch.mm(back.u, x.view(2 * ku, -1))
    size = (back.u.shape[0], back.v.shape[0] // 2, back.w.shape[0] // 2)
    return x.view(*size, 1, channels).permute(4, 3, 0, 1, 2).contiguous()


def _product(a: Tensor, b: Tensor) -> Tensor:
    """a · b of complex numbers whose real and imaginary parts lie along axis 3."""
    (a_re, a_im), (b_re, b_im) = a.unbind(3), b.unbind(3)
    product = torch.empty_like(a)
    torch.mul(a_re, b_re, out=product[:, :, :, 0]).addcmul_(a_im, b_im, value=-1)
    torch.mul(a_im, b_re, out=product[:, :, :, 1]).addcmul_(a_re, b_im)
    return product


def _product_with_conjugate(a: Tensor, b: Tensor) -> Tensor:
    """a · conj(b) of complex numbers whose real and imaginary parts lie along axis 3."""
    (a_re, a_im), (b_re, b_im) = a.unbind(3), b.unbind(3)
    product = torch.empty_like(a)
    torch.mul(a_re, b_re, out=product[:, :, :, 0]).addcmul_(a_im, b_im)
    torch.mul(a_im, b_re, out=product[:, :, :, 1]).addcmul_(a_re, b_im, value=-1)
    return product
