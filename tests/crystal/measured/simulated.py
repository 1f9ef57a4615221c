"""Simulated measurements of a crystal of random atoms, for tests of statistics."""

import gemmi
import numpy as np

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, direct

B = 3.0


def crystal(
    name: str,
    cell: gemmi.UnitCell,
    d_min: float = 0.9,
    elements: tuple[str, ...] = ("C",) * 20,
    seed: int = 3,
    frac: np.ndarray | None = None,
) -> tuple[Intensities, np.ndarray]:
    """Exact intensities on absolute scale, σ as of counting, and the structure factors."""
    rng = np.random.default_rng(seed)
    group = gemmi.SpaceGroup(name)
    atoms = Scatterers(
        elements,
        rng.uniform(0.02, 0.98, (len(elements), 3)) if frac is None else frac,
        np.full(len(elements), B),
        np.ones(len(elements)),
    )
    hkl = unique_reflections(cell, group, d_min)
    f = direct(atoms, cell, group, hkl)
    value = np.abs(f) ** 2
    sigma = 0.02 * np.sqrt(value * value.mean()) + 0.003 * value.mean()
    return Intensities(hkl, value, sigma, cell, group, 0.71073), f
