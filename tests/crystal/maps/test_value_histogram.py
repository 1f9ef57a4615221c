"""The histogram of the values of a map."""

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.value_histogram import BINS, origin_peak, value_histogram

CELL = gemmi.UnitCell(20, 20, 20, 90, 90, 90)


def make_map(grid: NDArray[np.floating], kind: MapKind = MapKind.DENSITY) -> DensityMap:
    return DensityMap(grid.astype(np.float32), CELL, p1(), kind)


def noise() -> NDArray[np.float64]:
    return 3.0 * np.random.default_rng(1).normal(size=(40, 40, 40))


def test_normal_noise_has_the_counts_of_the_normal_distribution() -> None:
    found = value_histogram(make_map(noise()))
    expected = 40**3 * np.diff(norm.cdf(found.edges))
    assert found.counts.sum() == 40**3
    assert np.abs(found.counts - expected).max() < 6 * np.sqrt(expected.max())
    assert found.rmsd == pytest.approx(3.0, rel=0.02)
    assert found.origin is None


def test_a_few_points_far_above_all_others_do_not_stretch_the_range() -> None:
    grid = np.tile(noise(), (2, 2, 1))
    grid[3, 4, 5] = 900.0
    found = value_histogram(make_map(grid))
    assert found.highest == pytest.approx(900.0 / found.rmsd)
    assert found.edges[-1] == pytest.approx(8.0, rel=1e-3)
    assert len(found.counts) == BINS


def test_the_origin_peak_of_a_patterson_map_is_left_out_and_its_height_given() -> None:
    grid = noise()
    grid[0, 0, 0] = 500.0
    found = value_histogram(make_map(grid, MapKind.PATTERSON))
    assert found.origin == 500.0
    assert found.edges[-1] < 8.0
    assert origin_peak(make_map(grid)) is None


def test_a_patterson_map_without_its_origin_peak_has_no_height_of_it() -> None:
    grid = noise()
    grid[0, 0, 0] = 0.0
    assert value_histogram(make_map(grid, MapKind.PATTERSON)).origin is None


def test_a_map_of_one_value_has_all_points_in_one_bin() -> None:
    found = value_histogram(make_map(np.full((8, 8, 8), 2.0)))
    assert found.counts.max() == 512
    assert found.rmsd == 0.0
