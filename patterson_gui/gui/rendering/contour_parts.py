"""The contour of one map as parts of a scene: wire or surface, and the negative side of a
difference map."""

from collections.abc import Iterator

import numpy as np

from patterson_gui.crystal.maps.mesh import Mesh
from patterson_gui.gui.rendering.contouring import Contour
from patterson_gui.gui.rendering.scene import Geometry, Part, Shape
from patterson_gui.gui.widgets import theme

WIRE_WIDTH = 1.2
LEAST_MESH_POINTS = 3.0  # where the wires are closer on the screen, fewer are drawn
OPACITY_OVER_MODEL = 0.6


class ContourParts:
    """The parts of one contour. Unchanged parts stay on the graphics device.

    Attributes
    ----------
    style : "wire" or "surface". The negative side of a difference map is drawn with dashed wires,
        or with wires beside a surface, so that not the colour alone tells the signs apart.
    """

    def __init__(self, style: str = "wire") -> None:
        self.style = style
        self._contour: Contour | None = None
        self._geometries: dict[tuple[Mesh, bool, str, int], Geometry] = {}
        self._points_per_angstrom = np.inf

    @property
    def contour(self) -> Contour | None:
        """What is drawn. What it shares with the one before stays on the device."""
        return self._contour

    @contour.setter
    def contour(self, contour: Contour | None) -> None:
        self._contour = contour
        of = set(_meshes(contour))
        self._geometries = {key: kept for key, kept in self._geometries.items() if key[0] in of}

    def fit_wire(self, points_per_angstrom: float) -> bool:
        """Draw only as many planes of the wire as can be told apart; whether that changed."""
        before, self._points_per_angstrom = self._points_per_angstrom, points_per_angstrom
        contour = self._contour
        shown = [each for each in (contour, contour and contour.draft) if each is not None]
        return any(
            _sparseness(each, before) != _sparseness(each, points_per_angstrom) for each in shown
        )

    def parts(self, colour: str, *, see_through: bool = False) -> tuple[Part, ...]:
        """The parts in a colour '#rrggbb'; `see_through` : whether a surface is transparent."""
        contour, parts = self._contour, []
        if contour is not None and not contour.mesh.is_empty:
            parts.append(self._part(contour, colour, see_through=see_through))
        if contour is not None and contour.below is not None and not contour.below.is_empty:
            parts.append(self._part(contour, theme.maps().below, below=True))
        return tuple(parts)

    def _part(
        self, contour: Contour, colour: str, *, below: bool = False, see_through: bool = False
    ) -> Part:
        clear = see_through and self.style == "surface" and not below
        return Part(
            self._geometry(contour, below=below),
            theme.rgb(theme.legible(colour)),
            WIRE_WIDTH,
            OPACITY_OVER_MODEL if clear else 1.0,
            draft=None if contour.draft is None else self._geometry(contour.draft, below=below),
        )

    def _geometry(self, contour: Contour, *, below: bool) -> Geometry:
        is_below = below and contour.below is not None
        mesh = contour.below if is_below and contour.below is not None else contour.mesh
        colours = None if is_below else contour.colours
        sparseness = _sparseness(contour, self._points_per_angstrom)
        key = (mesh, below, self.style, sparseness)
        if key not in self._geometries:
            if below or self.style == "wire":
                lines = mesh.lines[: mesh.wires[sparseness]]
                if below and self.style == "wire":
                    lines = lines[::2]  # every second piece, so that the wires look dashed
                self._geometries[key] = Geometry(Shape.LINES, mesh.vertices, lines, colours=colours)
            else:
                self._geometries[key] = Geometry(
                    Shape.TRIANGLES, mesh.vertices, mesh.faces, mesh.normals, colours
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
