"""The density of one try in P1."""

import gemmi
import numpy as np

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.solution import StartPhases

_FINEST = 0.2  # Å between points of the map


def map_of_try(phases: StartPhases, number: int, cell: gemmi.UnitCell) -> DensityMap:
    """The map of the try with this number, arbitrary scale, origin and hand."""
    d_min = float(np.asarray(cell.calculate_d_array(phases.hkl)).min())
    shape = grid_shape(cell, max(d_min / 3.0, _FINEST), d_min=d_min)
    grid = map_from_terms(phases.hkl, phases.e[number].astype(np.complex128), cell, shape)
    density = DensityMap(grid, cell, p1(), MapKind.DENSITY, d_min, f"try {number}", absolute=False)
    _ = density.rmsd  # cached here, in the job, so that the window does not compute it
    return density
