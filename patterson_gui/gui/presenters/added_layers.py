"""Layers that the user added: show those of the document in the views and the layers panel."""

from collections.abc import Callable
from typing import TypeVar

from patterson_gui.app.document.added_layers import VIEWS, AddedLayer
from patterson_gui.app.document.view_state import Blink, LayerKey
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.gui.panels.layers import AddedRow, LayersPanel
from patterson_gui.gui.viewer3d.layers.drawn_layers import DrawnLayer
from patterson_gui.gui.viewer3d.levels import units_text
from patterson_gui.gui.viewer3d.linked_views import LinkedViews

T = TypeVar("T")


class AddedLayersPresenter:
    """Joins the added layers of a workbench to the views and the panel."""

    def __init__(self, workbench: Workbench, views: LinkedViews, layers: LayersPanel) -> None:
        self._document = document = workbench.document
        self._views = views
        self._layers = layers
        self._changes = changes = workbench.layer_changes
        for changed in (document.added_changed, document.blink_changed, *document.maps_signals):
            changed.connect(self.show)
        layers.visible_changed.connect(lambda key, on: _change(key, changes.set_visible, on))
        layers.level_changed.connect(lambda key, rmsd: _change(key, changes.set_level, rmsd))
        layers.style_changed.connect(lambda key, style: _change(key, changes.set_style, style))
        self.show()

    def show(self) -> None:
        """Draw the layers in their views, and list them."""
        added = self._document.added
        self._layers.show_added([self._row(layer) for layer in added])
        for kind in VIEWS:
            # What is first in the list is drawn last.
            drawn = [self._drawn(layer, kind) for layer in reversed(added)]
            self._views.view(kind).set_layers([each for each in drawn if each is not None])

    def _row(self, layer: AddedLayer) -> AddedRow:
        content = self._document.added_content(layer)
        if not isinstance(content, DensityMap):
            rmsd = layer.level.value if layer.is_map else None
            return AddedRow(layer, rmsd, "", content is not None)
        rmsd = layer.level.in_rmsd(content)
        return AddedRow(layer, rmsd, units_text(content, rmsd), available=True, kind=content.kind)

    def _drawn(self, layer: AddedLayer, view: MapKind) -> DrawnLayer | None:
        """A layer as a view draws it; None: it does not."""
        content = self._document.added_content(layer)
        if content is None or not layer.visible or not self._is_in(layer, view):
            return None
        if self._document.blink == Blink(view, layer.key):
            return None  # it is drawn in turn with the map of the view
        rmsd = layer.level.in_rmsd(content) if isinstance(content, DensityMap) else 0.0
        return DrawnLayer(layer.key, content, rmsd, layer.style, layer.colour)

    def _is_in(self, layer: AddedLayer, view: MapKind) -> bool:
        """Whether a view draws a layer; a further level, where the view draws its map."""
        if layer.of is None:
            return view in layer.views
        density = self._views.view(view).density
        return density is not None and density is self._document.map_of(layer.of)


def _change(key: LayerKey | int, change: Callable[[int, T], None], value: T) -> None:
    """Change an added layer; the maps and the model of the crystal have the key of their kind."""
    if not isinstance(key, LayerKey):
        change(key, value)
