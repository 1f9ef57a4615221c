"""The Patterson map's settings, its peaks, and the statistics of data and maps."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from patterson_gui.app.document.patterson_source import PattersonSource
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.symmetry_images import unique_images
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.panels.patterson import PattersonPanel
from patterson_gui.gui.panels.peaks import PeaksPanel
from patterson_gui.gui.panels.statistics import StatisticsPanel
from patterson_gui.gui.viewer3d.linked_views import LinkedViews

# As many peaks as can be told apart on the screen; the table has them all.
PEAKS_SHOWN = 50


class PattersonPresenter:
    """Joins a workbench to the panels of the Patterson map, and marks its peaks in the view."""

    def __init__(
        self,
        workbench: Workbench,
        views: LinkedViews,
        layers: LayersPanel,
        patterson: PattersonPanel,
        peaks: PeaksPanel,
        statistics: StatisticsPanel,
        ask_for_native: Callable[[Callable[[Path], object]], object],
    ) -> None:
        self._document = document = workbench.document
        self._changes = workbench.changes
        self._views = views
        self._layers = layers
        self._patterson = patterson
        self._peaks = peaks
        self._statistics = statistics
        self._maps = workbench.patterson_maps
        self._ask = ask_for_native
        document.crystal_changed.connect(self._show_settings)
        document.patterson_settings_changed.connect(self._show_settings)
        document.peaks_changed.connect(self._show_peaks)
        document.layer_changed.connect(self._layer_changed)
        peaks.copies_toggled.connect(self._take_copies)
        document.statistics_changed.connect(self._show_statistics)
        patterson.settings_changed.connect(workbench.changes.set_patterson)
        document.patterson_source_changed.connect(self._show_source)
        document.patterson_source_wanted.connect(patterson.source.ask_for_native)
        patterson.source.chosen.connect(self._maps.choose)
        patterson.source.native_file_wanted.connect(self._ask_for_native)
        self._show_settings()
        self._show_source()
        self._show_peaks()
        self._show_statistics()

    def _show_settings(self) -> None:
        crystal = self._document.crystal
        amplitudes = None if crystal is None else crystal.amplitudes
        d_min = None if amplitudes is None else amplitudes.d_min
        d_max = None if amplitudes is None else float(amplitudes.d.max())
        self._patterson.set_settings(self._document.patterson_settings, d_min, d_max)

    def _show_source(self) -> None:
        document = self._document
        found = document.differences
        result = "" if found is None else found.statistics.summary()
        self._patterson.source.show_source(
            document.patterson_source, document.source_choices, result
        )

    def _ask_for_native(self, source: PattersonSource) -> None:
        """Ask for the file of the native, and show the map with it."""

        self._ask(lambda path: self._maps.look_at_native(path, source))

    def _show_peaks(self) -> None:
        document = self._document
        self._layers.set_available(LayerKey.PEAKS, bool(document.peaks))
        self._mark_peaks()

    def _take_copies(self, shown: bool) -> None:
        """Mark copies, or no longer; to see them, peaks have to be shown at all."""
        self._document.set_peak_copies(shown)
        if shown and not self._document.layers[LayerKey.PEAKS].visible:
            self._changes.set_visible(LayerKey.PEAKS, True)

    def _layer_changed(self, key: LayerKey) -> None:
        if key is LayerKey.PEAKS:
            self._peaks.set_copies(self._document.peak_copies)
            self._mark_peaks()

    def _mark_peaks(self) -> None:
        document = self._document
        peaks = [p for p in document.peaks if not p.is_origin][:PEAKS_SHOWN]
        if not document.layers[LayerKey.PEAKS].visible:
            peaks = []
        frac = np.array([p.frac for p in peaks], dtype=np.float64).reshape(-1, 3)
        labels = [str(i) for i in range(1, len(peaks) + 1)]
        if document.peak_copies and document.patterson is not None:
            group = document.patterson.spacegroup
            copies = [unique_images(x, group) for x in frac]
            labels = [label for label, x in zip(labels, copies, strict=True) for _ in x]
            frac = np.concatenate([*copies, np.zeros((0, 3))])
        self._views.view(MapKind.PATTERSON).marks.set_peaks(frac, labels)

    def _show_statistics(self) -> None:
        self._statistics.set_groups(self._document.statistics)
