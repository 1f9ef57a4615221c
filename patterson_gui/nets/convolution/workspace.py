"""Reusable buffers for intermediate results on the CPU.

The C library returns large freed blocks to the operating system, which must clear every page for
the next allocation; this takes as long as the arithmetic. On a GPU torch keeps freed memory itself.
"""

import math
import threading

import torch
from torch import Tensor


class _Kept(threading.local):
    def __init__(self) -> None:
        self.blocks: dict[tuple[str, torch.dtype], Tensor] = {}


_KEPT = _Kept()


def workspace(name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """An unfilled tensor, valid until this thread next asks for one of this name."""
    if like.device.type != "cpu":
        return like.new_empty(shape)
    count = math.prod(shape)
    block = _KEPT.blocks.get((name, like.dtype))
    if block is None or block.numel() < count:
        _KEPT.blocks.pop((name, like.dtype), None)
        with torch.inference_mode(False):  # a training may use it after a prediction
            block = _KEPT.blocks[name, like.dtype] = torch.empty(count, dtype=like.dtype)
    return block[:count].view(shape)


def release() -> None:
    """Free the buffers of this thread."""
    _KEPT.blocks.clear()
