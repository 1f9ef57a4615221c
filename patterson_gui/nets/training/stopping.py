"""The clock of a training, its throughput, and the checks for stop and pause requests."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Literal

import torch

from patterson_gui.io.training.events import Reason, TrainingProgress
from patterson_gui.nets.training.run import Run

REPORT_EVERY = 0.2  # s
_PAUSE_POLL = 0.05  # s


class Interrupted(Exception):  # noqa: N818 - nothing went wrong
    """The training was stopped during validation."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Clock:
    """Training time: that of earlier sessions, and of this one without its pauses.

    Parameters
    ----------
    before : seconds of earlier sessions.
    now : a monotonic clock, s.
    """

    def __init__(self, before: float, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._before = before
        self._began = now()

    def seconds(self) -> float:
        """Seconds of training so far."""
        return self._before + self.now() - self._began

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out the time spent inside."""
        now = self.now()
        try:
            yield
        finally:
            self._began += self.now() - now


class StopCheck:
    """Checks before each step whether to go on; all processes get the same answer.

    Parameters
    ----------
    began : when the session began, on the clock's `now`.
    should_stop, paused : asked at each check.
    wait : called with seconds to sleep while the training is paused.
    """

    def __init__(
        self,
        run: Run,
        clock: Clock,
        began: float,
        should_stop: Callable[[], bool],
        paused: Callable[[], bool],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._run, self._clock, self._began = run, clock, began
        self._should_stop, self._paused, self._wait = should_stop, paused, wait
        self._reported = -math.inf

    def before_step(self) -> tuple[float, Reason | None]:
        """Training time in seconds, and why to end, if so; waits while the training is paused."""
        seconds, stop, late, waiting = self._asked()
        if waiting and not stop:
            run = self._run
            run.tell(progress(run, self._clock, None, paused=True))
            with self._clock.stopped():
                while waiting and not stop:
                    # Each process must poll: no event can wake processes on several machines.
                    self._wait(_PAUSE_POLL)
                    _, stop, late, waiting = self._asked()
            run.tell(progress(run, self._clock, None))
        if stop:
            return seconds, "stopped"
        if late:
            return seconds, "time"
        budget = self._run.settings.time_budget
        return seconds, "budget" if budget is not None and seconds > budget else None

    def during_validation(self, share: float) -> None:
        """Report the progress of the validation; raise `Interrupted` to end it at once.

        Several processes have different numbers of validation batches and cannot synchronise
        between them, so they never interrupt the validation.
        """
        now = self._clock.now()
        if now - self._reported > REPORT_EVERY:
            self._reported = now
            run, clock = self._run, self._clock
            run.tell(progress(run, clock, None, phase="validation", share=share))
        if self._run.fabric.world_size == 1:
            _, reason = self.before_step()
            if reason in ("stopped", "time"):
                raise Interrupted(reason)

    def _asked(self) -> tuple[float, bool, bool, bool]:
        limit = self._run.settings.max_time
        late = limit is not None and self._clock.now() - self._began > limit
        own = (self._clock.seconds(), self._should_stop(), late, self._paused())
        fabric = self._run.fabric
        if fabric.world_size == 1:
            return own
        # Signals reach the processes at different times, and their clocks differ.
        mine = torch.tensor(own, dtype=torch.float64, device=fabric.device)
        all_ = torch.as_tensor(fabric.all_gather(mine)).amax(0).tolist()
        return all_[0], bool(all_[1]), bool(all_[2]), bool(all_[3])


class Speed:
    """Throughput of this epoch in this session, without pauses."""

    def __init__(self, run: Run, clock: Clock) -> None:
        self._run, self._clock = run, clock
        self._samples, self._seconds = run.state.position.samples, clock.seconds()

    def samples_per_s(self) -> float:
        """Examples per second; NaN before the first step."""
        seconds = self._clock.seconds() - self._seconds
        samples = self._run.state.position.samples - self._samples
        return samples / seconds if samples and seconds > 0 else float("nan")


def progress(
    run: Run,
    clock: Clock,
    speed: Speed | None,
    phase: Literal["training", "validation"] = "training",
    paused: bool = False,
    share: float | None = None,
) -> TrainingProgress:
    """The progress event of the current moment.

    Parameters
    ----------
    speed : None: report no throughput.
    share : finished fraction of the phase; None: that of the epoch's examples.
    """
    position = run.state.position
    fraction = min(1.0, position.in_epoch / run.epoch_samples) if share is None else share
    return TrainingProgress(
        epoch=position.epoch + 1,
        step=position.step,
        fraction=fraction,
        samples_per_s=float("nan") if speed is None else speed.samples_per_s(),
        loss=run.state.mean_loss(),
        learning_rate=position.learning_rate,
        seconds=clock.seconds(),
        paused=paused,
        phase=phase,
    )
