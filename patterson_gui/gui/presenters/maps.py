"""Maps, models and layers: show those of the document in the views and the layers panel."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gemmi

from patterson_gui.app.document.view_state import LayerKey, layer_of
from patterson_gui.app.jobs.jobs import Job
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.colours import BUILT_CARBON_COLOUR
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.viewer3d.levels import units_text
from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.gui.viewer3d.map_view import MapView

# By key of a job: the view it is for, and what the view says meanwhile.
BUSY = {
    "open": (MapKind.PATTERSON, "opening…"),
    "patterson": (MapKind.PATTERSON, "computing…"),
    "truth": (MapKind.TRUE, "computing…"),
    "compare": (MapKind.PREDICTED, "comparing…"),
}

# Å around the atoms of a solution within which maps are drawn: what is missing in the model shows
# in the difference map, a bond or a contact away.
DENSITY_REACH = 1.8
DIFFERENCE_REACH = 3.5
_ELSEWHERE = 2.0  # Å that the middle of the atoms must move before the camera follows

Look = tuple[int, bool, gemmi.Position]  # which crystal, whether its whole cell, middle of atoms


class MapPresenter:
    """Joins maps, models and layers of a workbench to the views."""

    def __init__(self, workbench: Workbench, views: LinkedViews, layers: LayersPanel) -> None:
        self._workbench = workbench
        self._document = document = workbench.document
        self._views = views
        self._layers = layers
        self._models: dict[MapKind, gemmi.Structure | None] = {}
        self._third: LayerKey | None = None  # what the third view shows
        self._purpose: LayerKey | None = None  # what the second view is for
        self._look: Look | None = None  # what the camera was turned to
        self._makes_room = False  # whether the Patterson map was hidden for a model
        self._patterson_was_visible = True
        document.crystal_changed.connect(self._show_crystal)
        document.patterson_changed.connect(self._show_patterson)
        document.solved_changed.connect(self._show_solved)
        document.compared_changed.connect(self._show_compared)
        document.prediction_changed.connect(self._show_difference)
        workbench.solving.changed.connect(self._show_purpose)
        document.layer_changed.connect(self._show_layer)
        changes = workbench.changes
        views.level_changed.connect(lambda kind, rmsd: changes.set_level(layer_of(kind), rmsd))
        layers.level_changed.connect(of_document(changes.set_level))
        layers.visible_changed.connect(of_document(changes.set_visible))
        layers.style_changed.connect(of_document(changes.set_style))
        layers.aligned_changed.connect(changes.set_show_aligned)
        layers.extent_changed.connect(workbench.solving.drawing.set_extent)
        self._show_crystal()
        self._show_patterson()
        for key in LayerKey:
            self._show_layer(key)

    # ------------------------------------------------------------------ maps
    def _second_layer(self) -> LayerKey:
        """What the second view shows: the density of a solution, or else of a prediction."""
        return LayerKey.DENSITY if self._workbench.solving.is_shown else LayerKey.PREDICTED

    def _third_layer(self) -> LayerKey:
        """What the third view shows: the difference map of a solution, a prediction that is
        compared with another, a prediction minus the truth, an opened map, or else the truth."""
        crystal = self._document.crystal
        if self._workbench.solving.is_shown:
            return LayerKey.DIFFERENCE
        if self._document.compared is not None:
            return LayerKey.COMPARED
        if self._document.displays_difference:
            return LayerKey.DIFFERENCE
        opened = crystal is not None and crystal.opened_map is not None
        return LayerKey.DENSITY if opened and self._document.truth is None else LayerKey.TRUE

    def _view_of(self, key: LayerKey) -> MapView | None:
        if key is LayerKey.PATTERSON:
            return self._views.view(MapKind.PATTERSON)
        if key is self._second_layer():
            return self._views.view(MapKind.PREDICTED)
        return self._views.view(MapKind.TRUE) if key is self._third_layer() else None

    def _show_crystal(self) -> None:
        crystal = self._document.crystal
        second, third = self._second_layer(), self._third_layer()
        self._purpose, self._third = second, third
        view = self._views.view(MapKind.TRUE)
        titles = {LayerKey.DENSITY: "Opened map", LayerKey.DIFFERENCE: "Difference"}
        compared = self._document.compared
        if third is LayerKey.COMPARED and compared is not None:
            titles[third] = compared.title
        if self._document.displays_difference:
            titles[LayerKey.DIFFERENCE] = "Predicted − true"
        view.header.set_title(titles.get(third, "True"))
        self._layers.show_rows({LayerKey.PATTERSON, second, third})
        self._models.clear()  # atoms are drawn in the cell of the map
        self._set_map(third, self._document.map_of(third))
        if third is LayerKey.DIFFERENCE:
            view.set_empty("The difference map appears here when there is a model.", "")
        elif crystal is None:
            view.set_empty("The true density appears here when a structure is open.", "Open…")
        elif crystal.model is None:
            view.set_empty(
                "These data have no model, so there is no true density to compare with.",
                "Compare with a model…",
            )
        else:
            view.set_empty("The true density is being computed.", "")
        self._show_which()
        self.show_models()

    def _show_solved(self) -> None:
        """Show the maps and the model of a solution, or what was there before."""
        solved = self._document.solved
        self._hide_patterson(solved is not None and solved.drawn is not None)
        self._show_crystal()
        if solved is not None:
            self._views.view(MapKind.PREDICTED).header.set_title(solved.title)
            self._set_map(LayerKey.DENSITY, solved.density)
        else:
            self.show_predicted()

    def _show_compared(self) -> None:
        """Show the two predictions that are compared, or the truth again."""
        self._show_crystal()
        self.show_predicted()

    def _show_difference(self) -> None:
        """Show the prediction minus the truth, another such map, or the truth again."""
        third = self._third_layer()
        shown = self._views.view(MapKind.TRUE).density
        if third is not self._third or (
            self._document.displays_difference and self._document.difference is not shown
        ):
            self._show_crystal()

    def _show_purpose(self) -> None:
        """Name the views after what they are for, when that has changed: solving or predicting."""
        if self._second_layer() is not self._purpose:
            self._show_solved()

    def _hide_patterson(self, hide: bool) -> None:
        """Give a model the room of the Patterson map, once; afterwards the user decides."""
        layer = self._document.layers[LayerKey.PATTERSON]
        if hide and not self._makes_room:
            self._makes_room = True
            self._patterson_was_visible = layer.visible
            self._set_visible(LayerKey.PATTERSON, False)
        elif self._document.solved is None and self._makes_room:
            self._makes_room = False
            self._set_visible(LayerKey.PATTERSON, layer.visible or self._patterson_was_visible)

    def _show_patterson(self) -> None:
        view = self._views.view(MapKind.PATTERSON)
        crystal = self._document.crystal
        if crystal is None:
            view.set_empty("The Patterson map of the file you open appears here.", "Open…")
        elif crystal.amplitudes is None:
            view.set_empty("This file has no amplitudes, so there is no Patterson map.", "")
        else:
            view.set_empty("The Patterson map is being computed.", "")
        self._set_map(LayerKey.PATTERSON, self._document.patterson)

    def show_predicted(self) -> None:
        """Show the prediction, or the preview of a running one: unaligned and without atoms."""
        if self._document.solved is not None:
            return
        preview = self._workbench.predicting.preview
        view = self._views.view(MapKind.PREDICTED)
        density = preview or self._document.displayed_prediction
        if self._second_layer() is LayerKey.DENSITY:
            view.header.set_title("Density")
            self._set_map(LayerKey.DENSITY, None)
        elif density is not view.density or view.header.title.text() == "Density":
            view.header.set_title("Predicting" if preview is not None else self._predicted_title())
            self._set_map(LayerKey.PREDICTED, density)
        self.show_models()

    def _predicted_title(self) -> str:
        """What the second view shows: phases of heavy atoms have a name, as the other hand has."""
        phasing, kept = self._workbench.site_phasing, self._workbench.predicting.kept.shown
        if kept is None or phasing.hand_of(kept.prediction) is None:
            return "Predicted"
        return kept.name

    def _set_map(self, key: LayerKey, density: DensityMap | None) -> None:
        view = self._view_of(key)
        if view is not None:
            view.set_map(density if self._is_drawn(key) else None)
        self._layers.set_available(key, density is not None)
        self._show_layer(key)

    def stop_listening(self) -> None:
        """The window closes."""
        self._workbench.solving.changed.disconnect(self._show_purpose)

    def _is_drawn(self, key: LayerKey) -> bool:
        """Whether the view of a map draws it. That of a hidden one is hidden with it, but for the
        density of a solution: its view shows the model without the map."""
        of_solution = self._document.solved is not None and key is LayerKey.DENSITY
        return not of_solution or self._document.layers[key].visible

    def show_job(self, job: Job[Any]) -> None:
        """Say in a view what is being computed for it."""
        busy = BUSY.get(job.key or "")
        if busy is None:
            return
        kind, words = busy
        unfinished = [other for other in self._workbench.runner.unfinished() if other is not job]
        if job.is_finished and any(other.key == job.key for other in unfinished):
            return  # a newer job with the same key is still running
        self._views.view(kind).set_busy(None if job.is_finished else words)

    # ------------------------------------------------------------------ models
    def show_models(self) -> None:
        """Show the true atoms in the true view. In the predicted view show the atoms built into
        it; where there are none and it is aligned to the truth, the true atoms."""
        document = self._document
        if document.solved is not None:
            self._show_solved_model()
            return
        crystal = document.crystal
        model = None if crystal is None else crystal.model
        finished = self._workbench.predicting.preview is None
        built = document.displayed_atoms if finished else None
        self._layers.set_available(LayerKey.MODEL, model is not None)
        self._layers.set_available(LayerKey.ATOMS, built is not None)
        if not document.layers[LayerKey.MODEL].visible:
            model = None
        if not document.layers[LayerKey.ATOMS].visible:
            built = None
        on_truth = document.displayed_is_aligned and finished
        if document.compared is not None:
            model = None  # it lies over the truth, which is not shown
        for kind, structure in (
            (MapKind.TRUE, model),
            (MapKind.PREDICTED, built or (model if on_truth else None)),
        ):
            self._views.view(kind).set_reach(None)
            if kind not in self._models or self._models[kind] is not structure:
                self._models[kind] = structure
                carbon = BUILT_CARBON_COLOUR if structure is built else None  # not as the truth
                self._views.view(kind).set_model(structure, carbon=carbon)

    def _show_solved_model(self) -> None:
        """Show the model of the solution in its density and in its difference map."""
        solved = self._document.solved
        model = None if solved is None else solved.drawn
        self._layers.set_available(LayerKey.MODEL, model is not None)
        self._layers.show_extent(self._workbench.solving.drawing.extent, model is not None)
        if not self._document.layers[LayerKey.MODEL].visible:
            model = None
        if solved is not None and solved.drawn is not None:
            look = (self._document.generation, solved.whole_cell, middle_of(solved.drawn))
            if self._look is None or is_elsewhere(look, self._look):
                self._look = look
                view = self._views.view(MapKind.PREDICTED)
                view.camera.reset() if solved.whole_cell else view.look_at_next_model()
        around = solved is not None and solved.around and model is not None
        for kind, reach in ((MapKind.PREDICTED, DENSITY_REACH), (MapKind.TRUE, DIFFERENCE_REACH)):
            self._views.view(kind).set_reach(reach if around else None)
            if kind not in self._models or self._models[kind] is not model:
                self._models[kind] = model
                # The table of atoms gives these places, and they are looked for in the views.
                self._views.view(kind).set_model(model, in_place=True)

    # ------------------------------------------------------------------ layers
    def _show_layer(self, key: LayerKey) -> None:
        layer, row = self._document.layers[key], self._layers.rows[key]
        if key in (LayerKey.MODEL, LayerKey.ATOMS, LayerKey.PEAKS):
            row.show_state(layer.visible, layer.style, None)
            if key is not LayerKey.PEAKS:
                self.show_models()
            return
        density = self._document.map_of(key)
        rmsd = layer.level.value if density is None else layer.level.in_rmsd(density)
        units = "" if density is None else units_text(density, rmsd)
        row.show_state(layer.visible, layer.style, rmsd, units)
        view = self._view_of(key)
        if view is not None:
            view.set_level(rmsd)
            view.set_style(layer.style)
            if self._document.solved is not None:
                view.set_map(density if self._is_drawn(key) else None)
            self._show_which()

    def _show_which(self) -> None:
        """Show only the views whose layers are switched on, side by side."""
        layers = self._document.layers
        kinds = {
            MapKind.PATTERSON: LayerKey.PATTERSON,
            MapKind.PREDICTED: self._second_layer(),
            MapKind.TRUE: self._third_layer(),
        }
        shown = {kind for kind, key in kinds.items() if layers[key].visible}
        if self._document.solved is not None:
            shown.add(MapKind.PREDICTED)
        self._views.set_shown(shown)

    def _set_visible(self, key: LayerKey, visible: bool) -> None:
        self._document.set_layer(key, replace(self._document.layers[key], visible=visible))


def of_document(change: Callable[[LayerKey, Any], object]) -> Callable[[object, Any], None]:
    """A receiver for the layers of the document alone, not for those that were added."""

    def receive(key: object, value: Any) -> None:
        if isinstance(key, LayerKey):
            change(key, value)

    return receive


def middle_of(structure: gemmi.Structure) -> gemmi.Position:
    """The mean place of all atoms, Å."""
    places = [cra.atom.pos for cra in structure[0].all()]
    total = gemmi.Position(0, 0, 0)
    for place in places:
        total += place
    return total / max(len(places), 1)


def is_elsewhere(one: Look, other: Look) -> bool:
    """Whether the camera has to turn to something else."""
    return one[:2] != other[:2] or one[2].dist(other[2]) > _ELSEWHERE
