"""The map that a view draws in turn with its own, while they blink."""

from dataclasses import dataclass

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import LAYER_NAMES, MAP_LAYERS, Layer, LayerKey
from patterson_gui.crystal.colours import PALETTES, Palette
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind


@dataclass(frozen=True)
class BlinkedMap:
    """The other map and how it is drawn; `colour` '#rrggbb'."""

    density: DensityMap
    name: str
    layer: Layer
    colour: str


def blinked_map(
    document: Document, other: LayerKey | int, palette: Palette = PALETTES["usual"]
) -> BlinkedMap | None:
    """The map of a layer of the document, or of the key of an added one; None where there is none
    at this moment. `palette` : the colours that maps have now."""
    if isinstance(other, LayerKey):
        density = document.map_of(other)
        if density is None:
            return None
        layer, colour = document.layers[other], palette.maps[density.kind]
        return BlinkedMap(density, LAYER_NAMES[other], layer, colour)
    added = next((layer for layer in document.added if layer.key == other), None)
    content = None if added is None else document.added_content(added)
    if added is None or not isinstance(content, DensityMap):
        return None
    layer = Layer(level=added.level, style=added.style)
    return BlinkedMap(content, added.name, layer, added.colour)


def partners(document: Document, own: DensityMap | None) -> list[LayerKey | int]:
    """The layers whose map can blink with the map of a view, predictions and added maps first;
    none where the view has no map."""
    if own is None:
        return []
    is_patterson = own.kind is MapKind.PATTERSON
    added = [layer.key for layer in document.added if layer.of is None]
    keys: list[LayerKey | int] = [LayerKey.PREDICTED, *added, *MAP_LAYERS]
    found = []
    for key in dict.fromkeys(keys):
        other = blinked_map(document, key)
        is_other = other is not None and other.density is not own
        if other and is_other and (other.density.kind is MapKind.PATTERSON) is is_patterson:
            found.append(key)
    return found
