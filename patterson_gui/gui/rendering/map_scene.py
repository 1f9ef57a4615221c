"""Build the scene of a map: unit cell, contour and model."""

from collections.abc import Iterator

import gemmi
import numpy as np

from patterson_gui.crystal.colours import DIFFERENCE_COLOURS
from patterson_gui.crystal.maps.mesh import Mesh
from patterson_gui.gui.rendering.contouring import Contour
from patterson_gui.gui.rendering.scene import BoundingSphere, Geometry, Part, Scene, Shape
from patterson_gui.gui.rendering.scene_cell import CellScene, cell_scene
from patterson_gui.gui.rendering.scene_model import ModelScene
from patterson_gui.gui.widgets import theme

WIRE_WIDTH = 1.2
LEAST_MESH_POINTS = 3.0  # where the wires are closer on the screen, fewer are drawn
OPACITY_OVER_MODEL = 0.6


class MapScene:
    """The parts of a view's scene. Unchanged parts stay on the graphics device.

    Attributes
    ----------
    style : "wire" or "surface". The negative side of a difference map is drawn with dashed wires,
        or with wires beside a surface, so that not the colour alone tells the signs apart.
    model : the atoms to draw, or None.
    """

    def __init__(self) -> None:
        self.style = "wire"
        self.model: ModelScene | None = None
        self.cell: CellScene | None = None
        self.contour: Contour | None = None
        self._unit_cell: gemmi.UnitCell | None = None
        self._geometries: dict[tuple[Mesh, bool, str, int], Geometry] = {}
        self._points_per_angstrom = np.inf

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
        """Draw another contour; what it shares with the one before stays on the device."""
        self.contour = contour
        of = set(_meshes(contour))
        self._geometries = {key: kept for key, kept in self._geometries.items() if key[0] in of}

    def fit_wire(self, points_per_angstrom: float) -> bool:
        """Draw only as many planes of the wire as can be told apart; whether that changed."""
        before, self._points_per_angstrom = self._points_per_angstrom, points_per_angstrom
        shown = [c for c in (self.contour, self.contour and self.contour.draft) if c is not None]
        return any(
            _sparseness(each, before) != _sparseness(each, points_per_angstrom) for each in shown
        )

    def build(self, colour: str) -> Scene | None:
        """The scene with its map in a colour '#rrggbb'; None while there is no cell."""
        if self.cell is None:
            return None
        parts = self.cell.parts
        bounds = fog_bounds = BoundingSphere.around(self.cell.corners)
        if self.model is not None and len(self.model.atoms.positions):
            parts += self.model.parts
            fog_bounds = BoundingSphere.around(self.model.atoms.positions)
            bounds = bounds.enlarged_by(fog_bounds)  # a model may lie outside the cell
        contour = self.contour
        if contour is not None and not contour.mesh.is_empty:
            parts += (self._map_part(contour, colour),)
            fog_bounds = contour.bounds
        if contour is not None and contour.below is not None and not contour.below.is_empty:
            parts += (self._map_part(contour, DIFFERENCE_COLOURS[1], below=True),)
        return Scene(parts, bounds, fog_bounds, theme.rgb(theme.current().view))

    def _map_part(self, contour: Contour, colour: str, *, below: bool = False) -> Part:
        see_through = self.style == "surface" and not below and self.model is not None
        return Part(
            self._geometry(contour, below=below),
            theme.rgb(theme.legible(colour)),
            WIRE_WIDTH,
            OPACITY_OVER_MODEL if see_through else 1.0,
            draft=None if contour.draft is None else self._geometry(contour.draft, below=below),
        )

    def _geometry(self, contour: Contour, *, below: bool) -> Geometry:
        mesh = contour.below if below and contour.below is not None else contour.mesh
        sparseness = _sparseness(contour, self._points_per_angstrom)
        key = (mesh, below, self.style, sparseness)
        if key not in self._geometries:
            if below or self.style == "wire":
                lines = mesh.lines[: mesh.wires[sparseness]]
                if below and self.style == "wire":
                    lines = lines[::2]  # every second piece, so that the wires look dashed
                self._geometries[key] = Geometry(Shape.LINES, mesh.vertices, lines)
            else:
                self._geometries[key] = Geometry(
                    Shape.TRIANGLES, mesh.vertices, mesh.faces, mesh.normals
                )
        return self._geometries[key]


def _sparseness(contour: Contour, points_per_angstrom: float) -> int:
    """Which wires of the mesh are drawn: in every grid plane (0), every second, every fourth."""
    width = contour.spacing * points_per_angstrom
    return sum(width < LEAST_MESH_POINTS / n for n in (1, 2))


def _meshes(contour: Contour | None) -> Iterator[Mesh]:
    """Those of a contour and of its draft."""
    if contour is not None:
        yield contour.mesh
        if contour.below is not None:
            yield contour.below
        yield from _meshes(contour.draft)
