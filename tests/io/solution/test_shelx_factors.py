"""Scattering factors in SHELX files."""

import gemmi
import numpy as np
import pytest

from patterson_gui.io.formats.shelx_instructions import parse_instructions
from patterson_gui.io.solution.shelx_factors import electron_gaussians, factor_lines

COUNTS = {"C": 40.0, "H": 40.5, "S": 4.0}


def test_elements_and_counts_have_one_order() -> None:
    assert factor_lines(COUNTS, "xray", 0.71073) == ["SFAC C H S", "UNIT 40 40.5 4"]


@pytest.mark.parametrize("wavelength", [1.54184, 1.5418, 0.7107, 0.56087, None])
def test_dispersion_that_shelxl_knows_is_not_written(wavelength: float | None) -> None:
    assert len(factor_lines(COUNTS, "xray", wavelength)) == 2


def test_dispersion_of_other_wavelengths_is_written() -> None:
    carbon, hydrogen, sulphur = factor_lines(COUNTS, "xray", 0.6)[1:4]
    assert hydrogen == "DISP H 0.00000 0.00000"
    assert carbon.startswith("DISP C ")
    # International Tables C, table 4.2.6.8: S has f' 0.110, f" 0.124 at 0.71069 Å and less
    # absorption at shorter wavelengths.
    assert 0.05 < float(sulphur.split()[3]) < 0.124


@pytest.mark.parametrize("element", ["H", "C", "O", "S", "Fe", "Br", "Lu"])
def test_four_gaussians_follow_the_electron_factors_of_the_tables(element: str) -> None:
    a, b, c = electron_gaussians(element)
    table = gemmi.Element(element).c4322
    s2 = np.linspace(0, 1.5, 200) ** 2
    wanted = np.array([table.calculate_sf(x) for x in s2])
    fitted = np.exp(-np.outer(s2, b)) @ a + c
    assert np.abs(fitted - wanted).max() < 0.004 * wanted[0]


def test_electron_factors_are_read_back_as_elements() -> None:
    lines = factor_lines(COUNTS, "electron", 0.0251)
    text = "\n".join(["TITL a", "CELL 0.0251 9 9 9 90 90 90", "LATT -1", *lines, "HKLF 4", "END"])
    assert parse_instructions(text, "a.res").composition == {"C": 40, "S": 4}
    assert max(map(len, lines)) <= 80


def test_neutron_factors_are_those_of_shelxl() -> None:
    assert factor_lines(COUNTS, "neutron", 1.2)[0] == "NEUT"
