"""Labels of panels: numbers as text, and a text that fits into its label."""

import pytest
from pytestqt.qtbot import QtBot

from patterson_gui.gui.widgets.labels import FittingLabel, format_number, format_percent

pytestmark = pytest.mark.gui


def test_shows_the_longest_text_that_fits_and_cuts_the_last_one(qtbot: QtBot) -> None:
    label = FittingLabel()
    qtbot.addWidget(label)
    label.set_texts("12.4 e²/Å³ (3.0 rmsd)", "12.4 e²/Å³")
    label.show()
    texts = []
    for text in ("12.4 e²/Å³ (3.0 rmsd)", "12.4 e²/Å³", "12.4 e²"):
        label.setFixedWidth(label.fontMetrics().horizontalAdvance(text))
        texts.append(label.text())
    assert texts[:2] == ["12.4 e²/Å³ (3.0 rmsd)", "12.4 e²/Å³"]
    assert texts[2].endswith("…")
    assert len(texts[2]) < len(texts[1])


def test_a_number_that_is_not_known_or_not_finite_is_a_dash() -> None:
    assert format_number(None, 2) == format_number(float("nan"), 2) == "–"
    assert format_percent(None) == format_percent(float("inf")) == "–"


def test_a_number_has_a_minus_sign_a_unit_and_no_negative_zero() -> None:
    assert format_number(-0.0126, 3, " Å") == "−0.013 Å"
    assert format_number(-0.00004, 3) == "0.000"


def test_a_share_is_100_percent_only_where_it_is_exactly_one() -> None:
    assert format_percent(0.9999) == "99 %"
    assert format_percent(1.0) == "100 %"
