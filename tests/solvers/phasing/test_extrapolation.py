"""Phases of a made-up crystal whose data end before atomic resolution."""

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.solvers.phasing.align import superimpose
from patterson_gui.solvers.phasing.charge_flipping import random_phases
from patterson_gui.solvers.phasing.extrapolation import ExtrapolatingRaar
from patterson_gui.solvers.phasing.grid import AXES, phasing_grid
from patterson_gui.solvers.phasing.search import find_phases
from tests.solvers.phasing.test_search import CELL, point_atoms

D_MIN = 1.2
FINE = gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 0.85)  # the order of `point_atoms`
D = np.asarray(CELL.calculate_d_array(FINE))


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """hkl (n, 3), E (n,) of point atoms and |F| (n,) of atoms with B 3 Å², to `D_MIN`."""
    near = D >= D_MIN
    e = point_atoms()[near]
    return FINE[near], e, np.abs(e) * np.exp(-3.0 / (4 * D[near] ** 2))


def test_finds_the_structure_at_a_resolution_that_does_not_resolve_atoms():
    hkl, truth, f = data()
    found = find_phases(hkl, np.abs(truth), CELL, f=f, seed=1, seconds=20.0)
    assert found.agreement > 0.6
    assert superimpose(found.hkl, found.e, truth)[1] > 0.85
    assert all(start.method == "RAAR with extrapolated reflections" for start in found.starts)


def test_the_grid_holds_all_reflections_up_to_the_limit_of_extrapolation():
    hkl, truth, _ = data()
    grid = phasing_grid(hkl, np.abs(truth), CELL, extrapolate_to=0.9)
    inside = len(gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 0.9))
    assert int((grid.known * grid.weight).sum()) == 2 * len(hkl)
    assert int((grid.free * grid.weight).sum()) == 2 * (inside - len(hkl)) + 1  # and F(000)


def test_spectra_are_those_of_positive_density_in_few_voxels():
    hkl, truth, _ = data()
    grid = phasing_grid(hkl, np.abs(truth), CELL, extrapolate_to=0.9)
    start = random_phases(grid, 2, torch.Generator().manual_seed(0))
    spectra = ExtrapolatingRaar(grid, CELL, start).advance(5)
    density = torch.fft.irfftn(spectra, s=grid.shape, dim=AXES)
    filled = density > 1e-4 * density.amax(dim=AXES, keepdim=True)
    assert spectra.shape == start.shape
    assert float(density.min()) > -1e-4 * float(density.max())
    assert filled.float().mean(dim=AXES).tolist() == pytest.approx([0.08, 0.08], abs=0.02)
