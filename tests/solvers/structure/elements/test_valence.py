"""Atoms with more bonds than their element ever has."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.solvers.refinement.refine import refine
from patterson_gui.solvers.structure.elements.of_sites import SiteElements
from patterson_gui.solvers.structure.elements.valence import overloaded, with_enough_bonds
from patterson_gui.solvers.structure.finish import QUICK
from patterson_gui.solvers.structure.model_changes import ModelChanges
from tests.solvers.refinement.test_refine import simulated

EDGE = 12.0  # Å
CELL = gemmi.UnitCell(EDGE, EDGE, EDGE, 90, 90, 90)
GROUP = gemmi.SpaceGroup("P 1")
TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)


def star(centre: str, ends: str, length: float, number: int) -> AsymmetricUnit:
    """An atom with `number` neighbours in the directions of a tetrahedron."""
    frac = np.vstack([np.zeros(3), length / EDGE * TETRAHEDRON[:number]]) + 0.5
    return AsymmetricUnit.isotropic((centre, *[ends] * number), frac, 0.03)


@pytest.mark.parametrize(
    ("centre", "ends", "length", "number"),
    [("O", "C", 1.53, 4), ("O", "C", 1.45, 3), ("F", "C", 1.40, 2), ("Cl", "C", 1.75, 2)],
)
def test_finds_an_atom_with_too_many_bonds(centre, ends, length, number):
    assert overloaded(star(centre, ends, length, number), CELL, GROUP) == {0: number}


@pytest.mark.parametrize(
    ("centre", "ends", "length", "number"),
    [
        ("N", "C", 1.50, 4),
        ("C", "C", 1.54, 4),
        ("O", "C", 1.43, 2),
        ("O", "Zn", 1.95, 4),
        ("O", "Si", 1.78, 3),  # stishovite
        ("Cl", "O", 1.43, 4),  # perchlorate
        ("S", "O", 1.47, 4),
        ("O", "C", 1.80, 4),  # no bonds
    ],
)
def test_usual_valences_are_left_alone(centre, ends, length, number):
    assert overloaded(star(centre, ends, length, number), CELL, GROUP) == {}


def test_disordered_neighbours_do_not_count():
    model = star("O", "C", 1.45, 3)
    model.occ[3] = 0.5
    assert overloaded(model, CELL, GROUP) == {}
    model = star("O", "C", 1.45, 3)
    model.frac[3] = model.frac[2] + 0.5 / EDGE  # two sites of one atom
    assert overloaded(model, CELL, GROUP) == {}


def test_only_light_elements_with_enough_bonds_are_proposed():
    assert with_enough_bonds(4, "O", ("C", "N", "O", "F", "S")) == ["C", "N"]
    assert with_enough_bonds(2, "F", ("F", "O")) == ["O"]
    assert with_enough_bonds(5, "C", ("C", "N", "O")) == []


@pytest.mark.parametrize(("choices", "expected"), [(("C", "N", "O"), "N"), (("C", "O"), "O")])
def test_oxygen_with_four_bonds_becomes_nitrogen_where_the_data_allow_it(choices, expected):
    right = star("N", "C", 1.50, 4)
    group = gemmi.SpaceGroup("P -1")
    parameters = (7.1, 7.9, 8.6, 83.0, 97.0, 104.0)
    axes = np.array(gemmi.UnitCell(*parameters).orth.mat.tolist()).T
    xyz = (right.frac - 0.5) * EDGE
    right = replace(right, frac=xyz @ np.linalg.inv(axes) + [0.22, 0.31, 0.27])
    merged = simulated("P -1", parameters, right, [1] * 5, noise=0.01)
    wrong = replace(right, elements=("O", *right.elements[1:]))
    assert overloaded(wrong, merged.cell, group) == {0: 4}
    elements = SiteElements(merged, Contents(choices), "cpu", lambda: False)
    refined = refine(merged, wrong, QUICK)
    changes = ModelChanges(elements, QUICK, lambda: False)
    assert changes.with_usual_valences(refined).model.elements[0] == expected
