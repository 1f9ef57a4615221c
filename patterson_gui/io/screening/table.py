"""The table of many solved crystals: screen.csv, and screen.html with small pictures."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from patterson_gui.io.files import replace_file
from patterson_gui.io.solution.report.html_page import COLOURS, STYLE, page
from patterson_gui.io.solution.report.words import count, number, share
from patterson_gui.io.text.csv_text import csv_text

CSV, HTML = "screen.csv", "screen.html"
THUMBNAIL = "thumbnail.svg"
VERDICTS = ("solved", "probably", "not solved", "failed")

# Columns of the CSV; each is a key of a row.
COLUMNS = (
    "name", "verdict", "space_group", "formula", "z", "r1", "wr2", "goof", "n_atoms", "n_hydrogen",
    "flack", "highest_peak", "deepest_hole", "a", "b", "c", "alpha", "beta", "gamma", "volume",
    "radiation", "wavelength", "d_min", "completeness", "r_int", "starts", "seconds_phases",
    "seconds", "reason", "advice", "report", "file",
)  # fmt: skip


def row_of_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a solved set, from the figures of its report; without name, report and file."""
    cell = figures.get("cell") or [None] * 6
    data = figures.get("data") or {}
    row = {key: figures.get(key) for key in COLUMNS}
    row |= dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), cell, strict=True))
    row |= {key: data.get(key) for key in (
        "radiation", "wavelength", "d_min", "completeness", "r_int",
    )}  # fmt: skip
    return row


def failed_row(reason: str) -> dict[str, Any]:
    """The row of a set that could not be solved for a stated reason."""
    return dict.fromkeys(COLUMNS) | {"verdict": "failed", "reason": reason}


def summary_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """'12 crystals: 9 solved, 1 probably, 1 not solved, 1 failed.'"""
    counts = {v: sum(row["verdict"] == v for row in rows) for v in VERDICTS}
    parts = [f"{n} {verdict}" for verdict, n in counts.items() if n]
    n = len(rows)
    return f"{n} crystal{'' if n == 1 else 's'}: {', '.join(parts) or 'none finished'}."


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows with a header; nothing for what is not known."""
    text = csv_text([COLUMNS, *([row.get(key) for key in COLUMNS] for row in rows)])
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_html(path: Path, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """Write the table with a picture of each crystal and links to the reports.

    Pictures are files beside the reports, `thumbnail.svg`.
    """
    with replace_file(path) as temporary:
        temporary.write_text(screen_html(rows, title), encoding="utf-8", newline="\n")


def screen_html(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """The page of `write_html`."""
    heads = (
        "", "Crystal", "Verdict", "Space group", "Formula", "R1", "wR2", "Atoms", "d_min, Å",
        "Complete", "R_int", "Seconds", "Why",
    )  # fmt: skip
    cells = "".join(f"<th>{head}</th>" for head in heads)
    lines = "\n".join(_line(row) for row in rows)
    body = (
        f"<header><h1>{escape(title)}</h1></header>\n"
        f'<p class="reason">{escape(summary_of(rows))}</p>\n'
        f"<section><table><thead><tr>{cells}</tr></thead>\n<tbody>\n{lines}\n</tbody></table>"
        "</section>"
    )
    return page(title, body, STYLE + _STYLE)


_STYLE = """
main { max-width: 1400px; }
td { vertical-align: middle; }
td img { width: 110px; height: 80px; object-fit: contain; display: block; }
td .badge { font-size: 12px; padding: 1px 10px; white-space: nowrap; }
td:nth-child(4) { white-space: nowrap; }
td.why { max-width: 320px; }
"""


def _line(row: Mapping[str, Any]) -> str:
    verdict = str(row["verdict"])
    name = escape(str(row["name"]))
    picture, linked = "", name
    if row.get("report"):
        link = quote(str(row["report"]))
        linked = f'<a href="{link}">{name}</a>'
        if row.get("n_atoms"):
            source = quote(str(row["report"]).removesuffix("report.html") + THUMBNAIL)
            picture = f'<a href="{link}"><img alt="" loading="lazy" src="{source}"></a>'
    colour = COLOURS.get(verdict, "#555555")
    badge = f'<span class="badge" style="background:{colour}">{escape(verdict)}</span>'
    why = " ".join(str(row[key]) for key in ("reason", "advice") if row.get(key))
    words = [
        row.get("space_group") or "", row.get("formula") or "", number(row.get("r1"), 3),
        number(row.get("wr2"), 3), count(row.get("n_atoms")), number(row.get("d_min"), 2),
        share(row.get("completeness")), number(row.get("r_int"), 3),
        number(row.get("seconds"), 1),
    ]  # fmt: skip
    cells = "".join(f"<td>{escape(str(word))}</td>" for word in words)
    return (
        f"<tr><td>{picture}</td><td>{linked}</td><td>{badge}</td>{cells}"
        f'<td class="why">{escape(why)}</td></tr>'
    )
