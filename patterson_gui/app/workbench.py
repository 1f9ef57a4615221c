"""The use cases: what a person does with the program, without a window.

Every method returns at once; what takes time runs as a job, and its answer comes back
through the document. What the user has to be told or asked goes out as a signal.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import gemmi
from psygnal import Signal

from patterson_gui.app.document import Document
from patterson_gui.app.jobs import Failure, Job, JobContext, JobRunner, Lane
from patterson_gui.app.requests import (
    ColumnsWantedError,
    FragmentChoices,
    FragmentRequest,
    Opened,
    OpenRequest,
    cut_fragment,
    fragment_choices,
    read_file,
    refuse_other_cell,
)
from patterson_gui.app.services import Services
from patterson_gui.app.settings import Settings
from patterson_gui.app.statistics import Rows, crystal_rows, data_rows, map_rows
from patterson_gui.app.view_state import LAYER_NAMES, MAP_LAYERS
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.density import DensityMap
from patterson_gui.crystal.fragment import NoUnitCell
from patterson_gui.crystal.metrics import Comparison
from patterson_gui.crystal.patterson import PattersonSettings
from patterson_gui.crystal.prediction import Prediction, Progress

T = TypeVar("T")
Judged = tuple[Comparison, DensityMap]  # a prediction's figures, and its map on the truth

# A sparse cell's unsharpened Patterson has few peaks, and broad ones: low is not noise there.
MOST_PEAKS = 200
LEAST_PEAK = 1.0  # rmsd


@dataclass(frozen=True)
class Notice:
    """Something to tell; `details` only for what nobody expected."""

    text: str
    error: bool = False
    details: str | None = None


class PredictState(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    STOPPING = "stopping"


class Workbench:
    """Joins document, jobs, services and settings."""

    notice = Signal(object)  # Notice
    column_wanted = Signal(object, object)  # OpenRequest, list[ColumnChoice]
    box_wanted = Signal(object, str)  # OpenRequest, why
    opened = Signal(object)  # Path or None: the crystal is on the document now
    predict_changed = Signal()  # the state, or the reason why nothing can start
    progressed = Signal()  # `progress` of the running prediction

    def __init__(
        self, document: Document, runner: JobRunner, services: Services, settings: Settings
    ) -> None:
        self.document = document
        self.runner = runner
        self.services = services
        self.settings = settings
        self.progress: Progress | None = None  # until the prediction it is of is shown
        self.preview: DensityMap | None = None  # the newest, of the same prediction
        self._prediction_job: Job[Prediction] | None = None
        self._opening = 0

    # ------------------------------------------------------------------ opening
    def open(self, request: OpenRequest) -> Job[Opened]:
        """Read a file and show it. Running predictions end only when it could be read."""
        path = request.path

        def failed(failure: Failure) -> None:
            if isinstance(failure.error, ColumnsWantedError):
                self.column_wanted.emit(request, failure.error.choices)
            elif isinstance(failure.error, NoUnitCell) and not request.box_if_no_cell:
                self.box_wanted.emit(request, failure.sentence)
            else:
                self.tell_failure(failure)

        def done(opened: Opened) -> None:
            self.settings.last_folder = str(path.parent)
            self._show_opened(opened)
            self.opened.emit(path)

        return self.runner.submit(
            f"Opening {path.name}",
            lambda context: read_file(request),
            lane=Lane.FILES,
            key="open",
            on_done=done,
            on_failed=failed,
        )

    def open_example(self) -> Job[Opened]:
        """Show the example that comes with the program."""
        from patterson_gui.io.resources import example_path

        def done(opened: Opened) -> None:
            self._show_opened(opened)
            self.opened.emit(None)

        return self.runner.submit(
            "Opening the example",
            lambda context: read_file(OpenRequest(example_path())),
            lane=Lane.FILES,
            key="open",
            quiet=True,
            on_done=done,
            on_failed=self.tell_failure,
        )

    def _show_opened(self, opened: Opened) -> None:
        for key in MAP_LAYERS:
            if key in opened.levels:
                self.document.set_layer(key, self.document.layers[key].at(opened.levels[key]))
        self.show(opened.crystal, settings=opened.patterson)
        if opened.prediction is not None:
            self._take_prediction(opened.prediction)

    def show(
        self,
        crystal: Crystal,
        *,
        parent: Crystal | None = None,
        settings: PattersonSettings | None = None,
    ) -> None:
        """Put a crystal on the table and start on its maps."""
        self.cancel_prediction()
        self.progress = self.preview = None
        self.document.open(crystal, parent=parent, settings=settings)
        if crystal.notes:
            self.notice.emit(Notice(" ".join(crystal.notes)))
        self.update_patterson(self.document.patterson_settings)
        if crystal.truth is None and crystal.model is not None:
            self._compute_truth(crystal)
        self.predict_changed.emit()

    # ------------------------------------------------------------------ structure
    @property
    def fragment_source(self) -> Crystal | None:
        """The structure a fragment is cut from: the open one, or the one it came from."""
        document = self.document
        if document.parent is not None:
            return document.parent
        crystal = document.crystal
        return crystal if crystal is not None and crystal.model is not None else None

    def fragment_blocked(self) -> str | None:
        """Why no fragment can be cut now; None when one can."""
        if self.document.crystal is None:
            return "Open a structure first."
        if self.fragment_source is None:
            return "The open file holds no structure to cut a fragment from."
        return None

    def list_residues(
        self, source: Crystal, on_done: Callable[[FragmentChoices], None]
    ) -> Job[FragmentChoices]:
        """Find out what can be cut out of `source`."""
        return self.runner.submit(
            f"Residues of {source.name}",
            lambda context: fragment_choices(source),
            lane=Lane.PREVIEW,
            key="residues",
            quiet=True,
            on_done=on_done,
            on_failed=self.tell_failure,
        )

    def preview_fragment(
        self,
        source: Crystal,
        request: FragmentRequest,
        on_done: Callable[[Crystal], None],
        on_failed: Callable[[Failure], None],
    ) -> Job[Crystal]:
        """Make the fragment for a dialog to show; nothing else changes."""
        return self.runner.submit(
            "Previewing the fragment",
            lambda context: cut_fragment(source, request),
            lane=Lane.PREVIEW,
            key="preview",
            quiet=True,
            on_done=on_done,
            on_failed=on_failed,
        )

    def use_fragment(self, fragment: Crystal, source: Crystal) -> None:
        """Go on with a fragment that was cut from `source`."""
        self.show(fragment, parent=source)

    def back_to_parent(self) -> None:
        """From a fragment to the whole crystal it was cut from."""
        if self.document.parent is not None:
            self.show(self.document.parent)

    def compare_with_model(self, path: Path) -> Job[tuple[gemmi.Structure, DensityMap]] | None:
        """Take a model as the truth for the open reflections."""
        crystal = self.document.crystal
        if crystal is None or crystal.amplitudes is None:
            self.notice.emit(Notice("Open reflections before a model to compare with.", True))
            return None
        d_min = crystal.amplitudes.d_min

        def work(context: JobContext) -> tuple[gemmi.Structure, DensityMap]:
            from patterson_gui.crystal.structure_factors import true_density
            from patterson_gui.io.models import read_model

            model = read_model(path)
            refuse_other_cell(model, crystal)
            return model, true_density(model, d_min, d_min / 3)

        def done(answer: tuple[gemmi.Structure, DensityMap]) -> None:
            self.document.set_truth(*answer)
            if self.document.prediction is not None:
                self._take_prediction(self.document.prediction)

        return self._for_this_crystal(
            f"Reading {path.name} as the truth", work, done, lane=Lane.FILES, key="truth"
        )

    def _compute_truth(self, crystal: Crystal) -> None:
        model, amplitudes = crystal.model, crystal.amplitudes
        if model is None or amplitudes is None:
            return
        d_min = amplitudes.d_min

        def work(context: JobContext) -> DensityMap:
            from patterson_gui.crystal.structure_factors import true_density

            return true_density(model, d_min, d_min / 3)

        def done(truth: DensityMap) -> None:
            self.document.set_true_map(truth)
            self._update_statistics()

        self._for_this_crystal(
            f"True density of {crystal.name}", work, done,
            lane=Lane.TRUTH, key="truth", quiet=True,
        )  # fmt: skip

    # ------------------------------------------------------------------ Patterson
    def update_patterson(self, settings: PattersonSettings) -> None:
        """Compute the Patterson anew, then its peaks; only the newest settings count."""
        self.document.set_patterson_settings(settings)
        crystal = self.document.crystal
        if crystal is None or crystal.amplitudes is None:
            return
        amplitudes = crystal.amplitudes

        def work(context: JobContext) -> DensityMap:
            from patterson_gui.crystal.patterson import patterson

            density = patterson(amplitudes, settings)
            _ = density.rmsd  # computed here and kept, so that the window need not
            return density

        def done(density: DensityMap) -> None:
            self.document.set_patterson(density)
            self._find_peaks(density)
            self._update_statistics()

        self._for_this_crystal(
            f"Patterson map of {crystal.name}", work, done,
            lane=Lane.MAPS, key="patterson", quiet=True,
        )  # fmt: skip

    def _find_peaks(self, density: DensityMap) -> None:
        def work(context: JobContext) -> tuple[Any, ...]:
            from patterson_gui.crystal.peaks import find_peaks

            return find_peaks(density, MOST_PEAKS, LEAST_PEAK)

        self._for_this_crystal(
            f"Peaks of {density.name or 'the Patterson map'}", work, self.document.set_peaks,
            lane=Lane.MAPS, key="peaks", quiet=True,
        )  # fmt: skip

    def _update_statistics(self) -> None:
        """Numbers of whatever is on the table now."""
        document = self.document
        crystal = document.crystal
        if crystal is None:
            return
        maps = [(key, m) for key in MAP_LAYERS if (m := document.map_of(key)) is not None]

        def work(context: JobContext) -> list[tuple[str, Rows]]:
            groups = [("Crystal", crystal_rows(crystal))]
            if crystal.amplitudes is not None:
                groups.append(("Data", data_rows(crystal.amplitudes)))
            groups += [(f"{LAYER_NAMES[key]} map", map_rows(density)) for key, density in maps]
            return groups

        self._for_this_crystal(
            f"Statistics of {crystal.name}", work, document.set_statistics,
            lane=Lane.MAPS, key="statistics", quiet=True,
        )  # fmt: skip

    # ------------------------------------------------------------------ predicting
    @property
    def predict_state(self) -> PredictState:
        job = self._prediction_job
        if job is None or job.ended_already:
            return PredictState.IDLE
        return PredictState.STOPPING if job.cancel_requested else PredictState.RUNNING

    def predict_blocked(self) -> str | None:
        """Why no prediction can start now; None when one can."""
        crystal = self.document.crystal
        if crystal is None:
            return "Open a structure, reflections or a map first."
        if crystal.amplitudes is None:
            return "The open file holds no amplitudes to predict a density from."
        return None

    def predict(self) -> Job[Prediction] | None:
        """Phase the open amplitudes; the model, if there is one, is never handed over."""
        reason = self.predict_blocked()
        crystal = self.document.crystal
        if reason is not None or crystal is None or crystal.amplitudes is None:
            self.notice.emit(Notice(reason or "", error=True))
            return None
        if self.predict_state is not PredictState.IDLE:
            return None
        amplitudes, composition = crystal.amplitudes, crystal.composition
        settings = self.settings.prediction.to_settings()

        def on_progress(progress: Progress) -> None:
            self.progress = progress
            self.preview = progress.preview or self.preview
            self.progressed.emit()

        def ended(failure: Failure | None = None) -> None:
            self.progress = self.preview = None
            self.predict_changed.emit()
            if failure is not None:
                self.tell_failure(failure)

        def done(prediction: Prediction) -> None:
            self._take_prediction(prediction)
            self.predict_changed.emit()

        self.progress = self.preview = None
        self._prediction_job = self._for_this_crystal(
            f"Predicting the density of {crystal.name}",
            lambda context: self.services.predict(
                amplitudes, composition, settings, context.report, context.cancelled
            ),
            done,
            lane=Lane.PREDICTION,
            key="predict",
            on_progress=on_progress,
            on_failed=ended,
            on_cancelled=ended,
        )
        self.predict_changed.emit()
        return self._prediction_job

    def cancel_prediction(self) -> None:
        if self._prediction_job is not None and not self._prediction_job.ended_already:
            self.runner.cancel(self._prediction_job)
            self.predict_changed.emit()

    def _take_prediction(self, prediction: Prediction) -> None:
        """Judge a prediction against the truth, where there is one, and show it.

        The truth is the model, else a true map, else the map that was opened. What is shown
        first is what stays: the map does not jump when the comparison is there.
        """
        document = self.document
        if document.crystal is None:
            return
        crystal = replace(
            document.crystal, truth=document.crystal.truth or document.crystal.opened_map
        )
        if crystal.model is None and crystal.truth is None:
            self._show_prediction(prediction, None)
            return

        def work(context: JobContext) -> Judged:
            from patterson_gui.crystal.metrics import aligned_density, compare_prediction

            comparison = compare_prediction(prediction, crystal)
            aligned = aligned_density(prediction, comparison)
            _ = aligned.rmsd  # computed here and kept, so that the window need not
            return comparison, aligned

        def failed(failure: Failure) -> None:
            self._show_prediction(prediction, None)
            self.tell_failure(failure)

        self._for_this_crystal(
            f"Comparing {crystal.name} with the truth", work,
            lambda judged: self._show_prediction(prediction, judged),
            lane=Lane.MAPS, key="compare", quiet=True, on_failed=failed,
        )  # fmt: skip

    def _show_prediction(self, prediction: Prediction, judged: Judged | None) -> None:
        self.progress = self.preview = None
        self.document.set_prediction(prediction, judged)
        self._update_statistics()

    # ------------------------------------------------------------------ telling
    def tell_failure(self, failure: Failure) -> None:
        self.notice.emit(Notice(failure.sentence, error=True, details=failure.details))

    def _for_this_crystal(
        self,
        name: str,
        work: Callable[[JobContext], T],
        done: Callable[[T], None],
        *,
        lane: Lane,
        key: str,
        quiet: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        on_failed: Callable[[Failure], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
    ) -> Job[T]:
        """A job whose answer is dropped when another crystal has been opened meanwhile."""
        generation = self.document.generation

        def if_current(answer: T) -> None:
            if self.document.generation == generation:
                done(answer)

        return self.runner.submit(
            name, work, lane=lane, key=key, quiet=quiet,
            on_done=if_current, on_progress=on_progress,
            on_failed=on_failed or self.tell_failure, on_cancelled=on_cancelled,
        )  # fmt: skip
