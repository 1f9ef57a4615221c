"""The training clock and the stop and pause checks, with a clock set by hand."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from patterson_gui.io.training.events import Event, TrainingProgress
from patterson_gui.nets.training.state import Position
from patterson_gui.nets.training.stopping import Clock, Interrupted, Speed, StopCheck, progress


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.value = 1000.0

    def __call__(self) -> float:
        return self.value

    def pass_(self, seconds: float) -> None:
        self.value += seconds


class FakeRun:
    """What the checks use of a run."""

    def __init__(self, **settings: Any) -> None:
        self.settings = SimpleNamespace(**{"max_time": None, "time_budget": None, **settings})
        self.fabric = SimpleNamespace(world_size=1)
        self.state = SimpleNamespace(
            position=Position(in_epoch=6, samples=6, step=3, batch_size=2, accumulation=1),
            mean_loss=lambda: 0.25,
        )
        self.epoch_samples = 24
        self.events: list[Event] = []
        self.tell = self.events.append


@pytest.fixture
def time() -> Time:
    return Time()


def never() -> bool:
    return False


def stop_check_of(
    run: Any,
    time: Time,
    should_stop: Callable[[], bool] = never,
    paused: Callable[[], bool] = never,
    before: float = 0.0,
) -> tuple[StopCheck, Clock]:
    clock = Clock(before, time)
    return StopCheck(run, clock, time(), should_stop, paused, wait=time.pass_), clock


def test_the_clock_adds_earlier_sessions_and_excludes_pauses(time: Time) -> None:
    clock = Clock(100.0, time)
    time.pass_(5.0)
    with clock.stopped():
        time.pass_(1000.0)
    time.pass_(2.0)
    assert clock.seconds() == pytest.approx(107.0)


def test_a_pause_waits_and_does_not_count_as_training_time(time: Time) -> None:
    run, answers = FakeRun(), iter([False, True, True, True, False, False])
    stop_check, clock = stop_check_of(run, time, paused=lambda: next(answers))
    assert stop_check.before_step() == (0.0, None)
    time.pass_(3.0)
    began = time()
    assert stop_check.before_step() == (3.0, None)
    assert time() > began
    assert clock.seconds() == pytest.approx(3.0)
    told = [(e.paused, e.seconds) for e in run.events if isinstance(e, TrainingProgress)]
    assert told == [(True, 3.0), (False, 3.0)]


def test_a_stop_ends_a_pause(time: Time) -> None:
    stops = iter([False, False, True])
    stop_check, _ = stop_check_of(
        FakeRun(), time, should_stop=lambda: next(stops), paused=lambda: True
    )
    assert stop_check.before_step()[1] == "stopped"


def test_a_session_ends_after_its_time_pauses_included(time: Time) -> None:
    answers = iter([True, False])
    stop_check, _ = stop_check_of(FakeRun(max_time=10.0), time, paused=lambda: next(answers, False))
    time.pass_(9.99)
    assert stop_check.before_step()[1] == "time"  # the pause used up the rest
    time = Time()
    stop_check, _ = stop_check_of(FakeRun(max_time=10.0), time, before=500.0)
    time.pass_(10.0)
    assert stop_check.before_step()[1] is None
    time.pass_(0.01)
    assert stop_check.before_step()[1] == "time"


def test_the_budget_counts_all_sessions(time: Time) -> None:
    stop_check, _ = stop_check_of(FakeRun(time_budget=10.0), time, before=8.0)
    time.pass_(2.0)
    assert stop_check.before_step() == (10.0, None)
    time.pass_(0.1)
    assert stop_check.before_step()[1] == "budget"


@pytest.mark.parametrize("changes", [{"max_time": 1.0}, {}])
def test_validation_is_interrupted_by_a_stop_or_the_end_of_the_session(
    time: Time, changes: dict[str, float]
) -> None:
    stop_check, _ = stop_check_of(FakeRun(**changes), time, should_stop=lambda: not changes)
    time.pass_(2.0)
    with pytest.raises(Interrupted) as interrupted:
        stop_check.during_validation(0.5)
    assert interrupted.value.reason == ("time" if changes else "stopped")


def test_validation_goes_on_when_the_budget_is_spent(time: Time) -> None:
    stop_check, _ = stop_check_of(FakeRun(time_budget=1.0), time)
    time.pass_(2.0)
    stop_check.during_validation(0.5)


def test_validation_reports_its_progress_at_most_five_times_a_second(time: Time) -> None:
    run = FakeRun()
    stop_check, _ = stop_check_of(run, time)
    for share in (0.0, 0.1, 0.2, 0.3, 0.4):
        stop_check.during_validation(share)
        time.pass_(0.15)
    told = [(e.phase, e.fraction) for e in run.events if isinstance(e, TrainingProgress)]
    assert told == [("validation", 0.0), ("validation", 0.2), ("validation", 0.4)]


def test_processes_end_together_when_one_is_told_to_stop(time: Time) -> None:
    """The processes exchange their seconds and answers; one yes counts for all."""
    import torch

    run = FakeRun()
    other = torch.tensor([7.0, 1.0, 0.0, 0.0], dtype=torch.float64)
    run.fabric = SimpleNamespace(
        world_size=2, device="cpu", all_gather=lambda mine: torch.stack([mine, other])
    )
    stop_check, _ = stop_check_of(run, time)
    assert stop_check.before_step() == (7.0, "stopped")
    stop_check.during_validation(0.5)  # several processes finish their validation


def test_throughput_counts_this_session_without_pauses(time: Time) -> None:
    run, clock = FakeRun(), Clock(0.0, time)
    speed = Speed(run, clock)  # type: ignore[arg-type]
    assert speed.samples_per_s() != speed.samples_per_s()  # NaN
    time.pass_(2.0)
    with clock.stopped():
        time.pass_(50.0)
    run.state.position = run.state.position.model_copy(update={"samples": 26})
    assert speed.samples_per_s() == pytest.approx(10.0)


def test_progress_is_the_share_of_the_epoch_unless_another_is_given(time: Time) -> None:
    run, clock = FakeRun(), Clock(3.0, time)
    event = progress(run, clock, None)  # type: ignore[arg-type]
    assert (event.epoch, event.step, event.fraction) == (1, 3, 0.25)
    assert (event.loss, event.seconds, event.phase) == (0.25, 3.0, "training")
    assert progress(run, clock, None, share=0.7).fraction == 0.7  # type: ignore[arg-type]
