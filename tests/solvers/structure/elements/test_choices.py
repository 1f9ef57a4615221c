"""How stated contents are understood."""

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.solvers.structure.elements.choices import choices_and_counts, notes_on_contents


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


def test_a_note_tells_what_was_assumed_of_the_contents():
    (untold,) = notes_on_contents(None, 500)
    assert untold.startswith("No elements are stated: C, N, O")
    listed = Contents(("C", "Zn"), {"C": 1, "Zn": 1}, "SFAC and UNIT of a.ins")
    assert "SFAC and UNIT of a.ins" in notes_on_contents(listed, 480)[0]
    unit = Contents(("Ba", "Si", "N"), {"Ba": 1, "Si": 1, "N": 2}, "the formula Ba Si N2")
    assert notes_on_contents(unit, 480) == (
        "The contents (the formula Ba Si N2) are taken 7 times to fill the cell.",
    )
    assert notes_on_contents(Contents(("C", "O"), None), 480) == ()
    assert notes_on_contents(Contents(("C", "H"), {"C": 30, "H": 30}), 600) == ()
