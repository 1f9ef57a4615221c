"""Take what a session needs from the workbench, and make the session of it in a job."""

import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from patterson_gui.app.document.added_layers import AddedLayer
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.patterson_source import NATIVE, PattersonSource
from patterson_gui.app.document.view_state import Layer
from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.app.sites.sites import ListedSite
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.solution import Solution
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.file_names import file_stem
from patterson_gui.io.files import make_folder
from patterson_gui.io.sessions.files import WriteBundle, mark_of
from patterson_gui.io.sessions.session import (
    AddedPart,
    FileMark,
    GivenPart,
    LayerPart,
    OpenedPart,
    PattersonPart,
    PredictionPart,
    Session,
    SitePart,
    ViewPart,
    WindowPart,
)
from patterson_gui.io.solution.write import write_solution


@dataclass(frozen=True, eq=False)
class Captured:
    """A session before its files are hashed: nothing in it changes any more.

    Attributes
    ----------
    request : how the open file, or that of the crystal's parent, was opened.
    read_with : all files that were read for it.
    truth : the model that the predictions are compared with, where the user chose one.
    source : which differences the Patterson map is of.
    added : the layers that are drawn besides.
    parts : the session without the files that it names.
    bundles : functions that write what cannot be read again, by name.
    """

    request: OpenRequest | None
    read_with: tuple[Path, ...]
    truth: Path | None
    source: PattersonSource
    added: tuple[AddedLayer, ...]
    parts: Session
    bundles: Mapping[str, WriteBundle]

    def without_bundles(self) -> "Captured":
        """The same without predictions and solution: what a clean end leaves for the next start."""
        parts = self.parts.model_copy(update={"predictions": (), "solution": None})
        names = set(parts.bundles)
        return replace(
            self, parts=parts, bundles={n: w for n, w in self.bundles.items() if n in names}
        )


class Marks:
    """Marks of files; a file is hashed again only when it has changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, Path], tuple[tuple[int, int, int], FileMark]] = {}

    def of(self, path: Path, folder: Path) -> FileMark | None:
        """The mark of a file for a session in `folder`; None where it is gone."""
        try:
            status = path.stat()
        except OSError:
            return None
        state = status.st_ino, status.st_size, status.st_mtime_ns
        known = self._known.get((path, folder))
        if known is None or known[0] != state:
            known = self._known[path, folder] = state, mark_of(path, folder)
        return known[1]


def session_of(captured: Captured, folder: Path, marks: Marks) -> Session:
    """The session of what was captured, for a file in `folder`. For a job: it hashes files.

    Raises
    ------
    UserError : a file cannot be read.
    """
    opened, truth = None, None
    request = captured.request
    file = None if request is None else marks.of(request.path, folder)
    if request is not None and file is not None:
        others = [path for path in captured.read_with if path != request.path]
        beside = [mark for path in others if (mark := marks.of(path, folder)) is not None]
        given = None if request.given is None else GivenPart(**asdict(request.given))
        opened = OpenedPart(
            file=file,
            beside=tuple(beside),
            column=request.column,
            box_if_no_cell=request.box_if_no_cell,
            model=None if request.model is None else marks.of(request.model, folder),
            given=given,
        )
    if captured.truth is not None:
        truth = marks.of(captured.truth, folder)
    patterson, source = None, captured.source
    if source != NATIVE:
        native = None if source.native_file is None else marks.of(source.native_file, folder)
        patterson = PattersonPart(
            kind=source.kind, data_set=source.data_set, native=source.native, native_file=native
        )
    added = [_added_part(layer, folder, marks) for layer in captured.added]
    found = {
        "opened": opened, "truth": truth, "patterson": patterson,
        "added": tuple(part for part in added if part is not None),
    }  # fmt: skip
    return captured.parts.model_copy(update=found)


class Capture:
    """Captures the workbench; remembers which bundle has what."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._crystal: tuple[Crystal | None, str] = (None, "")
        self._solution: tuple[tuple[object, ...], str] = ((), "")

    def now(self, window: WindowPart) -> Captured | None:
        """What is open now; None where nothing is."""
        workbench, document = self._workbench, self._workbench.document
        crystal = document.crystal
        if crystal is None:
            return None
        bundles: dict[str, WriteBundle] = {}
        request, read_with = workbench.opened_from, tuple(crystal.read_files)
        crystal_name = None
        if request is None:
            request = workbench.parent_from
            parent = document.parent
            read_with = () if parent is None else tuple(parent.read_files)
            crystal_name = self._crystal_bundle(crystal, bundles)
        predictions = []
        for item in workbench.predicting.kept.items:
            name = f"prediction-{item.key}.pgz"
            bundles[name] = prediction_writer(crystal, item)
            predictions.append(_part_of(item, name, shown=item is workbench.predicting.kept.shown))
        parts = Session(
            name=crystal.name[:400],
            saved=datetime.now().astimezone(),
            crystal=crystal_name,
            predictions=tuple(predictions),
            solution=self._solution_folder(crystal, bundles),
            sites=tuple(map(_site_part, workbench.sites.listed)),
            sites_words=workbench.sites.words,
            view=view_of(document),
            window=window,
        )
        source = document.patterson_source
        return Captured(
            request, read_with, workbench.truth_from, source, document.added, parts, bundles
        )

    def _crystal_bundle(self, crystal: Crystal, bundles: dict[str, WriteBundle]) -> str:
        """Name the bundle of a crystal that is in no file by itself."""
        if self._crystal[0] is not crystal:
            self._crystal = crystal, f"crystal-{secrets.token_hex(8)}.pgz"
        name = self._crystal[1]
        bundles[name] = lambda path: write_bundle(path, crystal)
        return name

    def _solution_folder(self, crystal: Crystal, bundles: dict[str, WriteBundle]) -> str | None:
        """Name the folder of the files of a solution that is not saved."""
        solving = self._workbench.solving
        solution = solving.solution_to_save()
        if solution is None or not self._workbench.unsaved_solution:
            return None
        state = (solving.solution, solving.model.state)
        if self._solution[0] != state:
            self._solution = state, f"solution-{secrets.token_hex(8)}"
        name = self._solution[1]
        bundles[name] = solution_writer(solution, file_stem(crystal.name))
        return name


def prediction_writer(crystal: Crystal, item: KeptPrediction) -> WriteBundle:
    """A function that writes a kept prediction with its crystal."""
    prediction = item.prediction
    return lambda path: write_bundle(path, crystal, prediction=prediction)


def solution_writer(solution: Solution, name: str) -> Callable[[Path], object]:
    """A function that writes the files of a solution into a new folder."""

    def write(folder: Path) -> None:
        make_folder(folder)
        write_solution(folder, solution, name)

    return write


def _part_of(item: KeptPrediction, bundle: str, *, shown: bool) -> PredictionPart:
    return PredictionPart(
        name=item.name[:400], time=item.time, bundle=bundle, finished=item.finished,
        saved=item.saved, shown=shown, r=item.r,
    )  # fmt: skip


def _site_part(listed: ListedSite) -> SitePart:
    site = listed.site
    x, y, z = site.frac
    score = site.score if math.isfinite(site.score) else None
    return SitePart(
        element=site.element, x=x, y=y, z=z, occupancy=site.occupancy, b=site.b, score=score,
        doubt=site.doubt[:400], how=listed.how[:400],
    )  # fmt: skip


def _added_part(layer: AddedLayer, folder: Path, marks: Marks) -> AddedPart | None:
    """An added layer; None where its file is gone."""
    file = None if layer.path is None else marks.of(layer.path, folder)
    if layer.path is not None and file is None:
        return None
    columns = layer.columns
    return AddedPart.model_validate(
        {
            "name": layer.name[:400], "file": file,
            "amplitude": "" if columns is None else columns.amplitude,
            "phase": "" if columns is None else columns.phase,
            "of": "" if layer.of is None else layer.of.value, "visible": layer.visible,
            "level": layer.level.value, "policy": layer.level.policy.value,
            "style": layer.style, "colour": layer.colour,
            "views": tuple(sorted(kind.value for kind in layer.views)),
        }
    )  # fmt: skip


def view_of(document: Document) -> ViewPart:
    """How a document is shown."""
    return ViewPart(
        layers={key.value: _layer_part(layer) for key, layer in document.layers.items()},
        link_camera=document.links.camera,
        link_cursor=document.links.cursor,
        link_levels=document.links.levels,
        show_aligned=document.show_aligned,
        show_difference=document.show_difference,
        colour_by_correlation=document.colour_by_correlation,
        patterson=document.patterson_settings,
        lower=document.shown_part.lower,
        upper=document.shown_part.upper,
        radius=document.shown_part.radius,
        copies=document.shown_part.copies,
        slab=document.shown_part.slab,
    )


def _layer_part(layer: Layer) -> LayerPart:
    return LayerPart.model_validate(
        {
            "visible": layer.visible, "level": layer.level.value,
            "policy": layer.level.policy.value, "style": layer.style,
        }
    )  # fmt: skip
