"""The document: the open crystal, its maps and prediction, and how they are shown.

It is changed in one thread only (the window's) and tells its changes by signals; it knows
neither files nor jobs nor windows. `generation` grows with every crystal that is opened, so
that an answer computed for an earlier one can be told and dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import gemmi
from psygnal import Signal, SignalInstance

from patterson_gui.app.document.added_layers import AddedLayer
from patterson_gui.app.document.compare_with_truth import TruthComparison
from patterson_gui.app.document.compared import ComparedMap
from patterson_gui.app.document.lowered_levels import LoweredLevels
from patterson_gui.app.document.patterson_source import NATIVE, PattersonSource, SourceChoices
from patterson_gui.app.document.sections import SectionState
from patterson_gui.app.document.shown_part import ShownPart
from patterson_gui.app.document.solved import SolvedView
from patterson_gui.app.document.statistics import Rows
from patterson_gui.app.document.view_state import (
    MAP_LAYERS,
    Blink,
    Layer,
    LayerKey,
    Links,
    default_layers,
)
from patterson_gui.crystal.comparison.local_correlation import LocalCorrelation
from patterson_gui.crystal.comparison.prediction_metrics import Comparison
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.first_level import first_level
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.io.opening.differences import ReadDifferences

Frac = tuple[float, float, float]
_DENSITIES = (LayerKey.PREDICTED, LayerKey.TRUE, LayerKey.DENSITY, LayerKey.COMPARED)


class Document:
    """The open crystal. Attributes are read freely and set by the methods alone."""

    crystal_changed = Signal()
    patterson_settings_changed = Signal()
    patterson_changed = Signal()
    patterson_source_changed = Signal()  # what the map shows, or what the file offers
    patterson_source_wanted = Signal(object)  # PattersonSource that lacks its native
    peaks_changed = Signal()
    prediction_changed = Signal()
    compared_changed = Signal()
    solved_changed = Signal()
    layer_changed = Signal(object)  # LayerKey
    added_changed = Signal()
    blink_changed = Signal()
    colouring_changed = Signal()
    correlation_changed = Signal()
    links_changed = Signal()
    shown_part_changed = Signal()
    cursor_changed = Signal()
    statistics_changed = Signal()

    def __init__(self) -> None:
        self.generation = 0
        self.crystal: Crystal | None = None
        self.parent: Crystal | None = None
        self.truth: DensityMap | None = None
        self.patterson_settings = PattersonSettings()
        self.patterson_source = NATIVE
        self.source_choices = SourceChoices()
        self.differences: ReadDifferences | None = None
        self.patterson: DensityMap | None = None
        self.peaks: tuple[Peak, ...] = ()
        self.prediction: Prediction | None = None
        self.truth_comparison: TruthComparison | None = None
        self.compared: ComparedMap | None = None
        self.solved: SolvedView | None = None
        self.show_aligned = True
        self.show_difference = False  # predicted minus true, in the place of the truth
        self.peak_copies = False  # whether symmetry copies of Patterson peaks are marked
        self.layers: dict[LayerKey, Layer] = default_layers()
        self.added: tuple[AddedLayer, ...] = ()
        self.blink: Blink | None = None
        self.colour_by_correlation = False  # the prediction, where it lies on the truth
        self.correlation: LocalCorrelation | None = None
        self._lowered = LoweredLevels()
        self.links = Links()
        self.shown_part = ShownPart()
        self.sections = SectionState()
        self.cursor: Frac | None = None
        self.statistics: tuple[tuple[str, Rows], ...] = ()

    # ------------------------------------------------------------------ what is open
    def open(
        self,
        crystal: Crystal,
        *,
        parent: Crystal | None = None,
        settings: PattersonSettings | None = None,
        levels: Mapping[LayerKey, float] | None = None,
    ) -> None:
        """Show `crystal`; `parent` is the one it was cut from, where it is a fragment.

        `levels` : rmsd, of maps whose level is known; the others get their first level.
        """
        self.generation += 1
        self.crystal = crystal
        self.parent = parent
        self.truth = crystal.truth
        self.patterson_settings = settings or PattersonSettings()
        self.patterson_source, self.source_choices = NATIVE, SourceChoices()
        self.differences = None
        self._forget_patterson()
        self._forget_prediction()
        self.solved = None
        self.cursor = None
        self.statistics = ()
        level = first_level(MapKind.PATTERSON, crystal.is_fragment)
        self.set_layer(LayerKey.PATTERSON, self.layers[LayerKey.PATTERSON].at(level))
        level = first_level(MapKind.DIFFERENCE)
        self.set_layer(LayerKey.DIFFERENCE, self.layers[LayerKey.DIFFERENCE].at(level))
        level = first_level(MapKind.DENSITY)  # a level chosen for one crystal means nothing here
        for key in _DENSITIES:
            self._lowered.forget(key)
            self.set_layer(key, self.layers[key].at(level))
        for key, level in (levels or {}).items():
            self.set_layer(key, self.layers[key].at(level))
        self._keep_in_sight(LayerKey.TRUE)
        self._keep_in_sight(LayerKey.DENSITY)
        self.set_added(())
        self.set_blink(None)
        self.sections.open(crystal)
        self.set_shown_part(ShownPart())
        self.crystal_changed.emit()
        self.patterson_source_changed.emit()
        self.patterson_changed.emit()
        self.peaks_changed.emit()
        self.prediction_changed.emit()
        self.compared_changed.emit()
        self.solved_changed.emit()
        self.cursor_changed.emit()
        self.statistics_changed.emit()

    def set_truth(self, model: gemmi.Structure, truth: DensityMap) -> None:
        """Give the open crystal a model and true map to compare with."""
        if self.crystal is None:
            return
        self.crystal = replace(self.crystal, model=model, truth=truth)
        self.truth = truth
        self.truth_comparison = None
        self.crystal_changed.emit()
        self.prediction_changed.emit()

    def set_true_map(self, truth: DensityMap) -> None:
        """Set the true density computed from the crystal's own model."""
        self.truth = truth
        self._keep_in_sight(LayerKey.TRUE)
        self.crystal_changed.emit()

    # ------------------------------------------------------------------ Patterson
    def set_patterson_settings(self, settings: PattersonSettings) -> None:
        self.patterson_settings = settings
        self.patterson_settings_changed.emit()

    def set_source_choices(self, choices: SourceChoices) -> None:
        """Set what Patterson maps the open file can give."""
        self.source_choices = choices
        self.patterson_source_changed.emit()

    def want_patterson_source(self, source: PattersonSource) -> None:
        """Ask the user for the native of differences that are wanted."""
        self.patterson_source_wanted.emit(source)

    def set_patterson_source(
        self, source: PattersonSource, differences: ReadDifferences | None
    ) -> None:
        """Set what the Patterson map is of; `differences` are None for the native."""
        self.patterson_source = source
        self.differences = differences
        self.patterson_source_changed.emit()

    def set_patterson(self, patterson: DensityMap) -> None:
        self.patterson = patterson
        self.peaks = ()
        self._keep_in_sight(LayerKey.PATTERSON)
        self.patterson_changed.emit()
        self.peaks_changed.emit()

    def set_peak_copies(self, shown: bool) -> None:
        """Mark the symmetry copies of Patterson peaks, or only one of each."""
        self.peak_copies = shown
        self.layer_changed.emit(LayerKey.PEAKS)

    def set_peaks(self, peaks: Sequence[Peak]) -> None:
        self.peaks = tuple(peaks)
        self.peaks_changed.emit()

    def _forget_patterson(self) -> None:
        self.patterson = None
        self.peaks = ()

    # ------------------------------------------------------------------ prediction
    def set_prediction(
        self, prediction: Prediction, truth_comparison: TruthComparison | None = None
    ) -> None:
        """Set a prediction and its comparison with the truth; end a comparison with another."""
        if prediction is not self.prediction:
            self.set_compared(None)
        self.prediction = prediction
        self.truth_comparison = truth_comparison
        self._keep_in_sight(LayerKey.DIFFERENCE)
        self.prediction_changed.emit()

    def set_compared(self, compared: ComparedMap | None) -> None:
        """Show another map beside the prediction, in the fixed frame; None: no longer."""
        if compared is not self.compared:
            self.compared = compared
            self.compared_changed.emit()

    def set_show_aligned(self, aligned: bool) -> None:
        if aligned != self.show_aligned:
            self.show_aligned = aligned
            self.prediction_changed.emit()

    def set_show_difference(self, shown: bool) -> None:
        """Show the prediction minus the truth in the place of the truth, or the truth."""
        if shown != self.show_difference:
            self.show_difference = shown
            self.prediction_changed.emit()

    @property
    def displays_difference(self) -> bool:
        """Whether predicted minus true is shown: only where the prediction lies on the truth."""
        return self.show_difference and self.displayed_is_aligned and self.difference is not None

    @property
    def difference(self) -> DensityMap | None:
        """The prediction, moved onto the truth, minus the truth."""
        return None if self.truth_comparison is None else self.truth_comparison.difference

    @property
    def comparison(self) -> Comparison | None:
        """How the prediction compares with the truth."""
        return None if self.truth_comparison is None else self.truth_comparison.comparison

    @property
    def aligned(self) -> DensityMap | None:
        """The predicted map moved onto the truth."""
        return None if self.truth_comparison is None else self.truth_comparison.aligned

    @property
    def displayed_is_aligned(self) -> bool:
        """Whether the shown predicted map is moved onto the truth."""
        if self.compared is not None:
            return False  # the other map is laid over the prediction as it is
        return self.show_aligned and self.truth_comparison is not None

    @property
    def displayed_prediction(self) -> DensityMap | None:
        """The predicted map as it is shown."""
        if self.displayed_is_aligned:
            return self.aligned
        return None if self.prediction is None else self.prediction.density

    @property
    def displayed_atoms(self) -> gemmi.Structure | None:
        """The built atoms as they are shown, in the frame of the predicted map."""
        if self.displayed_is_aligned and self.truth_comparison is not None:
            return self.truth_comparison.aligned_model
        return None if self.prediction is None else self.prediction.model

    def _forget_prediction(self) -> None:
        self.prediction = None
        self.compared = None
        self.truth_comparison = None

    # ------------------------------------------------------------------ solution
    def set_solved(self, view: SolvedView | None) -> None:
        """Show maps and model of a solution, in place of a prediction; None: no longer."""
        self.solved = view
        if view is not None:
            self._keep_in_sight(LayerKey.DENSITY)
            self._keep_in_sight(LayerKey.DIFFERENCE)
        self.solved_changed.emit()

    # ------------------------------------------------------------------ how it is shown
    def map_of(self, key: LayerKey) -> DensityMap | None:
        """The map a layer shows at this moment."""
        solved, crystal = self.solved, self.crystal
        if solved is not None and key in (LayerKey.DENSITY, LayerKey.DIFFERENCE):
            return solved.density if key is LayerKey.DENSITY else solved.difference
        maps = {
            LayerKey.PATTERSON: self.patterson,
            LayerKey.PREDICTED: self.displayed_prediction,
            LayerKey.TRUE: self.truth,
            LayerKey.DIFFERENCE: self.difference,
            LayerKey.COMPARED: None if self.compared is None else self.compared.density,
            LayerKey.DENSITY: None if crystal is None else crystal.opened_map,
        }
        return maps.get(key)

    @property
    def maps(self) -> dict[LayerKey, DensityMap]:
        """The maps that are there, in the order of `MAP_LAYERS`."""
        found = {key: self.map_of(key) for key in MAP_LAYERS}
        return {key: density for key, density in found.items() if density is not None}

    @property
    def maps_signals(self) -> tuple[SignalInstance, ...]:
        """The signals after which `maps` may be others."""
        return (
            self.crystal_changed, self.patterson_changed, self.prediction_changed,
            self.compared_changed, self.solved_changed,
        )  # fmt: skip

    def set_layer(self, key: LayerKey, layer: Layer) -> None:
        if self.layers[key] != layer:
            self.layers[key] = layer
            self.layer_changed.emit(key)

    def set_added(self, layers: Sequence[AddedLayer]) -> None:
        """Set the maps and models that are drawn besides, in their order."""
        if tuple(layers) != self.added:
            self.added = tuple(layers)
            self.added_changed.emit()

    def set_blink(self, blink: Blink | None) -> None:
        """Show two maps in turn; None: no longer. The history does not know of it."""
        if blink != self.blink:
            self.blink = blink
            self.blink_changed.emit()

    def set_colour_by_correlation(self, on: bool) -> None:
        """Colour the prediction by its local correlation with the truth, or in one colour."""
        if on != self.colour_by_correlation:
            self.colour_by_correlation = on
            self.colouring_changed.emit()

    def set_correlation(self, found: LocalCorrelation | None) -> None:
        """Set the local correlation of the aligned prediction and the truth."""
        if found is not self.correlation:
            self.correlation = found
            self.correlation_changed.emit()

    def added_content(self, layer: AddedLayer) -> DensityMap | gemmi.Structure | None:
        """What an added layer shows at this moment."""
        return layer.content if layer.of is None else self.map_of(layer.of)

    def set_level(self, key: LayerKey, rmsd: float) -> None:
        """Set one map's level; the other densities follow where levels are linked."""
        keys = _DENSITIES if self.is_linked_level(key) else (key,)
        for each in keys:
            self.set_layer(each, self.layers[each].at(rmsd))

    def is_linked_level(self, key: LayerKey) -> bool:
        """Whether other maps follow the level of this one."""
        return self.links.levels and key in _DENSITIES

    def _keep_in_sight(self, key: LayerKey) -> None:
        """Lower a level that is above the maximum of its map, so that something is shown."""
        density = self.map_of(key)
        if density is not None:
            self.set_layer(key, self._lowered.in_sight(key, self.layers[key], density))

    def set_links(self, links: Links) -> None:
        """Set what the views share. Linking the levels sets them to that of the prediction, or
        of the first density there is."""
        if links == self.links:
            return
        joined = links.levels and not self.links.levels
        self.links = links
        self.links_changed.emit()
        if joined:
            for key in _DENSITIES:
                density = self.map_of(key)
                if density is not None:
                    self.set_level(key, self.layers[key].level.in_rmsd(density))
                    break

    def set_shown_part(self, part: ShownPart) -> None:
        """Set which part of the crystal the views draw."""
        if part != self.shown_part:
            self.shown_part = part
            self.shown_part_changed.emit()

    def set_statistics(self, groups: Sequence[tuple[str, Rows]]) -> None:
        """Set the statistics: (heading, rows) of the crystal, the data and each map."""
        self.statistics = tuple(groups)
        self.statistics_changed.emit()

    def set_cursor(self, frac: Frac | None) -> None:
        self.cursor = frac
        self.cursor_changed.emit()
