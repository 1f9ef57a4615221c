"""Scattering factors against published values."""

import numpy as np
import pytest

from patterson_gui.crystal.reciprocal.scattering_factors import dispersion, scattering_factor
from patterson_gui.errors import UserError


@pytest.mark.parametrize(("element", "z"), [("C", 6), ("S", 16), ("Fe", 26), ("I", 53)])
def test_x_ray_factor_at_zero_angle_is_the_atomic_number(element: str, z: int) -> None:
    assert scattering_factor(element, "xray", np.zeros(1))[0] == pytest.approx(z, rel=0.002)


def test_neutron_factor_is_the_scattering_length_at_every_angle() -> None:
    # Neutron News 3 (1992) 29: H −3.7390, D 6.671, O 5.803 fm
    s2 = np.array([0.0, 0.3])
    assert scattering_factor("H", "neutron", s2) == pytest.approx([-3.739] * 2, abs=1e-3)
    assert scattering_factor("D", "neutron", s2) == pytest.approx([6.671] * 2, abs=1e-3)
    assert scattering_factor("O", "neutron", s2) == pytest.approx([5.803] * 2, abs=1e-3)


def test_electron_factor_obeys_mott_and_bethe_formula() -> None:
    # f_e = 0.023934 (Z − f_x) / s², Å
    s2 = np.array([0.1, 0.25])
    x_ray = scattering_factor("O", "xray", s2)
    expected = 0.0239337 * (8 - x_ray) / s2
    assert scattering_factor("O", "electron", s2) == pytest.approx(expected, rel=0.02)


def test_deuterium_scatters_x_rays_and_electrons_as_hydrogen() -> None:
    s2 = np.array([0.0, 0.2])
    for radiation in ("xray", "electron"):
        assert np.array_equal(
            scattering_factor("D", radiation, s2), scattering_factor("H", radiation, s2)
        )


@pytest.mark.parametrize(
    ("element", "wavelength", "expected"),
    [  # International Tables C, table 4.2.6.8
        ("S", 1.54184, (0.3331, 0.5567)),
        ("Cl", 0.71073, (0.1484, 0.1585)),
        ("Fe", 0.71073, (0.3463, 0.8444)),
        ("Br", 0.71073, (-0.2901, 2.4595)),
    ],
)
def test_dispersion_agrees_with_international_tables(
    element: str, wavelength: float, expected: tuple[float, float]
) -> None:
    assert dispersion(element, wavelength) == pytest.approx(expected, abs=0.05)


def test_dispersion_is_zero_where_the_wavelength_is_unknown() -> None:
    assert dispersion("Br", None) == (0.0, 0.0)


def test_names_an_element_without_a_scattering_factor() -> None:
    with pytest.raises(UserError, match="No electron scattering factor is tabulated for 'Es'"):
        scattering_factor("Es", "electron", np.zeros(1))
