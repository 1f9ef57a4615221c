import gemmi
import numpy as np
import torch

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.solvers.retrieval.grids import grid_batch

CELL = gemmi.UnitCell(9, 10, 11, 80, 95, 105)


def test_free_terms_are_those_within_the_resolution_that_were_not_measured() -> None:
    hkl = unique_reflections(CELL, p1(), 2.0)
    missing = np.arange(len(hkl)) % 7 == 3
    missing[np.argmin(CELL.calculate_d_array(hkl))] = False  # the limit stays what it was
    data = Amplitudes(hkl[~missing], np.ones((~missing).sum(), np.float32), CELL, p1())
    batch = grid_batch([data], (12, 15, 16), torch.device("cpu"))
    free = {tuple(h) for h in hkl[missing].tolist()}
    free |= {tuple(-h for h in one) for one in free} | {(0, 0, 0)}
    expected = np.zeros((12, 15, 9))
    for h, k, l in free:  # noqa: E741
        if l >= 0:
            expected[h, k, l] = 1.0
    np.testing.assert_array_equal(batch.free[0, 0].numpy(), expected)
    assert not batch.only_f000_free
    whole = Amplitudes(hkl, np.ones(len(hkl), np.float32), CELL, p1())
    assert grid_batch([whole], (12, 15, 16), torch.device("cpu")).only_f000_free
