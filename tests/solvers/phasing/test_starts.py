"""What the tries begin from."""

import gemmi
import numpy as np
import pytest

from patterson_gui.solvers.phasing.grid import PhasingGrid, phasing_grid
from patterson_gui.solvers.phasing.starts import Starts

CELL = gemmi.UnitCell(7, 8, 9, 90, 90, 90)
CHOSEN = np.array([[0.25, 0.1, 0.4], [0.5, 0.3, 0.2]])


@pytest.fixture(scope="module")
def grid() -> PhasingGrid:
    hkl = gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 1.0)
    atoms = np.random.default_rng(3).random((6, 3))
    e = np.abs(np.exp(2j * np.pi * (hkl @ atoms.T)).sum(axis=1)) / np.sqrt(6)
    return phasing_grid(hkl, e, CELL)


def test_chosen_vectors_come_together_then_each_alone_then_random_phases(grid):
    starts = Starts(grid, CELL, CHOSEN, seed=0)
    together, *alone, random = starts.batch(4)[1]
    assert np.allclose(together, CHOSEN)
    assert [len(v) for v in alone] == [1, 1]
    assert random == ()
    assert starts.batch(2)[1] == ((), ())


def test_peaks_come_after_a_first_batch_of_random_phases(grid):
    starts = Starts(grid, CELL, "auto", seed=0)
    assert starts.batch(4)[1] == ((),) * 4
    assert [len(v) for v in starts.batch(4)[1]] == [1, 1, 0, 0]


def test_no_peaks_are_used_where_none_are_wanted(grid):
    starts = Starts(grid, CELL, "none", seed=0)
    assert [starts.batch(3)[1] for _ in range(2)] == [((),) * 3] * 2


def test_all_spectra_have_the_measured_moduli(grid):
    spectra, _ = Starts(grid, CELL, CHOSEN, seed=0).batch(3)
    found = grid.values(spectra).abs().numpy()
    assert spectra.shape == (3, *grid.modulus.shape)
    assert np.allclose(found[:, None], np.abs(grid.values(grid.modulus + 0j).numpy()), atol=1e-3)
