"""Correlation of two maps, and of a density with the Patterson map of the data."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.crystal.reciprocal.reflections import Amplitudes


def pearson(a: ArrayLike, b: ArrayLike, mask: NDArray[np.bool_] | None = None) -> float:
    """Pearson correlation of two maps, over all points or those in `mask`; 0 if one is constant."""
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    x, y = (x.ravel(), y.ravel()) if mask is None else (x[mask], y[mask])
    if x.size == 0:
        return 0.0
    x, y = x - x.mean(), y - y.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 0 else 0.0


def self_consistency(density: DensityMap, data: Amplitudes | DensityMap) -> float:
    """Pearson correlation of the autocorrelation of a density with the Patterson of the data.

    The Patterson is given as a map or as amplitudes; no truth is needed. By Parseval's theorem the
    sum over grid points equals one over reflections: the coefficients of the autocorrelation are
    |Fc|², those of the Patterson |Fo|².
    """
    if isinstance(data, Amplitudes):
        p1_data = data.expand_to_p1()
        hkl, observed = p1_data.hkl, p1_data.f.astype(np.float64) ** 2
    else:
        d_min = data.d_min or density.d_min
        if d_min is None:
            raise ValueError("neither map states its resolution")
        hkl = unique_reflections(density.cell, p1(), d_min)
        observed = coefficients_from_map(data.grid, data.cell, hkl).real.astype(np.float64)
    calculated = np.abs(coefficients_from_map(density.grid, density.cell, hkl)).astype(float) ** 2
    norm = float(np.sqrt((calculated @ calculated) * (observed @ observed)))
    return float(calculated @ observed) / norm if norm > 0 else 0.0
