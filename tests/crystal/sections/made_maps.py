"""A map in a triclinic cell whose value is known everywhere, as a sum of waves."""

import gemmi
import numpy as np

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.fourier import map_from_terms

CELL = gemmi.UnitCell(11, 13, 17, 95, 106, 112)
_LARGEST = 5
_all = np.array(list(np.ndindex(11, 11, 11))) - _LARGEST
HKL = _all[_all @ [121, 11, 1] > 0].astype(np.int32)
_rng = np.random.default_rng(1)
F = _rng.normal(size=len(HKL)) + 1j * _rng.normal(size=len(HKL))


def made_map(kind: MapKind = MapKind.DENSITY) -> DensityMap:
    """On a grid of 24 × 24 × 30 points."""
    grid = map_from_terms(HKL, F, CELL, (24, 24, 30))
    return DensityMap(grid, CELL, gemmi.SpaceGroup("P 1"), kind)


def direct_sum(frac: np.ndarray) -> np.ndarray:
    """2/V Σ |F| cos(φ − 2π h·x), at (..., 3) fractional coordinates."""
    turns = np.asarray(frac) @ HKL.T
    amplitude, phase = np.abs(F), np.angle(F)
    return 2 * (np.cos(phase - 2 * np.pi * turns) @ amplitude) / CELL.volume
