"""The camera: an immutable point of view, and the movements of the mouse.

Eye coordinates: x to the right, y up, z towards the eye. The picture is drawn in a weak
perspective; at the depth of `target` one length unit is the same everywhere on the screen.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

# Narrow: depth is visible, and parallel cell edges still look parallel.
FIELD_OF_VIEW = np.radians(16.0)

LEAST_SPAN = 6.0  # Å

# In spans, how far in front of the target parts are drawn: enough for a cell that fills the view.
SLAB = 0.75

# The share of a view's width or height that a cell takes at first.
FILLED = 0.86

Quaternion = tuple[float, float, float, float]
Vector = tuple[float, float, float]
Size = tuple[int, int]
# How far the near plane lies in front of the target, and the far one behind it, Å.
Slab = tuple[float, float]

# Of the distance to the target: no near plane is closer to the eye.
_NEAREST = 0.02


@dataclass(frozen=True)
class CameraState:
    """A point of view on a crystal.

    Attributes
    ----------
    rotation : unit quaternion (w, x, y, z), turns Cartesian crystal axes to eye axes.
    target : the point in the middle of the view, Cartesian Å.
    span : how much is seen along the shorter side of the view at the target's depth, Å.
    """

    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)
    target: Vector = (0.0, 0.0, 0.0)
    span: float = 20.0

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) rotation, crystal → eye."""
        w, x, y, z = self.rotation
        return np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
            ]
        )

    @property
    def distance(self) -> float:
        """From the eye to the target, Å."""
        return float(self.span / 2 / np.tan(FIELD_OF_VIEW / 2))

    # ------------------------------------------------------------------ movements
    def turned(self, dx: float, dy: float) -> "CameraState":
        """Rotated by the mouse: by `dx` radians to the right and `dy` down."""
        angle = float(np.hypot(dx, dy))
        if angle == 0.0:
            return self
        s = np.sin(angle / 2) / angle
        turn = np.array([np.cos(angle / 2), dy * s, dx * s, 0.0])
        product = _multiply(turn, np.array(self.rotation))
        w, x, y, z = product / np.linalg.norm(product)
        return replace(self, rotation=(float(w), float(x), float(y), float(z)))

    def spun(self, axis: NDArray[np.float64], radians: float) -> "CameraState":
        """With the crystal rotated about an axis through the target, (3,) Cartesian; seen against
        the axis, it turns anticlockwise."""
        half = radians / 2
        turn = np.concatenate([[np.cos(half)], np.sin(half) * axis / np.linalg.norm(axis)])
        product = _multiply(np.array(self.rotation), turn)
        w, x, y, z = product / np.linalg.norm(product)
        return replace(self, rotation=(float(w), float(x), float(y), float(z)))

    def moved(self, dx: float, dy: float, size: Size) -> "CameraState":
        """Shifted by the mouse, in pixels (y down): the point under it follows it."""
        per_pixel = self.span / min(size)
        shift = self.matrix.T @ np.array([-dx * per_pixel, dy * per_pixel, 0.0])
        return self.looking_at(np.array(self.target) + shift)

    def zoomed(self, factor: float) -> "CameraState":
        """Zoomed; nearer for a factor above one."""
        return replace(self, span=float(np.clip(self.span / factor, 0.5, 5000.0)))

    def looking_at(self, point: NDArray[np.float64]) -> "CameraState":
        x, y, z = (float(v) for v in point)
        return replace(self, target=(x, y, z))

    # ------------------------------------------------------------------ to the screen and back
    def clip_matrix(
        self, size: Size, radius: float, centre: Vector, slab: Slab | None = None
    ) -> NDArray[np.float32]:
        """(4, 4) crystal → clip coordinates, column vectors, for a scene within `radius` Å
        of `centre`, or what of it lies in a slab."""
        near, far = self.depth_range(radius, centre) if slab is None else self.slab_depths(slab)
        view = np.eye(4)
        view[:3, :3] = self.matrix
        view[:3, 3] = -self.matrix @ np.array(self.target)
        view[2, 3] -= self.distance
        fx, fy = self._focus(size)
        projection = np.zeros((4, 4))
        projection[0, 0] = fx
        projection[1, 1] = fy
        projection[2, 2] = -(far + near) / (far - near)
        projection[2, 3] = -2 * far * near / (far - near)
        projection[3, 2] = -1.0
        return (projection @ view).astype(np.float32)

    def depth_range(self, radius: float, centre: Vector) -> tuple[float, float]:
        """Distances from the eye between which a sphere of `radius` is drawn, Å: parts far
        in front of the target are clipped."""
        offset = self.matrix @ (np.array(centre) - np.array(self.target))
        middle = self.distance - float(offset[2])
        near = max(middle - radius, self.distance - SLAB * self.span)
        return near, max(middle + radius, near + 0.1 * self.span) * 1.001

    def slab_depths(self, slab: Slab | None) -> tuple[float, float]:
        """Distances of the planes of a slab from the eye, Å; None: everything in front of it."""
        if slab is None:
            return 0.0, np.inf
        near = max(self.distance - slab[0], _NEAREST * self.distance)
        return near, max(self.distance + slab[1], near * 1.001)

    def project(
        self, points: NDArray[np.float64], size: tuple[float, float]
    ) -> NDArray[np.float64]:
        """(n, 3) screen x, y in pixels (y down) and distance from the eye, Å."""
        eye = (np.asarray(points).reshape(-1, 3) - np.array(self.target)) @ self.matrix.T
        depth = self.distance - eye[:, 2]
        fx, fy = self._focus(size)
        near = np.maximum(depth, 1e-6)
        x = (1 + fx * eye[:, 0] / near) * size[0] / 2
        y = (1 - fy * eye[:, 1] / near) * size[1] / 2
        return np.stack([x, y, depth], axis=1)

    def ray(
        self, x: float, y: float, size: Size
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position of the eye, and unit direction through a pixel of the screen; Cartesian Å."""
        fx, fy = self._focus(size)
        direction = np.array([(2 * x / size[0] - 1) / fx, (1 - 2 * y / size[1]) / fy, -1.0])
        direction = self.matrix.T @ (direction / np.linalg.norm(direction))
        eye = np.array(self.target) + self.matrix.T @ np.array([0.0, 0.0, self.distance])
        return eye, direction

    def _focus(self, size: tuple[float, float]) -> tuple[float, float]:
        focus = 1.0 / np.tan(FIELD_OF_VIEW / 2)
        shorter = min(size)
        return float(focus * shorter / size[0]), float(focus * shorter / size[1])


def facing_view(points: NDArray[np.float64], size: Size) -> CameraState:
    """A view onto the flat side of (n, 3) points, their long side along that of the picture."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    _, _, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=True)
    upright = size[1] > size[0]
    x, y = (axes[1], axes[0]) if upright else (axes[0], axes[1])
    w = Rotation.from_matrix(np.array([x, y, np.cross(x, y)])).as_quat()
    radius = float(np.sqrt(((points - centre) ** 2).sum(axis=1).max()))
    a, b, c = (float(value) for value in centre)
    span = max(2.0 * radius * min(size) / max(size) + 4.0, LEAST_SPAN)
    return CameraState((float(w[3]), float(w[0]), float(w[1]), float(w[2])), (a, b, c), span)


def standard_view(corners: NDArray[np.float64], size: Size = (500, 500)) -> CameraState:
    """The usual view of a cell: a towards the viewer and to the left, b right, c up. Its (8, 3)
    Cartesian corners fill a view of `size`, with room for the names of the axes."""
    azimuth, height = np.radians(24.0), np.radians(17.0)
    # x of the crystal towards the eye, y right, z up; then rotated sideways and down.
    upright = (0.5, -0.5, -0.5, -0.5)
    state = CameraState(upright).turned(-azimuth, 0.0).turned(0.0, height)
    return _filling(state, corners, size)


def axis_view(
    towards: NDArray[np.float64],
    up: NDArray[np.float64],
    corners: NDArray[np.float64],
    size: Size = (500, 500),
) -> CameraState:
    """A view of a cell with the direction `towards`, (3,) Cartesian, pointing at the eye, and `up`
    upwards as nearly as it can. The (8, 3) corners fill a view of `size`."""
    z = towards / np.linalg.norm(towards)
    y = up - (up @ z) * z
    y = y / np.linalg.norm(y)
    w = Rotation.from_matrix(np.array([np.cross(y, z), y, z])).as_quat()
    rotation = (float(w[3]), float(w[0]), float(w[1]), float(w[2]))
    return _filling(CameraState(rotation), corners, size)


def _filling(state: CameraState, corners: NDArray[np.float64], size: Size) -> CameraState:
    """Moved and zoomed so that (8, 3) corners fill a view."""
    eye = corners @ state.matrix.T
    low, high = eye.min(axis=0), eye.max(axis=0)
    state = replace(state, span=float(np.linalg.norm(high - low)))
    state = state.looking_at(state.matrix.T @ ((low + high) / 2))
    middle = np.array(size) / 2
    for _ in range(4):  # iterated, because nearer corners look larger
        seen = state.project(corners, size)[:, :2]
        low, high = seen.min(axis=0), seen.max(axis=0)
        x, y = middle - (low + high) / 2
        state = state.moved(float(x), float(y), size)
        state = state.zoomed(float(np.min(FILLED * np.array(size) / (high - low))))
    return state


def _multiply(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    w = p[0] * q[0] - p[1:] @ q[1:]
    return np.concatenate([[w], p[0] * q[1:] + q[0] * p[1:] + np.cross(p[1:], q[1:])])
