"""What a 3D view draws, as unchanging values that can be handed from thread to thread."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterson_gui.gui.rendering.camera import CameraState, Size, Vector

Colour = tuple[float, float, float]  # red, green, blue in 0..1


class Shape(Enum):
    """How a geometry's indices are read."""

    LINES = auto()  # pairs
    TRIANGLES = auto()  # triples, lit


@dataclass(frozen=True, eq=False)
class Geometry:
    """Points in space; the renderer keeps it on the graphics device while it is alive.

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
    """A geometry with its looks.

    `width` is a line's, in screen points; `fog` says how much of the depth haze it takes.
    """

    geometry: Geometry
    colour: Colour = (0.5, 0.5, 0.5)
    width: float = 1.0
    opacity: float = 1.0
    fog: float = 1.0


@dataclass(frozen=True)
class Ball:
    """A ball in space, Cartesian Å."""

    centre: Vector = (0.0, 0.0, 0.0)
    radius: float = 10.0

    @classmethod
    def about(cls, points: NDArray[Any]) -> "Ball":
        """One that holds all of (n, 3) points, n > 0."""
        centre = (points.min(axis=0) + points.max(axis=0)) / 2
        radius = float(np.sqrt(((points - centre) ** 2).sum(axis=1).max()))
        x, y, z = (float(v) for v in centre)
        return cls((x, y, z), radius)

    def and_more(self, other: "Ball") -> "Ball":
        """About the same centre, large enough to hold another as well."""
        away = float(np.linalg.norm(np.subtract(self.centre, other.centre)))
        return Ball(self.centre, max(self.radius, away + other.radius))


@dataclass(frozen=True, eq=False)
class Scene:
    """All parts of a view, the ball that holds them, and the ball that holds what matters:
    the haze of distance grows from its front to its back."""

    parts: tuple[Part, ...] = ()
    ball: Ball = Ball()
    matter: Ball = Ball()
    background: Colour = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture to take: `size` in device pixels, `ratio` device pixels per point."""

    scene: Scene
    camera: CameraState
    size: Size
    ratio: float = 1.0
    fine: bool = True  # with anti-aliasing
    token: object = field(default=None)  # comes back with the picture
