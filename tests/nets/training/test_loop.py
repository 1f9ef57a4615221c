"""The training loop with a toy feed; `test_process` runs it as a process."""

import itertools
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from patterson_gui.errors import UserError
from patterson_gui.io.locks import locked_folder
from patterson_gui.io.training.events import (
    EpochDone,
    Event,
    Finished,
    Notice,
    Started,
    TrainingProgress,
)
from patterson_gui.io.training.model_cards import read_card
from patterson_gui.io.training.run_folder import RunFolder, read_metrics, read_preview
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import Network, NetworkInputs, register
from patterson_gui.nets.architectures.weights import load_weights
from patterson_gui.nets.training import estimate
from patterson_gui.nets.training import loop as loop_module
from patterson_gui.nets.training import run as run_module
from patterson_gui.nets.training.loop import estimate_training, find_rate, train
from patterson_gui.nets.training.stopping import Clock
from tests.nets.linear_training import EmptyConfig
from tests.nets.toy_feed import ToyFeed

TINY = {"narrow": 2, "wide": 3, "blocks": 1}


@register("with_dropout", EmptyConfig)
class WithDropout(Network):
    """A network that draws random numbers."""

    def __init__(self, config: EmptyConfig) -> None:
        super().__init__()
        self.weigh = torch.nn.Conv3d(1, 2, 3, padding=1)
        self.norm = torch.nn.BatchNorm3d(2)
        self.drop = torch.nn.Dropout3d(0.5)
        self.out = torch.nn.Conv3d(2, 1, 1)

    def forward(self, inputs: NetworkInputs) -> torch.Tensor:
        found: torch.Tensor = self.out(self.drop(self.norm(self.weigh(inputs.patterson))))
        return found


def settings(folder: Path, **changes: Any) -> TrainingSettings:
    values: dict[str, Any] = {
        "data": Path("toy.h5"),
        "output": folder,
        "network": "with_dropout",
        "batch_size": 4,
        "accumulation": 2,
        "epochs": 3,
        "validation_samples": 5,
        "learning_rate": 1e-2,
        "device": "cpu",
    }
    return TrainingSettings.model_validate({**values, **changes})


class Stop:
    """Asks for a stop when called for the n-th time; the loop calls it before each step."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def losses(folder: Path) -> list[tuple[float, ...]]:
    return [
        (r.train_loss, r.val_loss, r.val_r_median, r.val_phase_error_deg, r.learning_rate)
        for r in read_metrics(RunFolder(folder).metrics)
    ]


def test_training_writes_metrics_weights_card_and_preview(tmp_path: Path) -> None:
    events: list[Event] = []
    finished = train(
        settings(tmp_path, network="resunet1", network_config=TINY, epochs=4),
        events.append,
        feed=ToyFeed(),
    )
    folder = RunFolder(tmp_path)
    records = read_metrics(folder.metrics)
    assert [r.epoch for r in records] == [1, 2, 3, 4]
    assert [r.samples for r in records] == [24, 48, 72, 96]
    assert records[-1].step == 12
    assert records[-1].train_loss < records[0].train_loss
    assert events[-1] == finished
    assert isinstance(finished, Finished)
    assert finished.reason == "epochs"
    best = max(records, key=lambda r: r.val_r_median)
    card = read_card(folder.best)
    assert card.metrics["epoch"] == best.epoch
    assert finished.best_r == best.val_r_median
    assert card.settings["data"] == "toy.h5"
    preview = read_preview(folder.preview)
    assert preview.epoch == 4
    feed = ToyFeed()
    true = next(feed.validation(np.array([int(preview.name.split()[1])]), 1)).true
    assert np.allclose(preview.true, true[0, 0] * feed.scales.density, atol=1e-6)


def test_best_weights_reproduce_the_validation_figures(tmp_path: Path) -> None:
    train(settings(tmp_path, network="resunet1", network_config=TINY), feed=ToyFeed())
    network, card = load_weights(RunFolder(tmp_path).best)
    feed, rs = ToyFeed(), []
    with torch.no_grad():
        for batch in feed.validation(np.arange(feed.n_validation), 6):
            predicted = network.eval()(batch.inputs)
            for p, t in zip(predicted.numpy(), batch.true.numpy(), strict=True):
                rs.append(np.corrcoef(p.ravel(), t.ravel())[0, 1])
    # The validation used five of the six examples; the seed decides which.
    medians = [np.median(np.delete(rs, i)) for i in range(6)]
    assert min(abs(m - card.metrics["val_r_median"]) for m in medians) < 5e-3


@pytest.mark.parametrize("after", [2, 3, 7])
def test_an_interrupted_training_continues_exactly(tmp_path: Path, after: int) -> None:
    """Dropout, batch statistics, averaged weights, Adam, schedule, order and augmentation."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(settings(whole), feed=ToyFeed())
    first = train(settings(parts), should_stop=Stop(after), feed=ToyFeed())
    assert first.reason == "stopped"
    torch.manual_seed(12345)  # the global random state must not matter
    last = train(settings(parts), feed=ToyFeed())
    assert last.reason == "epochs"
    assert losses(parts) == losses(whole)
    for name in ("best.safetensors", "preview.npz"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes()


def test_training_resumes_from_a_checkpoint_within_an_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    often = {"checkpoint_minutes": 1e-9}
    train(settings(whole, **often), feed=ToyFeed())

    class CrashError(Exception):
        pass

    taken = []
    real = run_module.Run.take

    def crashing(self: run_module.Run, step: run_module.Step, rate: float) -> torch.Tensor:
        if len(taken) == 4:
            raise CrashError
        taken.append(step.number)
        return real(self, step, rate)

    monkeypatch.setattr(run_module.Run, "take", crashing)
    with pytest.raises(CrashError):
        train(settings(parts, **often), feed=ToyFeed())
    monkeypatch.undo()
    train(settings(parts, **often), feed=ToyFeed())
    assert losses(parts) == losses(whole)


def test_each_epoch_uses_every_example_once_in_a_new_order(tmp_path: Path) -> None:
    class Noting(ToyFeed):
        def training(self, chosen, batch_size, generator):  # type: ignore[no-untyped-def]
            seen.append(chosen)
            yield from super().training(chosen, batch_size, generator)

    seen: list[np.ndarray] = []
    train(settings(tmp_path, epochs=2), feed=Noting())
    assert [len(part) for part in seen] == [8] * 6
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert sorted(first) == sorted(second) == list(range(24))
    assert first.tolist() != second.tolist()


def test_accumulated_gradients_equal_those_of_one_large_batch(tmp_path: Path) -> None:
    common = {"network": "linear", "epochs": 1, "ema_decay": 0.0}
    still = ToyFeed(shake=0.0)
    train(settings(tmp_path / "a", batch_size=8, accumulation=1, **common), feed=still)
    train(settings(tmp_path / "b", batch_size=4, accumulation=2, **common), feed=still)
    assert losses(tmp_path / "b")[0] == pytest.approx(losses(tmp_path / "a")[0], rel=1e-4)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_out_of_memory_halves_the_batch_with_a_notice(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = WithDropout.forward

    def small(self: WithDropout, inputs: NetworkInputs) -> torch.Tensor:
        if self.training and len(inputs.patterson) > 2:
            raise error
        return real(self, inputs)

    monkeypatch.setattr(WithDropout, "forward", small)
    events: list[Event] = []
    finished = train(settings(tmp_path, epochs=1, batch_size=8), events.append, feed=ToyFeed())
    notices = [e.sentence for e in events if isinstance(e, Notice)]
    assert len(notices) == 2
    assert "Out of memory with 8 examples" in notices[0]
    assert "over 8 batches instead of 4" in notices[1]
    assert finished.reason == "epochs"
    (record,) = read_metrics(RunFolder(tmp_path).metrics)
    assert record.samples == 24
    # 16 examples a step before and after.
    assert record.step == 2


def test_says_that_not_even_one_example_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: WithDropout, inputs: NetworkInputs) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(WithDropout, "forward", never)
    with pytest.raises(UserError, match="does not hold 1 example"):
        train(settings(tmp_path), feed=ToyFeed())


def test_a_nan_loss_ends_the_training_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    class Bad(ToyFeed):
        def training(self, chosen, batch_size, generator):  # type: ignore[no-untyped-def]
            for batch in super().training(chosen, batch_size, generator):
                if len(steps) >= 8:
                    batch.true.fill_(float("nan"))
                steps.append(1)
                yield batch

    steps: list[int] = []
    with pytest.raises(UserError, match="no longer a number"):
        train(settings(tmp_path), feed=Bad())
    finished = train(settings(tmp_path), feed=ToyFeed())
    assert finished.reason == "epochs"
    assert all(np.isfinite(loss) for record in losses(tmp_path) for loss in record)


def test_patience_ends_a_training_without_improvement(tmp_path: Path) -> None:
    frozen = settings(tmp_path, epochs=50, patience=2, learning_rate=1e-12, ema_decay=0.0)
    still = {**frozen.model_dump(), "network": "resunet1", "network_config": TINY}
    finished = train(TrainingSettings.model_validate(still), feed=ToyFeed(8))
    assert finished.reason == "patience"
    records = read_metrics(RunFolder(tmp_path).metrics)
    best = max(r.epoch for r in records if r.best)
    assert len(records) == best + 2


def test_a_session_limit_can_be_resumed_but_a_spent_budget_cannot(
    tmp_path: Path,
) -> None:
    out = train(settings(tmp_path, max_time=1e-6), feed=ToyFeed())
    assert (out.reason, out.epochs, out.weights) == ("time", 0, "")
    assert train(settings(tmp_path), feed=ToyFeed()).reason == "epochs"
    budget = settings(tmp_path / "b", epochs=1000, time_budget=0.3)
    finished = train(budget, feed=ToyFeed())
    assert finished.reason == "budget"
    assert finished.weights
    again = train(budget, feed=ToyFeed())
    assert (again.reason, again.epochs) == ("budget", finished.epochs)


def test_a_stop_during_validation_validates_again_when_resumed(
    tmp_path: Path,
) -> None:
    class Slow(ToyFeed):
        def validation(self, chosen, batch_size):  # type: ignore[no-untyped-def]
            validations.append(1)
            yield from super().validation(chosen, batch_size)

    validations: list[int] = []
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(settings(whole), feed=ToyFeed())
    ended = train(settings(parts), should_stop=lambda: bool(validations), feed=Slow())
    assert (ended.reason, ended.epochs) == ("stopped", 0)
    train(settings(parts), feed=ToyFeed())
    assert losses(parts) == losses(whole)


def test_a_pause_skips_no_examples(tmp_path: Path) -> None:
    events: list[Event] = []
    asked = []

    def paused() -> bool:
        asked.append(1)
        return 3 <= len(asked) < 5

    train(settings(tmp_path, epochs=1), events.append, paused=paused, feed=ToyFeed())
    told = [e for e in events if isinstance(e, TrainingProgress)]
    assert [e.paused for e in told].count(True) == 1
    assert [e.record.samples for e in events if isinstance(e, EpochDone)] == [24]


def test_a_budget_spent_within_an_epoch_still_validates_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(
        loop_module, "Clock", lambda before: Clock(before, lambda: float(next(ticks)))
    )
    # Each step reads the clock at least once, so the budget ends within the first epoch.
    finished = train(settings(tmp_path, epochs=100, time_budget=3.5), feed=ToyFeed())
    assert (finished.reason, finished.epochs) == ("budget", 1)
    (record,) = read_metrics(RunFolder(tmp_path).metrics)
    assert 0 < record.samples < 24
    assert finished.weights


def test_a_resumed_training_reports_its_epoch_and_the_folder_keeps_the_settings(
    tmp_path: Path,
) -> None:
    events: list[Event] = []
    plan = settings(tmp_path)
    train(plan, events.append, feed=ToyFeed(), should_stop=Stop(8))
    assert RunFolder(tmp_path).read_settings() == plan
    train(plan, events.append, feed=ToyFeed())
    assert [e.resumed_at for e in events if isinstance(e, Started)] == [0, 2]


def test_rejects_a_folder_that_contains_a_training(tmp_path: Path) -> None:
    train(settings(tmp_path, epochs=1), feed=ToyFeed())
    with pytest.raises(UserError, match="holds a training already"):
        train(settings(tmp_path), resume=False, feed=ToyFeed())


def test_resuming_rejects_another_architecture(tmp_path: Path) -> None:
    train(settings(tmp_path, epochs=1), feed=ToyFeed())
    with pytest.raises(UserError, match="another architecture"):
        train(settings(tmp_path, network="resunet1", network_config=TINY), feed=ToyFeed())


def test_training_starts_from_the_given_weights(tmp_path: Path) -> None:
    tiny = {"network": "resunet1", "network_config": TINY, "ema_decay": 0.0}
    train(settings(tmp_path / "a", **tiny), feed=ToyFeed())
    card = read_card(tmp_path / "a" / "best.safetensors")
    on = settings(
        tmp_path / "b", **tiny, epochs=1, learning_rate=1e-12, initial_weights=card.weights
    )
    seen: list[float] = []

    def note_loss(event: Event) -> None:
        if isinstance(event, EpochDone):
            seen.append(event.record.train_loss)

    train(on, note_loss, feed=ToyFeed(shake=0.0))
    last = losses(tmp_path / "a")[-1][0]
    first = losses(tmp_path / "a")[0][0]
    assert abs(seen[0] - last) < abs(seen[0] - first)
    with pytest.raises(UserError, match="its architecture"):
        train(on.changed({"network_config": {}, "output": tmp_path / "c"}), feed=ToyFeed())


def test_without_tensorboard_a_sentence_says_where_the_curves_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    events: list[Event] = []
    train(settings(tmp_path, epochs=1, tensorboard=True), events.append, feed=ToyFeed())
    assert any(isinstance(e, Notice) and "metrics.csv" in e.sentence for e in events)


def test_an_estimate_is_consistent_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "_TIMED_S", 0.2)
    plan = settings(tmp_path / "run", epochs=2)
    found = estimate_training(plan, feed=ToyFeed(960))
    assert not (tmp_path / "run").exists()
    assert found.seconds_total == pytest.approx(2 * found.seconds_per_epoch)
    assert found.parameters == 2 * 27 + 2 + 4 + 2 + 1
    assert found.seconds_per_epoch > 960 / found.samples_per_s
    assert 0 < found.memory < found.memory_available
    assert "an epoch" in found.sentence


def test_a_network_with_its_own_loss_trains_and_resumes_exactly(
    tmp_path: Path,
) -> None:
    tiny = {"channels": 8, "blocks": 1, "memory": 1, "steps": 2, "starts": 1, "taught": 3}
    asked = {"network": "unrolled", "network_config": tiny, "epochs": 3}
    train(settings(tmp_path / "whole", **asked), feed=ToyFeed())
    train(settings(tmp_path / "parts", **asked), feed=ToyFeed(), should_stop=Stop(4))
    train(settings(tmp_path / "parts", **asked), feed=ToyFeed())
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    assert 0.3 < losses(tmp_path / "whole")[0][0] < 3.0


def test_trains_in_bf16(tmp_path: Path) -> None:
    finished = train(
        settings(tmp_path, network="resunet1", network_config=TINY, precision="bf16", epochs=1),
        feed=ToyFeed(8),
    )
    assert finished.reason == "epochs"
    trained = load_weights(RunFolder(tmp_path).best)[0]
    assert {p.dtype for p in trained.parameters()} == {torch.float32}


def test_the_finder_stops_when_the_loss_diverges(tmp_path: Path) -> None:
    flat = {**TINY, "blocks": 0}
    plan = settings(tmp_path, network="resunet1", network_config=flat, batch_size=8)
    found = find_rate(plan, feed=ToyFeed(shake=0.0))
    assert 1e-5 < found.suggestion < 1.0
    rates = [rate for rate, _ in found.curve]
    assert rates == sorted(rates)
    assert not any(tmp_path.iterdir())


def test_refuses_a_run_folder_that_another_training_uses(tmp_path: Path) -> None:
    with (
        locked_folder(tmp_path, "trains in"),
        pytest.raises(UserError, match="Another patterson-gui trains in"),
    ):
        train(settings(tmp_path), feed=ToyFeed())
    assert list(tmp_path.iterdir()) == []


def test_a_clock_that_is_set_back_and_forth_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(settings(tmp_path / "a"), feed=ToyFeed())
    jumps = itertools.cycle([0.0, 4e9, 1e9, -5.0])
    monkeypatch.setattr("time.time", lambda: next(jumps))
    limited = settings(tmp_path / "b", max_time=3600.0, time_budget=None)
    finished = train(limited, feed=ToyFeed())
    assert finished.reason == "epochs"
    assert losses(tmp_path / "b") == losses(tmp_path / "a")
    seconds = [record.seconds for record in read_metrics(RunFolder(tmp_path / "b").metrics)]
    assert seconds == sorted(seconds)
    assert 0 < seconds[-1] < 600


def test_a_run_folder_that_is_removed_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    class Removing(Stop):
        def __call__(self) -> bool:
            if super().__call__():
                shutil.rmtree(folder, ignore_errors=True)
                self.left = 10**6
            return False

    train(settings(tmp_path / "whole"), feed=ToyFeed())
    train(settings(folder), should_stop=Removing(5), feed=ToyFeed())
    assert losses(folder) == losses(tmp_path / "whole")
    assert RunFolder(folder).read_settings().epochs == 3
    assert read_card(folder / "best.safetensors").metrics["epoch"] >= 1
