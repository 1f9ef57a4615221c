from itertools import pairwise

import gemmi
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.comparison import prediction_metrics as metrics
from patterson_gui.crystal.maps.masks import ball_mask
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, structure_factors
from patterson_gui.errors import UserError
from tests.crystal.comparison.random_crystal import CELL, truth_of, with_phase_noise


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


def test_accepts_either_friedel_mate():
    truth = truth_of()
    result = metrics.compare(-truth.hkl, truth.f.conj(), truth)
    assert result.fixed.r == pytest.approx(1.0, abs=1e-6)


def test_truth_with_symmetry_is_compared_over_the_whole_cell():
    cell, group = gemmi.UnitCell(11, 12, 13, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")
    atoms = Scatterers(("C", "O"), np.array([[0.1, 0.2, 0.3], [0.3, 0.35, 0.1]]), np.full(2, 10.0),
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


def test_a_centrosymmetric_truth_does_not_change_the_hand():
    half = np.random.default_rng(0).uniform(0.1, 0.4, (8, 3))
    atoms = Scatterers(
        ("C",) * 16, np.concatenate([half, 1 - half]), np.full(16, 20.0), np.ones(16)
    )
    truth = structure_factors(atoms, CELL, p1(), 1.5)
    assert not metrics.compare(truth.hkl, truth.f, truth).inverted


def test_rejects_predictions_without_common_reflections():
    truth = truth_of()
    with pytest.raises(UserError, match="no reflection in common"):
        metrics.compare(truth.hkl, np.zeros(len(truth.f), np.complex64), truth)


@pytest.mark.parametrize("degrees", [0, 20])
def test_a_reflection_without_a_phase_counts_as_ninety_degrees_wrong(degrees):
    truth = truth_of()
    f = with_phase_noise(truth.f, degrees)
    without = np.arange(len(f)) % 4 == 0
    whole = metrics.compare(truth.hkl, f, truth).fixed
    figures = metrics.compare(truth.hkl, np.where(without, 0, f), truth).fixed
    errors = np.abs(np.degrees(np.angle(f.astype(np.complex128) * np.conj(truth.f))))
    errors[without] = 90.0
    assert figures.phase_error_deg == pytest.approx(errors.mean(), abs=1e-3)
    assert figures.phase_error_deg > whole.phase_error_deg + 15
    weighted = np.average(errors, weights=np.abs(truth.f))
    assert figures.phase_error_weighted_deg == pytest.approx(weighted, abs=1e-3)


def test_each_shell_begins_where_the_one_before_ends():
    truth = truth_of()
    shells = metrics.compare(truth.hkl, truth.f, truth).fixed.shells
    assert shells[0].d_max == pytest.approx(float(truth.d.max()))
    for inner, outer in pairwise(shells):
        assert outer.d_max == pytest.approx(inner.d_min)
    assert shells[-1].d_min == pytest.approx(float(truth.d.min()), rel=1e-6)
