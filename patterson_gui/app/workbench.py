"""What a user can do with the program, without a window: open, compare, undo, compute maps.

Every method returns at once; what takes time runs as a job, and its answer comes back
through the document. What the user has to be told or asked goes out as a signal.
"""

from collections.abc import Mapping
from pathlib import Path

import gemmi
from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.datasets.browser import DatasetBrowser
from patterson_gui.app.density_peaks import DensityPeaks
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.statistics import Rows, all_rows
from patterson_gui.app.document.view_state import LAYER_NAMES, MAP_LAYERS, LayerKey
from patterson_gui.app.fragments import Fragments
from patterson_gui.app.history.added_layers import AddedLayerChanges
from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.app.history.steps import History
from patterson_gui.app.history.view_changes import ViewChanges
from patterson_gui.app.jobs.jobs import Job, JobContext, Lane
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.layers.adding import LayerAdding
from patterson_gui.app.layers.correlation import CorrelationUpdates
from patterson_gui.app.networks.choices import NetworkChoices
from patterson_gui.app.networks.library import NetworkLibrary
from patterson_gui.app.open_requests import (
    ColumnsWantedError,
    Opened,
    OpenRequest,
    read_file,
)
from patterson_gui.app.patterson_maps import PattersonMaps
from patterson_gui.app.phasing.phasing import SitePhasing
from patterson_gui.app.predict import Predicting, PredictState
from patterson_gui.app.services import Services
from patterson_gui.app.settings import Settings
from patterson_gui.app.sites.from_file import SitesFromFile
from patterson_gui.app.sites.from_peaks import SitesFromPeaks
from patterson_gui.app.sites.refinement import SiteRefinement
from patterson_gui.app.sites.search import SiteSearch
from patterson_gui.app.sites.sites import SiteList
from patterson_gui.app.sites.work import SiteWork
from patterson_gui.app.solving.folder import FolderSolving
from patterson_gui.app.solving.solving import SolveState, Solving
from patterson_gui.app.training.training import Training
from patterson_gui.app.vectors.vectors import VectorView
from patterson_gui.crystal.colours import PALETTES
from patterson_gui.crystal.comparison.truth import refuse_other_cell
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.models.whole_cell import NoUnitCell
from patterson_gui.io.opening.intensities import ReadIntensities
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.reflections.reflection_file import NoCellGiven
from patterson_gui.io.resources import example_path, is_example

# What a file leaves open, which only the user can say.
Question = ColumnsWantedError | NoCellGiven | NoUnitCell


class Workbench:
    """Connects document, jobs, services and settings."""

    column_wanted = Signal(object, object)  # OpenRequest, list[ColumnChoice]
    box_wanted = Signal(object, str)  # OpenRequest, why
    cell_wanted = Signal(object, str)  # OpenRequest, why
    opened = Signal(object)  # Path or None: the crystal is on the document now

    def __init__(
        self, document: Document, runner: JobRunner, services: Services, settings: Settings
    ) -> None:
        self.document = document
        self.runner = runner
        # How the open crystal, or the one that it was cut from, was opened from a file; the model
        # that the user chose as the truth. None where there is none.
        self.opened_from: OpenRequest | None = None
        self.parent_from: OpenRequest | None = None
        self.truth_from: Path | None = None
        self.services = services
        self.settings = settings
        self.jobs = CrystalJobs(document, runner)
        self.notice = self.jobs.notice
        self.fragments = Fragments(document, runner, self.jobs)
        self.predicting = Predicting(document, self.jobs, services, settings)
        self.predicting.shown.connect(self._update_statistics)
        self.history = History()
        self.patterson_maps = PattersonMaps(
            document, self.jobs, self.history, self._update_statistics
        )
        self.solving = Solving(document, self.jobs, services, self.history)
        self.changes = ViewChanges(document, self.history, self.update_patterson)
        self.layer_changes = AddedLayerChanges(
            document, self.changes, lambda: PALETTES[settings.palette].maps
        )
        self.layer_adding = LayerAdding(document, self.jobs, self.layer_changes)
        self.correlation_updates = CorrelationUpdates(document, self.jobs)
        self.sites = SiteList(document, self.history)
        self.site_work = SiteWork(document, self.jobs, self.sites)
        self.site_search = SiteSearch(
            document, self.jobs, services.sites.find, self.sites, self.site_work
        )
        self.site_refinement = SiteRefinement(
            document, self.jobs, services.sites.refine, self.sites, self.site_work
        )
        self.site_phasing = SitePhasing(
            document, self.jobs, services.sites.phase, self.sites, self.site_work, self.predicting
        )
        self.sites_from_peaks = SitesFromPeaks(document, self.jobs, self.sites)
        self.sites_from_file = SitesFromFile(document, self.jobs, self.sites)
        self.density_peaks = DensityPeaks(document, self.jobs)
        self.vectors = VectorView(document, self.jobs, self.sites)
        self.folder_solving = FolderSolving(runner, self.jobs, services)
        self.predicting.changed.connect(self._give_way)
        self.site_phasing.phased.connect(self.solving.give_way)
        self.networks = NetworkChoices(document, runner, services.why_unsuitable, settings)
        self.network_library = NetworkLibrary(runner, self.networks, services.parts_of, settings)
        self.network_library.notice.connect(self.notice.emit)
        self.datasets = DatasetBrowser(document, self.jobs, self.show)
        self.training = Training(runner, services.trainer)
        self.training.notice.connect(self.notice.emit)
        self.training.network_kept.connect(self.networks.refresh)

    def _give_way(self) -> None:
        """Views and figures of a solution make room for a prediction that begins."""
        if self.predicting.state is PredictState.RUNNING:
            self.solving.give_way()

    # ------------------------------------------------------------------ opening
    def open(self, request: OpenRequest) -> Job[Opened | Question]:
        """Read a file and show it, or ask what it leaves open. A running prediction is cancelled
        only once the file is read."""
        path = request.path

        def work(context: JobContext) -> Opened | Question:
            try:
                return read_file(request)
            except ColumnsWantedError as question:  # an answer too: nothing has failed
                return question
            except NoCellGiven as question:
                if request.given is not None:
                    raise
                return question
            except NoUnitCell as question:
                if request.box_if_no_cell:
                    raise
                return question

        def done(read: Opened | Question) -> None:
            if isinstance(read, ColumnsWantedError):
                self.column_wanted.emit(request, read.choices)
            elif isinstance(read, NoCellGiven):
                self.cell_wanted.emit(request, str(read))
            elif isinstance(read, NoUnitCell):
                self.box_wanted.emit(request, str(read))
            else:
                self.settings.last_folder = str(path.parent)
                self.show_opened(read, request)
                self.opened.emit(path)

        return self.runner.submit(
            f"Opening {path.name}",
            work,
            lane=Lane.FILES,
            key="open",
            on_done=done,
            on_failed=self.jobs.tell_failure,
        )

    def open_example(self) -> Job[Opened]:
        """Show the example that comes with the program."""

        request = OpenRequest(example_path())

        def done(opened: Opened) -> None:
            self.show_opened(opened, request)
            self.opened.emit(None)

        return self.runner.submit(
            "Opening the example",
            lambda context: read_file(request),
            lane=Lane.FILES,
            key="open",
            quiet=True,
            on_done=done,
            on_failed=self.jobs.tell_failure,
        )

    def show_opened(
        self,
        opened: Opened,
        request: OpenRequest | None,
        settings: PattersonSettings | None = None,
    ) -> None:
        """Show what `request` opened; `settings` of the Patterson map, in place of its own."""
        before = self.document.crystal
        levels = {key: opened.levels[key] for key in MAP_LAYERS if key in opened.levels}
        settings = settings or opened.patterson
        self.show(opened.crystal, settings=settings, measured=opened.measured, levels=levels)
        self.opened_from = request
        if opened.dataset is not None:
            self.opened_from = None  # it has many crystals, of which one is open
            self.datasets.begin(opened.dataset, opened.crystal, before)
        if opened.prediction is not None:
            self.predicting.kept.add(opened.prediction, saved=True)
            self.predicting.take(opened.prediction)

    def show(
        self,
        crystal: Crystal,
        *,
        parent: Crystal | None = None,
        settings: PattersonSettings | None = None,
        measured: ReadIntensities | None = None,
        levels: Mapping[LayerKey, float] | None = None,
    ) -> None:
        """Open a crystal and compute its maps.

        Parameters
        ----------
        measured : its intensities, to solve it from.
        levels : rmsd, of maps whose level is known, from a bundle.
        """
        self.predicting.cancel()
        self.predicting.forget_progress()
        self.predicting.kept.clear()
        self.history.clear()
        self.opened_from = self.parent_from = self.truth_from = None
        self.solving.cancel()
        self.document.open(crystal, parent=parent, settings=settings, levels=levels)
        self.solving.open(measured)
        if crystal.notes:
            self.jobs.tell(" ".join(crystal.notes))
        self.update_patterson(self.document.patterson_settings)
        self.patterson_maps.look_for_choices()
        if crystal.truth is None and crystal.model is not None:
            self._compute_truth(crystal)
        self.predicting.changed.emit()

    @property
    def unsaved_predictions(self) -> list[KeptPrediction]:
        """Finished predictions that no file has; none of an example, which anybody can repeat."""
        crystal = self.document.crystal
        source = None if crystal is None else crystal.source
        return [] if is_example(source) else self.predicting.kept.unsaved

    @property
    def unsaved_solution(self) -> bool:
        """Whether a solved structure is in no file; not for an example."""
        crystal = self.document.crystal
        source = None if crystal is None else crystal.source
        return self.solving.unsaved and not is_example(source)

    @property
    def unsaved_sites(self) -> bool:
        """Whether heavy-atom sites are in no file; not for an example."""
        crystal = self.document.crystal
        source = None if crystal is None else crystal.source
        return self.sites.unsaved and not is_example(source)

    @property
    def has_unsaved(self) -> bool:
        """Whether predictions, a solution or sites are in no file."""
        return bool(self.unsaved_predictions) or self.unsaved_solution or self.unsaved_sites

    # ------------------------------------------------------------------ structure
    def use_fragment(self, fragment: Crystal, source: Crystal) -> None:
        """Open a fragment that was cut from `source`."""
        of_parent = self.document.parent is not None
        request = self.parent_from if of_parent else self.opened_from
        self.show(fragment, parent=source)
        self.parent_from = request

    def back_to_parent(self) -> None:
        """Open the crystal that the present fragment was cut from."""
        if self.document.parent is not None:
            request = self.parent_from
            self.show(self.document.parent)
            self.opened_from = request

    def compare_with_model(self, path: Path) -> Job[tuple[gemmi.Structure, DensityMap]] | None:
        """Use a model as the truth for the open reflections."""
        crystal = self.document.crystal
        if crystal is None or crystal.amplitudes is None:
            self.jobs.tell("Open reflections first, and then a model to compare with.", error=True)
            return None
        d_min = crystal.amplitudes.d_min

        def work(context: JobContext) -> tuple[gemmi.Structure, DensityMap]:
            model = read_model(path)
            refuse_other_cell(model, crystal)
            return model, true_density(model, d_min, d_min / 3)

        def done(answer: tuple[gemmi.Structure, DensityMap]) -> None:
            self.document.set_truth(*answer)
            self.truth_from = path
            self.predicting.kept.forget_comparisons()
            if self.document.prediction is not None:
                self.predicting.take(self.document.prediction)

        return self.jobs.submit(
            f"Reading {path.name} as the truth", work, done, lane=Lane.FILES, key="truth"
        )

    def _compute_truth(self, crystal: Crystal) -> None:
        model, amplitudes = crystal.model, crystal.amplitudes
        if model is None or amplitudes is None:
            return
        d_min = amplitudes.d_min

        def work(context: JobContext) -> DensityMap:
            return true_density(model, d_min, d_min / 3)

        def done(truth: DensityMap) -> None:
            self.document.set_true_map(truth)
            self._update_statistics()

        self.jobs.submit(
            f"True density of {crystal.name}", work, done,
            lane=Lane.TRUTH, key="truth", quiet=True,
        )  # fmt: skip

    # ------------------------------------------------------------------ undo
    def undo_blocked(self) -> str | None:
        """Why nothing can be undone now; None when something can."""
        if self.solving.state is not SolveState.IDLE:
            return "A structure is being solved or refined."
        return None if self.history.undo_name is not None else "Nothing to undo."

    def redo_blocked(self) -> str | None:
        """Why nothing can be done again now; None when something can."""
        if self.solving.state is not SolveState.IDLE:
            return "A structure is being solved or refined."
        return None if self.history.redo_name is not None else "Nothing to redo."

    def undo(self) -> None:
        """Take back the last change of the view or of the model."""
        if self.undo_blocked() is None:
            self.history.undo()

    def redo(self) -> None:
        """Do again what was taken back."""
        if self.redo_blocked() is None:
            self.history.redo()

    # ------------------------------------------------------------------ Patterson
    def update_patterson(self, settings: PattersonSettings) -> None:
        """Compute the Patterson map, then its peaks; a newer request replaces an older one."""
        self.patterson_maps.update(settings)

    def _update_statistics(self) -> None:
        """Compute the statistics of the open crystal and maps."""
        document = self.document
        crystal = document.crystal
        if crystal is None:
            return
        differences = document.differences
        maps = [(LAYER_NAMES[key], density) for key, density in document.maps.items()]

        def work(context: JobContext) -> list[tuple[str, Rows]]:
            return all_rows(crystal, differences, maps)

        self.jobs.submit(
            f"Statistics of {crystal.name}", work, document.set_statistics,
            lane=Lane.MAPS, key="statistics", quiet=True,
        )  # fmt: skip
