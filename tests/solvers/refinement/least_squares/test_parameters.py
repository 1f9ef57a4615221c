"""Steps of a refinement: limits, riding hydrogen atoms."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.solvers.refinement.least_squares.parameters import (
    Freedom,
    Parameters,
    State,
    riding_u,
)
from patterson_gui.solvers.refinement.least_squares.reflection_data import prepare


def _methanol() -> AsymmetricUnit:
    """C, O and their hydrogen atoms, which ride."""
    frac = np.array([[0.1, 0.1, 0.1], [0.24, 0.1, 0.1]])
    hydrogens = [[0.06, 0.19, 0.1], [0.06, 0.05, 0.18], [0.06, 0.05, 0.02], [0.27, 0.19, 0.1]]
    elements = ("C", "O", "H", "H", "H", "H")
    model = AsymmetricUnit.isotropic(elements, np.concatenate([frac, hydrogens]), 0.04)
    model.parent[:] = [-1, -1, 0, 0, 0, 1]
    return model


def _parameters(model: AsymmetricUnit, freedom: Freedom | None = None) -> Parameters:
    cell = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    hkl = gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), 3.0).astype(np.int32)
    one = np.ones(len(hkl))
    merged = MergedIntensities(
        hkl, one, one, np.ones(len(hkl), int), cell, gemmi.SpaceGroup("P 1"), True, None
    )
    return Parameters(model, prepare(merged), freedom or Freedom())


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


def test_occupancies_of_alternatives_share_one_parameter() -> None:
    """O on two sites, with a hydrogen atom on each; a long step ends before a site is empty."""
    model = _methanol().select(np.array([0, 1, 1, 5, 5]))
    model.parent[:] = [-1, -1, -1, 1, 2]
    model.part[:] = [0, 1, 2, 1, 2]
    model.occ[:] = [1.0, 0.6, 0.4, 0.6, 0.4]
    tied = _parameters(model, Freedom(alternatives=True))
    assert tied.n_free == _parameters(model).n_free + 1
    for step, expected in ((0.1, 0.7), (5.0, 0.9), (-5.0, 0.3)):
        free = np.zeros(tied.n_free)
        free[tied._occ_column] = step
        occ = tied.moved(State(model), tied.constraint @ free).model.occ
        other = 1 - expected
        assert occ == pytest.approx([1, expected, other, expected, other])


def test_parts_that_do_not_sum_to_one_are_no_alternatives() -> None:
    model = _methanol()
    model.part[:2] = [1, 2]
    assert model.alternatives() == ()
    model.occ[:2] = [0.3, 0.7]
    assert [(one.tolist(), two.tolist()) for one, two in model.alternatives()] == [([0], [1])]
    assert model.is_lesser.tolist() == [True] + 5 * [False]


def test_displacements_stay_positive() -> None:
    model = _methanol()
    parameters = _parameters(model)
    free = np.zeros(parameters.n_free)
    free[3] = -1.0
    moved = parameters.moved(State(model), parameters.constraint @ free).model
    assert 0 < moved.u_iso[0] < model.u_iso[0]
