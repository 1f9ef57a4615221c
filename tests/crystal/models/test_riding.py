"""Constraints of riding hydrogen atoms."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.models.bonds import find_bonds
from patterson_gui.crystal.models.riding import afix_codes

CELL = gemmi.UnitCell(20, 20, 20, 90, 90, 90)
TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)
TRIANGLE = np.array([[1, 0, 0], [-0.5, 0.866, 0], [-0.5, -0.866, 0]])
LINE = np.array([[0, 0, 1], [0, 0, -1]])


@pytest.mark.parametrize(
    ("parent", "directions", "others", "code"),
    [
        ("C", TETRAHEDRON, "HCCC", 13),
        ("C", TETRAHEDRON, "HHCC", 23),
        ("C", TETRAHEDRON, "HHHC", 137),
        ("C", TRIANGLE, "HCC", 43),
        ("N", TRIANGLE, "HCC", 43),
        ("N", TRIANGLE, "HHC", 93),
        ("C", LINE, "HC", 163),
        ("O", TETRAHEDRON, "HC", 147),
        ("N", TETRAHEDRON, "HCC", 3),  # a pyramidal amine has no such constraint
        ("C", TETRAHEDRON, "HC", 3),
        ("O", TETRAHEDRON, "HH", 3),  # water
    ],
)
def test_neighbours_tell_the_constraint(
    parent: str, directions: np.ndarray, others: str, code: int
) -> None:
    lengths = np.array([0.96 if element == "H" else 1.45 for element in others])
    places = 10.0 + np.vstack([np.zeros(3), directions[: len(others)] * lengths[:, None]])
    model = AsymmetricUnit.isotropic((parent, *others), places / 20.0)
    rides = np.array([-1, *(0 if element == "H" else -1 for element in others)])
    model = replace(model, parent=rides)
    bonds = find_bonds(model, CELL, gemmi.SpaceGroup("P 1"))
    assert afix_codes(model, bonds, model.frac, orthogonalization(CELL).T) == {0: code}
