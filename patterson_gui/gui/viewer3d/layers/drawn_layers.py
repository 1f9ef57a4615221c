"""The maps and models that are drawn in a view beside its own map and model."""

from collections.abc import Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from patterson_gui.crystal.maps.boxes import WHOLE_CELL, Box
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.gui.rendering.contour_parts import ContourParts
from patterson_gui.gui.rendering.map_scene import LayerScene
from patterson_gui.gui.viewer3d.layers.map_part import MapPart
from patterson_gui.gui.viewer3d.map_contour import MapContour
from patterson_gui.gui.viewer3d.model_loader import ModelLoader


@dataclass(frozen=True)
class DrawnLayer:
    """A map or a model to draw.

    Attributes
    ----------
    key : the same for one layer while it exists.
    level : rmsd, of a map.
    style : "wire" or "surface", of a map.
    colour : '#rrggbb'; of a model, that of its carbon atoms.
    """

    key: int
    content: DensityMap | gemmi.Structure
    level: float
    style: str
    colour: str


class _Drawn(QObject):
    """One layer and what is computed for it."""

    changed = pyqtSignal()

    def __init__(self, layer: DrawnLayer, parent: QObject) -> None:
        super().__init__(parent)
        self.layer = layer
        self.contour: MapContour | None = None
        self.model: ModelLoader | None = None
        self.parts: ContourParts | None = None
        if isinstance(layer.content, DensityMap):
            self.contour, self.parts = MapContour(WHOLE_CELL, self), ContourParts(layer.style)
            self.contour.changed.connect(self._take_contour)
        else:
            self.model = ModelLoader(self)
            self.model.loaded.connect(self.changed)

    def set_layer(self, layer: DrawnLayer) -> bool:
        """Draw it as this layer says; whether its model must be read again."""
        before, self.layer = self.layer, layer
        if self.contour is not None and self.parts is not None:
            assert isinstance(layer.content, DensityMap)
            self.parts.style = layer.style
            self.contour.set_level(layer.level)
            if layer.content is not self.contour.density:
                self.contour.set_density(layer.content, same_cell=True)
            return False
        return before.content is not layer.content or before.colour != layer.colour

    @property
    def scene(self) -> LayerScene:
        model = None if self.model is None else self.model.scene
        return LayerScene(self.layer.colour, self.parts, model)

    @property
    def settled(self) -> bool:
        worker = self.contour or self.model
        return worker is None or worker.settled

    def _take_contour(self) -> None:
        if self.contour is not None and self.parts is not None:
            self.parts.contour = self.contour.contour
            self.changed.emit()


class DrawnLayers(QObject):
    """Keeps the contours and models of the layers of one view.

    Signals
    -------
    changed : `scenes` have changed.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._drawn: list[_Drawn] = []
        self._part = MapPart()
        self._axes: NDArray[np.float64] | None = None
        self._copies_in: Box | None = None

    @property
    def layers(self) -> tuple[DrawnLayer, ...]:
        """What is drawn."""
        return tuple(each.layer for each in self._drawn)

    @property
    def scenes(self) -> tuple[LayerScene, ...]:
        return tuple(each.scene for each in self._drawn)

    @property
    def atoms(self) -> NDArray[np.float64]:
        """(n, 3) Cartesian Å, of all models."""
        scenes = [each.model.scene for each in self._drawn if each.model is not None]
        places = [scene.atoms.positions for scene in scenes if scene is not None]
        return np.concatenate([np.zeros((0, 3)), *places])

    @property
    def settled(self) -> bool:
        """Whether `scenes` show everything that was set."""
        return all(each.settled for each in self._drawn)

    def set_layers(self, layers: Sequence[DrawnLayer]) -> None:
        """Draw these layers."""
        known = {(each.layer.key, _is_map(each.layer)): each for each in self._drawn}
        drawn = []
        for layer in layers:
            one = known.pop((layer.key, _is_map(layer)), None)
            if one is None:
                one = _Drawn(layer, self)
                one.changed.connect(self.changed)
                self._give_part(one)
                one.set_layer(layer)
                self._read(one)
            elif one.set_layer(layer):
                self._read(one)
            drawn.append(one)
        for gone in known.values():  # its answers are dropped with it
            gone.changed.disconnect(self.changed)
            gone.setParent(None)
            gone.deleteLater()
        self._drawn = drawn
        self.changed.emit()

    def set_part(self, part: MapPart) -> None:
        """Draw this part of the maps."""
        self._part = part
        for each in self._drawn:
            self._give_part(each)

    def set_place(self, axes: NDArray[np.float64] | None, copies_in: Box | None) -> None:
        """Move models into the cell of these (3, 3) axes (rows, Å), or draw all their symmetry
        copies in a box."""
        same = self._axes is axes or (
            self._axes is not None and axes is not None and np.array_equal(self._axes, axes)
        )
        if not same or copies_in != self._copies_in:
            self._axes, self._copies_in = axes, copies_in
            for each in self._drawn:
                self._read(each)

    def _give_part(self, one: _Drawn) -> None:
        if one.contour is not None:
            part = self._part
            one.contour.set_box(part.box, part.atoms, part.reach, beyond=part.beyond)

    def _read(self, one: _Drawn) -> None:
        content = one.layer.content
        if one.model is not None and isinstance(content, gemmi.Structure):
            one.model.read(content, self._axes, self._copies_in, one.layer.colour)


def _is_map(layer: DrawnLayer) -> bool:
    return isinstance(layer.content, DensityMap)
