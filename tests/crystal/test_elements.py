"""Symbols of elements as a user types them."""

import pytest

from patterson_gui.crystal.elements import known_element
from patterson_gui.errors import UserError


def test_takes_a_symbol_whatever_its_case() -> None:
    assert [known_element(text) for text in (" hg", "SE", "i", "D")] == ["Hg", "Se", "I", "D"]


@pytest.mark.parametrize("text", ["Qq", "HgHg", "X", "H1", "gold"])
def test_refuses_what_is_no_symbol(text: str) -> None:
    with pytest.raises(UserError, match="is not an element"):
        known_element(text)


def test_a_missing_symbol_is_asked_for() -> None:
    with pytest.raises(UserError, match="The element is missing: write its symbol"):
        known_element(" ")
