"""Contour a map as the views show it. Slow: call it in the background thread.

Of a large map a draft comes first, from every second grid point: it takes an eighth of the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.colours import CORRELATION_COLOURS
from patterson_gui.crystal.maps.boxes import WHOLE_CELL, Box, box_around
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.mesh import Mesh
from patterson_gui.crystal.maps.surfaces import fine_shape, finely_sampled, isosurface
from patterson_gui.crystal.maps.value_histogram import origin_peak
from patterson_gui.gui.rendering.scene import BoundingSphere
from patterson_gui.gui.widgets.theme import rgb

DRAFT_STEP = 2  # grid points
DRAFT_FROM = 150_000  # grid points in the box; the contour of fewer takes about 15 ms


class SupersededError(Exception):
    """Nobody wants this contour any more."""


@dataclass(frozen=True, eq=False)
class ContourRequest:
    """Contour `density` at `level` rmsd inside `box`; `generation` numbers a view's requests.

    With `atoms`, (n, 3) Cartesian Å, only what is within `reach` Å of them is drawn; with `beyond`
    everything in the box, and outside of it what is within `reach` Å of them. `is_draft` : of every
    second grid point only. `colour_by` : a map of correlations that gives the colours. `is_wanted`
    is asked while the work is done.
    """

    density: DensityMap
    level: float
    generation: int
    box: Box = WHOLE_CELL
    atoms: NDArray[np.float64] | None = None
    reach: float = 0.0
    beyond: bool = False
    is_draft: bool = False
    colour_by: DensityMap | None = None
    is_wanted: Callable[[], bool] = lambda: True

    @property
    def is_large(self) -> bool:
        """Whether a draft first is worth its time."""
        edges = np.subtract(self.box.upper, self.box.lower)
        return float(np.prod(edges * fine_shape(self.density))) >= DRAFT_FROM


@dataclass(frozen=True, eq=False)
class Contour:
    """The answer to a request.

    Attributes
    ----------
    bounds : a sphere that holds the mesh.
    spacing : of the wire's planes, Å.
    rmsd : of the map, in its own units.
    highest : the map's maximum, in rmsd.
    origin : the height of the origin peak of a Patterson map, in its own units, where it has one.
    below : of a difference map, the surface at minus the level.
    colours : (n, 3) of the mesh's vertices; None: they have that of the map.
    draft : of the same request, where there is one: for pictures that have to be quick.
    """

    request: ContourRequest
    mesh: Mesh
    bounds: BoundingSphere
    spacing: float
    rmsd: float
    highest: float
    origin: float | None = None
    below: Mesh | None = None
    draft: "Contour | None" = None
    colours: NDArray[np.float32] | None = None


def compute_contour(request: ContourRequest) -> Contour:
    """The iso-surface of the map in the box, sampled finely enough to look smooth.

    Raises
    ------
    SupersededError : the request is not wanted any more.
    """
    _check(request)
    density = request.density
    fine = _fine.get(density)
    if fine is None:
        fine = finely_sampled(density)
        if fine is not density:  # which would keep itself alive there
            _fine[density] = fine
    rmsd = density.rmsd
    highest = float(density.grid.max()) / rmsd if rmsd > 0 else 0.0
    level = request.level * rmsd
    mesh = _mesh(fine, level, request, closed=True)
    below = (
        _mesh(fine, -level, request, closed=False) if density.kind is MapKind.DIFFERENCE else None
    )
    bounds = (
        BoundingSphere()
        if mesh.is_empty
        else BoundingSphere.around(mesh.vertices[mesh.lines.ravel()])
    )
    edges = np.linalg.norm(fine.orthogonalization, axis=0)
    spacing = mesh.step * float(np.min(edges / fine.shape))
    colours = None if request.colour_by is None else _colours(mesh, request.colour_by)
    origin = origin_peak(density)
    return Contour(request, mesh, bounds, spacing, rmsd, highest, origin, below, colours=colours)


def _colours(mesh: Mesh, by: DensityMap) -> NDArray[np.float32]:
    """(n, 3) of the vertices, by the correlation at their places."""
    fracs = mesh.vertices @ np.linalg.inv(by.orthogonalization).T
    values = by.value_at(fracs)
    at = [value for value, _ in CORRELATION_COLOURS]
    parts = np.array([rgb(colour) for _, colour in CORRELATION_COLOURS]).T
    return np.stack([np.interp(values, at, part) for part in parts], axis=1).astype(np.float32)


def _mesh(fine: DensityMap, level: float, request: ContourRequest, *, closed: bool) -> Mesh:
    """The part of the surface at a level, in units of the map, that is wanted; `closed` where the
    box cuts it."""
    box, atoms, reach = request.box, request.atoms, request.reach
    step = DRAFT_STEP if request.is_draft else 1
    check = partial(_check, request)
    surface = partial(isosurface, fine, level, step=step, check=check)
    mesh = surface(lower_frac=box.lower, upper_frac=box.upper, closed=closed)
    if atoms is None or len(atoms) == 0:
        return mesh
    if not request.beyond:
        return mesh.near(atoms, reach)
    axes = fine.orthogonalization.T
    around = box_around(atoms, axes, reach)
    far = surface(lower_frac=around.lower, upper_frac=around.upper)
    check()
    return mesh.joined(far.outside(axes, box).near(atoms, reach))


def _check(request: ContourRequest) -> None:
    if not request.is_wanted():
        raise SupersededError


# Maps sampled finely enough for smooth contours, for as long as they are shown.
_fine: "WeakKeyDictionary[DensityMap, DensityMap]" = WeakKeyDictionary()
