"""Contours a map as the views show it; meant for a thread of its own."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.density import DensityMap
from patterson_gui.crystal.surfaces import Mesh, finely_sampled, isosurface
from patterson_gui.gui.scene import Ball

AROUND_ATOMS = 1.5  # Å: as far as the density of an atom is seen
MOST_CELLS = 2.0  # volume of a box about a model, in cells; a larger one would drown the cell


@dataclass(frozen=True)
class Box:
    """A part of the crystal, fractional; the whole cell unless said otherwise."""

    lower: tuple[float, float, float] = (0.0, 0.0, 0.0)
    upper: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Wish:
    """Contour `density` at `level` rmsd; `generation` tells the asker's wishes apart."""

    density: DensityMap
    level: float
    generation: int
    box: Box = Box()


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


def box_about(positions: NDArray[np.float64], axes: NDArray[np.float64]) -> Box:
    """The cell, widened to where atoms that stick out of it have their density.

    Parameters
    ----------
    positions : (n, 3) of the atoms, Cartesian Å.
    axes : (3, 3) of the cell, rows, Å.
    """
    if len(positions) == 0:
        return Box()
    to_frac = np.linalg.inv(axes)
    frac = positions @ to_frac
    margin = AROUND_ATOMS * np.linalg.norm(to_frac, axis=0)  # a cell face is 1 / |a*| from the next
    lower = np.minimum(0.0, frac.min(axis=0) - margin)
    upper = np.maximum(1.0, frac.max(axis=0) + margin)
    if np.prod(upper - lower) > MOST_CELLS:
        return Box()
    a, b, c = (float(x) for x in lower)
    d, e, f = (float(x) for x in upper)
    return Box((a, b, c), (d, e, f))


# Maps sampled finely enough for smooth contours, for as long as they are shown.
_fine: "WeakKeyDictionary[DensityMap, DensityMap]" = WeakKeyDictionary()
