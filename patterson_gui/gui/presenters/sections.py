"""Joins the sections of a document to their panel: pictures, cursor, choices."""

from dataclasses import replace
from functools import partial
from typing import Any

import gemmi
import numpy as np

from patterson_gui.app.document.sections import section_step
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.crystal.sections.marks import Mark, VectorEnds, point_marks
from patterson_gui.crystal.sections.planes import AXES, Plane
from patterson_gui.crystal.sections.sampling import SectionSampler
from patterson_gui.errors import UserError
from patterson_gui.gui.sections.panel import SectionPanel
from patterson_gui.gui.sections.picture import PictureRequest, Pictures, make_pictures
from patterson_gui.gui.threads.background import background
from patterson_gui.gui.widgets.labels import format_number

_EMPTY = "Open a file to see sections of its Patterson map."
_ABSENT = "The map that was cut is not there any more: choose another."


class SectionPresenter:
    """Shows the choices of the document in the panel, and takes what the user changes there."""

    def __init__(self, workbench: Workbench, panel: SectionPanel) -> None:
        self._document = document = workbench.document
        self._state = document.sections
        self._panel = panel
        self._jobs = workbench.jobs
        self._vectors = workbench.vectors
        self._seen = False  # whether the panel is
        self._sampler: SectionSampler | None = None
        self._maps: list[LayerKey] | None = None  # that are offered
        self._generation = 0  # of the newest request
        self._answered = 0
        document.crystal_changed.connect(self._crystal_changed)
        for changed in (
            document.patterson_changed, document.prediction_changed, document.solved_changed,
            document.compared_changed,
        ):  # fmt: skip
            changed.connect(self._maps_changed)
        document.peaks_changed.connect(self._request)
        document.cursor_changed.connect(self._show_cursor)
        self._state.changed.connect(self._show)
        self._vectors.changed.connect(self._vectors_changed)
        self._vectors.chosen_changed.connect(self._show_chosen_vector)
        panel.watched.connect(self._watch)
        panel.changed.connect(self._take)
        panel.harker_chosen.connect(self._state.show_harker)
        panel.harker.group_typed.connect(self._take_group)
        panel.refused.connect(lambda sentence: self._jobs.tell(sentence, error=True))
        panel.through_cursor.connect(self._through_cursor)
        view = panel.view
        view.stepped.connect(self._step)
        view.home_wanted.connect(self._state.home)
        view.pointed.connect(self._show_point)
        view.clicked.connect(document.set_cursor)
        view.vector_clicked.connect(self._vectors.choose)
        view.chosen.connect(self._choose)
        self._crystal_changed()

    @property
    def settled(self) -> bool:
        """Whether the newest picture is shown."""
        return self._answered == self._generation

    def stop_listening(self) -> None:
        """The window closes."""
        self._state.changed.disconnect(self._show)
        self._vectors.changed.disconnect(self._vectors_changed)
        self._vectors.chosen_changed.disconnect(self._show_chosen_vector)
        self._generation += 1  # nothing that is being made is wanted
        self._sampler = None

    # ------------------------------------------------------------------ what there is
    def _density(self) -> DensityMap | None:
        return self._document.map_of(self._state.choices.layer)

    def _levels(self, density: DensityMap) -> ContourLevels:
        crystal = self._document.crystal
        return self._state.choices.levels_for(density, crystal is not None and crystal.is_fragment)

    def _crystal_changed(self) -> None:
        self._show_harker()
        self._maps = None
        self._maps_changed()

    def _show_harker(self) -> None:
        group, crystal = self._state.group, self._document.crystal
        name = None if group is None else str(group.xhm())
        self._panel.harker.set_sections(self._state.harker, name, is_open=crystal is not None)

    def _take_group(self, name: str) -> None:
        crystal = self._document.crystal
        if crystal is None:
            return
        try:
            self._state.set_group(name, crystal.cell)
        except UserError as error:
            self._jobs.tell(str(error), error=True)
        self._show_harker()
        self._show()

    def _maps_changed(self) -> None:
        """Offer the maps that there are; draw anew only where the shown one is another."""
        maps = list(self._document.maps)
        shown = None if self._sampler is None else self._sampler.density
        if maps == self._maps and self._density() is shown:
            return  # previews of a prediction come many times a second
        self._maps = maps
        self._panel.set_maps(maps, self._state.choices.layer)
        self._show()

    # ------------------------------------------------------------------ showing
    def _show(self) -> None:
        choices, density = self._state.choices, self._density()
        if density is None:
            self._panel.show_choices(choices, None, ContourLevels(), 0.01)
        else:
            step = section_step(choices, density)
            self._panel.show_choices(choices, density, self._levels(density), step)
        self._panel.to_cursor.setEnabled(density is not None and self._document.cursor is not None)
        self._watch(self._seen)
        self._request()

    # ------------------------------------------------------------------ vectors
    def _watch(self, seen: bool) -> None:
        """Have vectors calculated while they are marked in the sections that are seen."""
        self._seen = seen
        self._vectors.watch(seen and self._marks_vectors(), by="sections")

    def _marks_vectors(self) -> bool:
        choices = self._state.choices
        return choices.vectors and choices.layer is LayerKey.PATTERSON and not choices.montage

    def _vectors_changed(self) -> None:
        if self._marks_vectors():
            self._request()

    def _show_chosen_vector(self) -> None:
        shown, row = self._vectors.shown, self._vectors.chosen
        name = ""
        if shown is not None and row is not None:
            one, other, operation = shown.names(row)
            name = f"{one} – {other}{'′' if operation else ''}"
        self._panel.view.set_chosen_vector(row, name)

    def _ends(self) -> VectorEnds | None:
        """The ends of the vectors that are listed, to be marked."""
        return self._vectors.ends() if self._marks_vectors() else None

    def _request(self) -> None:
        """Ask for the picture of what is chosen; the present one stays until it comes."""
        density = self._density()
        self._generation += 1
        if density is None:
            self._answered = self._generation
            self._sampler = None
            self._panel.view.set_pictures(None, _EMPTY if self._no_map() else _ABSENT)
            return
        if self._sampler is None or self._sampler.density is not density:
            self._sampler = SectionSampler(density)
        choices = self._state.choices
        planes = (
            choices.montage_planes(density) if choices.montage else [choices.plane(density.cell)]
        )
        levels = self._levels(density)
        peaks: tuple[Peak, ...] = ()
        if choices.peaks and choices.layer is LayerKey.PATTERSON and not choices.montage:
            lowest = float(levels.lowest(density))
            peaks = tuple(peak for peak in self._document.peaks if peak.height >= lowest)
        request = PictureRequest(
            self._sampler, planes, choices.bounds_for(density), choices.slab,
            levels, peaks,
            None if choices.montage else choices.harker, self._generation, self._ends(),
        )  # fmt: skip
        background("sections").request(
            (id(self), "section"), partial(make_pictures, request, self._is_wanted), self.receive
        )

    def _is_wanted(self, request: PictureRequest) -> bool:
        """Whether a montage is still to be made; called in the background thread.

        A single section is always made: while the wheel turns, each is shown.
        """
        return not request.is_montage or request.generation == self._generation

    def receive(self, pictures: Pictures | None) -> None:
        """Show a picture; of an earlier map none."""
        if (
            pictures is None
            or self._sampler is None
            or pictures.request.sampler is not self._sampler
        ):
            return
        self._answered = pictures.request.generation
        self._panel.view.set_pictures(pictures)
        self._show_cursor()

    def _no_map(self) -> bool:
        return not self._document.maps

    def _show_cursor(self) -> None:
        pictures, cursor = self._panel.view.pictures, self._document.cursor
        self._panel.to_cursor.setEnabled(pictures is not None and cursor is not None)
        marks: list[Mark] = []
        if pictures is not None and cursor is not None and not pictures.request.is_montage:
            section = pictures.pictures[0].section
            # The cursor has a place even where no peak of a map would be seen from afar.
            everywhere = replace(section.slab, thickness=50.0)
            near = point_marks(
                np.array([cursor]), section.plane, section.bounds, section.slab, section.density
            )
            marks = near or [
                replace(mark, in_plane=False)
                for mark in point_marks(
                    np.array([cursor]), section.plane, section.bounds, everywhere, section.density
                )
            ]
        self._panel.view.set_cursor_marks(marks)

    def _show_point(self, point: tuple[float, float, float, float] | None) -> None:
        density = self._density()
        if point is None or density is None:
            self._panel.show_point(None)
            return
        u, v, w, value = point
        place = "  ".join(
            f"{name} {format_number(x, 3)}" for name, x in zip(AXES, (u, v, w), strict=True)
        )
        rmsd = (value - density.mean) / density.rmsd if density.rmsd > 0 else 0.0
        length = density.cell.orthogonalize(gemmi.Fractional(u, v, w)).length()
        height = f"{value:.4g}".replace("-", "−")
        words = f"{place}   ·   {height} {density.units}   ·   {format_number(rmsd, 1)} rmsd"
        self._panel.show_point((f"{words}   ·   {length:.2f} Å from the origin", words, place))

    # ------------------------------------------------------------------ changing
    def _take(self, changes: dict[str, Any]) -> None:
        unit = changes.pop("level_unit", None)
        density = self._density()
        if unit is not None and density is not None:
            changes["levels"] = _in_unit(self._levels(density), unit, density)
        if not changes:
            self._show()
            return
        self._state.set(**changes)

    def _step(self, steps: int) -> None:
        density = self._density()
        if density is not None and not self._state.choices.montage:
            self._state.step(steps, density)

    def _choose(self, plane: Plane) -> None:
        """Enlarge a section of the montage."""
        offset = plane.offset
        if self._state.choices.axis == "hkl":
            hkl = self._state.choices.hkl
            offset *= max(map(abs, hkl)) / max(map(abs, plane.normal))
        self._state.set(position=offset, montage=False)

    def _through_cursor(self) -> None:
        if self._document.cursor is not None:
            self._state.through(self._document.cursor)


def _in_unit(levels: ContourLevels, unit: Any, density: DensityMap) -> ContourLevels:
    """The same levels in rmsd or in the units of the map, with few digits."""
    if unit == levels.unit or not density.rmsd > 0:
        return levels
    factor = density.rmsd if unit == "absolute" else 1 / density.rmsd
    start, step = (float(f"{x * factor:.2g}") for x in (levels.start, levels.step))
    return replace(levels, start=start, step=step, unit=unit)
