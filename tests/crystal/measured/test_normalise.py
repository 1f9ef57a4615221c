"""Wilson scale and normalised amplitudes, of atoms whose B and scale are known."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.measured.normalise import (
    normalise,
    normalised_intensities,
    wilson_scale,
)
from tests.crystal.measured.simulated import B, crystal

CELL = gemmi.UnitCell(9, 10, 11, 80, 95, 100)
CARBON = Contents(("C",), {"C": 40.0})


@pytest.mark.parametrize("factor", [1.0, 25.0])
def test_finds_scale_and_b_of_simulated_data(factor: float) -> None:
    data, _ = crystal("P -1", CELL, 0.8)
    merged = merge(replace(data, value=data.value * factor), data.spacegroup, True)
    found = wilson_scale(merged, CARBON)
    assert found.b == pytest.approx(B, abs=0.3)
    assert found.scale == pytest.approx(1.0 / factor, rel=0.15)


def test_mean_e_squared_is_one_at_every_resolution() -> None:
    data, _ = crystal("P -1", CELL, 0.8)
    merged = merge(data, data.spacegroup, True)
    e = normalise(merged)
    for shell in np.array_split(np.argsort(merged.d), 8):
        assert float((e[shell] ** 2).mean()) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize(("name", "expected"), [("P -1", 0.968), ("P 1", 0.736)])
def test_e_has_the_distribution_of_wilson(name: str, expected: float) -> None:
    data, _ = crystal(name, CELL, 0.8, ("C",) * 60)
    squares = normalised_intensities(merge(data, data.spacegroup, True))
    assert float(np.abs(squares - 1.0).mean()) == pytest.approx(expected, abs=0.04)


def test_epsilon_makes_axial_reflections_of_a_mirror_group_ordinary() -> None:
    data, _ = crystal("P 1 m 1", gemmi.UnitCell(9, 30, 11, 90, 95, 90), 0.9, ("C",) * 60)
    merged = merge(data, data.spacegroup, True)
    squares = normalised_intensities(merged)
    on_axis = (merged.hkl[:, 0] == 0) & (merged.hkl[:, 2] == 0)
    assert on_axis.sum() > 20
    assert float(squares[on_axis].mean()) == pytest.approx(1.0, abs=0.5)


def test_shells_of_pure_noise_follow_the_wilson_line() -> None:
    data, _ = crystal("P -1", CELL, 0.8)
    value = np.where(data.d < 1.0, -1e-3, data.value)
    merged = merge(replace(data, value=value), data.spacegroup, True)
    squares = normalised_intensities(merged)
    assert np.abs(squares[merged.d < 0.95]).max() < 0.1


def test_few_reflections_get_e_by_the_line_alone() -> None:
    cell = gemmi.UnitCell(4, 4.5, 5, 90, 90, 90)
    data, _ = crystal("P -1", cell, 0.8, ("Na",), frac=np.zeros((1, 3)))
    e = normalise(merge(data, data.spacegroup, True), Contents(("Na",), {"Na": 1.0}))
    np.testing.assert_allclose(e, 1.0, atol=0.05)  # one atom at the origin: all alike


def test_noise_beyond_the_limit_of_the_crystal_gives_no_large_e() -> None:
    data, _ = crystal("P -1", CELL, 0.8)
    merged = merge(data, data.spacegroup, True)
    outside = merged.d < 1.0
    sigma = np.where(outside, float(merged.value.mean()), merged.sigma)
    noise = np.random.default_rng(1).normal(0.0, 1.0, len(merged)) * sigma
    value = np.where(outside, noise, merged.value)
    e = normalise(replace(merged, value=value, sigma=sigma))
    assert e[outside].max() < e[~outside].max()
