"""Contour a map as the views show it. Slow: call it in the background thread."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.maps.boxes import WHOLE_CELL, Box
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.surfaces import Mesh, finely_sampled, isosurface
from patterson_gui.gui.rendering.scene import BoundingSphere


@dataclass(frozen=True, eq=False)
class ContourRequest:
    """Contour `density` at `level` rmsd inside `box`; `generation` numbers a view's requests.

    With `atoms`, (n, 3) Cartesian Å, only what is within `reach` Å of them is drawn.
    """

    density: DensityMap
    level: float
    generation: int
    box: Box = WHOLE_CELL
    atoms: NDArray[np.float64] | None = None
    reach: float = 0.0


@dataclass(frozen=True, eq=False)
class Contour:
    """The answer to a request.

    Attributes
    ----------
    bounds : a sphere that holds the mesh.
    spacing : of the wire's planes, Å.
    rmsd : of the map, in its own units.
    highest : the map's maximum, in rmsd.
    below : of a difference map, the surface at minus the level.
    """

    request: ContourRequest
    mesh: Mesh
    bounds: BoundingSphere
    spacing: float
    rmsd: float
    highest: float
    below: Mesh | None = None


def compute_contour(request: ContourRequest) -> Contour:
    """The iso-surface of the map in the box, sampled finely enough to look smooth."""
    density = request.density
    fine = _fine.get(density)
    if fine is None:
        fine = finely_sampled(density)
        if fine is not density:  # which would keep itself alive there
            _fine[density] = fine
    rmsd = density.rmsd
    highest = float(density.grid.max()) / rmsd if rmsd > 0 else 0.0
    level, lower, upper = request.level * rmsd, request.box.lower, request.box.upper
    mesh = isosurface(fine, level, lower_frac=lower, upper_frac=upper)
    below = None
    if density.kind is MapKind.DIFFERENCE:
        below = isosurface(fine, -level, lower_frac=lower, upper_frac=upper)
    if request.atoms is not None:
        mesh = mesh.near(request.atoms, request.reach)
        below = None if below is None else below.near(request.atoms, request.reach)
    bounds = (
        BoundingSphere()
        if mesh.is_empty
        else BoundingSphere.around(mesh.vertices[mesh.lines.ravel()])
    )
    edges = np.linalg.norm(fine.orthogonalization, axis=0)
    spacing = mesh.step * float(np.min(edges / fine.shape))
    return Contour(request, mesh, bounds, spacing, rmsd, highest, below)


# Maps sampled finely enough for smooth contours, for as long as they are shown.
_fine: "WeakKeyDictionary[DensityMap, DensityMap]" = WeakKeyDictionary()
