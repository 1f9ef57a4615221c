"""Joins the heavy-atom sites to their table, and marks them and their vectors in the views."""

from functools import partial
from typing import Any

import numpy as np

from patterson_gui.app.document.view_state import MAP_LAYERS, LayerKey
from patterson_gui.app.sites.sites import SiteField
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.gui.panels.peaks import PeaksPanel
from patterson_gui.gui.sites.panel import SitesPanel
from patterson_gui.gui.viewer3d.linked_views import LinkedViews

_DENSITIES = (MapKind.PREDICTED, MapKind.TRUE)
_DENSITY_LAYERS = tuple(key for key in MAP_LAYERS if key is not LayerKey.PATTERSON)
_WATCHER = "sites"


class SitePresenter:
    """While the table is seen, its sites are marked in the views of densities, and the vectors of
    the chosen one in that of the Patterson map. A site that is clicked there is chosen."""

    def __init__(
        self, workbench: Workbench, panel: SitesPanel, peaks: PeaksPanel, views: LinkedViews
    ) -> None:
        self._workbench, self._panel = workbench, panel
        self._peaks, self._views = peaks, views
        self._sites, self._search = workbench.sites, workbench.site_search
        self._work, self._phasing = workbench.site_work, workbench.site_phasing
        self._vectors = workbench.vectors
        document = self._document = workbench.document
        self._received = (
            (self._sites.changed, self._show),
            (self._sites.chosen_changed, self._mark),
            (self._search.changed, self._show_search),
            (self._work.changed, self._show_search),
            (self._work.progressed, self._show_search),
            (document.prediction_changed, self._mark),
            (document.compared_changed, self._mark),
            (document.crystal_changed, self._show_enabled),
            (document.patterson_changed, self._show_enabled),
            (document.cursor_changed, self._show_enabled),
            (document.patterson_source_changed, self._show_enabled),
            (document.peaks_changed, self._show_enabled),
            (document.prediction_changed, self._show_enabled),
            (document.solved_changed, self._show_enabled),
        )
        for signal, receive in self._received:
            signal.connect(receive)
        peaks.selection.selectionChanged.connect(self._show_enabled)
        panel.watched.connect(self._mark)
        panel.site_chosen.connect(self._sites.choose)
        panel.remove_clicked.connect(self._sites.remove)
        panel.model.edited.connect(self._edit)
        panel.stop_clicked.connect(self._work.cancel)
        panel.refine_clicked.connect(workbench.site_refinement.start)
        for kind in _DENSITIES:
            views.view(kind).cursor_moved.connect(partial(self._take_place, kind))
        self._show()
        self._show_search()

    def stop_listening(self) -> None:
        """The window closes."""
        for signal, receive in self._received:
            signal.disconnect(receive)

    # ------------------------------------------------------------------ showing
    def _show(self) -> None:
        self._panel.set_sites(self._sites.listed, self._sites.labels())
        self._show_search()
        self._mark()

    def _show_search(self) -> None:
        work = self._work
        words = self._sites.words or self._search.said
        if work.progress is not None:
            now = work.progress
            step = f": {now.message[:1].lower()}{now.message[1:]}" if now.message else ""
            words = f"{work.doing}, {now.fraction:.0%}{step}"
        self._panel.show_words(words)
        self._show_enabled()

    def _show_enabled(self, *_: object) -> None:
        search, panel = self._search, self._panel
        running = self._work.running
        busy = f"Wait, or press Stop first: {self._work.doing.lower()}." if running else None
        panel.set_find(search.blocked(), running=running)
        panel.set_refine(busy or self._workbench.site_refinement.blocked())
        panel.set_phase(busy or self._phasing.blocked())
        from_peaks = self._workbench.sites_from_peaks
        panel.set_from_peaks(from_peaks.blocked(len(self._peaks.chosen())))
        panel.set_add(self._add_blocked())

    def _add_blocked(self) -> str | None:
        """Why no site can be added at the cursor; None when one can."""
        document = self._document
        if document.crystal is None:
            return "Open a file first."
        if all(document.map_of(key) is None for key in _DENSITY_LAYERS):
            return "There is no density map to click in; the Patterson map shows vectors."
        return None if document.cursor is not None else "First click in a density map."

    def _mark(self, _watched: bool = False) -> None:
        """Mark the sites, and the vectors of the chosen one, while the table is seen."""
        seen, chosen = self._panel.isVisible(), self._sites.chosen
        sites = self._sites.sites if seen else ()
        frac = np.array([site.frac for site in sites], dtype=np.float64).reshape(-1, 3)
        for kind in _DENSITIES:
            marks = self._views.view(kind).marks
            phased = self._phasing.sites_in(kind is MapKind.TRUE) if seen else None
            if phased is None:
                marks.set_sites(frac, self._sites.labels(), chosen)
            else:
                same = len(phased.labels) == len(sites)
                marks.set_sites(phased.frac, phased.labels, chosen if same else None)
        self._panel.select(chosen)
        if seen and chosen is not None:
            self._vectors.show_site(chosen)
        self._vectors.watch(seen and chosen is not None, by=_WATCHER)

    # ------------------------------------------------------------------ the user
    def _edit(self, row: int, field: SiteField, text: str) -> None:
        try:
            self._sites.edit(row, field, text)
        except UserError as error:
            self._workbench.jobs.tell(str(error), error=True)

    def _take_place(self, kind: MapKind, frac: Any) -> None:
        """Choose the site that was clicked, while the table is seen."""
        if frac is None or not self._panel.isVisible():
            return
        phased = self._phasing.sites_in(kind is MapKind.TRUE)
        if phased is not None and not phased.listed:
            return  # the marks of this view are not the sites of the list
        row = self._sites.site_at([float(x) for x in frac])
        if row is not None:
            self._sites.choose(row)
