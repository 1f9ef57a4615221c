import numpy as np
import pytest

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.comparison.agreement import self_consistency
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients, map_from_terms
from tests.crystal.comparison.random_crystal import CELL, truth_of, with_phase_noise


def test_self_consistency_of_the_true_density_is_one_by_amplitudes_and_by_map():
    truth = truth_of()
    amplitudes = truth.amplitudes()
    grid = map_from_coefficients(truth, grid_shape(CELL, 0.5, d_min=1.5))
    density = DensityMap(grid, CELL, p1(), MapKind.PREDICTED, 1.5)
    wrong = density.with_grid(
        np.random.default_rng(0).permutation(grid.ravel()).reshape(grid.shape)
    )
    for data in (amplitudes, patterson(amplitudes)):
        assert self_consistency(density, data) == pytest.approx(1.0, abs=1e-5)
        assert self_consistency(wrong, data) < 0.9


def test_self_consistency_equals_the_correlation_of_the_autocorrelation_map():
    truth = truth_of()
    f = with_phase_noise(truth.f, 40) * np.random.default_rng(2).uniform(0.5, 1.5, len(truth.f))
    shape = grid_shape(CELL, 0.5, d_min=1.5)
    density = DensityMap(map_from_terms(truth.hkl, f, CELL, shape), CELL, p1(),
                         MapKind.PREDICTED, 1.5)  # fmt: skip
    auto = map_from_terms(truth.hkl, np.abs(f) ** 2 + 0j, CELL, shape)
    pat = map_from_terms(truth.hkl, np.abs(truth.f) ** 2 + 0j, CELL, shape)
    expected = np.corrcoef(auto.ravel(), pat.ravel())[0, 1]
    assert self_consistency(density, truth.amplitudes()) == pytest.approx(expected, abs=1e-5)
