"""Draw another map in turn with the map of a view, twice a second."""

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from patterson_gui.gui.rendering.map_scene import LayerScene
from patterson_gui.gui.viewer3d.layers.drawn_layers import DrawnLayer, DrawnLayers
from patterson_gui.gui.viewer3d.viewport import Viewport
from patterson_gui.gui.widgets.plain_text import PlainLabel

INTERVAL = 500  # ms that each map is shown


class Blinking(QObject):
    """The other map of one view. A label says which of the two is shown.

    Signals
    -------
    turned : `scene` is another one.

    Attributes
    ----------
    layers : the other map, alone.
    """

    turned = pyqtSignal()

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self.layers = DrawnLayers(self)
        self.layers.changed.connect(self._take)
        self._shows_other = False
        self._names = ("", "")
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self._turn)
        self._label = PlainLabel(viewport)
        self._label.setObjectName("view-busy")
        self._label.move(8, 8)
        self._label.hide()

    @property
    def is_on(self) -> bool:
        """Whether two maps blink."""
        return self._timer.isActive()

    @property
    def scene(self) -> LayerScene | None:
        """What is drawn in place of the map of the view now; None: that map itself."""
        return self.layers.scenes[0] if self._shows_other and self.layers.layers else None

    def show(self, layer: DrawnLayer, own: str, other: str) -> None:
        """Blink with this map. `own`, `other` : the names of both."""
        self._names = (own, other)
        self.layers.set_layers([layer])
        if not self.is_on:
            self._timer.start()
            self._show_label()

    def end(self) -> None:
        """Show the map of the view alone."""
        if self.is_on:
            self._timer.stop()
            self._shows_other = False
            self._label.hide()
            self.layers.set_layers([])
            self.turned.emit()

    def _turn(self) -> None:
        self._shows_other = not self._shows_other
        self._show_label()
        self.turned.emit()

    def _show_label(self) -> None:
        self._label.setText(self._names[self._shows_other])
        self._label.adjustSize()
        self._label.show()

    def _take(self) -> None:
        if self._shows_other:
            self.turned.emit()
