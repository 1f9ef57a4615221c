"""Groups of reflections on scales of their own."""

import gemmi
import numpy as np
import pytest

from patterson_gui.io.reflections.columns import Measurements
from patterson_gui.io.reflections.scale_groups import on_one_scale

CELL = gemmi.UnitCell(20, 25, 30, 90, 90, 90)
GROUP = gemmi.SpaceGroup("P 1")
HKL = np.array(gemmi.make_miller_array(CELL, GROUP, 2.0), dtype=np.int32)
INTENSITY = np.random.default_rng(4).exponential(100.0, len(HKL))  # Wilson's acentric distribution


def test_scales_groups_by_the_reflections_that_they_have_in_common():
    hkl = np.concatenate([HKL[:500], -HKL[400:900]])
    value = np.concatenate([INTENSITY[:500], INTENSITY[400:900] / 7.0])
    groups = np.repeat([1, 2], 500)
    data = on_one_scale(Measurements(hkl, value, 0.1 * value, "intensity"), groups, CELL)
    expected = np.concatenate([INTENSITY[:500], INTENSITY[400:900]])
    assert data.value == pytest.approx(expected)
    assert data.sigma == pytest.approx(0.1 * expected)
    assert "by reflections in common" in data.notes[0]


def test_scales_groups_without_common_reflections_by_their_mean_intensities():
    groups = np.arange(len(HKL)) % 2
    falling = INTENSITY * np.exp(-40.0 * CELL.calculate_1_d2_array(HKL) / 2)  # B = 40 Å²
    given = np.sqrt(falling) * np.where(groups == 1, 4.0, 1.0)
    data = on_one_scale(Measurements(HKL, given, None, "amplitude"), groups, CELL)
    factor = data.value / given
    assert factor[groups == 0] == pytest.approx(factor[0])
    assert factor[0] / factor[groups == 1] == pytest.approx(4.0, rel=0.05)
    assert "mean intensities with a standard uncertainty of" in data.notes[0]


def test_leaves_out_groups_too_small_to_be_scaled():
    groups = np.zeros(len(HKL), dtype=np.int64)
    groups[:5] = 1
    data = on_one_scale(Measurements(HKL, INTENSITY, None, "intensity"), groups, CELL)
    assert np.isnan(data.value[:5]).all()
    assert np.isfinite(data.value[5:]).all()
    assert "5 reflections of groups too small" in data.notes[0]


def test_does_not_change_groups_that_are_on_one_scale():
    hkl, value = np.concatenate([HKL, HKL]), np.concatenate([INTENSITY, 1.01 * INTENSITY])
    groups = np.repeat([0, 1], len(HKL))
    data = Measurements(hkl, value, None, "intensity")
    assert on_one_scale(data, groups, CELL) is data
