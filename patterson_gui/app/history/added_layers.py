"""What a user changes in the layers that were added. Each change is a step that can be undone."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from patterson_gui.app.document.added_layers import AddedLayer, further_level, moved
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import LAYER_NAMES, ContourLevel, LayerKey
from patterson_gui.app.history.view_changes import ViewChanges
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind

_LONGEST_NAME = 80


class AddedLayerChanges:
    """Changes the added layers of one document."""

    def __init__(
        self,
        document: Document,
        changes: ViewChanges,
        colours: Callable[[], Mapping[MapKind, str]],
    ) -> None:
        """`colours` gives the colours that maps have now, '#rrggbb' by kind."""
        self._document = document
        self._changes = changes
        self._colours = colours

    def layer(self, key: int) -> AddedLayer | None:
        """The layer of a key; None where it was removed meanwhile."""
        return next((layer for layer in self._document.added if layer.key == key), None)

    def add(self, layers: Sequence[AddedLayer]) -> None:
        """Draw further layers."""
        if layers:
            names = ", ".join(layer.name for layer in layers)
            self._changes.set_added(f"Add {names}", (*self._document.added, *layers))

    def add_level(self, key: LayerKey | int) -> None:
        """Draw a further level of a map, of the document or an added one."""
        document, layer = self._document, None
        if not isinstance(key, LayerKey):
            layer = self.layer(key)
            if layer is None:
                return
        of = key if isinstance(key, LayerKey) else None
        if layer is not None and layer.of is not None:
            of, layer = layer.of, None
        if of is not None:
            density, style, name = document.map_of(of), document.layers[of].style, LAYER_NAMES[of]
            own = [document.layers[of].level]
        else:
            assert layer is not None
            content = layer.content
            density = content if isinstance(content, DensityMap) else None
            style, name, own = layer.style, layer.name.split(", level ")[0], []
        if density is None:
            return
        colour = self._colours()[density.kind] if layer is None else layer.colour
        alike = [each.level for each in document.added if _shows(each, of, density)]
        levels = [level.in_rmsd(density) for level in (*own, *alike)]
        new = replace(further_level(name, colour, style, levels, density), of=of)
        if layer is not None:
            new = replace(
                new, content=layer.content, path=layer.path, columns=layer.columns,
                views=layer.views,
            )  # fmt: skip
        self._changes.set_added(f"Add {new.name}", (*document.added, new))

    def rename(self, key: int, name: str) -> None:
        """Give a layer another name; an empty one changes nothing."""
        name = " ".join(name.split())[:_LONGEST_NAME]
        layer = self.layer(key)
        if name and layer is not None:
            self._set(f"Rename {layer.name}", replace(layer, name=name))

    def remove(self, key: int) -> None:
        """Draw a layer no longer."""
        layer = self.layer(key)
        if layer is not None:
            rest = [each for each in self._document.added if each.key != key]
            self._changes.set_added(f"Remove {layer.name}", rest)

    def move(self, key: int, steps: int) -> None:
        """Move a layer up (`steps` < 0) or down in the list."""
        layer = self.layer(key)
        if layer is not None:
            self._changes.set_added(f"Move {layer.name}", moved(self._document.added, key, steps))

    def set_visible(self, key: int, visible: bool) -> None:
        layer = self.layer(key)
        if layer is not None:
            words = "Show" if visible else "Hide"
            self._set(f"{words} {layer.name}", replace(layer, visible=visible))

    def set_level(self, key: int, rmsd: float) -> None:
        layer = self.layer(key)
        if layer is not None:
            new = replace(layer, level=ContourLevel(rmsd))
            self._set(f"Level of {layer.name}", new, ("level", key))

    def set_style(self, key: int, style: str) -> None:
        layer = self.layer(key)
        if layer is not None:
            self._set(f"Style of {layer.name}", replace(layer, style=style))

    def set_colour(self, key: int, colour: str) -> None:
        """Draw a layer in a colour '#rrggbb'."""
        layer = self.layer(key)
        if layer is not None:
            self._set(f"Colour of {layer.name}", replace(layer, colour=colour))

    def set_views(self, key: int, views: Collection[MapKind]) -> None:
        """Draw a layer in these views."""
        layer = self.layer(key)
        if layer is not None:
            self._set(f"Views of {layer.name}", replace(layer, views=frozenset(views)))

    def _set(self, name: str, layer: AddedLayer, group: object = None) -> None:
        layers = [layer if each.key == layer.key else each for each in self._document.added]
        self._changes.set_added(name, layers, group)


def _shows(layer: AddedLayer, of: LayerKey | None, density: DensityMap) -> bool:
    return layer.of is of and (of is not None or layer.content is density)
