"""How stated contents are understood."""

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.solvers.structure.build import choices_and_counts


def test_hydrogen_is_no_choice():
    choices, counts = choices_and_counts(Contents(("C", "H", "O"), {"C": 40, "H": 60, "O": 8}), 900)
    assert choices == ("C", "O")
    assert counts == {"C": 40.0, "O": 8.0}


def test_a_formula_unit_is_multiplied_until_it_fills_the_cell():
    _, counts = choices_and_counts(Contents(("Ba", "Si", "N"), {"Ba": 1, "Si": 1, "N": 2}), 480)
    assert counts == {"Ba": 7.0, "Si": 7.0, "N": 14.0}


def test_one_atom_of_each_element_is_no_formula():
    assert choices_and_counts(Contents(("C", "Zn"), {"C": 1, "Zn": 1}), 480)[1] is None


def test_without_contents_the_elements_of_organic_compounds_are_tried():
    choices, counts = choices_and_counts(None, 500)
    assert {"C", "N", "O", "S", "Cl"} <= set(choices)
    assert counts is None
