"""The table of many crystals."""

import csv
from pathlib import Path

from patterson_gui.io.screening.table import (
    COLUMNS,
    failed_row,
    row_of_figures,
    screen_html,
    summary_of,
    write_csv,
)
from patterson_gui.io.solution.report.figures import figures_of
from tests.io.solved_crystals import made_solution


def test_a_row_has_cell_and_figures_and_what_is_unknown_is_empty(tmp_path: Path) -> None:
    row = row_of_figures(figures_of(made_solution("P 1 21/n 1"), "a")) | {"name": "a"}
    write_csv(tmp_path / "t.csv", [row, failed_row("no cell") | {"name": "b, c"}])
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert tuple(first) == COLUMNS
    assert (first["a"], first["beta"], first["r_int"]) == ("7.0", "105.0", "")
    assert (second["name"], second["verdict"], second["r1"]) == ("b, c", "failed", "")


def test_names_and_reasons_are_escaped_in_the_page() -> None:
    row = failed_row("<b>&") | {"name": "<i>", "report": "a b/<i>/report.html", "n_atoms": 1}
    page = screen_html([row], "<u>")
    assert "<i>" not in page
    assert "<b>" not in page
    assert 'href="a%20b/%3Ci%3E/report.html"' in page
    assert 'src="a%20b/%3Ci%3E/thumbnail.svg"' in page


def test_the_summary_counts_verdicts() -> None:
    rows = [failed_row("x"), {"verdict": "solved"}, {"verdict": "not solved"}]
    assert summary_of(rows) == "3 crystals: 1 solved, 1 not solved, 1 failed."
    assert summary_of([]) == "0 crystals: none finished."
