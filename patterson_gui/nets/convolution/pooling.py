"""Max-pooling by two in the arrangement (nu, nv, nw, C, B)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from patterson_gui.nets.convolution.layers import from_planes, planes


class MaxPool(nn.Module):
    """The largest of each 2 × 2 × 2 points; the sides of the grid must be even."""

    def forward(self, x: Tensor) -> Tensor:
        pooled = planes(x)
        for axis in range(3):
            pooled = _LargerOfPairs.apply(pooled, axis)  # type: ignore[no-untyped-call]
        return from_planes(pooled)


class _LargerOfPairs(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, axis: int) -> Tensor:
        shape = (*x.shape[:axis], -1, 2, *x.shape[axis + 1 :])
        first, second = x.view(shape).unbind(axis + 1)
        ctx.save_for_backward(first >= second)
        ctx.axis = axis
        return torch.maximum(first, second)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (is_first,) = ctx.saved_tensors
        axis = ctx.axis
        shape = gradient.shape
        pairs = gradient.new_empty((*shape[: axis + 1], 2, *shape[axis + 1 :]))
        first, second = pairs.unbind(axis + 1)
        torch.mul(gradient, is_first, out=first)
        torch.sub(gradient, first, out=second)
        return pairs.flatten(axis, axis + 1), None
