from dataclasses import replace

import gemmi
import numpy as np

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.displacements import LOWEST_U
from patterson_gui.solvers.refinement.anisotropic import flat_atoms


def test_finds_atoms_that_are_flat_in_any_direction() -> None:
    """In a cell with right angles the principal values of a diagonal U are its entries."""
    u = np.full((4, 6), np.nan)
    u[:3] = [
        [0.03, 0.04, 0.05, 0, 0, 0],
        [0.03, LOWEST_U, 0.05, 0, 0, 0],
        # The principal values in the plane of a and b are 0.03 ± 0.0296.
        [0.03, 0.03, 0.05, 0.0296, 0, 0],
    ]
    model = AsymmetricUnit.isotropic(("C", "C", "C", "H"), np.zeros((4, 3)), LOWEST_U)
    model = replace(model, u_aniso=u)
    flat = flat_atoms(model, gemmi.UnitCell(5, 6, 7, 90, 90, 90))
    assert flat.tolist() == [False, True, True, False]
