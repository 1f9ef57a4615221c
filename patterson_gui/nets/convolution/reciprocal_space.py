"""Convolutions in reciprocal space: transform, apply kernels to the spectrum, transform back.

On a periodic grid a convolution is exactly a product of Fourier transforms. The grids here are
short (12 to 48 points along an axis), so each axis is transformed by multiplication with a small
matrix of cosines and sines (`fourier_matrices`). CPUs and GPUs multiply matrices fastest, and the
memory order stays the same throughout:

    grid (nu, nv, nw, C, B)   →   spectrum (Ku, Kv, Kw, 2, C, B).

C is the number of channels, B the batch size, and 2 stands for real and imaginary part; the last
two axes may be exchanged. Ku covers half the axis, because densities are real. On a CPU the
spectrum is processed in groups of planes that fit the caches.

Every step is a multiplication with a known matrix, so the backward pass is exact and consists of
the same steps with transposed matrices. Computation is in single precision even under autocast (in
double for double input), because half precision is too coarse for Fourier terms.

`spectral` (all channels mix) and `depthwise` (each channel alone) supply the kernels.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from patterson_gui.nets.convolution.fourier_matrices import (
    ConvolutionMatrices,
    Geometry,
    Matrices,
    matrices,
)
from patterson_gui.nets.convolution.workspace import workspace

SLAB_BYTES = 4 * 2**20
"""Bytes of the spectrum that are processed together on a CPU."""


class Kernel(Protocol):
    """Kernels in reciprocal space."""

    def mix(self, planes: slice, part: Tensor) -> Tensor:
        """Multiply a part of a spectrum by the kernels; `planes` is its range of ku."""


class KernelGradient(Protocol):
    """Collects the gradient of the kernels from the parts of two spectra."""

    def add(self, planes: slice, gradient: Tensor, spectrum: Tensor) -> None:
        """Add the products of a part of the output's gradient and of the input's spectrum."""

    def weight(self) -> Tensor:
        """The gradient, of the shape of the weights."""


class KernelForm(NamedTuple):
    """One kind of kernels.

    Attributes
    ----------
    kernel : makes the kernels of some weights.
    transposed : makes the kernels of the backward pass. The transpose of a complex product is the
        product with the conjugate.
    gradient : makes the `KernelGradient` of some weights.
    batch_axis : -1 for grids (nu, nv, nw, C, B), -2 for (nu, nv, nw, B, C).
    """

    kernel: Callable[[Tensor, ConvolutionMatrices], Kernel]
    transposed: Callable[[Tensor, ConvolutionMatrices], Kernel]
    gradient: Callable[[Tensor, ConvolutionMatrices], KernelGradient]
    batch_axis: int


class ReciprocalConvolution(Function):
    """`apply(x, weight, bias, geometry, form)`: a convolution and its gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        geometry: Geometry,
        form: KernelForm,
    ) -> Tensor:
        given = x.dtype
        with torch.autocast(x.device.type, enabled=False):
            x = _in_fourier_precision(x)
            m = matrices(geometry, x.device, x.dtype)
            kernel = form.kernel(weight.to(x.dtype), m)

            def act(planes: slice, part: Tensor) -> Tensor:
                mixed = kernel.mix(planes, part)
                if planes.start == 0 and bias is not None:
                    # A constant on the grid is the term F(000).
                    constant = bias.to(x.dtype) * math.prod(geometry.periods)
                    mixed[0, 0, 0, 0] += constant.unsqueeze(form.batch_axis)
                return mixed

            keep = _unfilled_spectrum(x, m.forward) if ctx.needs_input_grad[1] else None
            y = apply_in_reciprocal_space(x, m.forward, act, m.inverse, keep)
            assert y is not None
        ctx.save_for_backward(keep, weight)
        ctx.geometry, ctx.form, ctx.given = geometry, form, given
        return y.to(given)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        spectrum, weight = ctx.saved_tensors
        form: KernelForm = ctx.form
        wants_x, wants_weight, wants_bias, *_ = ctx.needs_input_grad
        with torch.autocast(gradient.device.type, enabled=False):
            gradient = _in_fourier_precision(gradient)
            m = matrices(ctx.geometry, gradient.device, gradient.dtype)
            weights = weight.to(gradient.dtype)
            kernel = form.transposed(weights, m) if wants_x else None
            of_kernel = form.gradient(weights, m) if wants_weight else None
            constants: list[Tensor] = []

            def act(planes: slice, part: Tensor) -> Tensor | None:
                if planes.start == 0:
                    sums = part[0, 0, 0, 0].sum(form.batch_axis)
                    constants.append(sums * math.prod(ctx.geometry.periods))
                if of_kernel is not None:
                    of_kernel.add(planes, part, spectrum[planes])
                return kernel.mix(planes, part) if kernel is not None else None

            of_x = apply_in_reciprocal_space(
                gradient, m.inverse.transposed, act, m.forward.transposed
            )
        return (
            of_x.to(ctx.given) if of_x is not None else None,
            of_kernel.weight().to(weight.dtype) if of_kernel is not None else None,
            constants[0].to(weight.dtype) if wants_bias else None,
            None,
            None,
        )


def apply_in_reciprocal_space(
    x: Tensor,
    into: Matrices,
    act: Callable[[slice, Tensor], Tensor | None],
    back: Matrices,
    keep: Tensor | None = None,
) -> Tensor | None:
    """Transform a grid to reciprocal space, apply a function there, and transform back.

    Parameters
    ----------
    x : (nu, nv, nw, C, B), or with other axes at the end.
    act : called with a range of ku and that part of the spectrum (S, Kv, Kw, 2, C, B); returns the
        new part, or None if no grid is wanted.
    keep : (Ku, Kv, Kw, 2, C, B) or None; filled with the whole spectrum.
    """
    nu, nv, nw, channels, batch = x.shape
    ku, kv, kw = into.u.shape[0] // 2, into.v.shape[0] // 2, into.kw
    first = workspace("first", (2 * ku, nv * nw * channels * batch), x)
    torch.mm(into.u, x.reshape(nu, -1), out=first)
    first = first.view(ku, 2 * nv, -1)
    last: Tensor | None = None
    for planes in _slabs(ku, kv * kw * 2 * channels * batch, x):
        n = planes.stop - planes.start
        second = workspace("second", (n, 2 * kv, nw * channels * batch), x)
        torch.bmm(into.v.expand(n, -1, -1), first[planes], out=second)
        if keep is None:
            part = workspace("part", (n, kv, kw, 2, channels, batch), x)
        else:
            part = keep[planes]
        torch.bmm(
            into.w.expand(n * kv, -1, -1),
            second.view(n * kv, 2 * nw, -1),
            out=part.view(n * kv, 2 * kw, -1),
        )
        acted = act(planes, part)
        if acted is None:
            continue
        rest = acted.shape[-2] * batch
        half_way = workspace("half way", (n * kv, back.w.shape[0], rest), x)
        torch.bmm(back.w.expand(n * kv, -1, -1), acted.view(n * kv, 2 * kw, rest), out=half_way)
        if last is None:
            last = workspace("last", (ku, back.v.shape[0], back.w.shape[0] // 2 * rest), x)
        torch.bmm(back.v.expand(n, -1, -1), half_way.view(n, 2 * kv, -1), out=last[planes])
    if last is None:
        return None
    grid = torch.mm(back.u, last.view(2 * ku, -1))
    shape = (back.u.shape[0], back.v.shape[0] // 2, back.w.shape[0] // 2)
    return grid.view(*shape, -1, batch)


def _slabs(planes: int, numbers: int, like: Tensor) -> Iterator[slice]:
    """Ranges of ku, each with about `SLAB_BYTES` of spectrum; everything at once on a GPU."""
    step = planes
    if like.device.type == "cpu":
        step = max(1, min(planes, SLAB_BYTES // (numbers * like.element_size())))
    for start in range(0, planes, step):
        yield slice(start, min(start + step, planes))


def _in_fourier_precision(x: Tensor) -> Tensor:
    """Convert to the precision of Fourier terms: double stays double, all else becomes single."""
    return x if x.dtype == torch.float64 else x.float()


def _unfilled_spectrum(x: Tensor, m: Matrices) -> Tensor:
    """An unfilled spectrum for the grid x."""
    return x.new_empty((m.u.shape[0] // 2, m.v.shape[0] // 2, m.kw, 2, *x.shape[-2:]))
