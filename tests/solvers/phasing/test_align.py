"""Sets of phases moved onto one another."""

import gemmi
import numpy as np
import pytest

from patterson_gui.solvers.phasing.align import superimpose

CELL = gemmi.UnitCell(5.0, 6.5, 7.0, 95, 100, 105)
HKL = gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 1.0)


def structure_factors(positions: np.ndarray) -> np.ndarray:
    return np.exp(2j * np.pi * (HKL @ positions.T)).sum(axis=1)


@pytest.mark.parametrize("hand", [1, -1])
def test_finds_shift_and_hand_of_the_same_structure(hand):
    positions = np.random.default_rng(1).random((8, 3))
    fixed = structure_factors(positions)
    moving = structure_factors(hand * positions + [0.123, 0.456, 0.789])
    moved, correlation = superimpose(HKL, moving, fixed)
    assert correlation == pytest.approx(1.0, abs=1e-6)
    assert np.allclose(moved, fixed, atol=1e-3)


def test_different_structures_do_not_agree():
    rng = np.random.default_rng(2)
    one, other = (structure_factors(rng.random((12, 3))) for _ in range(2))
    assert superimpose(HKL, one, other)[1] < 0.5
