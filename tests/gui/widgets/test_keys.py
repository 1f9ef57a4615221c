"""Keys as text: spelling, and which are refused."""

import pytest

from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.keys import key_sequences, shown_key, usable_key


@pytest.mark.parametrize(
    ("text", "key"),
    [("ctrl+shift+k", "Ctrl+Shift+K"), ("F5", "F5"), ("?", "?"), ("  ", ""), ("Alt+,", "Alt+,")],
)
def test_spells_keys_as_qt_does(text: str, key: str) -> None:
    assert usable_key(text) == key


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Ctrl+Banana", "is no key"),
        ("Ctrl+", "is no key"),
        ("Ctrl", "is no key"),
        ("☃☃", "is no key"),
        ("Ctrl+K, Ctrl+B", "more than one key"),
        ("Esc", "closes dialogs"),
        ("+", "raises the level"),
        ("Ctrl+C", "copies"),
    ],
)
def test_refuses_what_is_no_key_or_needed_elsewhere(text: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        usable_key(text)


def test_a_list_of_keys_is_shown_in_words() -> None:
    assert shown_key("H; ?") == "H or ?"
    assert shown_key("") == ""
    assert len(key_sequences("H; ?")) == 2
