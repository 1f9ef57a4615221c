"""Statistics of differences: what noise gives, and where a signal ends."""

from dataclasses import replace

import numpy as np
import pytest

from patterson_gui.crystal.differences.anomalous import anomalous_differences
from patterson_gui.crystal.differences.friedel_pairs import FriedelPairs, friedel_pairs
from patterson_gui.crystal.differences.statistics import (
    DifferenceStatistics,
    anomalous_statistics,
)
from tests.crystal.differences.simulated import CELL, GROUP, Simulated, simulated


@pytest.fixture(scope="module")
def truth() -> Simulated:
    return simulated(d_min=2.3)


def measured(truth: Simulated, sigma: float, *, times: int = 1, noise: float = 1.0) -> FriedelPairs:
    """Both mates, measured several times with normal errors, whose σ may be wrong."""
    random = np.random.default_rng(7)
    hkl = np.concatenate([truth.hkl, -truth.hkl] * times)
    f = np.concatenate([np.abs(truth.plus), np.abs(truth.minus)] * times) + 10.0
    value = f + random.normal(0.0, sigma * noise, len(f))
    return friedel_pairs(hkl, value, np.full(len(f), sigma), "amplitude", CELL, GROUP)


def without_signal(truth: Simulated) -> Simulated:
    return replace(truth, minus=truth.plus)


def statistics(pairs: FriedelPairs) -> DifferenceStatistics:
    return anomalous_statistics(pairs, anomalous_differences(pairs))


def test_errors_alone_give_the_ratio_of_a_normal_distribution(truth: Simulated):
    found = statistics(measured(without_signal(truth), 2.0))
    assert found.over_sigma == pytest.approx(np.sqrt(2.0 / np.pi), abs=0.02)
    assert found.signal_to is None
    assert found.sentences()[1] == "No anomalous signal exceeds the uncertainties."


def test_sigmas_that_are_a_fifth_too_small_are_no_signal(truth: Simulated):
    assert statistics(measured(without_signal(truth), 2.0, noise=1.2)).signal_to is None


def test_a_signal_is_found_and_the_ratio_is_that_of_the_structure(truth: Simulated):
    found = statistics(measured(truth, 0.2))
    acentric = ~truth.centric
    plus, minus = np.abs(truth.plus)[acentric], np.abs(truth.minus)[acentric]
    expected = np.abs(plus - minus).sum() / ((plus + minus) / 2.0 + 10.0).sum()
    assert found.ratio == pytest.approx(expected, rel=0.02)
    assert found.signal_to == found.shells[-1].d_min
    assert found.n == sum(shell.n for shell in found.shells)


def test_a_signal_at_low_resolution_ends_where_errors_begin(truth: Simulated):
    d = np.asarray(CELL.calculate_d_array(truth.hkl))
    fades = replace(truth, minus=np.where(d < 3.2, truth.plus, truth.minus))
    found = statistics(measured(fades, 0.5))
    assert found.signal_to == pytest.approx(3.2, abs=0.25)


def test_errors_in_proportion_to_f_are_no_signal(truth: Simulated):
    """σ of counting statistics miss 2 % of F, as those of small crystals often do."""
    nothing = without_signal(truth)
    random = np.random.default_rng(3)
    n = len(truth.hkl)
    spoilt = replace(
        nothing,
        plus=nothing.plus * random.normal(1.0, 0.02, n),
        minus=nothing.minus * random.normal(1.0, 0.02, n),
    )
    found = statistics(measured(spoilt, 0.3))
    assert found.over_sigma > 1.2
    assert found.proportional_error == pytest.approx(0.02 * np.sqrt(2.0), abs=0.01)
    assert found.signal_to is None
    assert "% of F that σ does not contain" in found.sentences()[1]


def test_half_sets_decide_where_measurements_are_repeated(truth: Simulated):
    found = statistics(measured(truth, 1.0, times=4))
    assert found.correlation > 0.5
    assert found.signal_to is not None
    nothing = statistics(measured(without_signal(truth), 1.0, times=4, noise=2.0))
    assert abs(nothing.correlation) < 0.1
    assert nothing.signal_to is None


def test_shuffled_halves_have_no_signal(truth: Simulated):
    pairs = measured(truth, 1.0, times=4)
    assert pairs.halves is not None
    halves = pairs.halves.copy()
    halves[:, 1] = np.random.default_rng(0).permutation(halves[:, 1])
    assert statistics(replace(pairs, halves=halves)).signal_to is None


def test_expected_squares_recover_the_mean_square_of_true_differences(truth: Simulated):
    """⟨δ² | Δ⟩ has the mean of δ², and follows it better than Δ² does."""
    pairs = measured(truth, 4.0)
    found = anomalous_differences(pairs)
    true = {
        tuple(h): v
        for h, v in zip(truth.hkl.tolist(), np.abs(truth.plus) - np.abs(truth.minus), strict=True)
    }
    squares = np.array([true[tuple(h)] for h in found.hkl.tolist()]) ** 2
    assert found.expected_squares.mean() == pytest.approx(squares.mean(), rel=0.1)
    error = np.abs(found.expected_squares - squares).mean()
    assert error < 0.9 * np.abs(found.value**2 - squares).mean()
