"""Predicts the density of the open crystal: start, progress, cancel, compare with the truth."""

from enum import StrEnum

from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.compare_with_truth import (
    TruthComparison,
    compare_with_truth,
)
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import Failure, Job, Lane
from patterson_gui.app.services import Services
from patterson_gui.app.settings import Settings
from patterson_gui.crystal.comparison.truth import truth_of
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import Prediction, Progress


class PredictState(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    STOPPING = "stopping"


class Predicting:
    """Predicts the open crystal; one prediction at a time."""

    changed = Signal()  # the state, or the reason why nothing can start
    progressed = Signal()  # `progress` of the one that runs
    shown = Signal()  # a prediction is on the document

    def __init__(
        self, document: Document, jobs: CrystalJobs, services: Services, settings: Settings
    ) -> None:
        self._document = document
        self._jobs = jobs
        self._services = services
        self._settings = settings
        self.progress: Progress | None = None  # until the prediction it is of is shown
        self.preview: DensityMap | None = None  # the newest, of the same prediction
        self._job: Job[Prediction] | None = None

    @property
    def state(self) -> PredictState:
        job = self._job
        if job is None or job.is_finished:
            return PredictState.IDLE
        return PredictState.STOPPING if job.cancel_requested else PredictState.RUNNING

    def blocked(self) -> str | None:
        """Why no prediction can start now; None when one can."""
        crystal = self._document.crystal
        if crystal is None:
            return "Open a structure, reflections or a map first."
        if crystal.amplitudes is None:
            return "The open file holds no amplitudes to predict a density from."
        return None

    def start(self) -> Job[Prediction] | None:
        """Phase the open amplitudes. The predictor never gets the model."""
        reason = self.blocked()
        crystal = self._document.crystal
        if reason is not None or crystal is None or crystal.amplitudes is None:
            self._jobs.tell(reason or "", error=True)
            return None
        if self.state is not PredictState.IDLE:
            return None
        amplitudes, composition = crystal.amplitudes, crystal.composition
        settings = self._settings.prediction.to_settings()

        def on_progress(progress: Progress) -> None:
            self.progress = progress
            self.preview = progress.preview or self.preview
            self.progressed.emit()

        def ended(failure: Failure | None = None) -> None:
            self.forget_progress()
            self.changed.emit()
            if failure is not None:
                self._jobs.tell_failure(failure)

        def done(prediction: Prediction) -> None:
            self.take(prediction)
            self.changed.emit()

        self.forget_progress()
        self._job = self._jobs.submit(
            f"Predicting the density of {crystal.name}",
            lambda context: self._services.predict(
                amplitudes, composition, settings, context.report, context.cancelled
            ),
            done,
            lane=Lane.PREDICTION,
            key="predict",
            on_progress=on_progress,
            on_failed=ended,
            on_cancelled=ended,
        )
        self.changed.emit()
        return self._job

    def cancel(self) -> None:
        if self._job is not None and not self._job.is_finished:
            self._jobs.cancel(self._job)
            self.changed.emit()

    def forget_progress(self) -> None:
        self.progress = self.preview = None

    def take(self, prediction: Prediction) -> None:
        """Compare a prediction with the truth, if there is one, and show it.

        What is shown first is what stays: the map does not jump when the comparison is there.
        """
        crystal = self._document.crystal
        if crystal is None:
            return
        truth = truth_of(crystal)
        if truth is None:
            self._show(prediction, None)
            return

        def failed(failure: Failure) -> None:
            self._show(prediction, None)
            self._jobs.tell_failure(failure)

        self._jobs.submit(
            f"Comparing {crystal.name} with the truth",
            lambda context: compare_with_truth(prediction, truth),
            lambda truth_comparison: self._show(prediction, truth_comparison),
            lane=Lane.MAPS, key="compare", quiet=True, on_failed=failed,
        )  # fmt: skip

    def _show(self, prediction: Prediction, truth_comparison: TruthComparison | None) -> None:
        self.forget_progress()
        self._document.set_prediction(prediction, truth_comparison)
        self.shown.emit()
