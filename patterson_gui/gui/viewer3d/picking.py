"""Find what is under the mouse: the nearest of given points, or the map's maximum on the ray."""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.gui.rendering.camera import CameraState, Size, Slab

REACH_POINTS = 12.0  # distance on the screen within which a point is hit
STEP = 0.15  # Å along the ray


def nearest_point(
    points: NDArray[np.float64],
    camera: CameraState,
    x: float,
    y: float,
    size: Size,
    slab: Slab | None = None,
) -> int | None:
    """Index of the (n, 3) Cartesian point in the slab that is hit; of several, the one in front."""
    if len(points) == 0:
        return None
    spots = camera.project(points, size)
    off = np.hypot(spots[:, 0] - x, spots[:, 1] - y)
    near, far = camera.slab_depths(slab)
    hit = np.flatnonzero((off < REACH_POINTS) & (spots[:, 2] > near) & (spots[:, 2] < far))
    if len(hit) == 0:
        return None
    # A point well in front has precedence over one slightly nearer to the mouse.
    return int(hit[np.argmin(off[hit] / REACH_POINTS + spots[hit, 2] / camera.span * 4)])


def density_on_ray(
    density: DensityMap,
    level: float,
    camera: CameraState,
    x: float,
    y: float,
    size: Size,
    lower_frac: tuple[float, float, float] = (0.0, 0.0, 0.0),
    upper_frac: tuple[float, float, float] = (1.0, 1.0, 1.0),
    slab: Slab | None = None,
) -> NDArray[np.float64] | None:
    """(3,) fractional place of the first density maximum on the line of sight, inside the box and
    the slab, above `level` (in the map's units); None where there is none."""
    eye, direction = camera.ray(x, y, size)
    to_frac = np.linalg.inv(density.orthogonalization)
    start, along = to_frac @ eye, to_frac @ direction
    # Where the ray is inside the box on all three axes.
    lower, upper = np.array(lower_frac), np.array(upper_frac)
    safe = np.where(np.abs(along) < 1e-12, 1e-12, along)
    bounds = np.sort(np.stack([(lower - start) / safe, (upper - start) / safe]), axis=0)
    near, far = camera.slab_depths(slab)
    forward = float(-camera.matrix[2] @ direction)  # depth for each Å along the ray
    enter = max(float(bounds[0].max()), near / forward)
    leave = min(float(bounds[1].min()), far / forward)
    if leave <= enter:
        return None
    places = start + np.arange(enter, leave, STEP)[:, None] * along
    values = density.value_at(places)
    above = np.flatnonzero(values >= level)
    if len(above) == 0:
        return None
    end = above[0]
    while end + 1 < len(values) and values[end + 1] >= level:
        end += 1
    best = above[0] + int(np.argmax(values[above[0] : end + 1]))
    return np.asarray(places[best])
