"""Summaries for notebooks: a heading, a table and a small picture. Everything is escaped."""

import base64
from collections.abc import Iterable
from html import escape

from patterson_gui.crystal.display.projections import Pictured, projections_png


def summary(title: str, rows: Iterable[tuple[str, str]], pictured: Pictured | None = None) -> str:
    """HTML of an object.

    Parameters
    ----------
    title, rows : plain text, as it is; what is markup in it is escaped.
    pictured : a map whose projections along a, b and c are shown.
    """
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    picture = "" if pictured is None else _picture(pictured)
    return f"<div><b>{escape(title)}</b><table>{cells}</table>{picture}</div>"


def _picture(density: Pictured) -> str:
    data = base64.b64encode(projections_png(density)).decode("ascii")
    what = escape(density.name or str(density.kind), quote=True)
    return (
        f'<img alt="projections of {what} along a, b and c" src="data:image/png;base64,{data}"/>'
        f"<div><small>{what} along a, b and c</small></div>"
    )
