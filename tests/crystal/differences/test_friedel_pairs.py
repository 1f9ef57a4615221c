"""Friedel mates merged and kept apart, beside structure factors by gemmi's direct summation."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.differences.anomalous import anomalous_differences
from patterson_gui.crystal.differences.friedel_pairs import (
    friedel_pairs,
    with_given_differences,
)
from patterson_gui.errors import UserError
from tests.crystal.differences.simulated import CELL, GROUP, Simulated, simulated


@pytest.fixture(scope="module")
def truth() -> Simulated:
    return simulated()


def measured_anywhere(
    truth: Simulated, times: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices, F and σ of both mates under random equivalents, in random order."""
    random = np.random.default_rng(2)
    rows = []
    operations = list(GROUP.operations().sym_ops)
    for hkl, f in ((truth.hkl, truth.plus), (-truth.hkl, truth.minus)):
        for _ in range(times):
            of = random.integers(len(operations), size=len(hkl))
            images = [operations[i].apply_to_hkl(h) for i, h in zip(of, hkl.tolist(), strict=True)]
            rows.append((np.array(images, dtype=np.int32), np.abs(f)))
    index = np.concatenate([row[0] for row in rows])
    value = np.concatenate([row[1] for row in rows])
    order = random.permutation(len(value))
    return index[order], value[order], 0.01 * value[order] + 0.1


def by_index(hkl: np.ndarray, values: np.ndarray) -> dict[tuple[int, ...], float]:
    return {tuple(h): float(v) for h, v in zip(hkl.tolist(), values, strict=True)}


@pytest.mark.parametrize("times", [1, 3])
def test_differences_are_those_of_direct_summation(truth: Simulated, times: int):
    hkl, f, sigma = measured_anywhere(truth, times)
    found = anomalous_differences(friedel_pairs(hkl, f, sigma, "amplitude", CELL, GROUP))
    expected = by_index(truth.hkl, np.abs(truth.plus) - np.abs(truth.minus))
    got = by_index(found.hkl, found.value)
    assert len(got) == np.count_nonzero(~truth.centric)
    for index, value in got.items():
        assert value == pytest.approx(expected[index], abs=1e-5)
    assert not found.centric.any()
    assert np.abs(found.value).mean() > 1.0


def test_intensities_give_the_same_differences(truth: Simulated):
    hkl, f, _sigma = measured_anywhere(truth)
    intensity, spread = f**2, 1e-3 * f**2
    found = friedel_pairs(hkl, intensity, spread, "intensity", CELL, GROUP)
    expected = by_index(truth.hkl, np.abs(truth.plus) - np.abs(truth.minus))
    strong = (np.minimum(found.plus, found.minus) > 3.0) & ~found.centric
    for index, value in by_index(found.hkl[strong], found.difference[strong]).items():
        assert value == pytest.approx(expected[index], abs=1e-3)


def test_centric_reflections_have_equal_mates_and_no_difference(truth: Simulated):
    centric = truth.centric
    np.testing.assert_allclose(np.abs(truth.plus)[centric], np.abs(truth.minus)[centric], atol=0.01)
    hkl, f, sigma = measured_anywhere(truth)
    found = friedel_pairs(hkl, f, sigma, "amplitude", CELL, GROUP)
    assert np.isnan(found.difference[found.centric]).all()
    np.testing.assert_array_equal(found.plus[found.centric], found.minus[found.centric])


def test_centric_reflections_in_two_columns_count_once(truth: Simulated):
    f = np.abs(truth.plus)
    hkl, value = np.concatenate([truth.hkl, -truth.hkl]), np.concatenate([f, f])
    found = friedel_pairs(hkl, value, 0.1 * value + 1.0, "amplitude", CELL, GROUP)
    expected = by_index(truth.hkl, 0.1 * f + 1.0)
    for index, sigma in by_index(found.hkl[found.centric], found.mean_sigma[found.centric]).items():
        assert sigma == pytest.approx(expected[index])


def test_without_friedel_mates_plus_and_minus_are_the_mean(truth: Simulated):
    mean = (np.abs(truth.plus) + np.abs(truth.minus)) / 2.0
    found = friedel_pairs(truth.hkl, mean, 0.01 * mean + 0.1, "amplitude", CELL, GROUP)
    assert found.n_pairs == 0
    np.testing.assert_array_equal(found.plus, found.mean)
    np.testing.assert_array_equal(found.minus, found.mean)
    with pytest.raises(UserError, match="no Friedel mates apart"):
        anomalous_differences(found)


def test_a_reflection_without_its_mate_has_no_difference(truth: Simulated):
    hkl, f = np.concatenate([truth.hkl, -truth.hkl[5:]]), np.abs(truth.plus)
    value = np.concatenate([f, np.abs(truth.minus)[5:]])
    found = friedel_pairs(hkl, value, 0.01 * value + 0.1, "amplitude", CELL, GROUP)
    lone = {tuple(h) for h in truth.hkl[:5][~truth.centric[:5]].tolist()}
    rows = np.array([tuple(h) in lone for h in found.hkl.tolist()])
    assert np.isnan(found.difference[rows]).all()
    assert np.isnan(found.minus[rows]).all()
    np.testing.assert_array_equal(found.mean[rows], found.plus[rows])


def test_a_given_difference_changes_its_sign_with_the_mate_of_its_index(truth: Simulated):
    """DANO is F(h) − F(−h) of the index in its file, here the inverse for every other one."""
    inverse = np.arange(len(truth.hkl)) % 2 == 1
    hkl = np.where(inverse[:, None], -truth.hkl, truth.hkl).astype(np.int32)
    plus, minus = np.abs(truth.plus), np.abs(truth.minus)
    mean, given = (plus + minus) / 2.0, np.where(inverse, minus - plus, plus - minus)
    pairs = friedel_pairs(hkl, mean, 0.01 * mean + 0.1, "amplitude", CELL, GROUP)
    found = with_given_differences(pairs, hkl, given, 0.02 * mean + 0.1)
    expected, of_plus = by_index(truth.hkl, plus - minus), by_index(truth.hkl, plus)
    acentric = ~found.centric
    assert found.n_pairs == np.count_nonzero(acentric)
    for index, value in by_index(found.hkl[acentric], found.difference[acentric]).items():
        assert value == pytest.approx(expected[index], abs=1e-4)
    for index, value in by_index(found.hkl[acentric], found.plus[acentric]).items():
        assert value == pytest.approx(of_plus[index], abs=1e-4)


def test_halves_of_repeated_measurements_agree(truth: Simulated):
    hkl, f, sigma = measured_anywhere(truth, times=4)
    noisy = f + np.random.default_rng(1).normal(0.0, 0.2, len(f))
    found = friedel_pairs(hkl, noisy, 0 * sigma + 0.2, "amplitude", CELL, GROUP)
    assert found.halves is not None
    both = np.isfinite(found.halves).all(axis=1)
    assert np.corrcoef(found.halves[both].T)[0, 1] > 0.9
    whole = found.difference[both]
    np.testing.assert_allclose(found.halves[both].mean(axis=1), whole, atol=0.2)


def test_a_centrosymmetric_group_has_no_anomalous_differences():
    group = gemmi.SpaceGroup("P -1")
    hkl = np.array([[1, 2, 3], [-1, -2, -3], [2, 0, 1]], dtype=np.int32)
    values = np.array([10.0, 12.0, 9.0])
    pairs = friedel_pairs(hkl, values, 0.1 * values, "amplitude", CELL, group)
    with pytest.raises(UserError, match="centrosymmetric"):
        anomalous_differences(pairs)


def test_reports_data_without_a_measured_reflection():
    hkl = np.array([[1, 2, 3]], dtype=np.int32)
    with pytest.raises(UserError, match="No measured reflection"):
        friedel_pairs(hkl, np.array([np.nan]), np.ones(1), "amplitude", CELL, GROUP)
