"""Solvent content against crystals whose values are published."""

import gemmi
import pytest

from patterson_gui.crystal.measured.matthews import solvent_content
from patterson_gui.errors import UserError

LYSOZYME = gemmi.UnitCell(79.1, 79.1, 37.9, 90, 90, 90), gemmi.SpaceGroup("P 43 21 2")


def test_tetragonal_lysozyme_has_two_fifths_of_solvent() -> None:
    found = solvent_content(*LYSOZYME, 14_313.0)
    assert found.copies == 1
    assert found.v_m == pytest.approx(2.07, abs=0.01)
    assert found.share == pytest.approx(0.406, abs=0.005)
    assert found.words == "1 molecule in the asymmetric unit, V_M 2.07 Å³/Da, solvent 41%"


def test_the_number_of_molecules_is_that_nearest_to_half_solvent() -> None:
    cell = gemmi.UnitCell(79.1, 79.1, 3 * 37.9, 90, 90, 90)
    assert solvent_content(cell, LYSOZYME[1], 14_313.0).copies == 3
    assert solvent_content(cell, LYSOZYME[1], 14_313.0, 2).share == pytest.approx(0.604, abs=0.005)


@pytest.mark.parametrize(
    ("mass", "copies", "words"),
    [
        (40_000.0, None, "40.0 kDa does not fit into"),
        (14_313.0, 2, "2 molecules of 14.3 kDa do not fit into"),
        (500.0, 1, "0.5 kDa fills too little of"),
    ],
)
def test_an_impossible_content_makes_one_sentence(
    mass: float, copies: int | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        solvent_content(*LYSOZYME, mass, copies)
