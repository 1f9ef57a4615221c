"""Reflections on the half-spectrum of a grid, held against a sum of waves."""

import gemmi
import numpy as np
import torch

from patterson_gui.solvers.phasing.grid import phasing_grid

CELL = gemmi.UnitCell(5.0, 6.5, 7.0, 95, 100, 105)


def hemisphere(d_min: float) -> np.ndarray:
    """(n, 3) one of each Friedel pair of the triclinic cell."""
    return gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), d_min)


def test_the_density_is_the_sum_of_the_waves_of_f():
    hkl = hemisphere(1.2)
    rng = np.random.default_rng(0)
    f = rng.normal(size=len(hkl)) + 1j * rng.normal(size=len(hkl))
    grid = phasing_grid(hkl, np.abs(f), CELL)
    density = grid.density(grid.spectrum(torch.as_tensor(f)[None]))[0].numpy()
    points = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1) / grid.shape
    waves = np.exp(-2j * np.pi * (points.reshape(-1, 3) @ hkl.T))
    expected = 2 * (waves @ f).real.reshape(grid.shape) / np.prod(grid.shape)
    assert np.allclose(density, expected, atol=1e-9)


def test_values_are_read_back_where_they_were_put():
    hkl = hemisphere(1.2)
    f = torch.as_tensor(np.exp(1j * np.arange(len(hkl))))[None]
    grid = phasing_grid(hkl, np.ones(len(hkl)), CELL)
    spectrum = torch.fft.rfftn(grid.density(grid.spectrum(f)), dim=(-3, -2, -1))
    assert torch.allclose(grid.values(spectrum), f, atol=1e-9)


def test_reflections_inside_the_limit_that_were_not_measured_are_free():
    hkl = hemisphere(1.2)
    grid = phasing_grid(hkl[5:], np.ones(len(hkl) - 5), CELL)
    known, free = grid.known * grid.weight, grid.free * grid.weight
    assert int(known.sum()) == 2 * (len(hkl) - 5)
    assert int(free.sum()) == 2 * 5 + 1  # and F(000)
    assert not (grid.known & grid.free).any()
