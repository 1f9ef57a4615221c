"""The report of a solution as plain text."""

import textwrap
from collections.abc import Mapping
from typing import Any

from patterson_gui.io.solution.report.words import Table, all_tables, key_facts

_WIDTH = 96


def report_text(figures: Mapping[str, Any]) -> str:
    """Verdict, figures and tables, for reading on a terminal.

    Parameters
    ----------
    figures : of `figures_of`.
    """
    name, verdict = figures["name"], figures["verdict"]
    lines = [f"{name}: {verdict}", "=" * (len(name) + len(verdict) + 2), ""]
    lines += textwrap.wrap(figures["reason"], _WIDTH)
    if figures["advice"]:
        lines += textwrap.wrap(f"Next: {figures['advice']}", _WIDTH)
    lines += [""] + [f"{label + ':':<17} {value}" for label, value in key_facts(figures)]
    for note in figures["notes"]:
        lines += ["", *textwrap.wrap(f"Note: {note}", _WIDTH)]
    for table in all_tables(figures):
        lines += ["", table.title, "-" * len(table.title), *_table_lines(table)]
    time = f"{figures['seconds_phases']:.1f} s to phases and space group"
    lines += ["", f"{figures['program']}; CPU time {figures['seconds']:.1f} s, {time}."]
    return "\n".join(lines) + "\n"


def _table_lines(table: Table) -> list[str]:
    rows = [*([table.head] if table.head else []), *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        words = [f"{word:<{width}}" for word, width in zip(row, widths, strict=True)]
        marked = bool(table.head) and number - 1 in table.marked
        lines.append(f"{'*' if marked else ' '} {'  '.join(words)}".rstrip())
    return [*lines, *([table.note] if table.note else [])]
