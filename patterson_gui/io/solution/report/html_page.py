"""The report of a solution as one HTML page with pictures: printable, nothing is fetched."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from patterson_gui.io.solution.report.words import Table, all_tables, key_facts

COLOURS = {"solved": "#1a7f4b", "probably": "#b06a00", "not solved": "#b3261e"}
_TITLES = {"solved": "Solved", "probably": "Probably solved", "not solved": "Not solved"}

# A number after the letters of an element.
_NUMBER = re.compile(r"([A-Z][a-z]?)([0-9.]+)")

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f3f4f6; color: #22262b;
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 28px 20px 60px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 16px; }
h1 { font-size: 26px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 10px; }
.badge { color: white; border-radius: 999px; padding: 3px 14px; font-weight: 600; }
.reason { font-size: 16px; margin: 10px 0 0; }
.advice { margin: 6px 0 0; }
.note { color: #5b626b; margin: 4px 0 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px;
  margin: 18px 0; }
.fact { background: white; border: 1px solid #e2e5e9; border-radius: 10px; padding: 10px 14px; }
.fact small { display: block; color: #5b626b; }
.fact b { font-size: 18px; font-weight: 600; overflow-wrap: anywhere; }
section { background: white; border: 1px solid #e2e5e9; border-radius: 10px;
  padding: 16px 18px; margin: 14px 0; overflow-x: auto; break-inside: avoid-page; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 14px; }
figure { margin: 0; text-align: center; }
figure svg { max-width: 100%; height: auto; }
figcaption { color: #5b626b; font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 3px 12px 3px 0; vertical-align: top; }
thead th { border-bottom: 1px solid #cfd4da; color: #5b626b; font-weight: 600; }
tbody tr + tr td, tbody tr + tr th { border-top: 1px solid #eff1f3; }
tbody th { font-weight: 500; color: #5b626b; white-space: nowrap; padding-right: 20px; }
tr.marked { background: #eaf4ee; font-weight: 600; }
footer { color: #5b626b; font-size: 13px; margin-top: 18px; }
@media print {
  body { background: white; font-size: 11px; }
  main { max-width: none; padding: 0; }
  section, .fact { border-color: #c9ced4; }
  section { overflow: visible; padding: 8px 10px; }
  table { font-size: 9.5px; }
  th, td { padding-right: 7px; }
  .badge, tr.marked { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
""".strip()


def report_html(
    figures: Mapping[str, Any],
    pictures: Sequence[tuple[str, str]] = (),
    plots: Sequence[str] = (),
    files: Sequence[tuple[str, str]] = (),
) -> str:
    """The page.

    Parameters
    ----------
    figures : of `figures_of`.
    pictures : (SVG, caption); empty SVGs are left out.
    plots : SVGs.
    files : (name, what it is) of the files in the same folder, linked.
    """
    verdict = figures["verdict"]
    name = escape(figures["name"])
    parts = [
        f"<header><h1>{name}</h1>",
        f'<span class="badge" style="background:{COLOURS.get(verdict, "#555555")}">'
        f"{escape(_TITLES.get(verdict, verdict))}</span></header>",
        f'<p class="reason">{escape(figures["reason"])}</p>',
    ]
    if figures["advice"]:
        parts.append(f'<p class="advice"><b>Next:</b> {escape(figures["advice"])}</p>')
    parts += [f'<p class="note">{escape(note)}</p>' for note in figures["notes"]]
    parts.append('<div class="facts">')
    parts += [
        f'<div class="fact"><small>{escape(label)}</small><b>{_fact(label, value)}</b></div>'
        for label, value in key_facts(figures)
    ]
    parts.append("</div>")
    shown = [(svg, caption) for svg, caption in pictures if svg]
    if shown:
        parts.append('<section><div class="pictures">')
        parts += [
            f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
            for svg, caption in shown
        ]
        parts.append("</div></section>")
    drawn = [svg for svg in plots if svg]
    for table in all_tables(figures):
        parts.append(_table(table))
        if table.title == "Refinement" and drawn:
            parts.append('<section><div class="pictures">')
            parts += [f"<figure>{svg}</figure>" for svg in drawn]
            parts.append("</div></section>")
    if files:
        rows = "".join(
            f'<tr><th><a href="{escape(file, quote=True)}">{escape(file)}</a></th>'
            f"<td>{escape(what)}</td></tr>"
            for file, what in files
        )
        parts.append(f"<section><h2>Files</h2><table><tbody>{rows}</tbody></table></section>")
    time = (
        f"CPU time {figures['seconds']:.1f} s, {figures['seconds_phases']:.1f} s to phases and "
        "space group"
    )
    parts.append(
        f"<footer>{escape(figures['program'])}; {time}; data: {escape(str(figures['label']))}."
        "</footer>"
    )
    return page(f"{figures['name']}: {verdict}", "\n".join(parts))


def _fact(label: str, value: str) -> str:
    """A value as HTML; the numbers of a formula stand low."""
    text = escape(value)
    return _NUMBER.sub(r"\1<sub>\2</sub>", text) if label == "Formula" else text


def page(title: str, body: str, style: str = STYLE) -> str:
    """A complete HTML document; `body` is HTML, `title` is text."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}\n</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _table(table: Table) -> str:
    head = ""
    if table.head:
        cells = "".join(f"<th>{escape(word)}</th>" for word in table.head)
        head = f"<thead><tr>{cells}</tr></thead>"
    rows = []
    for i, row in enumerate(table.rows):
        marked = ' class="marked"' if table.head and i in table.marked else ""
        words = [escape(word) for word in row]
        if table.head:
            cells = "".join(f"<td>{word}</td>" for word in words)
        else:
            cells = f"<th>{words[0]}</th><td>{words[1]}</td>"
        rows.append(f"<tr{marked}>{cells}</tr>")
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f"<section><h2>{escape(table.title)}</h2><table>{head}<tbody>{''.join(rows)}</tbody>"
        f"</table>{note}</section>"
    )
