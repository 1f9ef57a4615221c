"""Elements from electrons, bonds and contents."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.solvers.structure.elements.assign import (
    assign_elements,
    likely_exchanges,
    strengths,
)

CELL = gemmi.UnitCell(12, 12, 12, 90, 90, 90)
GROUP = gemmi.SpaceGroup("P 1")
FAR = np.array([[0.1, 0.1, 0.1], [0.6, 0.1, 0.1], [0.1, 0.6, 0.1], [0.6, 0.6, 0.6]])
ONE = np.ones(4, dtype=np.int64)


def assign(electrons, choices, counts=None, scales=(1.0,), frac=FAR, **options):
    frac = np.asarray(frac)
    near = neighbours(frac, CELL, GROUP, 3.4)
    return assign_elements(
        np.asarray(electrons, dtype=float), np.ones(len(frac), dtype=np.int64), near, choices,
        counts, np.asarray(scales), **options,
    )  # fmt: skip


def test_electrons_near_z_give_the_element():
    found = assign([6.1, 7.9, 16.3, 34.0], ("C", "O", "S", "Br"), {"C": 1, "O": 1, "S": 1, "Br": 1})
    assert found.elements == ("C", "O", "S", "Br")
    assert (found.margin > 3).all()


def test_finds_the_scale_of_the_electrons_from_the_contents():
    counts = {"C": 2, "O": 1, "S": 1}
    found = assign(
        np.array([6, 6, 8, 16]) / 1.3, ("C", "O", "S"), counts, scales=np.geomspace(0.7, 1.5, 17)
    )
    assert found.elements == ("C", "C", "O", "S")
    assert found.scale == pytest.approx(1.3, rel=0.05)


def test_the_stated_numbers_decide_between_similar_sites():
    electrons = [6.6, 6.5, 6.4, 6.3]
    found = assign(electrons, ("C", "N"), {"C": 2, "N": 2})
    assert found.elements == ("N", "N", "C", "C")


def test_wrong_numbers_do_not_overrule_clear_electrons():
    found = assign([6.0, 6.0, 6.0, 16.0], ("C", "S"), {"C": 4, "S": 0})
    assert found.elements == ("C", "C", "C", "S")


def test_a_short_bond_to_carbon_tells_oxygen_from_nitrogen():
    # 7.5 electrons could be either; 1.21 Å is a carbonyl group.
    carbonyl = np.array([[0.1, 0.1, 0.1], [0.1 + 1.21 / 12, 0.1, 0.1]])
    amine = np.array([[0.1, 0.1, 0.1], [0.1 + 1.47 / 12, 0.1, 0.1]])
    short = assign([6.0, 7.5], ("C", "N", "O"), frac=carbonyl)
    long = assign([6.0, 7.3], ("C", "N", "O"), frac=amine)
    assert short.elements == ("C", "O")
    assert long.elements == ("C", "N")


def test_a_whole_element_counts_however_few_atoms_it_has():
    # 4 cations and 96 oxygen atoms: the cations must not become oxygen.
    near = neighbours(FAR[:2], CELL, GROUP, 3.4)
    found = assign_elements(
        np.array([10.0, 8.0]), np.array([4, 96]), near, ("Al", "O"), {"Al": 4, "O": 96},
        np.array([1.0]),
    )  # fmt: skip
    assert found.elements == ("Al", "O")


def test_strengths_are_electrons_for_x_rays_and_relative_to_carbon_otherwise():
    assert strengths(("C", "O"), "xray").tolist() == [6.0, 8.0]
    electron = strengths(("C", "O", "Lu"), "electron")
    assert electron[0] == pytest.approx(6.0)
    assert electron[1] < 8.0 < electron[2]
    neutron = strengths(("C", "N"), "neutron")
    assert neutron[1] / neutron[0] == pytest.approx(9.36 / 6.646, rel=0.01)


def test_a_single_neighbour_at_a_short_distance_is_no_carbon_atom():
    # The electrons say nothing here: with electrons as radiation C and O scatter alike.
    acid = [[0.3, 0.3, 0.3], [0.3 + 1.21 / 12, 0.3, 0.3], [0.3 - 0.65 / 12, 0.3 + 1.14 / 12, 0.3]]
    acid.append([0.3 - 0.75 / 12, 0.3 - 1.30 / 12, 0.3])
    found = assign([6.0, 6.0, 6.0, 6.0], ("C", "O"), frac=acid, spread=0.2, radiation="electron")
    assert found.elements == ("C", "O", "O", "C")


def test_light_atoms_are_not_between_a_bond_and_a_contact():
    # Oxygen atoms around aluminium, 1.76 Å away: as oxygen the atom in the middle would be too
    # close to them for a contact and too far for a bond.
    a = 1.76 / np.sqrt(3) / 12
    corners = [[a, a, a], [a, -a, -a], [-a, a, -a], [-a, -a, a]]
    frac = 0.5 + np.array([[0, 0, 0], *corners])
    found = assign([9.0, 8, 8, 8, 8], ("O", "Al"), frac=frac, spread=0.2)
    assert found.elements == ("Al", "O", "O", "O", "O")


def test_oxygen_has_no_three_bonds_to_carbon():
    # 7.6 electrons are nearer to oxygen, but three carbon atoms surround the site.
    around = 1.44 / 12 * np.array([[1, 0, 0], [-0.5, 0.866, 0], [-0.5, -0.866, 0]])
    frac = np.concatenate([[[0.5, 0.5, 0.5]], 0.5 + around])
    found = assign([7.6, 6.0, 6.0, 6.0], ("C", "N", "O"), frac=frac)
    assert found.elements == ("N", "C", "C", "C")


def test_two_sites_exchange_their_elements_where_bonds_ask_for_it():
    # The electrons alone make the carbonyl oxygen a nitrogen, and the amine an oxygen.
    frac = np.array([
        [0.1, 0.1, 0.1], [0.1 + 1.21 / 12, 0.1, 0.1], [0.6, 0.6, 0.6], [0.6 + 1.48 / 12, 0.6, 0.6],
    ])  # fmt: skip
    counts = {"C": 2, "N": 1, "O": 1}
    found = assign([6.0, 7.45, 6.0, 7.55], ("C", "N", "O"), counts, frac=frac)
    assert found.elements == ("C", "O", "C", "N")


def test_nitrogen_of_ammonium_ions_has_four_bonds():
    around = 1.50 / 12 / np.sqrt(3) * np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    frac = np.concatenate([[[0.5, 0.5, 0.5]], 0.5 + around])
    found = assign([7.1, 6.0, 6.0, 6.0, 6.0], ("C", "N", "O"), {"C": 4, "N": 1}, frac=frac)
    assert found.elements == ("N", "C", "C", "C", "C")


def test_each_element_tells_what_decided():
    far = assign([6.0, 16.0, 6.0, 6.0], ("C", "S"))
    assert far.because[1] == "electron count"
    # A hundredth more than half way from N to O, at the length of a carbonyl group.
    frac = [[0.1, 0.1, 0.1], [0.1 + 1.21 / 12, 0.1, 0.1]]
    carbonyl = assign([6.0, 7.49], ("N", "O", "C"), frac=frac)
    assert (carbonyl.elements[1], carbonyl.because[1]) == ("O", "geometry")
    like = assign([6.5, 6.5, 6.5, 6.5], ("C", "N"), {"C": 4}, spread=0.2)
    assert like.because == ("composition",) * 4
    assert assign([6.0] * 4, ("C",)).because == ("composition",) * 4


def test_exchanges_keep_the_numbers_of_atoms_and_begin_with_the_likeliest():
    near = neighbours(FAR, CELL, GROUP, 3.4)
    electrons, copies = np.array([6.0, 7.4, 7.6, 8.3]), np.array([1, 1, 1, 2])
    found = likely_exchanges(("C", "N", "O", "O"), electrons, copies, near, ("C", "N", "O"))
    # Two oxygen atoms have nothing to exchange; the last site stands for two atoms.
    assert [(i, j) for i, j, _ in found] == [(1, 2), (0, 1), (0, 2)]
    assert all(rise > 0 for _, _, rise in found)
