"""Take what the settings of a figure need from the workbench, and write them in a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from patterson_gui.app.document.sections import SectionChoices
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.sessions.capture import Captured, session_of
from patterson_gui.app.sessions.sessions import Sessions
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.crystal.sections.harker import HarkerSection
from patterson_gui.crystal.sections.sampling import Slab
from patterson_gui.errors import UserError
from patterson_gui.io.figures.settings import (
    CrystalPart,
    FigureSettings,
    MapPart,
    SectionPart,
    settings_path,
)
from patterson_gui.io.files import printable, replace_file
from patterson_gui.io.sessions.files import WriteBundle, write_session
from patterson_gui.io.sessions.session import WindowPart


@dataclass(frozen=True, eq=False)
class CapturedFigure:
    """What is open, for the settings of a figure: nothing in it changes any more.

    Attributes
    ----------
    crystal : which crystal, for those who read the settings.
    captured : the session of it; its bundles are written beside the settings.
    not_again : why the figure cannot be made from the settings, a sentence; "": it can.
    """

    crystal: CrystalPart
    captured: Captured
    not_again: str


class FigureCapture:
    """Captures what a workbench shows."""

    def __init__(self, workbench: Workbench, sessions: Sessions) -> None:
        self._workbench = workbench
        self._sessions = sessions

    @property
    def needs_maps(self) -> bool:
        """Whether something is shown that no file has, such as a prediction."""
        captured = self._sessions.capture(WindowPart())
        return captured is not None and bool(_shown_bundles(captured))

    def now(
        self, window: WindowPart, *, keep_maps: bool, predictions: bool = True, other: str = ""
    ) -> CapturedFigure | None:
        """What is open now; None where nothing is.

        Parameters
        ----------
        window : what the window alone knows.
        keep_maps : whether what is shown and in no file is kept beside the settings.
        predictions : whether the figure shows the prediction that is shown.
        other : why the figure cannot be made again, where the caller knows a reason.
        """
        captured = self._sessions.capture(window)
        crystal = self._workbench.document.crystal
        if captured is None or crystal is None:
            return None
        needed = _shown_bundles(captured)
        if not predictions:
            of_predictions = {part.bundle for part in captured.parts.predictions}
            needed = {name: w for name, w in needed.items() if name not in of_predictions}
        bundles = needed if keep_maps else {}
        parts = captured.parts.model_copy(
            update={
                "predictions": tuple(p for p in captured.parts.predictions if p.bundle in bundles),
                "crystal": captured.parts.crystal if captured.parts.crystal in bundles else None,
                "solution": None,
            }
        )
        why = other or self._not_again(lost=bool(needed) and not keep_maps)
        kept = replace(captured, parts=parts, bundles=bundles)
        return CapturedFigure(crystal_part(crystal), kept, why)

    def _not_again(self, *, lost: bool) -> str:
        document = self._workbench.document
        if document.solved is not None:
            return "It shows a solved structure, whose maps are in no session."
        if document.compared is not None:
            return "It compares two predictions, which a session does not show side by side."
        if self._workbench.predicting.preview is not None:
            return "It shows a prediction that was still running."
        if lost:
            return "What it shows is in no file, and was not kept beside it."
        return ""


def _shown_bundles(captured: Captured) -> Mapping[str, WriteBundle]:
    """Functions that write what is shown and in no file, by name."""
    shown = {captured.parts.crystal, *(p.bundle for p in captured.parts.predictions if p.shown)}
    return {name: write for name, write in captured.bundles.items() if name in shown}


def crystal_part(crystal: Crystal) -> CrystalPart:
    """A crystal in the words of the settings."""
    a, b, c, alpha, beta, gamma = crystal.cell.parameters
    return CrystalPart(
        name=crystal.name[:400],
        formula="" if crystal.composition is None else str(crystal.composition)[:400],
        space_group=crystal.spacegroup.xhm(),
        cell=(a, b, c, alpha, beta, gamma),
    )


def map_part(density: DensityMap, title: str) -> MapPart:
    """A map in the words of the settings, without its level and colour."""
    u, v, w = density.shape
    return MapPart(
        title=title[:400], kind=density.kind.value, unit=density.units, grid=(u, v, w),
        resolution=density.d_min,
    )  # fmt: skip


def section_part(choices: SectionChoices, levels: ContourLevels) -> SectionPart:
    """The section that the panel shows."""
    return SectionPart(
        layer=choices.layer.value, axis=choices.axis, position=choices.position, hkl=choices.hkl,
        harker=None if choices.harker is None else choices.harker.label,
        thickness=choices.slab.thickness, projection=choices.slab.projection,
        bounds=choices.bounds, start=levels.start, step=levels.step, n=levels.n, unit=levels.unit,
        negative=levels.negative, montage=choices.montage, peaks=choices.peaks,
        vectors=choices.vectors,
    )  # fmt: skip


def section_choices(part: SectionPart, harker: Sequence[HarkerSection]) -> SectionChoices:
    """The choices of the panel that draw a section again.

    Raises
    ------
    UserError : the crystal does not have its Harker section, or the settings are not possible.
    """
    found = next((one for one in harker if one.label == part.harker), None)
    if part.harker is not None and found is None:
        raise UserError(f"There is no Harker section {part.harker}: the space group is another.")
    return SectionChoices(
        LayerKey(part.layer), part.axis, part.position, part.hkl, found,
        Slab(part.thickness, part.projection), part.bounds,
        ContourLevels(part.start, part.step, part.n, part.unit, part.negative), part.montage,
        part.peaks, part.vectors,
    )  # fmt: skip


def write_figure_settings(
    figure: Path, sessions: Sessions, captured: CapturedFigure, parts: Mapping[str, object],
    maps: Sequence[MapPart] = (),
) -> Path:  # fmt: skip
    """Write the settings beside a figure, with what no file has in a folder. For a job.

    Parameters
    ----------
    parts : `kind` and the parts of `FigureSettings` that belong to it.

    Raises
    ------
    UserError : a file cannot be read or written.
    """
    path = settings_path(figure)
    session = session_of(captured.captured, path.parent, sessions.marks)
    values = {
        "made": datetime.now().astimezone(), "figure": printable(figure.name),
        "crystal": captured.crystal,
        "not_again": captured.not_again, "maps": tuple(maps), "session": session, **parts,
    }  # fmt: skip
    settings = FigureSettings.model_validate(values)
    try:
        write_session(path, settings, captured.captured.bundles)
    except UserError as error:
        raise UserError(f"{figure.name} is saved, but not its settings. {error}") from error
    return path


def write_plot_settings(figure: Path, plot: object, crystal: CrystalPart | None) -> Path:
    """Write the settings of a plot, which hold its curves. For a job."""
    path = settings_path(figure)
    values = {
        "made": datetime.now().astimezone(), "figure": printable(figure.name), "kind": "plot",
        "crystal": crystal, "plot": plot,
    }  # fmt: skip
    with replace_file(path) as temporary:
        temporary.write_text(FigureSettings.model_validate(values).to_json(), encoding="ascii")
    return path
