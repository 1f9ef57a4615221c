"""The unit cell in a 3D view: outline and axes."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import lattice_outline, orthogonalization
from patterson_gui.gui.rendering.scene import Geometry, Part, Shape
from patterson_gui.gui.widgets.theme import Theme, rgb


@dataclass(frozen=True, eq=False)
class CellScene:
    """A cell as drawn.

    Attributes
    ----------
    corners : (8, 3) Cartesian Å.
    axes : (3, 3) the vectors a, b, c in rows, Cartesian Å.
    """

    parts: tuple[Part, ...]
    corners: NDArray[np.float64]
    axes: NDArray[np.float64]


def cell_scene(cell: gemmi.UnitCell, theme: Theme) -> CellScene:
    """Nine edges in one colour, and the three at the origin in the colours of the axes."""
    corners, edges = lattice_outline(cell)
    from_origin = edges[:, 0] == 0
    points = corners.astype(np.float32)
    outline = Geometry(Shape.LINES, points, edges[~from_origin])
    parts = [Part(outline, rgb(theme.outline), 1.0, fog=0.75)]
    for end, colour in zip((4, 2, 1), theme.axes, strict=True):
        pair = np.array([[0, end]], dtype=np.uint32)
        parts.append(Part(Geometry(Shape.LINES, points, pair), rgb(colour), 1.6, fog=0.6))
    return CellScene(tuple(parts), corners, orthogonalization(cell).T.copy())
