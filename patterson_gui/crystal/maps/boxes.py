"""Boxes of the crystal that are shown: one cell, or more if a model extends beyond it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AROUND_ATOMS = 1.5  # Å: visible radius of the density of an atom
MOST_CELLS = 2.0  # largest volume of a box, in cells


@dataclass(frozen=True)
class Box:
    """A box in fractional coordinates; by default the whole cell."""

    lower: tuple[float, float, float] = (0.0, 0.0, 0.0)
    upper: tuple[float, float, float] = (1.0, 1.0, 1.0)


WHOLE_CELL = Box()


def box_around(positions: NDArray[np.float64], axes: NDArray[np.float64], reach: float) -> Box:
    """The smallest box that holds everything within `reach` Å of the atoms.

    Parameters
    ----------
    positions : (n, 3) of the atoms, Cartesian Å, n > 0.
    axes : (3, 3) of the cell, rows, Å.
    """
    to_frac = np.linalg.inv(axes)
    frac = positions @ to_frac
    margin = reach * np.linalg.norm(to_frac, axis=0)
    a, b, c = (float(x) for x in frac.min(axis=0) - margin)
    d, e, f = (float(x) for x in frac.max(axis=0) + margin)
    return Box((a, b, c), (d, e, f))


def box_about(positions: NDArray[np.float64], axes: NDArray[np.float64]) -> Box:
    """The cell, extended to include the density of atoms outside it.

    Parameters
    ----------
    positions : (n, 3) of the atoms, Cartesian Å.
    axes : (3, 3) of the cell, rows, Å.
    """
    if len(positions) == 0:
        return WHOLE_CELL
    to_frac = np.linalg.inv(axes)
    frac = positions @ to_frac
    margin = AROUND_ATOMS * np.linalg.norm(to_frac, axis=0)  # a cell face is 1 / |a*| from the next
    lower = np.minimum(0.0, frac.min(axis=0) - margin)
    upper = np.maximum(1.0, frac.max(axis=0) + margin)
    if np.prod(upper - lower) > MOST_CELLS:
        return WHOLE_CELL
    a, b, c = (float(x) for x in lower)
    d, e, f = (float(x) for x in upper)
    return Box((a, b, c), (d, e, f))
