"""Which atoms get anisotropic displacements, and which have flat ones and lose them again."""

from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.displacements import LOWEST_U, isotropic_as_u, principal_u
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.reciprocal.equivalents import packed, to_hemisphere
from patterson_gui.crystal.sites.site_symmetry import site_symmetries

_FEWEST_DATA = 5.0  # unique reflections (Friedel mates as one) for each parameter


def as_anisotropic(
    model: AsymmetricUnit, merged: MergedIntensities, special_tolerance: float = 0.3
) -> AsymmetricUnit:
    """`model` with U_ij for all atoms, hydrogen only with neutrons; `model` itself where it has
    them already or data do not suffice."""
    heavy = ~model.is_hydrogen | (merged.radiation == "neutron")
    rows = heavy & ~model.is_anisotropic & (model.parent < 0)
    free_hydrogens = ~heavy & (model.parent < 0)
    # Special positions have fewer free coordinates and U_ij.
    sites = site_symmetries(model.frac[heavy], merged.cell, merged.spacegroup, special_tolerance)
    n_free = sum(site.shifts.shape[1] + site.u.shape[1] for site in sites)
    n_free += 4 * int(free_hydrogens.sum())
    n_unique = len(np.unique(packed(to_hemisphere(merged.hkl)[0])))
    if not rows.any() or n_unique < _FEWEST_DATA * n_free:
        return model
    u = model.u_aniso.copy()
    u[rows] = isotropic_as_u(model.u_iso[rows], merged.cell)
    return replace(model, u_aniso=u)


def flat_atoms(model: AsymmetricUnit, cell: gemmi.UnitCell) -> NDArray[np.bool_]:
    """(n,) atoms of which a principal mean square displacement is at the lower limit: their
    U_ij would not be positive definite without it."""
    flat = np.zeros(len(model), dtype=bool)
    aniso = model.is_anisotropic
    if aniso.any():
        flat[aniso] = principal_u(model.u_aniso[aniso], cell)[:, 0] < 1.01 * LOWEST_U
    return flat
