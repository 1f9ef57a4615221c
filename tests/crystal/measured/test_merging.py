"""Merging of intensities, beside gemmi."""

import time

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.merging import merge, merge_with_statistics, outliers
from patterson_gui.crystal.reciprocal.equivalents import packed

GROUPS = (
    "P 1",
    "P -1",
    "P 1 21 1",
    "C 1 2/c 1",
    "P 21 21 21",
    "P 41",
    "R -3:H",
    "P 32",
    "P -4 3 n",
)


def measurements(name: str, n: int = 4000, seed: int = 1) -> Intensities:
    """Random measurements of a crystal in a group, several of each reflection."""
    rng = np.random.default_rng(seed)
    group = gemmi.SpaceGroup(name)
    three = 90 if group.crystal_system() != gemmi.CrystalSystem.Trigonal else 120
    cell = gemmi.UnitCell(10, 10, 10, 90, 90, three)
    hkl = rng.integers(-6, 7, (n, 3)).astype(np.int32)
    hkl = hkl[hkl.any(axis=1)]
    sigma = rng.uniform(0.5, 2.0, len(hkl))
    return Intensities(hkl, rng.normal(20.0, sigma), sigma, cell, group, 0.71)


def by_gemmi(data: Intensities, friedel: bool) -> tuple[np.ndarray, np.ndarray]:
    """Means by gemmi as (indices with sign, values)."""
    merged = gemmi.Intensities()
    merged.set_data(data.cell, data.spacegroup, data.hkl, data.value, data.sigma)
    merged.merge_in_place(gemmi.DataType.Mean if friedel else gemmi.DataType.Anomalous)
    merged.remove_systematic_absences()
    sign = np.where(np.asarray(merged.isign_array) < 0, -1, 1)
    return np.asarray(merged.miller_array) * sign[:, None], np.asarray(merged.value_array)


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("friedel", [True, False])
def test_means_are_those_of_gemmi(name: str, friedel: bool) -> None:
    data = measurements(name)
    got = merge(data, data.spacegroup, friedel)
    hkl, value = by_gemmi(data, friedel)
    mine, theirs = np.argsort(packed(got.hkl)), np.argsort(packed(hkl))
    np.testing.assert_array_equal(got.hkl[mine], hkl[theirs])
    np.testing.assert_allclose(got.value[mine], value[theirs], rtol=1e-5)
    assert got.redundancy.sum() + np.count_nonzero(
        data.spacegroup.operations().systematic_absences(data.hkl)
    ) == len(data)


def test_r_int_and_r_pim_of_two_measurements() -> None:
    data = Intensities(
        np.array([[1, 2, 3], [-1, -2, -3], [2, 0, 0]], dtype=np.int32),
        np.array([90.0, 110.0, 50.0]),
        np.ones(3),
        gemmi.UnitCell(9, 10, 11, 90, 90, 90),
        gemmi.SpaceGroup("P 1"),
    )
    _, statistics = merge_with_statistics(data, data.spacegroup, True)
    assert statistics.r_int == pytest.approx(20 / 200)
    assert statistics.r_pim == pytest.approx(20 / 200)  # √(1/(n−1)) is 1 for two
    assert (statistics.n_unique, statistics.n_repeated) == (2, 1)
    apart, statistics = merge_with_statistics(data, data.spacegroup, False)
    assert len(apart) == 3
    assert np.isnan(statistics.r_int)


def test_r_pim_is_that_of_gemmi() -> None:
    data = measurements("P 21 21 21")
    _, statistics = merge_with_statistics(data, data.spacegroup, True)
    allowed = data.select(~data.spacegroup.operations().systematic_absences(data.hkl))
    reference = gemmi.Intensities()
    reference.set_data(data.cell, data.spacegroup, allowed.hkl, allowed.value, allowed.sigma)
    reference.prepare_for_merging(gemmi.DataType.Mean)
    (stats,) = reference.calculate_merging_stats(None, use_weights="X")
    assert statistics.r_int == pytest.approx(stats.r_merge(), rel=1e-4)
    assert statistics.r_pim == pytest.approx(stats.r_pim(), rel=1e-4)


def test_sigma_is_the_scatter_where_that_is_larger() -> None:
    data = Intensities(
        np.array([[1, 2, 3], [-1, -2, -3]], dtype=np.int32),
        np.array([90.0, 110.0]),
        np.array([1.0, 1.0]),
        gemmi.UnitCell(9, 10, 11, 90, 90, 90),
        gemmi.SpaceGroup("P 1"),
    )
    assert merge(data, data.spacegroup, True).sigma[0] == pytest.approx(10.0)


def test_rejects_one_faulty_measurement_of_six() -> None:
    data = measurements("P 1", 20000)
    row = np.flatnonzero((data.hkl == (1, 2, 3)).all(axis=1))[0]
    value = np.random.default_rng(0).normal(100.0, data.sigma)
    value[row] = 700.0
    faulty = Intensities(data.hkl, value, data.sigma, data.cell, data.spacegroup)
    merged, statistics = merge_with_statistics(faulty, data.spacegroup, True)
    assert statistics.n_rejected == 1
    assert np.abs(merged.value - 100.0).max() < 5.0


def test_rejects_no_ordinary_measurement_where_sigma_is_too_small() -> None:
    data = measurements("P 1", 20000)
    value = np.random.default_rng(0).normal(100.0, 40.0, len(data))
    small = Intensities(data.hkl, value, np.ones(len(data)), data.cell, data.spacegroup)
    _, statistics = merge_with_statistics(small, data.spacegroup, True)
    assert statistics.n_rejected <= 2


def test_merges_100_000_measurements_in_a_fraction_of_a_second() -> None:
    data = measurements("P 1 21 1", 100_000)
    start = time.process_time()
    merge(data, data.spacegroup, False)
    assert time.process_time() - start < 0.5  # measured: 0.06


def test_at_most_a_third_of_a_group_is_rejected_and_the_farthest_first() -> None:
    rng = np.random.default_rng(0)
    usual = 100.0 + rng.normal(0.0, 1.0, (200, 5))
    value = np.concatenate([usual.ravel(), [100.0, 100.5, 99.5, 150.0, 200.0]])
    group = np.repeat(np.arange(201), 5)
    found = outliers(value, np.ones(len(value)), group, 201)
    assert np.flatnonzero(found).tolist() == [len(value) - 1]
