"""Trains a network: start, pause, resume, stop, progress; one training at a time.

The training runs in a process of its own (`app/training/training_process.py`). A job follows the
process, so that the training is in the list of jobs. Its events are handled in the GUI thread.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from psygnal import Signal

from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.training.estimate import CostEstimator
from patterson_gui.app.training.networks_folder import keep_trained_network
from patterson_gui.app.training.progress import fraction_done, seconds_left
from patterson_gui.app.training.training_process import (
    TrainingFailedError,
    TrainingProcess,
    training_process,
)
from patterson_gui.app.training.validation_example import (
    ValidationExample,
    read_validation_example,
)
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import UserError
from patterson_gui.io.training import events
from patterson_gui.io.training.events import Event, Failed, Finished, Started, TrainingProgress
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.run_folder import EpochRecord, RunFolder
from patterson_gui.io.training.settings import TrainingSettings


class TrainingState(StrEnum):
    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


class Training:
    """One training, from its settings to the trained network.

    Attributes
    ----------
    settings : of the present training, or of the last one.
    started : device, network and sizes; None until the process has reported them.
    progress : the newest report.
    records : one for each finished epoch.
    example : the validation example after the newest epoch.
    end : how the training ended; None while it runs.
    estimator : measures what a training would cost.
    """

    changed = Signal()  # `state`
    progressed = Signal()  # `progress`
    recorded = Signal()  # `records`
    example_changed = Signal()  # `example`
    network_kept = Signal()  # a new network can be chosen
    notice = Signal(object)  # Notice

    def __init__(self, runner: JobRunner, command: Sequence[str]) -> None:
        """`command` : the program that trains; its arguments are added."""
        self._runner = runner
        self._command = tuple(command)
        self.estimator = CostEstimator(runner, command)
        self.settings: TrainingSettings | None = None
        self._process: TrainingProcess | None = None
        self._job: Job[None] | None = None
        self._reset()

    def _reset(self) -> None:
        self.started: Started | None = None
        self.progress: TrainingProgress | None = None
        self.records: tuple[EpochRecord, ...] = ()
        self.example: ValidationExample | None = None
        self.end: Finished | Failed | None = None
        self._paused = self._killed = False

    # ------------------------------------------------------------------ state
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
        """Whether a training runs, also one that is starting, paused or stopping."""
        return self.state is not TrainingState.IDLE

    def blocked(self) -> str | None:
        """Why no training can start now; None if one can."""
        if not self.active or self.settings is None:
            return None
        return (
            f"“{self.settings.model_name}” is being trained. Only one training can run at a time: "
            "stop it, or wait until it has finished."
        )

    @property
    def fraction(self) -> float:
        """Share of the whole training that is done, by epochs or by its time budget."""
        if self.settings is None:
            return 0.0
        return fraction_done(self.settings, self.progress, len(self.records))

    @property
    def seconds_left(self) -> float | None:
        """Remaining time at the present speed; None if it is too early to say."""
        if self.progress is None:
            return None
        return seconds_left(self.progress.seconds, self.fraction)

    # ------------------------------------------------------------------ starting
    def start(self, settings: TrainingSettings, resume: bool = False) -> Job[None] | None:
        """Start a training; None where another one runs.

        Parameters
        ----------
        resume : continue the run in `settings.output` from its checkpoint.
        """
        reason = self.blocked()
        if reason is not None:
            self.notice.emit(Notice(reason, error=True))
            return None
        self.estimator.cancel()
        self._reset()
        self.settings = settings
        verb = "Resuming" if resume else "Training"
        self._job = self._runner.submit(
            f"{verb} “{settings.model_name}”",
            lambda context: self._train(context, settings, resume),
            lane=Lane.TRAINING,
            key="train",
            on_done=lambda _nothing: self._finish(None),
            on_failed=self._finish,
            on_cancelled=lambda: self._finish(None),
        )
        self.changed.emit()
        self.recorded.emit()
        self.example_changed.emit()
        return self._job

    # ------------------------------------------------------------------ in the job's thread
    def _train(self, context: JobContext, settings: TrainingSettings, resume: bool) -> None:
        """Follow the process from its start to its end."""
        if resume:
            records = tuple(RunFolder(settings.output).records())
            context.deliver(lambda: self._set_records(records))
        stop_requested = False

        def handle(event: Event) -> None:
            if isinstance(event, TrainingProgress):
                words = f"epoch {event.epoch} of {settings.epochs}"
                context.report(Progress(fraction_done(settings, event), words))
            if isinstance(event, events.PreviewWritten):
                self._read_example(context, Path(event.path))
            context.deliver(lambda: self._handle_event(event))

        options = ["--attached", *([] if resume else ["--new"])]
        with training_process(self._command, settings, *options) as process:
            self._process = process

            def stop_if_cancelled() -> None:
                nonlocal stop_requested
                if context.cancelled() and not stop_requested:
                    stop_requested = True
                    process.stop()

            end = process.follow(handle, stop_if_cancelled)
        if isinstance(end, Finished) and end.weights:
            self._keep_network(context, Path(end.weights))
        if isinstance(end, Failed):
            raise TrainingFailedError(end.sentence, end.details or None)

    def _read_example(self, context: JobContext, path: Path) -> None:
        """Read the example; one that cannot be read does not end the training."""
        try:
            example = read_validation_example(path)
        except UserError as error:
            self._deliver_error(context, str(error))
        else:
            context.deliver(lambda: self._set_example(example))

    def _keep_network(self, context: JobContext, weights: Path) -> None:
        try:
            card = keep_trained_network(weights)
        except UserError as error:
            self._deliver_error(context, f"The trained network is only in its run folder. {error}")
        else:
            context.deliver(lambda: self._network_kept(card))

    def _deliver_error(self, context: JobContext, sentence: str) -> None:
        context.deliver(lambda: self.notice.emit(Notice(sentence, error=True)))

    # ------------------------------------------------------------------ control
    def pause(self) -> None:
        if self._process is not None and self.state is TrainingState.RUNNING:
            self._process.pause()
            self._paused = True
            self.changed.emit()

    def resume(self) -> None:
        if self._process is not None and self.state is TrainingState.PAUSED:
            self._process.resume()
            self._paused = False
            self.changed.emit()

    def stop(self) -> None:
        """Write a checkpoint, then end."""
        if self._job is not None and not self._job.is_finished:
            self._runner.cancel(self._job)
            self.changed.emit()

    def kill(self) -> None:
        """End at once; the last checkpoint stays."""
        if self._job is not None and not self._job.is_finished:
            self._job.request_cancel()
        if self._process is not None:
            self._killed = True
            self._process.kill()

    # ------------------------------------------------------------------ events
    def _handle_event(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started = event
            self.changed.emit()
        elif isinstance(event, TrainingProgress):
            self.progress = event
            self.progressed.emit()
        elif isinstance(event, events.EpochDone):
            earlier = [r for r in self.records if r.epoch < event.record.epoch]
            self._set_records((*earlier, event.record))
        elif isinstance(event, events.Notice):
            self.notice.emit(Notice(event.sentence))
        elif isinstance(event, Finished | Failed):
            self.end = event

    def _set_example(self, example: ValidationExample) -> None:
        self.example = example
        self.example_changed.emit()

    def _set_records(self, records: tuple[EpochRecord, ...]) -> None:
        self.records = records
        self.recorded.emit()

    def _network_kept(self, card: ModelCard) -> None:
        self.network_kept.emit()
        r = card.metrics.get("val_r_median")
        figure = f" (median r {r:.3f} on unseen examples)" if isinstance(r, float) else ""
        self.notice.emit(
            Notice(f"The network “{card.name}”{figure} can now be chosen for predictions.")
        )

    def _finish(self, failure: Failure | None) -> None:
        self._process = None
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
