"""Displacement parameters against gemmi and analytic cases."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.displacements import (
    LOWEST_U,
    equivalent_u,
    isotropic_as_u,
    positive_u,
    principal_u,
)

_CELL = gemmi.UnitCell(6, 7, 8, 80, 95, 110)
_U = np.array([[0.02, 0.03, 0.04, 0.005, -0.004, 0.006], [0.05, 0.02, 0.03, 0.0, 0.01, 0.0]])


def test_equivalent_u_is_that_of_gemmi() -> None:
    for u, equivalent in zip(_U, equivalent_u(_U, _CELL), strict=True):
        expected = _CELL.calculate_u_eq(gemmi.SMat33d(*u))
        assert equivalent == pytest.approx(expected)


def test_isotropic_displacement_has_equal_principal_values() -> None:
    u = isotropic_as_u(np.array([0.03, 0.05]), _CELL)
    assert principal_u(u, _CELL) == pytest.approx(np.array([[0.03] * 3, [0.05] * 3]))
    assert equivalent_u(u, _CELL) == pytest.approx([0.03, 0.05])


def test_raises_negative_principal_values_and_keeps_the_others() -> None:
    flat = np.array([[0.03, 0.03, 0.03, 0.05, 0.0, 0.0], _U[0]])
    values = principal_u(flat, _CELL)
    assert values[0, 0] < 0
    raised = principal_u(positive_u(flat, _CELL), _CELL)
    assert raised[0, 0] == pytest.approx(LOWEST_U)
    assert raised[0, 1:] == pytest.approx(values[0, 1:])
    assert raised[1] == pytest.approx(values[1])
