"""Single steps of a training, against gradients computed with plain torch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor

from patterson_gui.io.training.events import Event, Notice
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import Network, build
from patterson_gui.nets.training import learner as learner_module
from patterson_gui.nets.training.run import Run, Step
from tests.nets import linear_training
from tests.nets.toy_feed import ToyFeed

RATE = 0.5


@pytest.fixture(autouse=True)
def plain_gradient_descent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adam's steps hardly depend on the length of the gradient; those of SGD are proportional."""

    def sgd(settings: TrainingSettings, network: Network) -> torch.optim.Optimizer:
        return torch.optim.SGD(network.parameters(), lr=settings.learning_rate)

    monkeypatch.setattr(learner_module, "_optimiser", sgd)


def new_run(folder: Path, report: Any = lambda event: None, **changes: Any) -> Run:
    values: dict[str, Any] = {
        "data": Path("toy.h5"),
        "output": folder,
        "network": "linear",
        "batch_size": 4,
        "accumulation": 2,
        "clip": 0.0,
        "ema_decay": 0.0,
        "device": "cpu",
    }
    settings = TrainingSettings.model_validate({**values, **changes})
    torch.manual_seed(0)
    network = build("linear", {})
    fabric = Fabric(accelerator="cpu", devices=1)
    return Run(settings, fabric, network, ToyFeed(shake=0.0), report)


def weights(run: Run) -> Tensor:
    return torch.cat([p.detach().flatten() for p in run.network.parameters()])


def gradient(run: Run, chosen: np.ndarray) -> tuple[float, Tensor]:
    """The loss of some examples as one batch, and its gradient, without the code under test."""
    (batch,) = run.feed.training(chosen, len(chosen), torch.Generator())
    predicted = run.network(batch.inputs)
    rs = [
        torch.corrcoef(torch.stack([p.flatten(), t.flatten()]))[0, 1]
        for p, t in zip(predicted, batch.true, strict=True)
    ]
    s = run.settings
    value = s.mse_weight * ((predicted - batch.true) ** 2).mean()
    value = value + s.correlation_weight * (1 - torch.stack(rs)).mean()
    parts = torch.autograd.grad(value, list(run.network.parameters()))
    return float(value.detach()), torch.cat([g.flatten() for g in parts])


@pytest.mark.parametrize("examples", [8, 7, 5, 3])
def test_a_step_follows_the_gradient_of_all_its_examples(tmp_path: Path, examples: int) -> None:
    """The examples of 7 come as batches of 4 and 3, which must not count the same."""
    run = new_run(tmp_path)
    chosen = np.arange(examples) + 3
    loss, expected = gradient(run, chosen)
    before = weights(run)
    mean = run.take(Step(0, chosen, seed=1), RATE)
    torch.testing.assert_close(before - weights(run), RATE * expected, rtol=1e-3, atol=1e-6)
    assert float(mean) == pytest.approx(loss, rel=1e-5)


def test_the_next_step_starts_from_zero_gradients(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run.take(Step(0, np.arange(8), seed=1), RATE)
    chosen = np.arange(8, 16)
    _, expected = gradient(run, chosen)
    before = weights(run)
    run.take(Step(1, chosen, seed=2), RATE)
    torch.testing.assert_close(before - weights(run), RATE * expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("relative", "shortened"), [(0.1, 0.1), (0.9, 0.9), (1.5, 1.0)])
def test_gradients_longer_than_the_limit_are_shortened_to_it(
    tmp_path: Path, relative: float, shortened: float
) -> None:
    chosen = np.arange(7)
    _, full = gradient(new_run(tmp_path), chosen)
    run = new_run(tmp_path, clip=relative * float(full.norm()))
    before = weights(run)
    run.take(Step(0, chosen, seed=1), RATE)
    expected = RATE * shortened * full
    torch.testing.assert_close(before - weights(run), expected, rtol=1e-3, atol=1e-6)


def test_a_step_after_lack_of_memory_is_the_same_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = np.arange(7)
    whole = new_run(tmp_path)
    whole.take(Step(0, chosen, seed=1), RATE)
    events: list[Event] = []
    run = new_run(tmp_path, events.append)
    real = linear_training.Linear.forward

    def small(self: linear_training.Linear, inputs: Any) -> Tensor:
        if len(inputs.patterson) == 3:  # the second batch: gradients of the first are there
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(self, inputs)

    monkeypatch.setattr(linear_training.Linear, "forward", small)
    run.take(Step(0, chosen, seed=1), RATE)
    torch.testing.assert_close(weights(run), weights(whole))
    assert (run.state.position.batch_size, run.state.position.accumulation) == (2, 4)
    (notice,) = events
    assert isinstance(notice, Notice)


def test_the_steps_of_an_epoch_have_equal_size_except_the_last(tmp_path: Path) -> None:
    run = new_run(tmp_path, samples_per_epoch=19)
    assert run.steps_per_epoch == 3
    sizes = []
    while (step := run.next_step()) is not None:
        sizes.append(len(step.chosen))
        run.take(step, 0.0)
    assert sizes == [8, 8, 3]
    assert (run.state.position.step, run.state.position.samples) == (3, 19)


def test_the_rate_of_a_step_is_that_of_its_middle(tmp_path: Path) -> None:
    run = new_run(
        tmp_path, samples_per_epoch=20, epochs=2, schedule="cosine", warm_up=0.5, learning_rate=1.0
    )
    rates = []
    for _ in range(3):
        step = run.next_step()
        assert step is not None
        rates.append(run.learning_rate(0.0))
        run.take(step, rates[-1])
    # Linear warm-up over the first of two epochs; steps of 8, 8 and 4 of 20 examples.
    assert rates == pytest.approx([4 / 20, 12 / 20, 18 / 20])


def test_a_time_budget_moves_the_schedule_on(tmp_path: Path) -> None:
    budget = {"schedule": "cosine", "warm_up": 0.0, "learning_rate": 1.0, "time_budget": 100.0}
    run = new_run(tmp_path, epochs=1000, **budget)
    assert run.learning_rate(50.0) == pytest.approx(0.5)
    assert run.learning_rate(0.0) == pytest.approx(1.0, abs=1e-3)
