"""What a 3D view draws: immutable values that are safe to pass between threads."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterson_gui.gui.rendering.camera import CameraState, Size, Slab, Vector

Colour = tuple[float, float, float]  # red, green, blue in 0..1
Tile = tuple[int, int, int, int]  # left, top, width, height in device pixels; may reach outside


class Shape(Enum):
    """How a geometry's indices are read."""

    LINES = auto()  # pairs
    TRIANGLES = auto()  # triples, lit


@dataclass(frozen=True, eq=False)
class Geometry:
    """Points in space; the render thread keeps them on the graphics device while this exists.

    Attributes
    ----------
    points : (n, 3) float32, Cartesian Å.
    indices : (m, 2) or (m, 3) uint32 by shape.
    normals : (n, 3) float32 for triangles.
    colours : (n, 3) float32, or None where the part that shows it has one colour.
    """

    shape: Shape
    points: NDArray[np.float32]
    indices: NDArray[np.uint32]
    normals: NDArray[np.float32] | None = None
    colours: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """A geometry with its appearance.

    `width` is that of lines, in screen points; `fog` scales how strongly fog dims the part. `draft`
    is a simpler geometry for pictures that are not fine; None: the same.
    """

    geometry: Geometry
    colour: Colour = (0.5, 0.5, 0.5)
    width: float = 1.0
    opacity: float = 1.0
    fog: float = 1.0
    draft: Geometry | None = None

    def shown(self, *, fine: bool) -> Geometry:
        """The geometry in a fine picture, or in a quick one."""
        return self.geometry if fine or self.draft is None else self.draft


@dataclass(frozen=True)
class BoundingSphere:
    """A sphere that holds a set of points, Cartesian Å."""

    centre: Vector = (0.0, 0.0, 0.0)
    radius: float = 10.0

    @classmethod
    def around(cls, points: NDArray[Any]) -> "BoundingSphere":
        """A sphere that holds all of (n, 3) points, n > 0."""
        centre = (points.min(axis=0) + points.max(axis=0)) / 2
        radius = float(np.sqrt(((points - centre) ** 2).sum(axis=1).max()))
        x, y, z = (float(v) for v in centre)
        return cls((x, y, z), radius)

    def enlarged_by(self, other: "BoundingSphere") -> "BoundingSphere":
        """A sphere with the same centre that also holds `other`."""
        away = float(np.linalg.norm(np.subtract(self.centre, other.centre)))
        return BoundingSphere(self.centre, max(self.radius, away + other.radius))


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything in a view.

    Attributes
    ----------
    bounds : holds all parts.
    fog_bounds : holds the map or model; the fog grows from its front to its back.
    slab : the part of it that is drawn; None: all.
    """

    parts: tuple[Part, ...] = ()
    bounds: BoundingSphere = BoundingSphere()
    fog_bounds: BoundingSphere = BoundingSphere()
    background: Colour = (0.0, 0.0, 0.0)
    slab: Slab | None = None


@dataclass(frozen=True, eq=False)
class FrameRequest:
    """A frame to render: `size` in device pixels, `ratio` device pixels per point.

    Attributes
    ----------
    fine : with anti-aliasing, and without drafts of geometries.
    token : returned with the picture.
    tile : the part of the frame that is rendered; None: all of it.
    clear : with a transparent background, into which the fog fades; the image has premultiplied
        alpha then.
    """

    scene: Scene
    camera: CameraState
    size: Size
    ratio: float = 1.0
    fine: bool = True
    token: object = field(default=None)
    tile: Tile | None = None
    clear: bool = False

    @property
    def rendered_size(self) -> Size:
        """Width and height of the image, in device pixels."""
        return self.size if self.tile is None else self.tile[2:]
