import gemmi
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.comparison import prediction_metrics as metrics
from patterson_gui.crystal.comparison.agreement import best_scale
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.masks import ball_mask
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients, map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.crystal.reciprocal.structure_factors import Atoms, structure_factors
from patterson_gui.errors import UserError

CELL = gemmi.UnitCell(11, 12, 13, 85, 95, 100)


def truth_of(n=20, seed=0, cell=CELL, d_min=1.5):
    rng = np.random.default_rng(seed)
    atoms = Atoms(("C",) * n, rng.uniform(0.2, 0.8, (n, 3)), np.full(n, 20.0), np.ones(n))
    return structure_factors(atoms, cell, p1(), d_min)


def with_phase_noise(f, degrees, seed=1):
    noise = np.random.default_rng(seed).normal(0, np.radians(degrees), len(f))
    return (f * np.exp(1j * noise)).astype(np.complex64)


@settings(deadline=None, max_examples=30)
@given(st.tuples(*[st.floats(0, 1)] * 3), st.booleans(), st.integers(0, 20))
def test_alignment_undoes_any_shift_and_hand_below_the_grid_spacing(shift, inverted, seed):
    truth = truth_of(seed=seed)
    f = truth.f * np.exp(-2j * np.pi * (truth.hkl @ np.array(shift)))
    result = metrics.compare(truth.hkl, np.conj(f) if inverted else f, truth)
    assert result.inverted == inverted
    assert result.aligned.r == pytest.approx(1.0, abs=1e-5)
    assert result.aligned.phase_error_deg < 0.1
    difference = np.array(result.shift_frac) - shift
    assert np.abs(difference - np.rint(difference)).max() < 1e-4
    assert result.solved


def test_aligned_correlation_is_never_below_the_fixed_one():
    truth = truth_of()
    for degrees in (10, 40, 80):
        result = metrics.compare(truth.hkl, with_phase_noise(truth.f, degrees), truth)
        assert result.aligned.r >= result.fixed.r - 1e-9


def test_correlations_equal_those_of_the_maps_computed_on_a_grid():
    truth = truth_of()
    f = with_phase_noise(truth.f, 30)
    shape = grid_shape(CELL, 0.5, d_min=1.5)
    mask = ball_mask(CELL, shape, np.array([[0.5, 0.5, 0.5]]), 3.0)
    result = metrics.compare(truth.hkl, f, truth, mask=mask)
    a, b = (map_from_terms(truth.hkl, x, CELL, shape) for x in (f, truth.f))
    assert result.fixed.r == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-5)
    assert result.fixed.r_masked == pytest.approx(np.corrcoef(a[mask], b[mask])[0, 1], abs=1e-5)


def test_reflections_missing_from_the_prediction_lower_r_but_not_the_phase_error():
    truth = truth_of()
    half = np.arange(len(truth.f)) % 2 == 0
    result = metrics.compare(truth.hkl[half], truth.f[half], truth)
    assert result.aligned.phase_error_deg < 0.1
    assert 0.5 < result.aligned.r < 0.9


def test_friedel_mates_of_either_sign_are_understood():
    truth = truth_of()
    result = metrics.compare(-truth.hkl, truth.f.conj(), truth)
    assert result.fixed.r == pytest.approx(1.0, abs=1e-6)


def test_truth_with_symmetry_is_compared_over_the_whole_cell():
    cell, group = gemmi.UnitCell(11, 12, 13, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")
    atoms = Atoms(("C", "O"), np.array([[0.1, 0.2, 0.3], [0.3, 0.35, 0.1]]), np.full(2, 10.0),
                  np.ones(2))  # fmt: skip
    truth = structure_factors(atoms, cell, group, 1.5)
    p1_terms = truth.expand_to_p1()
    result = metrics.compare(p1_terms.hkl, p1_terms.f, truth)
    assert result.fixed.r == pytest.approx(1.0, abs=1e-6)
    assert sum(shell.n for shell in result.fixed.shells) == len(p1_terms.hkl)


def test_twelve_shells_of_equal_volume_cover_every_reflection():
    truth = truth_of(cell=gemmi.UnitCell(25, 25, 25, 90, 90, 90))
    figures = metrics.compare(truth.hkl, with_phase_noise(truth.f, 20), truth).fixed
    counts = np.array([shell.n for shell in figures.shells])
    assert len(counts) == 12
    assert counts.sum() == len(truth.hkl)
    assert np.all(np.abs(counts - counts.mean()) < 0.2 * counts.mean())
    volumes = np.array([shell.d_min**-3 for shell in figures.shells])
    np.testing.assert_allclose(np.diff(volumes), volumes[0], rtol=1e-6)
    errors = np.array([shell.phase_error_deg for shell in figures.shells])
    assert errors @ counts / counts.sum() == pytest.approx(figures.phase_error_deg)
    assert figures.phase_error_deg == pytest.approx(20 * np.sqrt(2 / np.pi), rel=0.1)


def test_a_centrosymmetric_truth_keeps_the_hand_as_it_stands():
    half = np.random.default_rng(0).uniform(0.1, 0.4, (8, 3))
    atoms = Atoms(("C",) * 16, np.concatenate([half, 1 - half]), np.full(16, 20.0), np.ones(16))
    truth = structure_factors(atoms, CELL, p1(), 1.5)
    assert not metrics.compare(truth.hkl, truth.f, truth).inverted


def test_nothing_in_common_is_refused_in_a_sentence():
    truth = truth_of()
    with pytest.raises(UserError, match="no reflection in common"):
        metrics.compare(truth.hkl, np.zeros(len(truth.f), np.complex64), truth)


def test_phase_errors_fold_to_between_0_and_180_degrees():
    errors = metrics.phase_errors_deg([10, 350, 0, -170, 720], [350, 10, 180, 170, 0])
    np.testing.assert_allclose(errors, [20, 20, 180, 20, 0])


@given(st.integers(0, 1000))
def test_r_factor_scale_is_the_one_that_makes_it_smallest(seed):
    rng = np.random.default_rng(seed)
    fc, fo = rng.random(30), rng.random(30)
    scale = best_scale(fc, fo)
    best = np.abs(scale * fc - fo).sum()
    assert all(best <= np.abs(scale * k * fc - fo).sum() + 1e-12 for k in (0.9, 0.99, 1.01, 1.1))
    assert metrics.r_factor(fc, fo) == pytest.approx(best / fo.sum())


def test_r_factor_ignores_scale_and_phase():
    f = np.array([1 + 2j, 3, 4j])
    assert metrics.r_factor(f * 7j, np.abs(f)) == pytest.approx(0.0, abs=1e-12)


def test_self_consistency_of_the_true_density_is_one_by_amplitudes_and_by_map():
    truth = truth_of()
    amplitudes = truth.amplitudes()
    grid = map_from_coefficients(truth, grid_shape(CELL, 0.5, d_min=1.5))
    density = DensityMap(grid, CELL, p1(), MapKind.PREDICTED, 1.5)
    wrong = density.with_grid(
        np.random.default_rng(0).permutation(grid.ravel()).reshape(grid.shape)
    )
    for data in (amplitudes, patterson(amplitudes)):
        assert metrics.self_consistency(density, data) == pytest.approx(1.0, abs=1e-5)
        assert metrics.self_consistency(wrong, data) < 0.9


def test_self_consistency_equals_the_correlation_of_the_autocorrelation_map():
    truth = truth_of()
    f = with_phase_noise(truth.f, 40) * np.random.default_rng(2).uniform(0.5, 1.5, len(truth.f))
    shape = grid_shape(CELL, 0.5, d_min=1.5)
    density = DensityMap(map_from_terms(truth.hkl, f, CELL, shape), CELL, p1(),
                         MapKind.PREDICTED, 1.5)  # fmt: skip
    auto = map_from_terms(truth.hkl, np.abs(f) ** 2 + 0j, CELL, shape)
    pat = map_from_terms(truth.hkl, np.abs(truth.f) ** 2 + 0j, CELL, shape)
    expected = np.corrcoef(auto.ravel(), pat.ravel())[0, 1]
    assert metrics.self_consistency(density, truth.amplitudes()) == pytest.approx(
        expected, abs=1e-5
    )


def test_ball_mask_holds_exactly_the_points_within_the_radius():
    cell, shape = gemmi.UnitCell(9, 10, 11, 70, 110, 100), (18, 20, 24)
    centres = np.random.default_rng(0).random((5, 3))
    mask = ball_mask(cell, shape, centres, 2.0)
    for i, j, k in np.random.default_rng(1).integers(0, 18, (300, 3)):
        frac = gemmi.Fractional(i / 18, j / 20, k / 24)
        near = min(
            cell.find_nearest_pbc_image(frac, gemmi.Fractional(*c), 0).dist() for c in centres
        )
        if abs(near - 2.0) > 1e-6:
            assert mask[i, j, k] == (near < 2.0)


def test_coefficients_keep_their_phases_through_expansion_of_a_single_reflection():
    group, cell = gemmi.SpaceGroup("P 61"), gemmi.UnitCell(11, 11, 13, 90, 90, 120)
    one = Coefficients(np.array([[1, 2, 3]], np.int32), np.array([3 + 4j], np.complex64), cell,
                       group)  # fmt: skip
    assert len(one.expand_to_p1().hkl) == 6
    np.testing.assert_allclose(np.abs(one.expand_to_p1().f), 5.0, rtol=1e-6)
