"""Lines as rectangles that face the viewer: two triangles each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.gui.rendering.scene import Geometry


@dataclass(frozen=True, eq=False)
class WideLines:
    """Corners of rectangles; the shader moves them aside from their lines.

    Attributes
    ----------
    points : (4 n, 3) float32, Cartesian Å; the end of the line at which each corner is.
    other : (4 n, 3) float32, the other end.
    side : (4 n,) float32, 1 or −1: left or right of the line, seen from this end to the other.
    indices : (2 n, 3) uint32.
    colours : (4 n, 3) float32, or None.
    """

    points: NDArray[np.float32]
    other: NDArray[np.float32]
    side: NDArray[np.float32]
    indices: NDArray[np.uint32]
    colours: NDArray[np.float32] | None


def wide_lines(geometry: Geometry) -> WideLines:
    """The corners of the lines of a geometry."""
    begin, end = geometry.indices.T
    ends = np.stack([begin, begin, end, end], axis=1).ravel()
    others = np.stack([end, end, begin, begin], axis=1).ravel()
    n = len(geometry.indices)
    # What is left of a line is right of it seen from its other end.
    side = np.tile(np.array([1, -1, -1, 1], np.float32), n)
    first = 4 * np.arange(n, dtype=np.uint32)[:, None]
    corners = np.array([0, 1, 2, 1, 3, 2], np.uint32)
    colours = None if geometry.colours is None else geometry.colours[ends]
    indices = (first + corners).reshape(-1, 3)
    return WideLines(geometry.points[ends], geometry.points[others], side, indices, colours)
