"""Hendrickson–Lattman coefficients and figures of merit against numerical integrals."""

import gemmi
import numpy as np
import pytest
from scipy.integrate import quad

from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.solvers.heavy_phasing.phase_probability import (
    ANGLES,
    allowed_phases,
    best_phases,
    coefficients_of,
)

NO = np.zeros(1, dtype=bool)


def log_p(angle, a, b, c, d):
    return a * np.cos(angle) + b * np.sin(angle) + c * np.cos(2 * angle) + d * np.sin(2 * angle)


@pytest.mark.parametrize(
    "abcd", [(1.0, 0.5, -0.3, 0.7), (0.0, 0.0, 1.5, -1.0), (6.0, -4.0, 2.0, 1.0)]
)
def test_best_phase_is_the_centroid_of_the_probability(abcd) -> None:
    total = quad(lambda t: np.exp(log_p(t, *abcd)), 0, 2 * np.pi)[0]
    real = quad(lambda t: np.cos(t) * np.exp(log_p(t, *abcd)), 0, 2 * np.pi)[0] / total
    imaginary = quad(lambda t: np.sin(t) * np.exp(log_p(t, *abcd)), 0, 2 * np.pi)[0] / total
    found = best_phases(np.array([abcd]), NO, np.zeros(1))[0]
    assert found == pytest.approx(real + 1j * imaginary, abs=1e-6)


def test_coefficients_of_a_probability_of_their_form_are_exact() -> None:
    wanted = np.array([0.8, -1.2, 0.4, 2.0])
    found = coefficients_of(log_p(ANGLES, *wanted)[None] - 3.0)
    np.testing.assert_allclose(found[0], wanted, atol=1e-9)


def test_coefficients_are_projections_by_numerical_integration() -> None:
    """Of the lack of closure of one reflection, F_P = 100, F_H = 20 + 10i, F_PH = 112."""

    def lack(angle):
        return -((112.0 - np.abs(100.0 * np.exp(1j * angle) + 20 + 10j)) ** 2) / (2 * 15.0**2)

    found = coefficients_of(lack(ANGLES)[None])[0]
    for value, (function, n) in zip(
        found, [(np.cos, 1), (np.sin, 1), (np.cos, 2), (np.sin, 2)], strict=True
    ):
        projected = quad(
            lambda t, f=function, n=n: lack(t) * f(n * t), 0, 2 * np.pi
        )[0] / np.pi  # fmt: skip
        assert value == pytest.approx(projected, abs=1e-6)


@pytest.mark.parametrize("name", ["P 21 21 21", "P 43 21 2", "P 61 2 2", "C 1 2 1", "I 41 2 2"])
def test_allowed_phases_are_those_of_structure_factors(name: str) -> None:
    group = gemmi.SpaceGroup(name)
    angle = {"P 6": 120.0}.get(name[:3], 90.0)
    cell = gemmi.UnitCell(30, 30, 40, 90, 90, angle)
    if name == "C 1 2 1":
        cell = gemmi.UnitCell(30, 25, 40, 90, 105, 90)
    crystal = gemmi.SmallStructure()
    crystal.cell, crystal.spacegroup = cell, group
    site = gemmi.SmallStructure.Site()
    site.element, site.fract, site.occ = gemmi.Element("C"), gemmi.Fractional(0.13, 0.21, 0.34), 1.0
    crystal.add_site(site)
    crystal.setup_cell_images()
    hkl = np.asarray(gemmi.make_miller_array(cell, group, 4.0), dtype=np.int32)
    hkl = hkl[np.asarray(group.operations().centric_flag_array(hkl), dtype=bool)]
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    f = np.array([calculator.calculate_sf_from_small_structure(crystal, h) for h in hkl.tolist()])
    allowed = allowed_phases(hkl, *operation_arrays(group.operations().sym_ops))
    across = np.abs((f * np.exp(-1j * allowed)).imag)
    assert across.max() < 1e-6 * np.abs(f).max() + 1e-9
