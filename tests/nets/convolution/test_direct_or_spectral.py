"""The choice between the direct and the spectral form of a convolution."""

import time

import pytest
import torch
from torch import Tensor

from patterson_gui.nets.convolution.direct_or_spectral import (
    Form,
    convolutions,
    faster_form,
    measured_seconds,
)
from patterson_gui.nets.convolution.fourier_matrices import circular
from patterson_gui.nets.convolution.layers import CircularConv3d


def unused(x: Tensor) -> Tensor:
    raise AssertionError("no form may run on a CPU")


def chosen(channels: int, size: int, grid: int, batch: int) -> Form:
    layer = CircularConv3d(channels, channels, size)
    x = torch.empty(batch, channels, grid, grid, grid)
    geometry = circular((grid, grid, grid), (size, size, size))
    return faster_form(x, layer.weight, geometry, {"direct": unused, "spectral": unused})


def test_large_kernels_use_the_spectral_form_and_small_ones_the_direct() -> None:
    """As measured on one core: 1.2 against 20 ms an example, and 6 against 16 ms."""
    assert chosen(25, 7, 12, 32) == "spectral"
    assert chosen(64, 3, 12, 1) == "direct"


def test_a_context_selects_the_form() -> None:
    with convolutions("direct"):
        assert chosen(25, 7, 12, 32) == "direct"
        with convolutions("spectral"):
            assert chosen(64, 3, 12, 1) == "spectral"
        assert chosen(25, 7, 12, 32) == "direct"
    assert chosen(25, 7, 12, 32) == "spectral"


def test_timing_returns_the_shortest_run_of_each_form(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = torch.ones(1, requires_grad=True)
    now = [0.0]
    slow = iter([100.0, 7.0, 5.0, 6.0])  # the first run loads kernels and does not count
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def slowly(x: Tensor) -> Tensor:
        now[0] += next(slow)
        return x * weight

    def quickly(x: Tensor) -> Tensor:
        now[0] += 1.0
        return x * weight

    def greedily(x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    x = torch.ones(3)
    times = measured_seconds(x, weight, {"direct": slowly, "spectral": quickly}, backward=True)
    assert times == {"direct": 5.0, "spectral": 1.0}
    assert weight.grad is None
    times = measured_seconds(x, weight, {"direct": greedily, "spectral": quickly}, backward=False)
    assert times["direct"] == float("inf")


@pytest.mark.parametrize("grid", [8, 12])
def test_both_forms_of_a_layer_give_the_same(grid: int) -> None:
    torch.manual_seed(0)
    layer = CircularConv3d(3, 4, 7)
    x = torch.randn(2, 3, grid, grid, grid)
    with convolutions("direct"):
        direct = layer(x)
    with convolutions("spectral"):
        spectral = layer(x)
    assert not torch.equal(direct, spectral)
    torch.testing.assert_close(direct, spectral, rtol=1e-4, atol=1e-5)
