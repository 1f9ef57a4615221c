"""Convolutions as products in reciprocal space, the Fourier transforms as matrix products.

On a periodic grid a convolution is exactly a product of Fourier transforms. The grids here are
short (12 to 48 points along an axis), so each axis is transformed by multiplication with a small
matrix of cosines and sines (`fourier_matrices`). CPUs and GPUs multiply matrices fastest, and the
memory order stays the same throughout:

    grid (nu, nv, nw, C, B)   →   spectrum (Ku, Kv, Kw, 2, C, B).

Mixing the channels is then one matrix product per frequency, and nothing is transposed. C is the
number of channels, B the batch size, and 2 stands for real and imaginary part; Ku covers half the
axis, because densities are real. On a CPU the spectrum is processed in groups of planes that fit
the caches.

Every step is a multiplication with a known matrix, so the backward pass is exact and consists of
the same steps with transposed matrices. Computation is in single precision even under autocast (in
double for double input), because half precision is too coarse for Fourier terms.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from patterson_gui.nets.convolution.fourier_matrices import Geometry, Matrices, matrices
from patterson_gui.nets.convolution.workspace import workspace

SLAB_BYTES = 4 * 2**20
"""Of the spectrum so much is worked on at a time on a processor."""


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
    """Convolve as `torch.nn.functional.conv3d` does, computed in reciprocal space.

    Parameters
    ----------
    x : (nu / repeat, nv / repeat, nw / repeat, C_in, B)
    weight : (C_out, C_in, *size)
    bias : (C_out,) or None

    Returns
    -------
    (nu, nv, nw, C_out, B)
    """
    answer: Tensor = _Convolution.apply(x, weight, bias, geometry)  # type: ignore[no-untyped-call]
    return answer


def transfer(
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


def working(x: Tensor) -> Tensor:
    """Convert to the precision of Fourier terms: double stays double, all else becomes single."""
    return x if x.dtype == torch.float64 else x.float()


class _Convolution(Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry
    ) -> Tensor:
        given = x.dtype
        with torch.autocast(x.device.type, enabled=False):
            x = working(x)
            m = matrices(geometry, x.device, x.dtype)
            kernel = _Kernel(weight.to(x.dtype), m.kernel)

            def act(planes: slice, part: Tensor) -> Tensor:
                mixed = kernel.mix(planes, part)
                if planes.start == 0:
                    _add_constant(mixed, bias, geometry)
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
            weights = weight.to(gradient.dtype)
            # The transpose of a complex product is the product with the conjugate.
            kernel = _Kernel(weights.transpose(0, 1), m.kernel_conjugate) if wish_x else None
            taps = _KernelGradient(weights, m.kernel) if wish_weight else None
            constants: list[Tensor] = []

            def act(planes: slice, part: Tensor) -> Tensor | None:
                if planes.start == 0:
                    constants.append(_constant_gradient(part, ctx.geometry))
                if taps is not None:
                    taps.add(planes, part, spectrum[planes])
                return kernel.mix(planes, part) if kernel is not None else None

            of_x = transfer(gradient, m.inverse.transposed, act, m.forward.transposed)
        return (
            of_x.to(ctx.given) if of_x is not None else None,
            taps.weight().to(weight.dtype) if taps is not None else None,
            constants[0].to(weight.dtype) if wish_bias else None,
            None,
        )


def unfilled_spectrum(x: Tensor, m: Matrices) -> Tensor:
    """An unfilled spectrum for the grid x."""
    return x.new_empty((m.u.shape[0] // 2, m.v.shape[0] // 2, m.kw, 2, *x.shape[-2:]))


class _Kernel:
    """Kernels (C_out, C_in, *size) in reciprocal space, to be applied to spectra.

    At each frequency they are two matrices (2 C_out, C_in): [W_re; W_im] multiplies real parts,
    [−W_im; W_re] multiplies imaginary parts.
    """

    def __init__(self, weight: Tensor, m: Matrices) -> None:
        self.out, self.into, *self.size = weight.shape
        self.m = m
        taps = weight.permute(2, 3, 4, 0, 1).reshape(self.size[0], -1)
        self.planes = torch.mm(m.u, taps).view(m.u.shape[0] // 2, 2 * self.size[1], -1)

    def mix(self, planes: slice, part: Tensor) -> Tensor:
        """(S, Kv, Kw, 2, C_in, B) → (S, Kv, Kw, 2, C_out, B)."""
        n, kv, kw, _, into, batch = part.shape
        m, pairs = self.m, self.out * self.into
        rows = workspace("kernel rows", (n, 2 * kv, self.size[2] * pairs), part)
        torch.bmm(m.v.expand(n, -1, -1), self.planes[planes], out=rows)
        blocks = workspace("kernel", (n * kv, 4 * kw, pairs), part)
        torch.bmm(m.w.expand(n * kv, -1, -1), rows.view(n * kv, -1, pairs), out=blocks)
        blocks = blocks.view(-1, 2, 2 * self.out, into)
        parts = part.view(-1, 2, into, batch)
        mixed = workspace("mixed", (n * kv * kw, 2 * self.out, batch), part)
        torch.bmm(blocks[:, 0], parts[:, 0], out=mixed)
        mixed.baddbmm_(blocks[:, 1], parts[:, 1])
        return mixed.view(n, kv, kw, 2, self.out, batch)


class _KernelGradient:
    """Sums products over the batch and transforms them back at the points of the kernel only."""

    def __init__(self, weight: Tensor, m: Matrices) -> None:
        self.out, self.into, *self.size = weight.shape
        self.back = m.transposed
        by_part = self.back.w.reshape(-1, m.kw, 2, 2)  # (points, kw, input part, output part)
        self.by_part = [by_part[:, :, part].reshape(-1, 2 * m.kw) for part in range(2)]
        shape = (m.u.shape[0] // 2, 2 * self.size[1], self.size[2] * self.out * self.into)
        self.planes = weight.new_empty(shape)

    def add(self, planes: slice, gradient: Tensor, spectrum: Tensor) -> None:
        """Add the products of (S, Kv, Kw, 2, C_out, B) and (S, Kv, Kw, 2, C_in, B)."""
        n, kv, kw, _, out, batch = gradient.shape
        pairs = out * self.into
        made = gradient.view(-1, 2 * out, batch)
        acted = spectrum.view(-1, 2, self.into, batch).transpose(2, 3)
        products = workspace("kernel", (n * kv * kw, 2 * out, self.into), gradient)
        rows = workspace("kernel rows", (n * kv, 2 * self.size[2], pairs), gradient)
        for part in range(2):
            torch.bmm(made, acted[:, part], out=products)
            matrix = self.by_part[part].expand(n * kv, -1, -1)
            rows.baddbmm_(matrix, products.view(n * kv, 2 * kw, pairs), beta=part)
        torch.bmm(self.back.v.expand(n, -1, -1), rows.view(n, 2 * kv, -1), out=self.planes[planes])

    def weight(self) -> Tensor:
        """(C_out, C_in, *size)."""
        taps = torch.mm(self.back.u, self.planes.view(self.back.u.shape[1], -1))
        return taps.view(*self.size, self.out, self.into).permute(3, 4, 0, 1, 2).contiguous()


def _add_constant(spectrum: Tensor, bias: Tensor | None, geometry: Geometry) -> None:
    """Add a constant to each channel's grid: it is the term F(000)."""
    if bias is not None:
        spectrum[0, 0, 0, 0] += bias.to(spectrum.dtype)[:, None] * math.prod(geometry.periods)


def _constant_gradient(gradient: Tensor, geometry: Geometry) -> Tensor:
    """(C,): what `_add_constant` passes back."""
    return gradient[0, 0, 0, 0].sum(-1) * math.prod(geometry.periods)
