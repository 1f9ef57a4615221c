"""Scaling of a derivative to its native, and isomorphous differences."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.friedel_pairs import FriedelPairs, friedel_pairs
from patterson_gui.crystal.differences.isomorphous import (
    isomorphous_differences,
    r_iso,
    scaled_derivative,
)
from patterson_gui.crystal.differences.outliers import impossible_differences, without_outliers
from patterson_gui.crystal.differences.scaling import local_factors, relative_scale
from patterson_gui.errors import UserError
from tests.crystal.differences.simulated import CELL, GROUP, structure, structure_factors

SCALE, B = 0.37, 6.5


def data(hkl: np.ndarray, f: np.ndarray, label: str, cell: gemmi.UnitCell = CELL) -> FriedelPairs:
    pairs = friedel_pairs(hkl, f, 0.01 * f + 0.1, "amplitude", cell, GROUP)
    return replace(pairs, label=label)


@pytest.fixture(scope="module")
def crystals() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unique indices, amplitudes of a native and of its derivative with two heavy atoms."""
    hkl = np.array(gemmi.make_miller_array(CELL, GROUP, 2.8), dtype=np.int32)
    derivative = structure(n_light=300, n_heavy=2)
    native = structure(n_light=300, n_heavy=2)
    native.sites = native.sites[2:]
    native.setup_cell_images()
    return (
        hkl,
        np.abs(structure_factors(native, hkl, 0.0)),
        np.abs(structure_factors(derivative, hkl, 0.0)),
    )


def decay(hkl: np.ndarray) -> np.ndarray:
    """The factor by which the derivative was measured too small."""
    d = np.asarray(CELL.calculate_d_array(hkl))
    return np.exp(B / (4.0 * d**2)) / SCALE


def test_recovers_a_known_scale_and_b(crystals: tuple[np.ndarray, np.ndarray, np.ndarray]):
    hkl, native, _ = crystals
    d = np.asarray(CELL.calculate_d_array(hkl))
    found = relative_scale(native, native * decay(hkl), d)
    assert found.scale == pytest.approx(SCALE, rel=0.01)
    assert found.b == pytest.approx(B, abs=0.2)
    np.testing.assert_allclose(found.factors(d) * decay(hkl), 1.0, atol=0.01)


def test_differences_are_those_of_the_structures(
    crystals: tuple[np.ndarray, np.ndarray, np.ndarray],
):
    hkl, native, derivative = crystals
    measured = derivative * decay(hkl)
    scaled = scaled_derivative(data(hkl, native, "nat"), data(hkl, measured, "der"))
    found = isomorphous_differences(scaled)
    expected = {tuple(h): v for h, v in zip(hkl.tolist(), derivative - native, strict=True)}
    true = np.array([expected[tuple(h)] for h in found.hkl.tolist()])
    # Equal mean squares take what the heavy atoms add for a scale, here about 5 %.
    assert np.corrcoef(found.value, true)[0, 1] > 0.97
    assert scaled.label == found.label == "der − nat"
    assert scaled.b == pytest.approx(B, abs=3.0)
    assert found.kind == "isomorphous"


def test_identical_data_sets_have_no_differences(
    crystals: tuple[np.ndarray, np.ndarray, np.ndarray],
):
    hkl, native, _ = crystals
    scaled = scaled_derivative(data(hkl, native, "a"), data(hkl, native * decay(hkl), "b"))
    assert r_iso(scaled) < 0.01


def test_local_factors_follow_absorption(crystals: tuple[np.ndarray, np.ndarray, np.ndarray]):
    """A factor that varies with direction, which no overall scale describes."""
    hkl, native, _ = crystals
    direction = hkl / np.linalg.norm(hkl, axis=1)[:, None]
    absorbed = native / (1.0 + 0.4 * direction[:, 2] ** 2)
    d = np.asarray(CELL.calculate_d_array(hkl))
    overall = relative_scale(native, absorbed, d).factors(d) * absorbed
    factors = local_factors(native, overall, hkl, hkl, CELL, GROUP)

    def r(f: np.ndarray) -> float:
        return float(np.abs(f - native).sum() / native.sum())

    assert r(overall) > 0.06
    assert r(factors * overall) < 0.5 * r(overall)


def test_reflections_of_either_data_set_are_kept(
    crystals: tuple[np.ndarray, np.ndarray, np.ndarray],
):
    hkl, native, derivative = crystals
    scaled = scaled_derivative(
        data(hkl[50:], native[50:], "a"), data(hkl[:-80], derivative[:-80], "b")
    )
    n = np.count_nonzero(~np.asarray(GROUP.operations().systematic_absences(hkl), dtype=bool))
    assert len(scaled) == n
    assert len({tuple(h) for h in scaled.hkl.tolist()}) == n
    assert np.isfinite(scaled.native).sum() + np.isfinite(scaled.mean).sum() > n
    np.testing.assert_array_equal(scaled.plus, scaled.mean)
    both = np.isfinite(scaled.native) & np.isfinite(scaled.mean)
    assert len(isomorphous_differences(scaled)) == np.count_nonzero(both)


def test_refuses_other_cells_and_groups(crystals: tuple[np.ndarray, np.ndarray, np.ndarray]):
    hkl, native, derivative = crystals
    one = data(hkl, native, "a of x.mtz")
    longer = gemmi.UnitCell(33.0, 37.0, 43.0, 90, 90, 90)
    with pytest.raises(UserError, match=r"cells of b of y.mtz .* differ by more than 5 %"):
        scaled_derivative(one, data(hkl, derivative, "b of y.mtz", longer))
    other = replace(data(hkl, derivative, "b"), spacegroup=gemmi.SpaceGroup("P 2 2 2"))
    with pytest.raises(UserError, match="one space group"):
        scaled_derivative(one, other)


def test_warns_of_cells_that_differ_by_more_than_one_per_cent(
    crystals: tuple[np.ndarray, np.ndarray, np.ndarray],
):
    hkl, native, derivative = crystals
    longer = gemmi.UnitCell(31.0, 37.0, 43.8, 90, 90, 90)
    scaled = scaled_derivative(data(hkl, native, "a"), data(hkl, derivative, "b", longer))
    (warning,) = [note for note in scaled.notes if "isomorphous" in note]
    assert "differ by up to 1.9 %" in warning
    assert any("c by +1.86 %" in note for note in scaled.notes)


def test_says_that_unrelated_data_sets_are_not_isomorphous(
    crystals: tuple[np.ndarray, np.ndarray, np.ndarray],
):
    hkl, native, derivative = crystals
    shuffled = np.random.default_rng(0).permutation(derivative)
    scaled = scaled_derivative(data(hkl, native, "a"), data(hkl, shuffled, "b"))
    assert any("may not be of isomorphous crystals" in note for note in scaled.warnings)


def test_finds_a_derivative_that_is_indexed_differently():
    """In P 4 the lattice has the axis a + b, by which h k l becomes k h −l, and so −h k −l."""
    cell, group = gemmi.UnitCell(40, 40, 60, 90, 90, 90), gemmi.SpaceGroup("P 4")
    hkl = np.array(gemmi.make_miller_array(cell, group, 3.0), dtype=np.int32)
    f = np.random.default_rng(1).rayleigh(50.0, len(hkl))
    sigma = np.full(len(hkl), 0.5)
    native = friedel_pairs(hkl, f, sigma, "amplitude", cell, group)
    other = (hkl[:, [1, 0, 2]] * [1, 1, -1]).astype(np.int32)
    derivative = friedel_pairs(other, 1.02 * f, sigma, "amplitude", cell, group)
    scaled = scaled_derivative(native, derivative)
    (warning,) = scaled.warnings
    assert "to 0.00 where the derivative is indexed as -h,k,-l: reindex it" in warning
    assert scaled.notes[0] == warning


def test_refuses_data_sets_without_a_common_reflection(
    crystals: tuple[np.ndarray, np.ndarray, np.ndarray],
):
    hkl, native, derivative = crystals
    one, two = data(hkl[:300], native[:300], "a"), data(hkl[300:], derivative[300:], "b")
    with pytest.raises(UserError, match="no reflections in common"):
        scaled_derivative(one, two)
    few = data(hkl[290:310], derivative[290:310], "b")
    with pytest.raises(UserError, match="reflections in common, and a scale needs 20"):
        scaled_derivative(one, few)


def normal_differences(n: int) -> Differences:
    random = np.random.default_rng(4)
    hkl = np.array(gemmi.make_miller_array(CELL, GROUP, 2.2), dtype=np.int32)[:n]
    return Differences("anomalous", hkl, random.normal(0, 5, n), np.ones(n), CELL, GROUP)


def test_outliers_are_those_of_a_probability_below_one_in_a_million():
    found = normal_differences(2700)
    epsilon = np.ones(2700)
    assert not impossible_differences(found.value, found.d, epsilon).any()
    value = found.value.copy()
    value[[10, 1500, 2690]] = (21.0, -80.0, 30.0)  # 4.2, 16 and 6 times the standard deviation
    rejected = np.flatnonzero(impossible_differences(value, found.d, epsilon))
    assert rejected.tolist() == [1500, 2690]
    kept = without_outliers(replace(found, value=value))
    assert len(kept) == 2698
    assert kept.notes == ("Outliers left out (probability below 1e-06): 2 differences.",)


def test_acentric_isomorphous_differences_count_twice_in_a_patterson():
    """⟨ΔF²⟩ is ⟨F_H²⟩/2 for acentric reflections and ⟨F_H²⟩ for centric ones."""
    hkl = np.array(gemmi.make_miller_array(CELL, GROUP, 3.0), dtype=np.int32)
    value = np.linspace(-4.0, 4.0, len(hkl))
    found = Differences("isomorphous", hkl, value, np.full(len(hkl), 1e-6), CELL, GROUP)
    f = found.amplitudes().f
    np.testing.assert_allclose(f[found.centric], np.abs(value)[found.centric], rtol=1e-5)
    np.testing.assert_allclose(f[~found.centric] ** 2, 2.0 * value[~found.centric] ** 2, rtol=1e-5)
