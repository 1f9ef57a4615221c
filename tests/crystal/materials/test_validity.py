from dataclasses import replace

import numpy as np
import pytest

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.validity import balanced, check
from tests.crystal.example_materials import hematite, perovskite, rock_salt


@pytest.mark.parametrize(
    ("material", "shortest", "charges", "density"),
    [
        (rock_salt(), 2.82, "Na⁺ Cl⁻", 2.16),
        (perovskite(), 1.9525, "Ti⁴⁺ Ca²⁺ O²⁻", 3.79),
        (hematite(), 1.95, "Fe³⁺ O²⁻", 5.27),
    ],
)
def test_known_crystals_are_valid(
    material: Material, shortest: float, charges: str, density: float
) -> None:
    validity = check(material)
    assert validity.distances_ok
    assert validity.neutral is True
    assert validity.charges == charges
    assert validity.shortest == pytest.approx(shortest, abs=0.01)
    assert validity.density == pytest.approx(density, abs=0.01)
    assert validity.sentences[-1].startswith("Stability is not judged")


def test_reports_charges_that_cannot_balance() -> None:
    neutral, charges = balanced(np.array([11, 11, 17, 17, 17]))
    assert neutral is False
    assert charges == "no known charges balance"
    odd = replace(rock_salt(), numbers=np.array([11] * 4 + [17] * 2 + [8] * 2))
    assert check(odd).neutral is False
    assert "No charges that its elements are known with balance." in check(odd).sentences


def test_elements_and_alloys_have_no_charges_to_balance() -> None:
    assert balanced(np.array([14] * 8)) == (True, "elemental, no charges")
    assert balanced(np.array([26, 28, 28])) == (True, "metallic, no charges")
    assert balanced(np.array([42, 14, 14]))[0] is None  # MoSi2, a metal with a metalloid


def test_mixed_states_of_one_element_balance() -> None:
    assert balanced(np.array([26] * 3 + [8] * 4)) == (True, "Fe²·⁶⁷⁺ O²⁻")


def test_decides_on_balance_without_charges_when_there_are_too_many_ways() -> None:
    numbers = np.array([25] * 31 + [26] * 29 + [15] * 37 + [8] * 101)
    assert balanced(numbers) == (True, "in too many ways to name one")


def test_does_not_decide_on_many_elements_whose_charges_nearly_always_balance() -> None:
    numbers = np.array([14, 4, 12, 11, 9, 8, 7, 6])
    neutral, why = balanced(numbers)
    assert neutral is None
    assert "with 8 elements nearly any numbers of atoms balance" in why


def test_overlapping_atoms_are_found_and_named() -> None:
    salt = rock_salt()
    validity = check(salt.with_position(4, salt.positions[0] + [0.5, 0.0, 0.0]))
    assert not validity.distances_ok
    assert validity.shortest == pytest.approx(0.5)
    assert validity.pair == (0, 4)
    assert validity.sentences[0].startswith("Atoms overlap: Na–Cl are 0.50 Å apart")


def test_atoms_at_the_same_place_overlap() -> None:
    salt = rock_salt()
    validity = check(salt.with_position(4, salt.positions[0]))
    assert validity.shortest == pytest.approx(0.0, abs=1e-9)
    assert not validity.distances_ok


def test_overlaps_across_the_cell_walls_are_found() -> None:
    numbers = np.array([11, 17])
    positions = np.array([[0.2, 3.0, 3.0], [5.8, 3.0, 3.0]])
    near = check(Material(positions, numbers, 6.0 * np.eye(3)))
    assert near.shortest == pytest.approx(0.4)
    assert check(Material(positions, numbers)).shortest == pytest.approx(5.6)


def test_an_atom_has_its_own_copies_as_neighbours_in_any_cell() -> None:
    copper = Material(np.zeros((1, 3)), np.array([29]), 1.805 * (np.ones((3, 3)) - np.eye(3)))
    validity = check(copper)
    assert validity.shortest == pytest.approx(2.5527, abs=1e-3)
    assert validity.pair == (0, 0)
    skewed = np.array([[2.0, 0, 0], [19.0, 2.0, 0], [0, 0, 30.0]])
    # b - 9 a and b - 10 a are its short vectors across.
    assert check(Material(np.zeros((1, 3)), np.array([29]), skewed)).shortest == pytest.approx(2.0)
    alone = check(Material(np.zeros((1, 3)), np.array([29]), 40.0 * np.eye(3)))
    assert alone.shortest == pytest.approx(40.0)


def test_an_atom_alone_has_no_neighbour() -> None:
    validity = check(Material(np.zeros((1, 3)), np.array([2])))
    assert validity.pair is None
    assert validity.distances_ok
    assert np.isnan(validity.density)
    assert validity.sentences[0] == "It is one atom, which has no neighbour."


@pytest.mark.parametrize(
    "lattice", [np.zeros((3, 3)), 0.01 * np.eye(3), np.diag([5.0, 5.0, 1e-4]), np.ones((3, 3))]
)
def test_atoms_of_a_very_small_cell_overlap(lattice: np.ndarray) -> None:
    found = check(Material(np.zeros((1, 3)), np.array([11]), lattice))
    assert not found.distances_ok
    assert found.pair == (0, 0)


def test_a_long_flat_cell_is_judged_as_the_same_crystal_in_a_short_one() -> None:
    short = Material(np.zeros((1, 3)), np.array([29]), 2.6 * np.eye(3))
    long = Material(
        np.zeros((1, 3)), np.array([29]), np.array([[1, 0, 0], [30, 1, 0], [-70, 40, 1]]) * 2.6
    )
    assert check(long).shortest == pytest.approx(check(short).shortest)
