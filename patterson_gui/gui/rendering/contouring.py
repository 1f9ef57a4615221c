"""Contours a map as the views show it; meant for a thread of its own."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from patterson_gui.crystal.maps.boxes import WHOLE_CELL, Box
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.surfaces import Mesh, finely_sampled, isosurface
from patterson_gui.gui.rendering.scene import Ball


@dataclass(frozen=True, eq=False)
class Wish:
    """Contour `density` at `level` rmsd; `generation` tells the asker's wishes apart."""

    density: DensityMap
    level: float
    generation: int
    box: Box = WHOLE_CELL


@dataclass(frozen=True, eq=False)
class Contour:
    """The answer to a wish.

    Attributes
    ----------
    ball : holds the mesh.
    spacing : of the wire's planes, Å.
    rmsd : of the map, in its own units.
    highest : the map's maximum, in rmsd.
    """

    wish: Wish
    mesh: Mesh
    ball: Ball
    spacing: float
    rmsd: float
    highest: float


def contoured(wish: Wish) -> Contour:
    """The iso-surface in the box, on points close enough to look smooth."""
    density = wish.density
    fine = _fine.get(density)
    if fine is None:
        fine = finely_sampled(density)
        if fine is not density:  # which would keep itself alive there
            _fine[density] = fine
    rmsd = density.rmsd
    highest = float(density.grid.max()) / rmsd if rmsd > 0 else 0.0
    mesh = isosurface(fine, wish.level * rmsd, lower_frac=wish.box.lower, upper_frac=wish.box.upper)
    ball = Ball() if mesh.is_empty else Ball.about(mesh.vertices)
    edges = np.linalg.norm(fine.orthogonalization, axis=0)
    spacing = mesh.step * float(np.min(edges / fine.shape))
    return Contour(wish, mesh, ball, spacing, rmsd, highest)


# Maps sampled finely enough for smooth contours, for as long as they are shown.
_fine: "WeakKeyDictionary[DensityMap, DensityMap]" = WeakKeyDictionary()
