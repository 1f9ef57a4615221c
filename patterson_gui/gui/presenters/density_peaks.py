"""Joins the table of peaks to the map that it lists: the Patterson map or a density."""

from patterson_gui.app.document.view_state import LAYER_NAMES, LayerKey
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.panels.peaks import PeaksPanel
from patterson_gui.gui.presenters.cursor import CursorPresenter
from patterson_gui.gui.viewer3d.linked_views import LinkedViews

PEAKS_SHOWN = 50  # more cannot be told apart; the table has them all
_DENSITIES = (MapKind.PREDICTED, MapKind.TRUE)


class PeakTablePresenter:
    """Fills the table of peaks. Peaks of a density are marked in its view, and a click on a row
    brings the cursor there."""

    def __init__(
        self,
        workbench: Workbench,
        panel: PeaksPanel,
        views: LinkedViews,
        cursor: CursorPresenter,
    ) -> None:
        self._document, self._found = workbench.document, workbench.density_peaks
        self._panel, self._views, self._cursor = panel, views, cursor
        # What is in the table: maps, the chosen one, units, peaks.
        self._filled: tuple[tuple[LayerKey, ...], LayerKey, str, object] | None = None
        self._found.changed.connect(self._show)
        self._document.layer_changed.connect(self._layer_changed)
        panel.map_chosen.connect(self._found.choose)
        panel.watched.connect(self._found.watch)
        panel.peak_chosen.connect(self._go_to)
        self._show()

    def stop_listening(self) -> None:
        """The window closes."""
        self._found.changed.disconnect(self._show)
        self._document.layer_changed.disconnect(self._layer_changed)

    def _show(self) -> None:
        document, found, layer = self._document, self._found.found, self._found.layer
        maps = self._found.layers()
        of_patterson = layer is LayerKey.PATTERSON
        units = document.patterson.units if document.patterson is not None else ""
        listed = document.peaks if of_patterson else found
        before = self._filled
        self._filled = (maps, layer, units, listed)
        if before is not None and before[:3] == self._filled[:3] and before[3] is listed:
            return
        self._panel.set_maps([(LAYER_NAMES[key], key) for key in maps], layer)
        if of_patterson:
            self._panel.set_peaks(document.peaks, units)
        elif found is None:
            self._panel.set_peaks((), "", ())
        else:
            near = found.near or (None,) * len(found.peaks)
            self._panel.set_peaks(found.peaks, found.density.units, near)
        self._mark()

    def _layer_changed(self, key: LayerKey) -> None:
        if key is LayerKey.PEAKS:
            self._mark()

    def _mark(self) -> None:
        """Mark the peaks of the listed density in the view that shows it."""
        found = self._found.found
        visible = self._document.layers[LayerKey.PEAKS].visible
        for kind in _DENSITIES:
            view = self._views.view(kind)
            if found is None or not visible or view.density is not found.density:
                view.marks.set_peaks(None)
                continue
            frac = [peak.frac for peak in found.peaks[:PEAKS_SHOWN]]
            view.marks.set_peaks(frac, [str(i) for i in range(1, len(frac) + 1)])

    def _go_to(self, frac: tuple[float, float, float]) -> None:
        """Put the cursor at a peak, and bring it to the middle of the view of its map."""
        found = self._found.found
        if not self._panel.lists_density:
            self._cursor.go_to(frac)
            return
        for kind in _DENSITIES:
            view = self._views.view(kind)
            if found is not None and view.density is found.density:
                view.set_cursor(frac)
                view.camera.look_at(frac)
        self._document.set_cursor(frac)
