"""Time, speed, and whether to go on, while a training runs."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Literal

import torch

from patterson_gui.io.training.events import Reason, TrainingProgress
from patterson_gui.nets.training.run import Run

REPORT_EVERY = 0.2  # s


class Interrupted(Exception):  # noqa: N818 - nothing went wrong
    """The network was being judged when the end came."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Clock:
    """Seconds spent training: those of earlier sessions, and of this one without its pauses."""

    def __init__(self, before: float) -> None:
        self._before = before
        self._began = time.monotonic()

    def seconds(self) -> float:
        return self._before + time.monotonic() - self._began

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """What happens in here does not count."""
        now = time.monotonic()
        try:
            yield
        finally:
            self._began += time.monotonic() - now


class Watch:
    """Whether to go on: asked before each step, answered alike in all processes."""

    def __init__(
        self,
        run: Run,
        clock: Clock,
        began: float,
        should_stop: Callable[[], bool],
        paused: Callable[[], bool],
    ) -> None:
        self._run, self._clock, self._began = run, clock, began
        self._should_stop, self._paused = should_stop, paused
        self._reported = 0.0

    def look(self) -> tuple[float, Reason | None]:
        """Seconds trained so far, and why to end if so; waits while the training is paused."""
        seconds, stop, late, waiting = self._asked()
        if waiting and not stop:
            run = self._run
            run.tell(progress(run, self._clock, None, paused=True))
            with self._clock.stopped():
                while waiting and not stop:
                    # Every process must ask again by itself: nothing could wake them all.
                    time.sleep(0.05)
                    _, stop, late, waiting = self._asked()
            run.tell(progress(run, self._clock, None))
        if stop:
            return seconds, "stopped"
        if late:
            return seconds, "time"
        budget = self._run.settings.time_budget
        return seconds, "budget" if budget is not None and seconds > budget else None

    def while_judging(self, share: float) -> None:
        """Report how far it is; raise `Interrupted` where it is to end at once.

        Several processes judge different numbers of batches, and so cannot agree in between:
        they finish.
        """
        now = time.monotonic()
        if now - self._reported > REPORT_EVERY:
            self._reported = now
            run, clock = self._run, self._clock
            run.tell(progress(run, clock, None, phase="validation", share=share))
        if self._run.fabric.world_size == 1:
            _, reason = self.look()
            if reason in ("stopped", "time"):
                raise Interrupted(reason)

    def _asked(self) -> tuple[float, bool, bool, bool]:
        limit = self._run.settings.max_time
        late = limit is not None and time.monotonic() - self._began > limit
        own = (self._clock.seconds(), self._should_stop(), late, self._paused())
        fabric = self._run.fabric
        if fabric.world_size == 1:
            return own
        # A signal reaches processes at different times, and their clocks differ.
        mine = torch.tensor(own, dtype=torch.float64, device=fabric.device)
        all_ = torch.as_tensor(fabric.all_gather(mine)).amax(0).tolist()
        return all_[0], bool(all_[1]), bool(all_[2]), bool(all_[3])


class Speed:
    """Examples per second of this epoch in this session, pauses apart."""

    def __init__(self, run: Run, clock: Clock) -> None:
        self._run, self._clock = run, clock
        self._samples, self._seconds = run.position.samples, clock.seconds()

    def samples_per_s(self) -> float:
        """NaN before there is anything to measure."""
        seconds = self._clock.seconds() - self._seconds
        samples = self._run.position.samples - self._samples
        return samples / seconds if samples and seconds > 0 else float("nan")


def progress(
    run: Run,
    clock: Clock,
    speed: Speed | None,
    phase: Literal["training", "validation"] = "training",
    paused: bool = False,
    share: float | None = None,
) -> TrainingProgress:
    """Where `run` stands; `speed` None: not to be measured now; `share` of the phase that is
    done, None: that of the epoch's examples."""
    return TrainingProgress(
        epoch=run.position.epoch + 1,
        step=run.position.step,
        fraction=min(1.0, run.position.in_epoch / run.epoch_samples) if share is None else share,
        samples_per_s=float("nan") if speed is None else speed.samples_per_s(),
        loss=run.mean_loss(),
        learning_rate=run.position.learning_rate,
        seconds=clock.seconds(),
        paused=paused,
        phase=phase,
    )
