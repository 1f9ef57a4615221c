"""Elements from type symbols, and from labels held against the formula."""

import pytest

from patterson_gui.io.formats.element_names import (
    element_of_label,
    element_of_type,
    elements_in_formula,
)

ORGANIC = frozenset({"C", "H", "N", "O"})


@pytest.mark.parametrize(
    ("symbol", "element", "hydrogens"),
    [
        ("Fe3+", "Fe", 0), ("CL", "Cl", 0), ("Si+4", "Si", 0), ("Fe+++", "Fe", 0), ("O", "O", 0),
        ("D", "D", 0), ("2H", "D", 0), ("Cval", "C", 0), ("Ob", "O", 0), ("CO", "Co", 0),
        ("NH4", "N", 4), ("NH4+", "N", 4), ("NH3", "N", 3), ("OH", "O", 1), ("OH1-", "O", 1),
        ("H2O", "O", 2), ("D2O", "O", 2), ("H3O+", "O", 3), ("CH3", "C", 3), ("Wat", "O", 0),
        ("BH4", "B", 4), ("C1A", "C", 0), ("Fe_a", "Fe", 0), ("Od", "O", 0),
    ],
)  # fmt: skip
def test_type_symbols_name_an_atom_or_a_group(symbol: str, element: str, hydrogens: int):
    found = element_of_type(symbol)
    assert found is not None
    assert (found.element, found.hydrogens) == (element, hydrogens)


@pytest.mark.parametrize(
    "symbol",
    ["Du", "X", "Q", "CN", "SO4", "Lp", "Vac", "(Fe,Mg)", "Fe/Mg", "Uiso", "T", "Bq"],
)
def test_type_symbols_of_no_single_element_are_no_atoms(symbol: str):
    assert element_of_type(symbol) is None


@pytest.mark.parametrize(
    ("symbol", "element"), [("HO", "O"), ("W", "O"), ("CO", None), ("PO4", None), ("NO3", None)]
)
def test_the_formula_decides_what_a_type_symbol_means(symbol: str, element: str | None):
    found = element_of_type(symbol, ORGANIC)
    assert (found.element if found else None) == element


@pytest.mark.parametrize(
    ("label", "alone", "in_formula"),
    [
        ("Wat1", "O", "O"), ("WAT", "O", "O"), ("H2O1", "O", "O"), ("Hw1", "H", "H"),
        ("Oh3", "O", "O"), ("W1", "W", "O"), ("HO1", "Ho", "H"), ("Ho1", "Ho", "H"),
        ("CA1", "Ca", "C"), ("NB", "Nb", "N"), ("CE2", "Ce", "C"), ("NE", "Ne", "N"),
        ("D1", "D", "D"), ("NH4", "N", "N"), ("Ow", "O", "O"), ("1HB", "H", "H"),
        ("WatA", "O", "O"), ("Water1", "O", "O"),
        ("M1", None, None), ("X1", None, None), ("Du1", None, None), ("Fe1", "Fe", None),
        ("SiT1", "Si", None),
    ],
)  # fmt: skip
def test_the_formula_decides_what_a_label_means(
    label: str, alone: str | None, in_formula: str | None
):
    without, within = element_of_label(label), element_of_label(label, ORGANIC)
    assert (without.element if without else None) == alone
    assert (within.element if within else None) == in_formula


def test_an_element_of_the_formula_is_taken_where_the_label_begins_with_it():
    assert element_of_label("Ca1", {"Ca", "C", "O"}).element == "Ca"  # type: ignore[union-attr]
    assert element_of_label("AlT", {"Al", "Si", "O"}).element == "Al"  # type: ignore[union-attr]
    assert element_of_label("W1", {"W", "O"}).element == "W"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("formula", "elements"),
    [
        ("Ca C2 O7 H6", "Ca C O H"), ("C10H12N2O", "C H N O"), ("(Mg,Fe)2 Si O4", "Mg Fe Si O"),
        ("C24 H20 CL2 N2", "C H Cl N"), ("Fe0.05 Mg1.95 O4", "Fe Mg O"), ("?", ""), ("", ""),
        ("C6 H6, 2(H2 O)", "C H O"), ("CA C2 O7", "Ca C O"), ("C12 H8 D2", "C H D"),
    ],
)  # fmt: skip
def test_finds_the_elements_of_a_formula(formula: str, elements: str):
    assert elements_in_formula(formula) == set(elements.split())
