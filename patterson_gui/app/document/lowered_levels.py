"""Levels of maps that are lowered because nothing of the map would be seen."""

from dataclasses import replace

from patterson_gui.app.document.view_state import ContourLevel, Layer, LayerKey
from patterson_gui.crystal.maps.density_map import DensityMap


class LoweredLevels:
    """Remembers for each layer the level that was wanted, and the lower one that is used.

    For the next map the level returns to what it was, unless the user has changed it meanwhile: the
    first maps of a solution in progress must not decide how its last ones are shown.
    """

    def __init__(self) -> None:
        self._levels: dict[LayerKey, tuple[ContourLevel, ContourLevel]] = {}

    def forget(self, key: LayerKey) -> None:
        """The level of a layer is chosen anew."""
        self._levels.pop(key, None)

    def in_sight(self, key: LayerKey, layer: Layer, density: DensityMap) -> Layer:
        """The layer at the level that was wanted or, where that is above the maximum of the map,
        at half of the maximum."""
        wanted, lowered = self._levels.pop(key, (layer.level, layer.level))
        if layer.level == lowered:
            layer = replace(layer, level=wanted)
        highest = float(density.grid.max())
        if key is LayerKey.DIFFERENCE:  # contoured below zero too
            highest = max(highest, -float(density.grid.min()))
        if 0.0 < highest <= layer.level.in_units(density) and density.rmsd > 0.0:
            layer = layer.at(round(0.5 * highest / density.rmsd, 1))
            self._levels[key] = wanted, layer.level
        return layer
