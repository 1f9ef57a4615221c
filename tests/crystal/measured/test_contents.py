"""Formulas and lists of elements that a user gives."""

import gemmi
import pytest

from patterson_gui.crystal.measured.contents import (
    contents_from_elements,
    contents_from_formula,
    parse_formula,
)
from patterson_gui.errors import UserError

CELL = gemmi.UnitCell(7.716, 8.664, 10.812, 90, 102.98, 90)  # sucrose, Z = 2


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("C12 H22 O11", {"C": 12, "H": 22, "O": 11}),
        ("C12H22O11", {"C": 12, "H": 22, "O": 11}),
        ("CO2", {"C": 1, "O": 2}),
        ("C6 H20 SN2", {"C": 6, "H": 20, "Sn": 2}),
        ("Cu(CO2CH3)2", {"Cu": 1, "C": 4, "O": 4, "H": 6}),
        ("[Fe(H2O)6]SO4", {"Fe": 1, "H": 12, "O": 10, "S": 1}),
        ("CuSO4·5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
        ("Al3.376 Ga4.624", {"Al": 3.376, "Ga": 4.624}),
        ("'C9 H8 O2'", {"C": 9, "H": 8, "O": 2}),
        ("[C4H12N]+", {"C": 4, "H": 12, "N": 1}),
    ],
)
def test_understands_formulas(text: str, counts: dict[str, float]) -> None:
    assert parse_formula(text) == pytest.approx(counts)


@pytest.mark.parametrize("text", ["", "Xx3", "C12(H2", "C)2", "C12H22O11?"])
def test_refuses_what_is_no_formula(text: str) -> None:
    with pytest.raises(UserError, match="formula"):
        parse_formula(text)


def test_counts_are_formula_times_z() -> None:
    found = contents_from_formula("C12 H22 O11", 2, CELL)
    assert dict(found.counts or {}) == {"C": 24, "H": 44, "O": 22}
    assert found.notes == ()


def test_z_is_found_from_the_volume_and_told() -> None:
    found = contents_from_formula("C12 H22 O11", None, CELL)
    assert (found.counts or {})["C"] == 24
    assert "2 ×" in found.notes[0]


@pytest.mark.parametrize("z", [0, -1, float("nan")])
def test_refuses_a_z_that_is_not_positive(z: float) -> None:
    with pytest.raises(UserError, match="Z must be"):
        contents_from_formula("C12 H22 O11", z, CELL)


def test_elements_have_no_counts() -> None:
    found = contents_from_elements("C, h N o CL")
    assert found.elements == ("C", "H", "N", "O", "Cl")
    assert found.counts is None


@pytest.mark.parametrize("text", ["", "C H Q", "C12 H22"])
def test_refuses_what_is_no_element(text: str) -> None:
    with pytest.raises(UserError, match="element"):
        contents_from_elements(text)
