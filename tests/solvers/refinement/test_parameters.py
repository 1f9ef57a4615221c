"""Steps of a refinement: limits, riding hydrogen atoms."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.solvers.refinement.parameters import Freedom, Parameters, State, riding_u
from patterson_gui.solvers.refinement.reflection_data import prepare


def _methanol() -> AsymmetricUnit:
    """C, O and their hydrogen atoms, which ride."""
    frac = np.array([[0.1, 0.1, 0.1], [0.24, 0.1, 0.1]])
    hydrogens = [[0.06, 0.19, 0.1], [0.06, 0.05, 0.18], [0.06, 0.05, 0.02], [0.27, 0.19, 0.1]]
    elements = ("C", "O", "H", "H", "H", "H")
    model = AsymmetricUnit.isotropic(elements, np.concatenate([frac, hydrogens]), 0.04)
    model.parent[:] = [-1, -1, 0, 0, 0, 1]
    return model


def _parameters(model: AsymmetricUnit) -> Parameters:
    cell = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    hkl = gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), 3.0).astype(np.int32)
    one = np.ones(len(hkl))
    merged = MergedIntensities(
        hkl, one, one, np.ones(len(hkl), int), cell, gemmi.SpaceGroup("P 1"), True, None
    )
    return Parameters(model, prepare(merged), Freedom())


def test_hydrogen_atoms_follow_a_shortened_step_of_their_parent() -> None:
    model = _methanol()
    parameters = _parameters(model)
    free = np.zeros(parameters.n_free)
    free[:3] = [0.1, 0.0, 0.0]  # 1 Å for the carbon atom
    moved = parameters.moved(State(model), parameters.constraint @ free).model
    step = moved.frac - model.frac
    assert step[0] == pytest.approx([0.025, 0, 0])
    assert step[2:5] == pytest.approx(np.tile([0.025, 0, 0], (3, 1)))
    assert step[[1, 5]] == pytest.approx(0)


def test_hydrogen_atoms_of_methyl_and_hydroxyl_groups_move_more() -> None:
    model = _methanol()
    assert riding_u(model, model.u_iso) == pytest.approx([0.06] * 4)
    methylene = model.select(np.array([True, True, True, True, False, True]))
    assert riding_u(methylene, methylene.u_iso) == pytest.approx([0.048, 0.048, 0.06])


def test_displacements_stay_positive() -> None:
    model = _methanol()
    parameters = _parameters(model)
    free = np.zeros(parameters.n_free)
    free[3] = -1.0
    moved = parameters.moved(State(model), parameters.constraint @ free).model
    assert 0 < moved.u_iso[0] < model.u_iso[0]
