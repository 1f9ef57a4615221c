"""The text about the cursor: position and map values."""

import numpy as np
import pytest

from patterson_gui.app.document.cursor import cursor_text
from patterson_gui.app.document.document import Document
from patterson_gui.crystal.crystal import Crystal


def test_gives_position_and_map_values_with_units(fragment: Crystal) -> None:
    document = Document()
    document.open(fragment)
    document.set_cursor((0.25, 0.5, 0.75))
    text = cursor_text(document)
    assert "u 0.250  v 0.500  w 0.750" in text
    assert "3.00  6.00  9.00 Å" in text
    assert fragment.truth is not None
    value = fragment.truth.grid[6, 12, 18]
    assert f"True {value:.3g} e/Å³" in text
    assert fragment.truth.value_at(np.array([[0.25, 0.5, 0.75]]))[0] == pytest.approx(value)


def test_says_how_to_set_the_cursor_if_there_is_none(fragment: Crystal) -> None:
    document = Document()
    assert "Click" in cursor_text(document)
    document.open(fragment)
    assert "Click" in cursor_text(document)
