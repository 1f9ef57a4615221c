"""Predicts the density of the open crystal: start, progress, cancel, compare with the truth."""

import time
from collections.abc import Callable
from enum import StrEnum

from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.compare_with_truth import (
    TruthComparison,
    compare_with_truth,
)
from patterson_gui.app.document.document import Document
from patterson_gui.app.history.compare_two import ComparedPair, compare_two
from patterson_gui.app.history.predictions import KeptPrediction, KeptPredictions
from patterson_gui.app.history.unfinished import unfinished_prediction
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
    """Predicts the open crystal; one prediction at a time.

    Attributes
    ----------
    kept : the predictions of the open crystal.
    """

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
        self.kept = KeptPredictions(document)
        self.progress: Progress | None = None  # until the prediction it is of is shown
        self.preview: DensityMap | None = None  # the newest, of the same prediction
        self._best: tuple[float | None, DensityMap] | None = None  # the preview of lowest R, with R
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
        generation, began = self._document.generation, time.monotonic()

        def on_progress(progress: Progress) -> None:
            self.progress = progress
            if progress.preview is not None:
                self.preview = progress.preview
                self._keep_better(progress.preview_r, progress.preview)
            self.progressed.emit()

        def failed(failure: Failure) -> None:
            self.forget_progress()
            self.changed.emit()
            self._jobs.tell_failure(failure)

        def cancelled() -> None:
            best, progress = self._best, self.progress
            if generation != self._document.generation or best is None or progress is None:
                self.forget_progress()
            else:
                (r, preview), seconds = best, time.monotonic() - began
                self._keep_unfinished(
                    lambda: unfinished_prediction(
                        preview, r, amplitudes, settings, progress, seconds
                    )
                )
            self.changed.emit()

        def done(prediction: Prediction) -> None:
            self.kept.add(prediction)
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
            on_failed=failed,
            on_cancelled=cancelled,
        )
        self.changed.emit()
        return self._job

    def cancel(self) -> None:
        if self._job is not None and not self._job.is_finished:
            self._jobs.cancel(self._job)
            self.changed.emit()

    def _keep_better(self, r: float | None, preview: DensityMap) -> None:
        """Keep a preview unless one before it had a lower R."""
        known = None if self._best is None else self._best[0]
        if known is None or (r is not None and r <= known):
            self._best = r, preview

    def _keep_unfinished(self, make: Callable[[], Prediction]) -> None:
        """Show the best map of a prediction that was stopped; its preview stays until then."""

        def done(prediction: Prediction) -> None:
            self.kept.add(prediction, finished=False)
            self.take(prediction)

        def failed(failure: Failure) -> None:
            self._show_again()
            self._jobs.tell_failure(failure)

        self._jobs.submit(
            "Keeping the best map so far", lambda context: make(), done,
            lane=Lane.MAPS, key="unfinished", quiet=True, on_failed=failed,
            on_cancelled=self._show_again,
        )  # fmt: skip

    def _show_again(self) -> None:
        self.forget_progress()
        self.changed.emit()

    def show_kept(self, item: KeptPrediction) -> None:
        """Show one of the kept predictions."""
        if item.truth_comparison is None:
            self.take(item.prediction)
        else:
            self._show(item.prediction, item.truth_comparison)

    def compare(self, one: KeptPrediction, other: KeptPrediction) -> None:
        """Show two kept predictions beside one another, the second one laid over the first."""
        if other is self.kept.shown:
            one, other = other, one

        def done(pair: ComparedPair) -> None:
            self._show(one.prediction, one.truth_comparison)
            self._document.set_compared(pair)

        self._jobs.submit(
            f"Comparing {one.name} with {other.name}", lambda context: compare_two(one, other),
            done, lane=Lane.MAPS, key="compare", quiet=True,
        )  # fmt: skip

    def forget_progress(self) -> None:
        self.progress = self.preview = self._best = None

    def take(self, prediction: Prediction, then: Callable[[], object] = lambda: None) -> None:
        """Compare a prediction with the truth, if there is one, and show it; then call `then`.

        What is shown first is what stays: the map does not jump when the comparison is there.
        """
        crystal = self._document.crystal
        if crystal is None:
            return
        truth = truth_of(crystal)

        def show(truth_comparison: TruthComparison | None) -> None:
            self._show(prediction, truth_comparison)
            then()

        if truth is None:
            show(None)
            return

        def failed(failure: Failure) -> None:
            show(None)
            self._jobs.tell_failure(failure)

        self._jobs.submit(
            f"Comparing {crystal.name} with the truth",
            lambda context: compare_with_truth(prediction, truth),
            show,
            lane=Lane.MAPS, key="compare", quiet=True, on_failed=failed,
        )  # fmt: skip

    def _show(self, prediction: Prediction, truth_comparison: TruthComparison | None) -> None:
        self.forget_progress()
        self.kept.set_comparison(prediction, truth_comparison)
        self._document.set_prediction(prediction, truth_comparison)
        self.shown.emit()
