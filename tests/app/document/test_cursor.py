"""The text about the cursor: position and map values."""

import numpy as np
import pytest

from patterson_gui.app.document.cursor import cursor_text, place_of
from patterson_gui.app.document.document import Document
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.errors import UserError


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


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("0.25 0 1/2", (0.25, 0.0, 0.5)),
        (" -0.1, 1.2,2/3 ", (-0.1, 1.2, 2 / 3)),
        ("−0.5 0 0", (-0.5, 0.0, 0.0)),
    ],
)
def test_reads_places_with_decimals_and_fractions(
    text: str, place: tuple[float, float, float]
) -> None:
    assert place_of(text) == pytest.approx(place)


@pytest.mark.parametrize(
    "text", ["", "0.1 0.2", "1/0 0 0", "a b c", "0 0 1e9", "nan 0 0", "1 2 3 4"]
)
def test_what_is_no_place_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UserError, match="give three fractional coordinates"):
        place_of(text)
