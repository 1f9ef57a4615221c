"""Batch normalisation fused with the following ReLU and the skip connection.

torch needs three or four passes over memory for this, each of which keeps a copy for the backward
pass. Here it is one pass that keeps only the input and the output, and works on parts that fit the
caches. Formulas: Ioffe & Szegedy, ICML 2015.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from patterson_gui.nets.convolution.layers import from_planes, planes
from patterson_gui.nets.convolution.workspace import workspace

PART_BYTES = 2**20
"""Bytes of a tensor that are processed together on a CPU."""


class BatchNorm(nn.BatchNorm3d):
    """Batch normalisation of (B, C, nu, nv, nw); the same function as `torch.nn.BatchNorm3d`."""

    rectify = False

    def forward(self, x: Tensor) -> Tensor:
        return self._normalised(x, None)

    def _normalised(self, x: Tensor, skip: Tensor | None) -> Tensor:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.momentum is not None
        rows = planes(x)
        beside = None if skip is None else planes(skip)
        if self.training:
            y, mean, variance = _Normalisation.apply(  # type: ignore[no-untyped-call]
                rows, self.weight, self.bias, beside, self.eps, self.rectify
            )
            with torch.no_grad():
                count = rows.numel() // rows.shape[-2]
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(variance * (count / max(1, count - 1)), self.momentum)
                if self.num_batches_tracked is not None:
                    self.num_batches_tracked += 1
            return from_planes(y)
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        y = torch.addcmul(shift[:, None], rows.to(scale.dtype), scale[:, None])
        if beside is not None:
            y = y + beside
        return from_planes((torch.relu(y) if self.rectify else y).to(x.dtype))


class BatchNormReLU(BatchNorm):
    """max(0, batch norm(x) + skip); without a skip max(0, batch norm(x))."""

    rectify = True

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        return self._normalised(x, skip)


class _Normalisation(Function):
    """On rows (S, C · B): every point of the grid is a row."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        skip: Tensor | None,
        eps: float,
        rectify: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        channels, batch = x.shape[-2:]
        given, shape = x.dtype, x.shape
        rows = x.reshape(-1, channels * batch).to(weight.dtype)
        count = len(rows) * batch
        mean = _by_channel(rows.sum(0), channels) / count
        middle = _row(mean, batch)
        squares = torch.zeros_like(middle)
        for part in _parts(rows):
            away = torch.sub(rows[part], middle, out=_scratch(rows, part))
            squares += away.square_().sum(0)
        variance = _by_channel(squares, channels) / count
        inverse_sigma = (variance + eps).rsqrt()
        scale = weight * inverse_sigma
        factor, shift = _row(scale, batch), _row(bias - mean * scale, batch)
        y = torch.empty_like(rows)
        beside = None if skip is None else skip.reshape(rows.shape)
        for part in _parts(rows):
            of_part = torch.addcmul(shift, rows[part], factor, out=y[part])
            if beside is not None:
                of_part += beside[part]
            if rectify:
                of_part.relu_()
        ctx.save_for_backward(rows, y if rectify else None, weight, mean, inverse_sigma)
        ctx.given, ctx.shape, ctx.has_skip = given, shape, skip is not None
        ctx.mark_non_differentiable(mean, variance)
        return y.view(shape).to(given), mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        rows, y, weight, mean, inverse_sigma = ctx.saved_tensors
        channels, batch = ctx.shape[-2:]
        count = len(rows) * batch
        above = gradient.reshape(rows.shape).to(rows.dtype)
        let_through = above if y is None else torch.empty_like(rows)
        total = torch.zeros_like(rows[0])
        along = torch.zeros_like(rows[0])
        middle = _row(mean, batch)
        for part in _parts(rows):
            if y is not None:
                torch.ops.aten.threshold_backward.grad_input(
                    above[part], y[part], 0, grad_input=let_through[part]
                )
            total += let_through[part].sum(0)
            away = torch.sub(rows[part], middle, out=_scratch(rows, part))
            along += away.mul_(let_through[part]).sum(0)
        of_bias = _by_channel(total, channels)
        of_weight = _by_channel(along, channels) * inverse_sigma
        # g_x = γ/σ (g − ⟨g⟩ − x̂ ⟨g x̂⟩), with x̂ = (x − μ)/σ
        scale = weight * inverse_sigma
        tilt = -scale * inverse_sigma * of_weight / count
        shift = -scale * of_bias / count - tilt * mean
        factor, slope, constant = _row(scale, batch), _row(tilt, batch), _row(shift, batch)
        # The gradient of the skip is kept; without a skip its memory is reused for the result.
        reuse = y is not None and not ctx.has_skip
        of_rows = let_through if reuse else torch.empty_like(rows)
        for part in _parts(rows):
            sloped = torch.addcmul(constant, rows[part], slope, out=_scratch(rows, part))
            torch.addcmul(sloped, let_through[part], factor, out=of_rows[part])
        of_x = of_rows.view(ctx.shape).to(ctx.given)
        of_skip = let_through.view(ctx.shape).to(ctx.given) if ctx.has_skip else None
        return of_x, of_weight, of_bias, of_skip, None, None


def _parts(rows: Tensor) -> Iterator[slice]:
    step = len(rows)
    if rows.device.type == "cpu":
        step = max(1, PART_BYTES // (rows.shape[1] * rows.element_size()))
    for start in range(0, len(rows), step):
        yield slice(start, min(start + step, len(rows)))


def _scratch(rows: Tensor, part: slice) -> Tensor:
    return workspace("normalisation", (part.stop - part.start, rows.shape[1]), rows)


def _by_channel(row: Tensor, channels: int) -> Tensor:
    """(C · B,) → (C,)."""
    return row.view(channels, -1).sum(1)


def _row(by_channel: Tensor, batch: int) -> Tensor:
    """(C,) → (C · B,), so that one operation works on a whole row."""
    return by_channel.repeat_interleave(batch)
