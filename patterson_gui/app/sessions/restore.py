"""Read a session with everything that it names, in a job, and show it again."""

import math
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.app.document.added_layers import VIEWS, AddedLayer, new_key
from patterson_gui.app.document.patterson_source import NATIVE, PattersonSource
from patterson_gui.app.document.shown_part import ShownPart
from patterson_gui.app.document.view_state import (
    MAP_LAYERS,
    ContourLevel,
    Layer,
    LayerKey,
    LevelPolicy,
    Links,
)
from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.app.open_requests import (
    ColumnsWantedError,
    GivenExperiment,
    Opened,
    OpenRequest,
    read_file,
)
from patterson_gui.app.sites.sites import ListedSite
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.cells import same_cell
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.figures.settings import is_figure_settings, read_settings
from patterson_gui.io.opening.layers import MapColumnsWantedError, ReadLayer, read_layers
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns
from patterson_gui.io.sessions.files import bundles_folder, find_marked, read_session
from patterson_gui.io.sessions.session import (
    AddedPart,
    OpenedPart,
    PredictionPart,
    Session,
    SitePart,
    ViewPart,
)


@dataclass(frozen=True, eq=False)
class Restored:
    """Everything of a session that could be read.

    Attributes
    ----------
    opened, request : the file that was open, or that of the crystal's parent.
    crystal : one from a bundle, in place of that of the file.
    predictions : with their entries in the session.
    truth : the model that they were compared with.
    source : which differences the Patterson map was of.
    added : the layers that were drawn besides, in their order.
    solution : the folder with the files of a solved structure.
    problems : what could not be read or has changed, in sentences.
    """

    session: Session
    opened: Opened | None
    request: OpenRequest | None
    crystal: Crystal | None
    predictions: tuple[tuple[PredictionPart, Prediction], ...]
    truth: Path | None
    source: PattersonSource
    added: tuple[AddedLayer, ...]
    solution: Path | None
    problems: tuple[str, ...]


def read_restored(path: Path) -> Restored:
    """Read a session, or the one in the settings of a figure, and all files that it names. For a
    job.

    Raises
    ------
    UserError : the session cannot be read, or nothing that it names.
    """
    session = _session_of_figure(path) if is_figure_settings(path) else read_session(path)
    return _Reading(path, session).all()


def _session_of_figure(path: Path) -> Session:
    settings = read_settings(path)
    if settings.session is None:
        raise UserError(f"{path.name} has the settings of a plot, which names no files to open.")
    return settings.session


class _Reading:
    """Reads the parts of one session."""

    def __init__(self, path: Path, session: Session) -> None:
        self._path, self._session = path, session
        self._folder, self._bundles = path.parent, bundles_folder(path)
        self._problems: list[str] = []

    def all(self) -> Restored:
        session = self._session
        request, opened = None, None
        if session.opened is not None:
            request = self._request(session.opened)
            opened = None if request is None else self._opened(request)
        crystal, found = None, []
        if session.crystal is not None:
            crystal, _ = self._bundle(session.crystal, "The crystal")
        of_predictions = None
        for part in session.predictions:
            its_crystal, prediction = self._bundle(part.bundle, part.name or "A prediction")
            if prediction is not None:
                found.append((part, prediction))
                of_predictions = of_predictions or its_crystal
        shown = crystal or (None if opened is None else opened.crystal)
        if of_predictions is not None and not _suits(shown, of_predictions):
            if shown is not None:
                self._problems.append(
                    "Its predictions have another unit cell: the crystal kept with them is shown."
                )
            crystal = of_predictions
        if crystal is None and opened is None:
            why = " ".join(self._problems) or "It names no file."
            raise UserError(f"Nothing of {self._path.name} can be opened: {why}")
        drawn_on = crystal or (None if opened is None else opened.crystal)
        added = [] if drawn_on is None else self._added(drawn_on)
        return Restored(
            session, opened, request, crystal, tuple(found), self._truth(), self._source(),
            tuple(added), self._solution(), tuple(self._problems),
        )  # fmt: skip

    def _request(self, part: OpenedPart) -> OpenRequest | None:
        file, problem = find_marked(part.file, self._folder)
        self._tell(problem)
        for mark in part.beside:
            self._tell(find_marked(mark, self._folder)[1])
        if file is None:
            return None
        model = None
        if part.model is not None:
            model, problem = find_marked(part.model, self._folder)
            self._tell(problem)
        given = part.given
        typed = None
        if given is not None:
            typed = GivenExperiment(given.cell, given.wavelength, given.elements)
        return OpenRequest(file, part.column, part.box_if_no_cell, model, typed)

    def _opened(self, request: OpenRequest) -> Opened | None:
        try:
            return read_file(request)
        except UserError as error:
            self._problems.append(str(error))
        except ColumnsWantedError:
            self._problems.append(f"{request.path.name} has other columns now: open it again.")
        return None

    def _bundle(self, name: str, what: str) -> tuple[Crystal | None, Prediction | None]:
        try:
            contents = read_bundle(self._bundles / name)
        except UserError as error:
            self._problems.append(f"{what} cannot be read: {error}")
            return None, None
        return contents.crystal, contents.prediction

    def _truth(self) -> Path | None:
        if self._session.truth is None:
            return None
        path, problem = find_marked(self._session.truth, self._folder)
        self._tell(problem)
        return path

    def _source(self) -> PattersonSource:
        part = self._session.patterson
        if part is None:
            return NATIVE
        native = None
        if part.native_file is not None:
            native, problem = find_marked(part.native_file, self._folder)
            self._tell(problem)
            if native is None:
                return NATIVE
        return PattersonSource(part.kind, part.data_set, part.native, native)

    def _added(self, crystal: Crystal) -> list[AddedLayer]:
        """The added layers; a file that several show is read once."""
        read: dict[tuple[Path, MapColumns | None], ReadLayer | None] = {}
        layers = []
        for part in self._session.added:
            if part.file is None:
                if part.of in MAP_LAYERS:
                    layers.append(_added_layer(part, None, None))
                continue
            path, problem = find_marked(part.file, self._folder)
            if path is None:
                self._tell(problem)
                continue
            columns = MapColumns(part.amplitude, part.phase) if part.amplitude else None
            if (path, columns) not in read:
                self._tell(problem)
                read[path, columns] = self._layer_of(path, crystal, columns)
            layer = read[path, columns]
            if layer is not None:
                layers.append(_added_layer(part, path, layer))
        return layers

    def _layer_of(
        self, path: Path, crystal: Crystal, columns: MapColumns | None
    ) -> ReadLayer | None:
        try:
            chosen = None if columns is None else (columns,)
            return read_layers(path, crystal, chosen).layers[0]
        except UserError as error:
            self._problems.append(str(error))
        except MapColumnsWantedError:
            self._problems.append(f"{path.name} has other columns now: add it again.")
        return None

    def _solution(self) -> Path | None:
        if self._session.solution is None:
            return None
        folder = self._bundles / self._session.solution
        return folder if folder.is_dir() else None

    def _tell(self, problem: str) -> None:
        if problem:
            self._problems.append(problem)


def _added_layer(part: AddedPart, path: Path | None, read: ReadLayer | None) -> AddedLayer:
    return AddedLayer(
        new_key(), part.name, None if read is None else read.content,
        LayerKey(part.of) if read is None else None, path, None if read is None else read.columns,
        part.visible, ContourLevel(part.level, LevelPolicy(part.policy)), part.style, part.colour,
        frozenset(kind for kind in VIEWS if kind.value in part.views),
    )  # fmt: skip


def _suits(crystal: Crystal | None, of_prediction: Crystal) -> bool:
    return crystal is not None and same_cell(crystal.cell, of_prediction.cell)


def show_restored(restored: Restored, workbench: Workbench) -> None:
    """Show what was read. What takes time runs as jobs."""
    session, opened = restored.session, restored.opened
    if restored.crystal is not None:
        parent = None if opened is None else opened.crystal
        workbench.show(restored.crystal, parent=parent, settings=session.view.patterson)
        workbench.parent_from = restored.request
    elif opened is not None:
        workbench.show_opened(opened, restored.request, settings=session.view.patterson)
    kept = workbench.predicting.kept
    shown: KeptPrediction | None = None
    for part, prediction in restored.predictions:
        item = kept.add(
            prediction, name=part.name, time=part.time.astimezone(), finished=part.finished,
            saved=part.saved, known_r=part.r,
        )  # fmt: skip
        shown = item if part.shown or shown is None else shown
    if shown is not None:
        workbench.predicting.take(shown.prediction)
    if restored.source != NATIVE and restored.crystal is None:
        workbench.patterson_maps.show(restored.source)
    if restored.truth is not None:
        workbench.compare_with_model(restored.truth)
    workbench.sites.restore([_site_of(part) for part in session.sites], session.sites_words)
    _show_view(session.view, workbench)
    workbench.document.set_added(restored.added)
    workbench.history.clear()


def _site_of(part: SitePart) -> ListedSite:
    score = math.nan if part.score is None else part.score
    place = (part.x, part.y, part.z)
    site = HeavySite(part.element, place, part.occupancy, part.b, score, doubt=part.doubt)
    return ListedSite(site, part.how)


def _part_of(view: ViewPart) -> ShownPart:
    """The part of the crystal of a session; one cell where its bounds are impossible."""
    try:
        return ShownPart(view.lower, view.upper, view.radius, view.copies, view.slab)
    except UserError:
        return ShownPart()


def _show_view(view: ViewPart, workbench: Workbench) -> None:
    document = workbench.document
    document.set_links(Links(view.link_camera, view.link_cursor, view.link_levels))
    document.set_show_aligned(view.show_aligned)
    document.set_show_difference(view.show_difference)
    document.set_colour_by_correlation(view.colour_by_correlation)
    document.set_shown_part(_part_of(view))
    for key in LayerKey:
        part = view.layers.get(key.value)
        if part is not None:
            level = ContourLevel(part.level, LevelPolicy(part.policy))
            document.set_layer(key, Layer(part.visible, level, part.style))
