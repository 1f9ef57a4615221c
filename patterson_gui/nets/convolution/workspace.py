"""Memory for intermediate results that is taken once and used again.

The C library hands large freed blocks back to the system, which clears every page anew when the
next one is asked for: that takes as long as the arithmetic here. On a GPU torch keeps freed
memory itself.
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
    """Give back what this thread keeps, as after a training."""
    _KEPT.blocks.clear()
