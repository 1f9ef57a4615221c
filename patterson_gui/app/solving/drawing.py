"""Draws the model of a solution with its maps, or the map of one try, in a background job."""

import gemmi
from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.solved import SolvedView
from patterson_gui.app.jobs.jobs import JobContext, Lane
from patterson_gui.app.solving.drawn_model import Extent
from patterson_gui.app.solving.present import ModelState, PresentedModel, joined_state, present
from patterson_gui.app.solving.try_map import map_of_try
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.solution import RefinedStructure, StartPhases

_KEY = "solved"  # a newer job replaces the one before


class Drawing:
    """What the views show of a solution. The document takes each finished drawing.

    Attributes
    ----------
    extent : how much of the crystal is drawn.
    hydrogens : whether hydrogen atoms are drawn.
    around : whether maps are drawn around the atoms alone, or in the whole cell.
    presented : the model that is drawn; None: none yet. It may lag behind the newest one.
    shown_try : number of the try whose map is shown in place of the model's; None: the model's.
    """

    changed = Signal()

    def __init__(self, document: Document, jobs: CrystalJobs) -> None:
        self._document = document
        self._jobs = jobs
        self.hydrogens = True
        self.around = True
        self.forget()

    def forget(self) -> None:
        """There is no model any more."""
        self.extent = Extent.UNIT
        self.presented: PresentedModel | None = None
        self.shown_try: int | None = None
        self._model: ModelState | RefinedStructure | None = None

    # ------------------------------------------------------------------ how it is drawn
    def set_extent(self, extent: Extent) -> None:
        """How much of the crystal is drawn."""
        self.extent = extent
        self._draw_again()

    def set_hydrogens(self, on: bool) -> None:
        """Whether hydrogen atoms are drawn."""
        self.hydrogens = on
        self._draw_again()

    def set_around(self, on: bool) -> None:
        """Whether maps are drawn around the atoms alone, or in the whole cell."""
        self.around = on
        self._draw_again()

    def _draw_again(self) -> None:
        if self._model is not None:
            self.draw(self._model)
        self.changed.emit()

    # ------------------------------------------------------------------ drawing
    def draw(self, model: ModelState | RefinedStructure) -> None:
        """Draw a model with its maps, unless the map of a try is shown in its place."""
        self._model = model
        crystal = self._document.crystal
        maps = None if self.presented is None else self.presented.maps
        extent, hydrogens, around = self.extent, self.hydrogens, self.around
        name = "" if crystal is None else crystal.name

        def work(context: JobContext) -> PresentedModel:
            state = model if isinstance(model, ModelState) else joined_state(model)
            return present(state, maps, extent, name, hydrogens=hydrogens, around=around)

        def done(presented: PresentedModel) -> None:
            first, self.presented = self.presented is None, presented
            if first and presented.endless and self.extent is Extent.UNIT:
                self.set_extent(Extent.CELL)  # a few atoms of a framework say little
                return
            if self.shown_try is None:
                self._document.set_solved(presented.view)
            self.changed.emit()

        self._jobs.submit("Maps of the model", work, done, lane=Lane.MAPS, key=_KEY, quiet=True)

    def draw_try(self, phases: StartPhases, number: int, cell: gemmi.UnitCell) -> None:
        """Show the map of a try in P1 in place of the model."""
        if number not in phases.e:
            return
        self.shown_try = number
        self.changed.emit()

        def done(density: DensityMap) -> None:
            if self.shown_try == number:
                self._document.set_solved(SolvedView(density, title=f"Try {number}"))

        self._jobs.submit(
            f"Map of try {number}", lambda context: map_of_try(phases, number, cell), done,
            lane=Lane.MAPS, key=_KEY, quiet=True,
        )  # fmt: skip
