import pytest

from patterson_gui.io.text.csv_text import csv_text


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert csv_text([[text]]).strip('"\n') == f"'{text}"


def test_numbers_and_other_text_stay_as_they_are() -> None:
    rows = [["name", "value"], ["a=b", -1.5], ["-1.5", 3], ["+2", None], ["–C1", float("-inf")]]
    assert csv_text(rows) == "name,value\na=b,-1.5\n-1.5,3\n+2,\n–C1,-inf\n"
