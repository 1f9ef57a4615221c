"""The density of structure factors in P1 of which the scale is not known."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.fourier import map_from_terms

_POINTS = 3.0  # grid points for the resolution limit, at least
_FINEST = 0.2  # Å: a finer grid shows nothing more


def p1_map(
    hkl: NDArray[np.int32], f: NDArray[np.complex128], cell: gemmi.UnitCell, name: str
) -> DensityMap:
    """The map of F (n,) at `hkl` (n, 3), one of each Friedel pair; arbitrary scale."""
    d_min = float(np.asarray(cell.calculate_d_array(hkl)).min())
    shape = grid_shape(cell, max(d_min / _POINTS, _FINEST), d_min=d_min)
    grid = map_from_terms(hkl, f, cell, shape)
    return DensityMap(grid, cell, p1(), MapKind.DENSITY, d_min, name, absolute=False)
