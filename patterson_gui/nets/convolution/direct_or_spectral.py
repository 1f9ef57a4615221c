"""Choose the faster form of a convolution: direct, or as a product in reciprocal space.

On a CPU the times are estimated from numbers of operations and from rates measured on one core
with AVX-512 (`tests/benchmarks/networks.py` measures them). The choice is therefore the same in
every run, and a resumed training gives the same numbers. On other devices both forms are timed once
for each size.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import torch
from torch import Tensor

from patterson_gui.nets.convolution.fourier_matrices import Geometry

Form = Literal["direct", "spectral"]
Forms = dict[Form, Callable[[Tensor], Tensor]]

DIRECT_RATE = 190e9
"""Operations per second of the direct form where the channels fill vectors of 16."""
PADDING_RATE = 4e9
"""Bytes per second at which a grid is continued periodically."""
SPECTRAL_RATE = 46e9
"""Operations per second of many small matrix products."""
LEAST_BATCH = 32
"""Mixing channels takes as long for a smaller batch as for one of this size."""

_forced: ContextVar[Form | None] = ContextVar("form of convolutions", default=None)
_tried: dict[tuple[object, ...], Form] = {}


@contextmanager
def convolutions(form: Form) -> Iterator[None]:
    """Compute all convolutions inside the context in one form."""
    token = _forced.set(form)
    try:
        yield
    finally:
        _forced.reset(token)


def faster_form(x: Tensor, weight: Tensor, geometry: Geometry, forms: Forms) -> Form:
    """The faster form for x (B, C, nu, nv, nw) on its device."""
    forced = _forced.get()
    if forced is not None:
        return forced
    backward = torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad)
    if x.device.type == "cpu":
        times = estimated_seconds(len(x), weight, geometry, backward)
        return min(times, key=times.__getitem__)
    half = torch.is_autocast_enabled(x.device.type)
    key = (x.shape, weight.shape, geometry, x.dtype, str(x.device), half, backward)
    if key not in _tried:
        times = measured_seconds(x, weight, forms, backward)
        _tried[key] = min(times, key=times.__getitem__)
    return _tried[key]


def measured_seconds(x: Tensor, weight: Tensor, forms: Forms, backward: bool) -> dict[Form, float]:
    """Measure the seconds of each form on x, including the backward pass if one follows.

    The best of three; infinite if memory runs out.
    """
    return {form: _seconds(run, x, weight, backward) for form, run in forms.items()}


def estimated_seconds(
    batch: int, weight: Tensor, geometry: Geometry, backward: bool
) -> dict[Form, float]:
    """Estimate the seconds of each form on one core, including a backward pass if one follows."""
    return {
        "direct": _direct_seconds(batch, weight, geometry, backward),
        "spectral": _spectral_seconds(batch, weight, geometry, backward),
    }


def _direct_seconds(batch: int, weight: Tensor, geometry: Geometry, backward: bool) -> float:
    out, into = weight.shape[:2]
    operations = 2 * batch * weight.numel() * math.prod(geometry.shape)
    passes = 1 / _filled(out)
    if backward:
        passes += 1 / _filled(into) + 1 / (_filled(into) * _filled(out))
    padded = math.prod(n + k - 1 for n, k in zip(geometry.shape, geometry.size, strict=True))
    moved = 4 * batch * into * padded * (6 if backward else 2)
    return operations * passes / DIRECT_RATE + moved / PADDING_RATE


def _filled(channels: int) -> float:
    """The used fraction of vectors of 16 for a number of channels."""
    return channels / (16 * math.ceil(channels / 16))


def _spectral_seconds(batch: int, weight: Tensor, geometry: Geometry, backward: bool) -> float:
    out, into = weight.shape[:2]
    pu, pv, pw = geometry.periods
    half = pu // 2 + 1

    def transform(nu: int, nv: int, nw: int, parts: int = 2) -> int:
        return 2 * (
            2 * half * nu * nv * nw + half * 2 * pv * 2 * nv * nw + half * pv * parts * pw * 2 * nw
        )

    nu, nv, nw = geometry.shape
    r = geometry.repeat
    grids = batch * (into * transform(nu // r, nv // r, nw // r) + out * transform(nu, nv, nw))
    pairs = out * into
    kernels = pairs * transform(*geometry.size, parts=4)
    mixing = 8 * half * pv * pw * pairs * max(batch, LEAST_BATCH)
    operations = grids + kernels + mixing
    if backward:
        operations += grids + 2 * kernels + 2 * mixing
    return operations / SPECTRAL_RATE


def _seconds(run: Callable[[Tensor], Tensor], x: Tensor, weight: Tensor, backward: bool) -> float:
    best = math.inf
    with torch.set_grad_enabled(backward):
        trial = x.detach().requires_grad_(backward and x.requires_grad)
        learnt = [t for t in (trial, weight) if t.requires_grad]
        try:
            for attempt in range(4):
                _wait(x.device)
                start = time.perf_counter()
                y = run(trial)
                if backward:
                    torch.autograd.grad(y, learnt, torch.ones_like(y))
                _wait(x.device)
                if attempt:  # the first run loads kernels
                    best = min(best, time.perf_counter() - start)
        except torch.OutOfMemoryError:
            return math.inf
    return best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
