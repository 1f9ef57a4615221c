"""Two maps that blink: start and end it, and keep the other map as the document says."""

from patterson_gui.app.document.blink import blinked_map, partners
from patterson_gui.app.document.view_state import Blink, LayerKey
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.viewer3d.layers.drawn_layers import DrawnLayer
from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.gui.widgets import theme

_ORDER = (MapKind.TRUE, MapKind.PREDICTED, MapKind.PATTERSON)
NOTHING = (
    "There are no two maps to blink: predict the density of a crystal with a model, or add a map."
)


class BlinkPresenter:
    """Shows `document.blink` in the views. Make it after the presenter of the maps."""

    def __init__(self, workbench: Workbench, views: LinkedViews) -> None:
        self._document = document = workbench.document
        self._views = views
        for changed in (document.blink_changed, document.added_changed, *document.maps_signals):
            changed.connect(self._show)
        document.layer_changed.connect(lambda _key: self._show())

    def blocked(self) -> str | None:
        """Why nothing can blink now; None when something can."""
        can = self._document.blink is not None or self._usual() is not None
        return None if can else NOTHING

    def toggle(self) -> None:
        """Blink the prediction and the truth or, without them, an added map and that of a view;
        or end it."""
        self._document.set_blink(None if self._document.blink is not None else self._usual())

    def partners(self, key: LayerKey | int) -> list[Blink]:
        """The ways in which the map of a layer can blink with that of a view."""
        return [
            Blink(view, key)
            for view in _ORDER
            if key in partners(self._document, self._views.view(view).density)
        ]

    def _usual(self) -> Blink | None:
        for view in _ORDER:
            found = partners(self._document, self._views.view(view).density)
            for key in found:
                if key is LayerKey.PREDICTED or not isinstance(key, LayerKey):
                    return Blink(view, key)
        return None

    def _show(self) -> None:
        blink = self._document.blink
        for kind in _ORDER:
            if blink is None or blink.view is not kind:
                self._views.view(kind).blinking.end()
        if blink is None:
            return
        view, other = (
            self._views.view(blink.view),
            blinked_map(self._document, blink.other, theme.maps()),
        )
        if other is None or view.density is None or other.density is view.density:
            self._document.set_blink(None)
            return
        rmsd = other.layer.level.in_rmsd(other.density)
        layer = DrawnLayer(0, other.density, rmsd, other.layer.style, other.colour)
        view.blinking.show(layer, view.header.title.text(), other.name)
