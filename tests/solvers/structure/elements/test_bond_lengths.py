"""How unusual bond lengths are for pairs of elements."""

import numpy as np
import pytest

from patterson_gui.solvers.structure.elements.bond_lengths import length_penalty

# Lengths of free molecules from microwave spectra and electron diffraction (CRC Handbook of
# Chemistry and Physics, "Bond Lengths and Angles in Gas-Phase Molecules").
MOLECULES = [
    ("ethane", 1.535, (6, 6)),
    ("benzene", 1.399, (6, 6)),
    ("ethene", 1.339, (6, 6)),
    ("methylamine", 1.471, (6, 7)),
    ("pyridine", 1.338, (6, 7)),
    ("methanol", 1.425, (6, 8)),
    ("formaldehyde", 1.208, (6, 8)),
]


@pytest.mark.parametrize(("molecule", "length", "pair"), MOLECULES)
def test_bonds_of_free_molecules_cost_little(molecule, length, pair):
    assert length_penalty(np.array([length]), *pair)[0] < 3.0, molecule


def test_a_length_of_an_amine_is_unusual_between_carbon_atoms():
    length = np.array([1.465])
    assert length_penalty(length, 6, 6)[0] > length_penalty(length, 6, 7)[0] + 1.5


def test_a_length_of_a_single_bond_between_carbon_atoms_is_unusual_for_nitrogen_and_oxygen():
    length = np.array([1.54])
    for other in (7, 8):
        assert length_penalty(length, 6, other)[0] > length_penalty(length, 6, 6)[0] + 3


def test_the_order_of_the_elements_makes_no_difference():
    length = np.linspace(1.0, 2.0, 51)
    for pair in ((6, 8), (6, 17), (7, 8), (6, 26)):
        np.testing.assert_array_equal(
            length_penalty(length, *pair), length_penalty(length, *pair[::-1])
        )


def test_costs_have_a_limit_and_are_never_negative():
    cost = length_penalty(np.linspace(0.5, 2.5, 201), 6, 7)
    assert cost.min() >= 0
    assert cost.max() == pytest.approx(4.0)
