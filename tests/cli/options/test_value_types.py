"""How option values are written."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

import pytest

from patterson_gui.cli.options import value_types as types


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("auto", "auto"),
        ("12", (12, 12, 12, 90, 90, 90)),
        ("12.5,13,14", (12.5, 13, 14, 90, 90, 90)),
        ("20,21,22,80,95,100", (20, 21, 22, 80, 95, 100)),
        ("20, 21, 22", (20, 21, 22, 90, 90, 90)),
    ],
)
def test_reads_a_cell_in_every_form(text: str, value: Any) -> None:
    assert types.cell(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("auto", "auto"), ("12.5", 12.5), ("12,12,12", 12), ("9,9,9,90,90,90", 9)]
)
def test_reads_a_cubic_cell_in_every_form(text: str, value: Any) -> None:
    assert types.cubic_cell(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "reason"),
    [
        (types.cell, "12,13", "not a cell"),
        (types.cell, "", "not a number"),
        (types.cell, "a,b,c", "not a number"),
        (types.cell, "0", "between 0 and 10000"),
        (types.cell, "12,13,-14", "between 0 and 10000"),
        (types.cell, "nan", "not a finite number"),
        (types.cell, "12,13,14,90,90,180", "between 0 and 180 degrees"),
        (types.cubic_cell, "12,12,13", "not a cube"),
        (types.cubic_cell, "12,12,12,90,90,91", "not a cube"),
        (types.cubic_cell, "12,13", "not a cell"),
        (types.count, "0", "at least 1"),
        (types.count, "-1", "at least 1"),
        (types.count, "1.5", "not a whole number"),
        (types.seed, "-1", "at least 0"),
        (types.seed, "2147483648", "at most 2147483647"),
        (types.at_least(2), "1", "at least 2"),
        (types.port, "0", "from 1 to 65535"),
        (types.port, "65536", "from 1 to 65535"),
        (types.port, "http", "from 1 to 65535"),
        (types.number, "two", "not a number"),
        (types.number, "inf", "not a finite number"),
        (types.positive, "0", "above 0"),
        (types.not_negative, "-0.1", "at least 0"),
        (types.length, "10000", "between 0 and 10000 Å"),
        (types.length, "0", "between 0 and 10000 Å"),
        (types.factor, "100", "between 0 and 100"),
        (types.factor, "0", "between 0 and 100"),
        (types.fraction, "1.01", "between 0 and 1"),
        (types.fraction, "-0.01", "between 0 and 1"),
        (types.residue_counts, "2..", "not a number of residues"),
        (types.residue_counts, "many", "not a number of residues"),
    ],
)
def test_refuses_with_a_reason(parse: Callable[[str], Any], text: str, reason: str) -> None:
    with pytest.raises(ArgumentTypeError, match=reason):
        parse(text)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (types.count, "1", 1),
        (types.seed, "0", 0),
        (types.at_least(2), "2", 2),
        (types.port, "65535", 65535),
        (types.number, "-3.5", -3.5),
        (types.positive, "1e-9", 1e-9),
        (types.not_negative, "0", 0),
        (types.length, "9999.9", 9999.9),
        (types.factor, "0.5", 0.5),
        (types.fraction, "0", 0),
        (types.fraction, "1", 1),
        (types.residue_counts, "2", (2, 2)),
        (types.residue_counts, "2..15", (2, 15)),
    ],
)
def test_accepts_values_up_to_the_limits(
    parse: Callable[[str], Any], text: str, value: Any
) -> None:
    assert parse(text) == value
