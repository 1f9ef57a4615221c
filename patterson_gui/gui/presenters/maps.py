"""Shows the document in the views and brings what happens in the views to the document.

The views know neither document nor jobs; the document knows no view. Nothing is kept here
that has to outlive the window.
"""

from dataclasses import replace
from typing import Any

import gemmi
import numpy as np
from PyQt6.QtCore import QTimer

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import MAP_LAYERS, LayerKey, layer_of
from patterson_gui.app.jobs.jobs import Job
from patterson_gui.app.predict import PredictState
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.panels.patterson import PattersonPanel
from patterson_gui.gui.panels.peaks import PeaksPanel
from patterson_gui.gui.panels.statistics import StatisticsPanel
from patterson_gui.gui.prediction.result_panel import ResultPanel
from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.gui.viewer3d.map_view import MapView

# As many peaks as can be told apart on the screen; the table has them all.
PEAKS_SHOWN = 50
# Which job shows in which view, and with what words.
BUSY = {
    "open": (MapKind.PATTERSON, "opening…"),
    "patterson": (MapKind.PATTERSON, "computing…"),
    "truth": (MapKind.TRUE, "computing…"),
    "compare": (MapKind.PREDICTED, "comparing…"),
}
PROGRESS_MS = 200  # a curve and a map drawn more often would be noise, and cost the window time


class Presenter:
    """Joins one document to one set of views."""

    def __init__(
        self,
        workbench: Workbench,
        views: LinkedViews,
        layers: LayersPanel,
        patterson: PattersonPanel,
        peaks: PeaksPanel,
        statistics: StatisticsPanel,
        result: ResultPanel,
    ) -> None:
        self._workbench = workbench
        self._document: Document = workbench.document
        self._views = views
        self._layers = layers
        self._patterson = patterson
        self._peaks = peaks
        self._statistics = statistics
        self._result = result
        self._models: dict[MapKind, gemmi.Structure | None] = {}
        self._figures_shown: tuple[object, ...] = ()
        self._figures_timer = QTimer()
        self._figures_timer.setSingleShot(True)
        self._figures_timer.timeout.connect(self._show_figures)
        self._progress_timer = QTimer()
        self._progress_timer.setSingleShot(True)
        self._progress_timer.setInterval(PROGRESS_MS)
        self._progress_timer.timeout.connect(self._show_running)
        self._listen_to_document()
        self._listen_to_views()
        self.show_everything()

    # ------------------------------------------------------------------ who tells whom
    def _listen_to_document(self) -> None:
        document, workbench = self._document, self._workbench
        document.crystal_changed.connect(self._show_crystal)
        document.patterson_changed.connect(self._show_patterson)
        document.peaks_changed.connect(self._show_peaks)
        document.prediction_changed.connect(self._show_prediction)
        document.layer_changed.connect(self._show_layer)
        document.links_changed.connect(self._show_links)
        document.cursor_changed.connect(self._show_cursor)
        document.statistics_changed.connect(self._show_statistics)
        workbench.predicting.changed.connect(self._show_progress)
        workbench.predicting.progressed.connect(self._progress_soon)

    def stop_listening(self) -> None:
        """The window closes: nothing the document tells may reach a dead view."""
        self._figures_timer.stop()
        self._progress_timer.stop()
        document = self._document
        for signal in (
            document.crystal_changed, document.patterson_changed, document.peaks_changed,
            document.prediction_changed, document.layer_changed, document.links_changed,
            document.cursor_changed, document.statistics_changed,
            self._workbench.predicting.changed, self._workbench.predicting.progressed,
        ):  # fmt: skip
            signal.disconnect()

    def _listen_to_views(self) -> None:
        self._views.level_changed.connect(self._level_from_view)
        self._views.cursor_moved.connect(self._cursor_from_view)
        self._layers.level_changed.connect(self._document.set_level)
        self._layers.visible_changed.connect(self._set_visible)
        self._layers.style_changed.connect(self._set_style)
        self._layers.aligned_changed.connect(self._document.set_show_aligned)
        self._patterson.settings_changed.connect(self._workbench.update_patterson)
        self._peaks.peak_chosen.connect(self.go_to)

    # ------------------------------------------------------------------ document → views
    def show_everything(self) -> None:
        self._show_crystal()
        self._show_patterson()
        self._show_peaks()
        self._show_prediction()
        self._show_links()
        self._show_cursor()
        self._show_statistics()
        for key in LayerKey:
            self._show_layer(key)

    def _third(self) -> LayerKey:
        """What the third view shows: an opened map where there is one, else the truth."""
        crystal = self._document.crystal
        opened = crystal is not None and crystal.opened_map is not None
        return LayerKey.DENSITY if opened and self._document.truth is None else LayerKey.TRUE

    def _view_of(self, key: LayerKey) -> MapView | None:
        if key is LayerKey.PATTERSON:
            return self._views.view(MapKind.PATTERSON)
        if key is LayerKey.PREDICTED:
            return self._views.view(MapKind.PREDICTED)
        return self._views.view(MapKind.TRUE) if key is self._third() else None

    def _show_crystal(self) -> None:
        crystal = self._document.crystal
        third = self._third()
        view = self._views.view(MapKind.TRUE)
        view.header.set_title("Opened map" if third is LayerKey.DENSITY else "True")
        rows = self._layers.rows
        rows[LayerKey.DENSITY].setVisible(third is LayerKey.DENSITY)
        rows[LayerKey.TRUE].setVisible(third is LayerKey.TRUE)
        self._models.clear()  # atoms are drawn in the cell of the map
        self._set_map(third, self._document.map_of(third))
        if crystal is None:
            view.set_empty("The true density appears here when a structure is open.", "Open…")
        elif crystal.model is None:
            view.set_empty(
                "There is no model for these data, and so no true density to compare with.",
                "Compare with a model…",
            )
        else:
            view.set_empty("The true density is being computed.", "")
        amplitudes = None if crystal is None else crystal.amplitudes
        d_min = None if amplitudes is None else amplitudes.d_min
        self._patterson.set_settings(self._document.patterson_settings, d_min)
        self._show_models()

    def _show_patterson(self) -> None:
        view = self._views.view(MapKind.PATTERSON)
        crystal = self._document.crystal
        if crystal is None:
            view.set_empty("The Patterson map of what you open appears here.", "Open…")
        elif crystal.amplitudes is None:
            view.set_empty("This file holds no amplitudes, so there is no Patterson map.", "")
        else:
            view.set_empty("The Patterson map is being computed.", "")
        self._set_map(LayerKey.PATTERSON, self._document.patterson)

    def _show_peaks(self) -> None:
        document = self._document
        units = document.patterson.units if document.patterson is not None else ""
        self._peaks.set_peaks(document.peaks, units)
        self._layers.rows[LayerKey.PEAKS].set_available(bool(document.peaks))
        self._mark_peaks()

    def _mark_peaks(self) -> None:
        document = self._document
        view = self._views.view(MapKind.PATTERSON)
        peaks = [p for p in document.peaks if not p.is_origin][:PEAKS_SHOWN]
        if not document.layers[LayerKey.PEAKS].visible:
            peaks = []
        frac = np.array([p.frac for p in peaks], dtype=np.float64).reshape(-1, 3)
        view.marks.set_peaks(frac, [str(i) for i in range(1, len(peaks) + 1)])

    def _show_prediction(self) -> None:
        document = self._document
        self._layers.show_aligned(document.show_aligned, document.aligned is not None)
        self._show_progress()

    def _show_progress(self) -> None:
        """The result, or how far the running prediction is."""
        workbench = self._workbench
        running = workbench.predicting.state is not PredictState.IDLE
        view = self._views.view(MapKind.PREDICTED)
        blocked = workbench.predicting.blocked()
        if running:
            view.set_empty("The density is being predicted.", "")
        elif blocked is not None:
            view.set_empty(blocked, "")
        else:
            view.set_empty("No density is predicted yet.", "Predict density")
        self._show_predicted_map()
        # In a turn of its own: maps and figures at once would be felt as a stall.
        self._figures_timer.start(0)

    def _progress_soon(self) -> None:
        if not self._progress_timer.isActive():
            self._progress_timer.start()

    def _show_running(self) -> None:
        self._show_predicted_map()
        self._figures_timer.start(0)

    def _show_predicted_map(self) -> None:
        """The prediction, or what it looks like half-way: unaligned, and without atoms."""
        preview = self._workbench.predicting.preview
        view = self._views.view(MapKind.PREDICTED)
        density = preview or self._document.displayed_prediction
        if density is not view.density:
            view.header.set_title("Predicting" if preview is not None else "Predicted")
            self._set_map(LayerKey.PREDICTED, density)
        self._show_models()

    def _show_figures(self) -> None:
        workbench, document = self._workbench, self._document
        if workbench.predicting.progress is not None:
            self._figures_shown = ()
            self._result.show_running(workbench.predicting.progress)
        elif workbench.predicting.state is PredictState.IDLE:
            shown = (document.prediction, document.truth_comparison)
            if shown == self._figures_shown:
                return
            self._figures_shown = shown
            if document.prediction is not None:
                self._result.show_prediction(document.prediction, document.truth_comparison)
            else:
                self._result.clear()

    def _show_models(self) -> None:
        """True atoms in the true view; in the predicted one those that were built into it,
        else the true ones where it lies on them."""
        document = self._document
        crystal = document.crystal
        model = None if crystal is None else crystal.model
        finished = self._workbench.predicting.preview is None
        built = document.displayed_atoms if finished else None
        self._layers.rows[LayerKey.MODEL].set_available(model is not None)
        self._layers.rows[LayerKey.ATOMS].set_available(built is not None)
        if not document.layers[LayerKey.MODEL].visible:
            model = None
        if not document.layers[LayerKey.ATOMS].visible:
            built = None
        on_truth = document.displayed_is_aligned and finished
        for kind, structure in (
            (MapKind.TRUE, model),
            (MapKind.PREDICTED, built or (model if on_truth else None)),
        ):
            if kind not in self._models or self._models[kind] is not structure:
                self._models[kind] = structure
                self._views.view(kind).set_model(structure)

    def _set_map(self, key: LayerKey, density: DensityMap | None) -> None:
        view = self._view_of(key)
        if view is not None:
            view.set_map(density)
        self._layers.rows[key].set_available(density is not None)
        self._show_layer(key)

    def _show_layer(self, key: LayerKey) -> None:
        layer = self._document.layers[key]
        if key in (LayerKey.MODEL, LayerKey.ATOMS):
            self._layers.rows[key].show_layer(layer, None)
            self._show_models()
            return
        if key is LayerKey.PEAKS:
            self._layers.rows[key].show_layer(layer, None)
            self._mark_peaks()
            return
        density = self._document.map_of(key)
        rmsd = layer.level.value if density is None else layer.level.in_rmsd(density)
        self._layers.rows[key].show_layer(layer, rmsd)
        view = self._view_of(key)
        if view is not None:
            view.set_level(rmsd)
            view.set_style(layer.style)
            self._show_which()

    def _show_which(self) -> None:
        """Only the views whose layers are switched on, side by side."""
        layers = self._document.layers
        kinds = {
            MapKind.PATTERSON: LayerKey.PATTERSON,
            MapKind.PREDICTED: LayerKey.PREDICTED,
            MapKind.TRUE: self._third(),
        }
        shown = [kind for kind, key in kinds.items() if layers[key].visible]
        self._views.set_shown(shown)

    def _show_links(self) -> None:
        links = self._document.links
        self._views.set_links(camera=links.camera, cursor=links.cursor, levels=links.levels)

    def _show_cursor(self) -> None:
        # Without the link only the view that was clicked has the cross, set by itself.
        if self._document.links.cursor or self._document.cursor is None:
            self._views.set_cursor(self._document.cursor)

    def _show_statistics(self) -> None:
        self._statistics.set_groups(self._document.statistics)

    # ------------------------------------------------------------------ views → document
    def _level_from_view(self, kind: MapKind, rmsd: float) -> None:
        self._document.set_level(layer_of(kind), rmsd)

    def _cursor_from_view(self, frac: Any) -> None:
        if frac is None:
            self._document.set_cursor(None)
            return
        u, v, w = (float(x) for x in frac)
        self._document.set_cursor((u, v, w))

    def _set_visible(self, key: LayerKey, visible: bool) -> None:
        self._document.set_layer(key, replace(self._document.layers[key], visible=visible))

    def _set_style(self, key: LayerKey, style: str) -> None:
        self._document.set_layer(key, replace(self._document.layers[key], style=style))

    def set_style_of_all(self, style: str) -> None:
        for key in MAP_LAYERS:
            self._set_style(key, style)

    def go_to(self, frac: tuple[float, float, float]) -> None:
        """Put the cursor there and turn the Patterson's eye to it."""
        view = self._views.view(MapKind.PATTERSON)
        view.set_cursor(frac)
        view.camera.look_at(frac)
        self._document.set_cursor(frac)

    def show_job(self, job: Job[Any]) -> None:
        """What is being computed for a view stands in the view."""
        busy = BUSY.get(job.key or "")
        if busy is None:
            return
        kind, words = busy
        unfinished = [other for other in self._workbench.runner.unfinished() if other is not job]
        if job.is_finished and any(other.key == job.key for other in unfinished):
            return  # a newer one with the same aim goes on
        self._views.view(kind).set_busy(None if job.is_finished else words)
