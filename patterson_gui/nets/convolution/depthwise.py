"""Depthwise convolutions (one kernel per channel) as products in reciprocal space.

Channels are last, (nu, nv, nw, B, C), because the layers between depthwise convolutions mix the
channels of each point.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from patterson_gui.nets.convolution.fourier_matrices import (
    Geometry,
    Matrices,
    circular,
)
from patterson_gui.nets.convolution.reciprocal_space import KernelForm, ReciprocalConvolution


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
        return convolve_depthwise(x, self.weight, self.bias, circular((nu, nv, nw), (n, n, n)))


def convolve_depthwise(x: Tensor, weight: Tensor, bias: Tensor, geometry: Geometry) -> Tensor:
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
    y: Tensor = ReciprocalConvolution.apply(  # type: ignore[no-untyped-call]
        x, weight, bias, geometry, _FORM
    )
    return y


class _Kernel:
    """Kernels (C, 1, *size) in reciprocal space, multiplied by `product`."""

    def __init__(
        self, weight: Tensor, m: Matrices, product: Callable[[Tensor, Tensor], Tensor]
    ) -> None:
        self.spectra = _spectra(weight, m)
        self.product = product

    def mix(self, planes: slice, part: Tensor) -> Tensor:
        """(S, Kv, Kw, 2, B, C) → the same shape."""
        return self.product(part, self.spectra[planes])


class _KernelGradient:
    """Sums products over the batch; transforms them back at the points of the kernel only."""

    def __init__(self, m: Matrices) -> None:
        self.m = m
        self.products: list[Tensor] = []

    def add(self, planes: slice, gradient: Tensor, spectrum: Tensor) -> None:
        """Add the products of two parts of shape (S, Kv, Kw, 2, B, C)."""
        self.products.append(_product_with_conjugate(gradient, spectrum).sum(-2))

    def weight(self) -> Tensor:
        """(C, 1, *size)."""
        return _kernels(torch.cat(self.products), self.m)


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


_FORM = KernelForm(
    kernel=lambda weight, m: _Kernel(weight, m.kernel_alone, _product),
    transposed=lambda weight, m: _Kernel(weight, m.kernel_alone, _product_with_conjugate),
    gradient=lambda weight, m: _KernelGradient(m.kernel_alone),
    batch_axis=-2,
)
