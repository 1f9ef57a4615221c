"""Training a network: estimated, started, watched, paused, stopped; one at a time.

The training is a process of its own (`app/training/training_process.py`), followed by a job, so
that it stands in the list of jobs like all long work. Its messages arrive in the window's thread.
"""

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import gemmi
import numpy as np
from platformdirs import user_data_path
from psygnal import Signal

from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, JobRunner, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.training.training_process import TrainingFailedError, TrainingRun
from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import UserError
from patterson_gui.io.training.events import (
    EpochDone,
    Estimate,
    Event,
    Failed,
    Finished,
    PreviewWritten,
    Started,
    TrainingProgress,
)
from patterson_gui.io.training.events import Notice as Said
from patterson_gui.io.training.model_cards import (
    ModelCard,
    keep_model,
    list_models,
    own_models_folder,
    read_card,
)
from patterson_gui.io.training.run_folder import EpochRecord, RunFolder, read_preview
from patterson_gui.io.training.settings import TrainingSettings, write_settings


class TrainingState(StrEnum):
    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


@dataclass(frozen=True, eq=False)
class ValidationExample:
    """What the network in training makes of one unseen example.

    Attributes
    ----------
    epoch : after which; 0: before the first.
    r : Pearson's, whole cell, fixed frame.
    """

    name: str
    epoch: int
    r: float
    patterson: DensityMap
    predicted: DensityMap
    true: DensityMap


class Training:
    """One training, from its settings to the network that can be chosen afterwards."""

    changed = Signal()  # the state
    progressed = Signal()  # `progress`
    recorded = Signal()  # `records`
    example_changed = Signal()  # `example`
    network_kept = Signal()  # there is a new one to choose
    notice = Signal(object)  # Notice

    def __init__(self, runner: JobRunner, command: Sequence[str]) -> None:
        """`command` : the program that trains; its arguments are added."""
        self._runner = runner
        self._command = tuple(command)
        self._forget()
        self.settings: TrainingSettings | None = None
        self._run: TrainingRun | None = None
        self._job: Job[None] | None = None
        self._estimating: Job[Estimate] | None = None

    def _forget(self) -> None:
        self.started: Started | None = None
        self.progress: TrainingProgress | None = None
        self.records: tuple[EpochRecord, ...] = ()
        self.example: ValidationExample | None = None
        self.end: Finished | Failed | None = None
        self._paused = self._killed = False

    # ------------------------------------------------------------------ how it stands
    @property
    def state(self) -> TrainingState:
        job = self._job
        if job is None or job.is_finished:
            return TrainingState.IDLE
        if job.cancel_requested:
            return TrainingState.STOPPING
        if self.started is None:
            return TrainingState.STARTING
        return TrainingState.PAUSED if self._paused else TrainingState.RUNNING

    @property
    def active(self) -> bool:
        """Whether a training process is there."""
        return self.state is not TrainingState.IDLE

    def blocked(self) -> str | None:
        """Why no training can start now; None when one can."""
        if not self.active or self.settings is None:
            return None
        return (
            f"“{self.settings.model_name}” is being trained, and one training at a time has the "
            "whole machine: stop it, or wait for its end."
        )

    @property
    def fraction(self) -> float:
        """How much of the whole training is done, by epochs or by its time budget."""
        settings, progress = self.settings, self.progress
        if settings is None:
            return 0.0
        if progress is None:
            done = len(self.records) / settings.epochs
        else:
            done = (progress.epoch - 1 + progress.fraction) / settings.epochs
            if settings.time_budget is not None:
                done = max(done, progress.seconds / settings.time_budget)
        return min(1.0, done)

    @property
    def seconds_left(self) -> float | None:
        """How long it will go on at this pace; None before that can be told."""
        if self.progress is None or self.fraction < 0.002 or self.progress.seconds < 5:
            return None
        return self.progress.seconds * (1 / self.fraction - 1)

    # ------------------------------------------------------------------ before it
    def estimate(
        self,
        settings: TrainingSettings,
        on_done: Callable[[Estimate], None],
        on_failed: Callable[[Failure], None],
    ) -> Job[Estimate]:
        """Measure what a training would cost; a newer request replaces an unfinished one."""

        def work(context: JobContext) -> Estimate:
            answers: list[Estimate] = []

            def take(event: Event) -> None:
                if isinstance(event, Estimate):
                    answers.append(event)

            with self._process(settings, "--estimate") as run:

                def look() -> None:
                    if context.cancelled():
                        run.kill()

                end = run.follow(take, look)
            context.check()
            if isinstance(end, Failed) or not answers:
                raise TrainingFailedError(
                    end.sentence if isinstance(end, Failed) else "Nothing could be measured.",
                    end.details if isinstance(end, Failed) else None,
                )
            return answers[-1]

        self._estimating = self._runner.submit(
            "Estimating a training", work, lane=Lane.ESTIMATE, key="estimate", quiet=True,
            on_done=on_done, on_failed=on_failed,
        )  # fmt: skip
        return self._estimating

    def stop_estimating(self) -> None:
        """Nobody wants to know any more."""
        if self._estimating is not None and not self._estimating.is_finished:
            self._runner.cancel(self._estimating)

    # ------------------------------------------------------------------ starting
    def start(self, settings: TrainingSettings, resume: bool = False) -> Job[None] | None:
        """Train, or go on with what the run folder holds; None where another one runs."""
        reason = self.blocked()
        if reason is not None:
            self.notice.emit(Notice(reason, error=True))
            return None
        self.stop_estimating()
        self._forget()
        self.settings = settings
        verb = "Resuming" if resume else "Training"
        self._job = self._runner.submit(
            f"{verb} “{settings.model_name}”",
            lambda context: self._train(context, settings, resume),
            lane=Lane.TRAINING,
            key="train",
            on_done=lambda _nothing: self._ended(None),
            on_failed=self._ended,
            on_cancelled=lambda: self._ended(None),
        )
        self.changed.emit()
        self.recorded.emit()
        self.example_changed.emit()
        return self._job

    def _train(self, context: JobContext, settings: TrainingSettings, resume: bool) -> None:
        """In the job's thread: the process, from beginning to end."""
        if resume:
            records = tuple(RunFolder(settings.output).records())
            context.deliver(lambda: self._take_records(records))
        asked_to_stop = False

        def take(event: Event) -> None:
            if isinstance(event, TrainingProgress):
                context.report(self._as_progress(event, settings))
            if isinstance(event, PreviewWritten):
                self._read_example(context, Path(event.path))
            context.deliver(lambda: self._take(event))

        with self._process(settings, "--attached", *(() if resume else ("--new",))) as run:
            self._run = run

            def look() -> None:
                nonlocal asked_to_stop
                if context.cancelled() and not asked_to_stop:
                    asked_to_stop = True
                    run.stop()

            end = run.follow(take, look)
        if isinstance(end, Finished) and end.weights:
            self._keep(context, Path(end.weights))
        if isinstance(end, Failed):
            raise TrainingFailedError(end.sentence, end.details or None)

    def _read_example(self, context: JobContext, path: Path) -> None:
        """A picture that cannot be read is no reason to end a training."""
        try:
            example = read_example(path)
        except UserError as error:
            self._tell_from(context, str(error))
        else:
            context.deliver(lambda: self._take_example(example))

    def _keep(self, context: JobContext, weights: Path) -> None:
        try:
            card = keep_trained(weights)
        except UserError as error:
            sentence = f"The trained network stays in its run folder only. {error}"
            self._tell_from(context, sentence)
        else:
            context.deliver(lambda: self._kept(card))

    def _tell_from(self, context: JobContext, sentence: str) -> None:
        context.deliver(lambda: self.notice.emit(Notice(sentence, error=True)))

    @contextmanager
    def _process(self, settings: TrainingSettings, *options: str) -> Iterator[TrainingRun]:
        with tempfile.TemporaryDirectory(prefix="patterson_gui-") as folder:
            path = Path(folder) / "settings.json"
            write_settings(path, settings)
            run = TrainingRun([*self._command, str(path), *options])
            try:
                yield run
            finally:
                if run.alive:
                    run.kill()
                run.close()

    @staticmethod
    def _as_progress(event: TrainingProgress, settings: TrainingSettings) -> Progress:
        fraction = (event.epoch - 1 + event.fraction) / settings.epochs
        if settings.time_budget is not None:
            fraction = max(fraction, event.seconds / settings.time_budget)
        return Progress(min(1.0, fraction), f"epoch {event.epoch} of {settings.epochs}")

    # ------------------------------------------------------------------ while it runs
    def pause(self) -> None:
        if self._run is not None and self.state is TrainingState.RUNNING:
            self._run.pause()
            self._paused = True
            self.changed.emit()

    def resume(self) -> None:
        if self._run is not None and self.state is TrainingState.PAUSED:
            self._run.resume()
            self._paused = False
            self.changed.emit()

    def stop(self) -> None:
        """Have it write a checkpoint and end."""
        if self._job is not None and not self._job.is_finished:
            self._runner.cancel(self._job)
            self.changed.emit()

    def kill(self) -> None:
        """End it at once; the last checkpoint stays."""
        if self._job is not None and not self._job.is_finished:
            self._job.request_cancel()
        if self._run is not None:
            self._killed = True
            self._run.kill()

    # ------------------------------------------------------------------ what it tells
    def _take(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started = event
            self.changed.emit()
        elif isinstance(event, TrainingProgress):
            self.progress = event
            self.progressed.emit()
        elif isinstance(event, EpochDone):
            earlier = [r for r in self.records if r.epoch < event.record.epoch]
            self._take_records((*earlier, event.record))
        elif isinstance(event, Said):
            self.notice.emit(Notice(event.sentence))
        elif isinstance(event, Finished | Failed):
            self.end = event

    def _take_example(self, example: ValidationExample) -> None:
        self.example = example
        self.example_changed.emit()

    def _take_records(self, records: tuple[EpochRecord, ...]) -> None:
        self.records = records
        self.recorded.emit()

    def _kept(self, card: ModelCard) -> None:
        self.network_kept.emit()
        r = card.metrics.get("val_r_median")
        figure = f" (median r {r:.3f} on unseen examples)" if isinstance(r, float) else ""
        self.notice.emit(Notice(f"The network “{card.name}”{figure} can be chosen to predict now."))

    def _ended(self, failure: Failure | None) -> None:
        self._run = None
        if failure is not None:
            if self.end is None:
                self.end = Failed(sentence=failure.sentence)
            details = failure.details
            if isinstance(failure.error, TrainingFailedError):
                details = failure.error.details
            self.notice.emit(Notice(failure.sentence, error=True, details=details))
        elif isinstance(self.end, Failed):
            details = self.end.details or None
            self.notice.emit(Notice(self.end.sentence, error=not self._killed, details=details))
        elif self.end is not None:
            self.notice.emit(Notice(self.end.sentence))
        self.changed.emit()


def read_example(path: Path) -> ValidationExample:
    """The validation example as a training has written it, as maps.

    Raises
    ------
    UserError : it cannot be read.
    """
    preview = read_preview(path)
    cell = gemmi.UnitCell(*(float(value) for value in preview.cell))

    def density(grid: np.ndarray, kind: MapKind) -> DensityMap:
        made = DensityMap(grid, cell, p1(), kind, preview.d_min, preview.name)
        _ = made.rmsd  # cached here, in the job, so that the window does not compute it
        return made

    r = np.corrcoef(preview.predicted.ravel(), preview.true.ravel())[0, 1]
    return ValidationExample(
        preview.name,
        preview.epoch,
        float(r) if math.isfinite(r) else 0.0,
        density(preview.patterson, MapKind.PATTERSON),
        density(preview.predicted, MapKind.PREDICTED),
        density(preview.true, MapKind.TRUE),
    )


def keep_trained(weights: Path) -> ModelCard:
    """Put trained weights where predictions find them, in place of an earlier state of the same
    training; a network of another training keeps its name and this one gets a number."""
    card = read_card(weights)
    taken = {other.name: other for other in list_models([own_models_folder()], role=None)}
    name, number = card.name, 1
    while name in taken and not _same_training(card, taken[name]):
        number += 1
        name = f"{card.name} {number}"
    return keep_model(weights, name=name)


def _same_training(card: ModelCard, other: ModelCard) -> bool:
    def identity(card: ModelCard) -> tuple[object, ...]:
        return card.network, card.data.sha256, card.seed, card.settings.get("output")

    return identity(card) == identity(other)


def duration_words(seconds: float) -> str:
    """A time in the unit that suits it."""
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86400:.1f} days"


def suggested_output(data: Path | None) -> Path:
    """A run folder that is free, named after the data set."""
    folder = user_data_path("patterson_gui", appauthor=False) / "trainings"
    stem = data.stem if data is not None else "training"
    number = 1
    while (folder / f"{stem}-{number}").exists():
        number += 1
    return folder / f"{stem}-{number}"
