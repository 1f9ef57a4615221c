"""The peaks of a density map that is shown, with the nearest atoms of its model."""

from dataclasses import dataclass, replace

import gemmi
import numpy as np
from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import MAP_LAYERS, LayerKey
from patterson_gui.app.jobs.jobs import JobContext, Lane
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.nearest_atoms import NearestAtom, nearest_atoms
from patterson_gui.crystal.maps.peaks import Peak, find_peaks

MOST_PEAKS = 200
LEAST_PEAK = 3.0  # rmsd


@dataclass(frozen=True, eq=False)
class DensityPeakList:
    """Peaks of a map, highest first; of a difference map also holes, with heights below zero.

    Attributes
    ----------
    near : the nearest atom of each peak; None where there is no model.
    """

    density: DensityMap
    peaks: tuple[Peak, ...]
    near: tuple[NearestAtom | None, ...] | None


class DensityPeaks:
    """The map whose peaks the table lists, and its peaks where that is a density.

    They are found anew whenever the map changes, while somebody looks at the table.

    Attributes
    ----------
    layer : the map that was chosen; that of Patterson peaks, which the document has, at first.
    found : the peaks of the chosen density; None for a Patterson map, and until they are there.
    """

    changed = Signal()

    def __init__(self, document: Document, jobs: CrystalJobs) -> None:
        self._document = document
        self._jobs = jobs
        self.layer = LayerKey.PATTERSON
        self.found: DensityPeakList | None = None
        self._searched: tuple[DensityMap, gemmi.Structure | None] | None = None
        self._watched = False
        for changed in (*document.maps_signals, document.peaks_changed):
            changed.connect(self._update)

    def layers(self) -> tuple[LayerKey, ...]:
        """The maps that are there now, the Patterson map always."""
        return tuple(
            key
            for key in MAP_LAYERS
            if key is LayerKey.PATTERSON or self._document.map_of(key) is not None
        )

    def choose(self, layer: LayerKey) -> None:
        """List the peaks of another map."""
        if layer is not self.layer:
            self.layer, self.found, self._searched = layer, None, None
            self._update()

    def watch(self, watched: bool) -> None:
        """Whether somebody looks at the table."""
        self._watched = watched
        if watched:
            self._update()

    def _model(self) -> gemmi.Structure | None:
        """The model that belongs to the chosen map, in its place."""
        document = self._document
        crystal = document.crystal
        if self.layer in (LayerKey.DENSITY, LayerKey.DIFFERENCE) and document.solved is not None:
            return document.solved.model
        if self.layer is LayerKey.PREDICTED:
            if document.displayed_atoms is not None:
                return document.displayed_atoms
            if not document.displayed_is_aligned:
                return None  # on an origin of its own
        if self.layer is LayerKey.COMPARED or crystal is None:
            return None
        return crystal.model

    def _update(self, *_: object) -> None:
        if self.layer not in self.layers():
            self.layer = LayerKey.PATTERSON
        density = self._document.map_of(self.layer)
        if self.layer is LayerKey.PATTERSON or density is None:
            self._searched = None
            self.found = None
            self.changed.emit()
            return
        model = self._model()
        wanted = (density, model)
        searched = self._searched
        if not self._watched or (
            searched is not None and searched[0] is density and searched[1] is model
        ):
            self.changed.emit()
            return
        self._searched = wanted

        def work(context: JobContext) -> DensityPeakList:
            peaks = density_peaks(density)
            near = None
            if model is not None and len(model):
                frac = np.array([peak.frac for peak in peaks]).reshape(-1, 3)
                near = nearest_atoms(frac, model, density.cell, density.spacegroup)
            return DensityPeakList(density, peaks, near)

        def done(answer: DensityPeakList) -> None:
            if self._searched is wanted:
                self.found = answer
                self.changed.emit()

        self._jobs.submit(
            "Peaks of the density", work, done, lane=Lane.MAPS, key="density peaks", quiet=True
        )
        self.changed.emit()


def density_peaks(density: DensityMap) -> tuple[Peak, ...]:
    """Peaks of at least three rmsd; of a difference map holes as well, largest first."""
    peaks = find_peaks(density, MOST_PEAKS, LEAST_PEAK)
    if density.kind is not MapKind.DIFFERENCE:
        return peaks
    holes = find_peaks(replace(density, grid=-density.grid), MOST_PEAKS, LEAST_PEAK)
    turned = [replace(hole, height=-hole.height, rmsd=-hole.rmsd) for hole in holes]
    both = sorted([*peaks, *turned], key=lambda peak: -abs(peak.rmsd))
    return tuple(both[:MOST_PEAKS])
