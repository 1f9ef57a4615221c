"""Sharpening: the coefficients against their definitions, and every entry in a map."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
from patterson_gui.crystal.maps.sharpening import SHARPENINGS
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError

CELL = gemmi.UnitCell(9, 10, 11, 90, 100, 90)


@pytest.fixture
def data() -> Amplitudes:
    hkl = gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 1.0)
    f = np.random.default_rng(1).uniform(1, 9, len(hkl)).astype(np.float32)
    return Amplitudes(hkl, f, CELL, gemmi.SpaceGroup("P 1"))


def test_lower_b_multiplies_intensities_by_the_debye_waller_factor(data: Amplitudes) -> None:
    sharpened = SHARPENINGS["b_factor"].squared(data, 7.0)
    for i in (0, 40, 200):
        s_squared = 1 / (4 * CELL.calculate_d(list(map(int, data.hkl[i]))) ** 2)  # (sin θ / λ)²
        expected = float(data.f[i]) ** 2 * np.exp(2 * 7.0 * s_squared)
        assert sharpened[i] == pytest.approx(expected, rel=1e-6)


def test_no_sharpening_gives_the_intensities(data: Amplitudes) -> None:
    assert SHARPENINGS["none"].squared(data, 7.0) == pytest.approx(data.f.astype(float) ** 2)


def test_rejects_a_b_factor_that_leaves_only_noise(data: Amplitudes) -> None:
    with pytest.raises(UserError, match="too much for data"):
        SHARPENINGS["b_factor"].squared(data, 1000.0)


@pytest.mark.parametrize("name", SHARPENINGS)
def test_every_sharpening_gives_a_map_with_the_units_it_claims(data: Amplitudes, name: str) -> None:
    density = patterson(data, PattersonSettings(sharpen=name))
    assert np.isfinite(density.grid).all()
    assert density.absolute == (data.absolute and SHARPENINGS[name].keeps_scale)
