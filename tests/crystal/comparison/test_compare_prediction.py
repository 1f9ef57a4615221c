from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.comparison.agreement import pearson
from patterson_gui.crystal.comparison.prediction_metrics import (
    aligned_density,
    aligned_phases_deg,
    central_r,
    compare_prediction,
    difference_from_truth,
)
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.crystal.prediction import Prediction, PredictionSettings
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.errors import UserError

SHIFT = np.array([0.137, 0.311, 0.093])


def prediction_of(crystal: Crystal, shift=SHIFT, inverted=True, d_min=1.5) -> Prediction:
    """The truth itself in another place and of the other hand."""
    terms = structure_factors(crystal.model, crystal.cell, crystal.spacegroup, d_min)
    p1 = terms.expand_to_p1()
    f = p1.f * np.exp(2j * np.pi * (p1.hkl @ shift))
    f = np.conj(f) if inverted else f
    grid = map_from_terms(p1.hkl, f, crystal.cell, crystal.truth.shape)
    return Prediction(
        density=DensityMap(grid, crystal.cell, p1.spacegroup, MapKind.PREDICTED, d_min),
        amplitudes=p1.amplitudes(),
        phases_deg=np.degrees(np.angle(f)).astype(np.float32),
        fom=np.ones(len(f), np.float32),
        r_factor=0.0,
        self_consistency=1.0,
        solved=True,
        verdict="",
        hand_determined=False,
        settings=PredictionSettings(),
    )


@pytest.mark.parametrize("inverted", [False, True])
def test_aligns_a_moved_and_inverted_truth_with_itself(peptide, inverted):
    crystal = make_fragment(peptide, "A", "52", "53")
    prediction = prediction_of(crystal, inverted=inverted)
    comparison = compare_prediction(prediction, crystal)
    assert comparison.inverted == inverted
    assert comparison.aligned.r == pytest.approx(1.0, abs=1e-4)
    assert comparison.aligned.r_masked == pytest.approx(1.0, abs=1e-4)
    assert comparison.aligned.phase_error_deg < 0.5
    assert comparison.fixed.r < 0.5
    assert pearson(prediction.density.grid, crystal.truth.grid) == pytest.approx(
        comparison.fixed.r, abs=1e-4
    )
    assert pearson(
        aligned_density(prediction, comparison).grid, crystal.truth.grid
    ) == pytest.approx(comparison.aligned.r, abs=1e-4)


def test_aligned_phases_are_those_of_the_aligned_density(peptide):
    crystal = make_fragment(peptide, "A", "52", "53", cell_edge=None)
    prediction = prediction_of(crystal)
    comparison = compare_prediction(prediction, crystal)
    density = aligned_density(prediction, comparison)
    f = coefficients_from_map(density.grid, crystal.cell, prediction.amplitudes.hkl)
    phases = np.radians(aligned_phases_deg(prediction, comparison))
    errors = np.abs(np.degrees(np.angle(f * np.exp(-1j * phases))))
    assert np.average(errors, weights=np.abs(f)) < 0.1


def test_compares_a_crystal_with_symmetry_over_its_whole_cell(peptide):
    crystal = crystal_from_model(peptide, 2.5)
    prediction = prediction_of(crystal, d_min=2.5)
    comparison = compare_prediction(prediction, crystal)
    assert comparison.aligned.r == pytest.approx(1.0, abs=1e-3)
    assert comparison.aligned.r_masked == pytest.approx(1.0, abs=1e-3)


def test_compares_with_a_true_map_when_there_is_no_model(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    comparison = compare_prediction(prediction_of(crystal), replace(crystal, model=None))
    assert comparison.aligned.r == pytest.approx(1.0, abs=1e-4)
    assert comparison.aligned.r_masked is None


def test_reports_that_there_is_no_truth_to_compare_with(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    with pytest.raises(UserError, match="no model or true map"):
        compare_prediction(prediction_of(crystal), replace(crystal, model=None, truth=None))


def test_rejects_a_truth_in_another_cell(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    other = make_fragment(peptide, "A", "52", "53", cell_edge=14.0)
    with pytest.raises(UserError, match="another unit cell"):
        compare_prediction(prediction_of(crystal), other)


def test_phase_errors_count_only_over_reflections_that_were_measured(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    prediction = prediction_of(crystal)
    measured = np.arange(len(prediction.amplitudes)) % 3 > 0
    part = replace(
        prediction,
        amplitudes=prediction.amplitudes.select(measured),
        phases_deg=prediction.phases_deg[measured],
        fom=prediction.fom[measured],
    )
    shells = compare_prediction(part, crystal).aligned.shells
    assert sum(shell.n for shell in shells) == measured.sum()


def test_aligns_very_many_reflections_by_their_coarse_part(peptide, monkeypatch):
    crystal = make_fragment(peptide, "A", "52", "53")
    prediction = prediction_of(crystal)
    monkeypatch.setattr("patterson_gui.crystal.comparison.alignment._MOST_SEARCHED", 300)
    comparison = compare_prediction(prediction, crystal)
    assert comparison.inverted
    assert comparison.aligned.r == pytest.approx(1.0, abs=1e-4)
    assert comparison.aligned.phase_error_deg < 0.5


def test_the_central_cube_excludes_density_outside_it(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    prediction = prediction_of(crystal, shift=np.zeros(3), inverted=False)
    assert central_r(prediction, crystal, 6.0) == pytest.approx(1.0, abs=1e-5)
    grid = prediction.density.grid.copy()
    n = grid.shape[0]
    grid[: n // 4 - 1] = 9.0  # all of it farther than 3 Å from the middle of 12 Å
    spoilt = replace(prediction, density=prediction.density.with_grid(grid))
    assert central_r(spoilt, crystal, 6.0) == pytest.approx(1.0, abs=1e-5)
    grid[n // 2, n // 2, n // 2] = 99.0
    spoilt = replace(prediction, density=prediction.density.with_grid(grid))
    assert central_r(spoilt, crystal, 6.0) < 0.9


def test_the_difference_from_the_truth_is_lowest_at_a_missing_atom(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    partial = crystal.model.clone()
    residue = partial[0][0][0]
    missing = gemmi.Position(*residue[0].pos.tolist())
    del residue[0]
    prediction = prediction_of(replace(crystal, model=partial), shift=np.zeros(3), inverted=False)
    difference = difference_from_truth(prediction, prediction.density, crystal)
    lowest = np.array(np.unravel_index(difference.grid.argmin(), difference.shape))
    place = crystal.cell.fractionalize(missing)
    away = lowest / difference.shape - np.array(place.tolist())
    away -= np.round(away)
    assert crystal.cell.orthogonalize(gemmi.Fractional(*away)).length() < 0.6
    assert difference.kind is MapKind.DIFFERENCE
    assert -difference.grid.min() > 1.5 * difference.grid.max()


def test_the_difference_from_the_truth_is_scaled_by_least_squares(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    prediction = prediction_of(crystal, shift=np.zeros(3), inverted=False)
    exact = prediction.density
    other = exact.with_grid(0.4 * exact.grid + 0.1 * np.roll(exact.grid, 3, 0) + 2.0)
    difference = difference_from_truth(prediction, other, crystal)
    design = np.stack([other.grid.ravel(), np.ones(other.grid.size)], 1).astype(float)
    fitted = design @ np.linalg.lstsq(design, exact.grid.ravel().astype(float), rcond=None)[0]
    expected = fitted.reshape(exact.shape) - exact.grid
    np.testing.assert_allclose(difference.grid, expected, atol=2e-3 * exact.grid.max())
    same = difference_from_truth(prediction, exact.with_grid(3 * exact.grid), crystal)
    assert not same.grid.any()  # rounding is no difference
