"""Single steps of a training, compared with gradients computed with plain torch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional

from patterson_gui.errors import UserError
from patterson_gui.io.training.events import Event, Notice
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import Network, NetworkWithOwnLoss, build
from patterson_gui.nets.training.optimisation import learner as learner_module
from patterson_gui.nets.training.optimisation.learner import Learner
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


class OneOfTwo(Fabric):
    """Fabric as one of two processes sees it, without the other process."""

    def __init__(self, rank: int) -> None:
        super().__init__(accelerator="cpu", devices=1)
        self._rank = rank

    @property
    def world_size(self) -> int:
        return 2

    @property
    def global_rank(self) -> int:
        return self._rank


def new_run(
    folder: Path,
    report: Any = lambda event: None,
    fabric: Fabric | None = None,
    **changes: Any,
) -> Run:
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
    fabric = fabric or Fabric(accelerator="cpu", devices=1)
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
def test_gradients_are_clipped_to_the_limit(
    tmp_path: Path, relative: float, shortened: float
) -> None:
    chosen = np.arange(7)
    _, full = gradient(new_run(tmp_path), chosen)
    run = new_run(tmp_path, clip=relative * float(full.norm()))
    before = weights(run)
    run.take(Step(0, chosen, seed=1), RATE)
    expected = RATE * shortened * full
    torch.testing.assert_close(before - weights(run), expected, rtol=1e-3, atol=1e-6)


def test_a_step_repeated_after_out_of_memory_is_the_same(
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


def test_the_learning_rate_is_that_of_the_middle_of_the_step(tmp_path: Path) -> None:
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


def test_a_time_budget_advances_the_schedule(tmp_path: Path) -> None:
    budget = {"schedule": "cosine", "warm_up": 0.0, "learning_rate": 1.0, "time_budget": 100.0}
    run = new_run(tmp_path, epochs=1000, **budget)
    assert run.learning_rate(50.0) == pytest.approx(0.5)
    assert run.learning_rate(0.0) == pytest.approx(1.0, abs=1e-3)


def test_two_processes_share_the_examples_of_one(tmp_path: Path) -> None:
    alone = new_run(tmp_path, batch_size=8)
    both = [new_run(tmp_path, fabric=OneOfTwo(rank)) for rank in (0, 1)]
    assert [run.steps_per_epoch for run in both] == [alone.steps_per_epoch] * 2
    while (whole := alone.next_step()) is not None:
        halves = [run.next_step() for run in both]
        assert halves[0] is not None
        assert halves[1] is not None
        assert halves[0].seed != halves[1].seed
        together = np.stack([half.chosen for half in halves if half is not None], axis=1)
        assert together.ravel().tolist() == whole.chosen.tolist()
        for run, step in zip([alone, *both], [whole, *halves], strict=True):
            assert step is not None
            run.state.step_taken(
                len(step.chosen), run.fabric.world_size, torch.tensor(0.0), rate=0.1
            )
    assert [run.next_step() for run in both] == [None, None]
    assert [run.state.position.samples for run in both] == [alone.state.position.samples] * 2


def test_the_mean_loss_is_over_the_examples_of_this_epoch(tmp_path: Path) -> None:
    state = new_run(tmp_path).state
    assert state.mean_loss() == 0.0
    state.step_taken(8, 1, torch.tensor(4.0), rate=0.1)
    state.step_taken(4, 1, torch.tensor(5.0), rate=0.1)
    assert state.mean_loss() == pytest.approx(9 / 12)
    state.begin_next_epoch()
    assert state.mean_loss() == 0.0


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_rejects_a_loss_that_is_not_finite(tmp_path: Path, loss: float) -> None:
    state = new_run(tmp_path).state
    state.begin_next_epoch()
    state.step_taken(8, 1, torch.tensor(loss), rate=0.1)
    with pytest.raises(UserError, match=r"no longer a number \(epoch 2\)"):
        state.mean_loss()


class FromExamples(linear_training.Linear, NetworkWithOwnLoss):
    """A network that initialises its bias with the number of examples it gets."""

    n_initial_examples = 10

    def initialise_from(self, inputs: Any) -> None:
        self.batches = [given.patterson for given in inputs]
        (parameter, *_) = self.parameters()
        parameter.data.fill_(sum(len(batch) for batch in self.batches))

    def own_loss(self, inputs: Any, true: Tensor) -> Tensor:
        return functional.mse_loss(self(inputs), true)


def initialised(**changes: Any) -> Learner:
    values = {"data": Path("toy.h5"), "output": Path("run"), "network": "linear", "device": "cpu"}
    settings = TrainingSettings.model_validate({**values, "ema_decay": 0.9, **changes})
    torch.manual_seed(0)
    network = FromExamples(linear_training.EmptyConfig())
    learner = Learner(settings, Fabric(accelerator="cpu", devices=1), network)
    learner.initialise_from(ToyFeed(n_training=24, shake=0.0))
    return learner


def test_a_network_is_initialised_from_the_number_of_examples_it_asks_for() -> None:
    learner = initialised()
    (parameter, *_) = learner.network.parameters()
    assert (parameter == FromExamples.n_initial_examples).all()


def test_the_average_starts_from_the_initialised_weights() -> None:
    learner = initialised()
    assert learner.average is not None
    for name, value in learner.network.state_dict().items():
        assert torch.equal(learner.average.state[name], value), name


def test_given_initial_weights_are_not_initialised_again() -> None:
    learner = initialised(initial_weights=Path("given.safetensors"))
    assert not hasattr(learner.network, "batches")
