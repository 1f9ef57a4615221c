"""Structure factors of random atoms, and the same with errors of the phases."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, structure_factors

CELL = gemmi.UnitCell(11, 12, 13, 85, 95, 100)


def truth_of(
    n: int = 20, seed: int = 0, cell: gemmi.UnitCell = CELL, d_min: float = 1.5
) -> Coefficients:
    rng = np.random.default_rng(seed)
    atoms = Scatterers(("C",) * n, rng.uniform(0.2, 0.8, (n, 3)), np.full(n, 20.0), np.ones(n))
    return structure_factors(atoms, cell, p1(), d_min)


def with_phase_noise(
    f: NDArray[np.complex64], degrees: float, seed: int = 1
) -> NDArray[np.complex64]:
    """`f` with normal errors of its phases of `degrees`, one standard deviation."""
    noise = np.random.default_rng(seed).normal(0, np.radians(degrees), len(f))
    return (f * np.exp(1j * noise)).astype(np.complex64)
