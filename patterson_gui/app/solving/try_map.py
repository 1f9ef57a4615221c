"""The density of one try in P1."""

import gemmi
import numpy as np

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.p1_map import p1_map
from patterson_gui.crystal.solution import StartPhases


def map_of_try(phases: StartPhases, number: int, cell: gemmi.UnitCell) -> DensityMap:
    """The map of the try with this number, arbitrary scale, origin and hand."""
    density = p1_map(phases.hkl, phases.e[number].astype(np.complex128), cell, f"try {number}")
    _ = density.rmsd  # cached here, in the job, so that the window does not compute it
    return density
