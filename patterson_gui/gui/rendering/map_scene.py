"""Build the scene of a map: unit cell, contour and model, and the layers that were added."""

from collections.abc import Sequence
from dataclasses import dataclass

import gemmi

from patterson_gui.gui.rendering.camera import Slab
from patterson_gui.gui.rendering.contour_parts import ContourParts
from patterson_gui.gui.rendering.contouring import Contour
from patterson_gui.gui.rendering.scene import BoundingSphere, Scene
from patterson_gui.gui.rendering.scene_cell import CellScene, cell_scene
from patterson_gui.gui.rendering.scene_model import ModelScene
from patterson_gui.gui.widgets import theme


@dataclass(frozen=True, eq=False)
class LayerScene:
    """A map or a model that is drawn beside the map of the view; its colour is '#rrggbb'."""

    colour: str
    map: ContourParts | None = None
    model: ModelScene | None = None


class MapScene:
    """The parts of a view's scene.

    Attributes
    ----------
    map : the contour of the view's map.
    model : the atoms to draw, or None.
    layers : what is drawn beside them.
    slab : what lies between two planes is drawn alone; None: everything.
    blinked : what is drawn in place of the view's map at this moment; None: that map.
    """

    def __init__(self) -> None:
        self.map = ContourParts()
        self.model: ModelScene | None = None
        self.layers: Sequence[LayerScene] = ()
        self.slab: Slab | None = None
        self.blinked: LayerScene | None = None
        self.cell: CellScene | None = None
        self._unit_cell: gemmi.UnitCell | None = None

    @property
    def style(self) -> str:
        """Of the map, "wire" or "surface"."""
        return self.map.style

    @style.setter
    def style(self, style: str) -> None:
        self.map.style = style

    @property
    def contour(self) -> Contour | None:
        return self.map.contour

    def set_cell(self, cell: gemmi.UnitCell) -> bool:
        """Set the unit cell; return whether it differs from the one before."""
        if self._unit_cell is not None and self._unit_cell.parameters == cell.parameters:
            return False
        self._unit_cell = gemmi.UnitCell(*cell.parameters)
        self.restyle()
        return True

    def restyle(self) -> None:
        """Take the colours of the current theme."""
        if self._unit_cell is not None:
            self.cell = cell_scene(self._unit_cell, theme.current())

    def set_contour(self, contour: Contour | None) -> None:
        self.map.contour = contour

    def fit_wire(self, points_per_angstrom: float) -> bool:
        """Draw only as many planes of the wires as can be told apart; whether that changed."""
        layers = [*self.layers, *([] if self.blinked is None else [self.blinked])]
        maps = [self.map, *(layer.map for layer in layers if layer.map is not None)]
        changed = [each.fit_wire(points_per_angstrom) for each in maps]
        return any(changed)

    def build(self, colour: str) -> Scene | None:
        """The scene with its map in a colour '#rrggbb'; None while there is no cell."""
        if self.cell is None:
            return None
        parts = self.cell.parts
        bounds = fog_bounds = BoundingSphere.around(self.cell.corners)
        models = [self.model, *(layer.model for layer in self.layers)]
        is_fogged = False
        for model in models:
            if model is not None and len(model.atoms.positions):
                parts += model.parts
                around = BoundingSphere.around(model.atoms.positions)
                bounds = bounds.enlarged_by(around)  # a model may lie outside the cell
                fog_bounds, is_fogged = (fog_bounds if is_fogged else around), True
        # A surface is drawn transparent where it would hide models and other contours.
        within = self.model is not None or bool(self.layers)
        own = (self.map, colour)
        if self.blinked is not None:
            own = (self.blinked.map or self.map, self.blinked.colour)
        contours = [own, *((each.map, each.colour) for each in self.layers)]
        for contour, its_colour in contours:
            if contour is not None:
                parts += contour.parts(its_colour, see_through=within)
                found = contour.contour
                is_seen = found is not None and not found.mesh.is_empty
                if found is not None and is_seen and (contour is own[0] or not is_fogged):
                    fog_bounds, is_fogged = found.bounds, True
        return Scene(parts, bounds, fog_bounds, theme.rgb(theme.current().view), self.slab)
