"""Validation figures, with and without phase errors, in one and two processes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor

from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.training.after_epoch.validation import validation_figures
from tests.nets.toy_feed import ToyFeed

Predict = Callable[[Batch[Any]], Tensor]


def figures_of(
    predict: Predict, phases: bool, samples: int = 100, batch_size: int = 4
) -> dict[str, Any]:
    shares: list[float] = []

    def loss(predicted: Tensor, batch: Batch[Any]) -> Tensor:
        return (predicted - batch.true).square().mean()

    figures = validation_figures(
        Fabric(accelerator="cpu", devices=1), ToyFeed(), predict, loss, samples, batch_size,
        shares.append, phases,
    )  # fmt: skip
    assert shares[0] == 0
    assert shares == sorted(shares)
    return dict(figures)


def with_noise(batch: Batch[Any]) -> Tensor:
    generator = torch.Generator().manual_seed(int(batch.true.abs().sum() * 1000))
    return batch.true + 0.1 * torch.randn(batch.true.shape, generator=generator)


def test_no_phase_errors_for_networks_without_phases() -> None:
    without, with_phases = figures_of(with_noise, False), figures_of(with_noise, True)
    assert set(without) == {"val_loss", "val_r_median", "val_r_mean"}
    assert set(with_phases) - set(without) == {
        "val_phase_error_deg", "shells", "shell_phase_error_deg",
    }  # fmt: skip
    assert without == {name: with_phases[name] for name in without}


def test_figures_do_not_depend_on_the_batch_size() -> None:
    feed = ToyFeed()
    batches = list(feed.validation(np.arange(feed.n_validation), 1))
    r = [np.corrcoef((b.true**3).ravel(), b.true.ravel())[0, 1] for b in batches]
    squares = [float(((b.true**3 - b.true) ** 2).mean()) for b in batches]
    for size in (1, 4, 100):
        figures = figures_of(lambda b: b.true**3, False, batch_size=size)
        assert figures["val_r_median"] == pytest.approx(np.median(r), abs=1e-5)
        assert figures["val_r_mean"] == pytest.approx(np.mean(r), abs=1e-5)
        assert figures["val_loss"] == pytest.approx(np.mean(squares), rel=1e-4)


def test_the_true_density_gets_perfect_figures() -> None:
    figures = figures_of(lambda batch: batch.true, True)
    assert figures["val_r_median"] == pytest.approx(1)
    assert figures["val_loss"] == 0
    assert figures["val_phase_error_deg"] < 0.5


def test_validation_uses_the_requested_number_of_fixed_examples() -> None:
    seen: list[list[float]] = []
    for _ in range(2):
        seen.append([])

        def predict(batch: Batch[Any]) -> Tensor:
            seen[-1] += batch.true.sum((1, 2, 3, 4)).tolist()
            return batch.true

        figures_of(predict, False, samples=3, batch_size=2)
    assert len(seen[0]) == 3
    assert seen[0] == seen[1]


class OneOfTwo:
    """What `validation_figures` uses of Fabric in one of two processes, which are threads here."""

    world_size = 2
    device = torch.device("cpu")

    def __init__(self, rank: int, sent: dict[int, Tensor], barrier: threading.Barrier) -> None:
        self.global_rank, self._sent, self._barrier = rank, sent, barrier

    def all_gather(self, value: Tensor) -> Tensor:
        self._barrier.wait()
        self._sent[self.global_rank] = value
        self._barrier.wait()
        return torch.stack([self._sent[0], self._sent[1]])

    def all_reduce(self, value: Tensor, reduce_op: str) -> Tensor:
        assert reduce_op == "sum"
        return self.all_gather(value).sum(0)


@pytest.mark.parametrize("samples", [5, 6])
def test_two_processes_get_the_figures_of_one(samples: int) -> None:
    single = figures_of(with_noise, True, samples=samples, batch_size=1)
    sent: dict[int, Tensor] = {}
    barrier = threading.Barrier(2, timeout=60)

    def process(rank: int) -> dict[str, Any]:
        fabric: Any = OneOfTwo(rank, sent, barrier)
        figures = validation_figures(
            fabric, ToyFeed(), with_noise, lambda p, b: (p - b.true).square().mean(), samples, 1,
            lambda share: None,
        )  # fmt: skip
        return dict(figures)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(process, (0, 1)))
    shells = "shell_phase_error_deg"
    for figures in both:
        for name in ("val_loss", "val_r_median", "val_r_mean", "val_phase_error_deg"):
            assert figures[name] == pytest.approx(single[name], rel=1e-5), name
        assert figures[shells] == pytest.approx(single[shells], rel=1e-5, nan_ok=True)
