"""Plots of phase errors against resolution shells, as SVG files.

The two plots of Pan et al., IUCrJ 10, 487–496 (2023): the mean phase error, and the share of cases
with a phase error below 60°.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from patterson_gui.io.files import make_folder, replace_file

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 48, 64
_INK, _FAINT, _LINE = "#222222", "#d8d8d8", "#1f6fb4"


@dataclass(frozen=True)
class ShellPlot:
    """A plot of one quantity against the shells, from 0 to `top` with a line every `step`.

    `key` is the name of the quantity in a shell of the figures; `scale` is a factor on its values.
    """

    file_name: str
    title: str
    unit: str
    key: str
    top: float
    step: float
    scale: float = 1.0


PHASE_ERROR = ShellPlot(
    "phase-error.svg", "Mean phase error, aligned", "°", "mean_phase_error_deg", 90.0, 15.0
)
BELOW_60 = ShellPlot(
    "below-60.svg", "Cases with a phase error below 60°", " %", "fraction_below_60", 100.0, 20.0,
    100.0,
)  # fmt: skip


def write_shell_plots(folder: Path, figures: Mapping[str, Any], subtitle: str) -> list[Path]:
    """Write both plots of an evaluation into `folder`; return their paths."""
    make_folder(folder)
    written = []
    for plot in (PHASE_ERROR, BELOW_60):
        path = folder / plot.file_name
        with replace_file(path) as temporary:
            text = shell_plot_svg(plot, figures["shells"], subtitle)
            temporary.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written


def shell_plot_svg(plot: ShellPlot, shells: Sequence[Mapping[str, Any]], subtitle: str) -> str:
    """The plot as an SVG document, with a point at the centre of each shell."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12" '
        f'fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_LEFT, 20, plot.title, size=15),
        _text(_LEFT, 37, subtitle, colour="#666666"),
    ]
    value = 0.0
    while value <= plot.top + 1e-9:
        y = _y(plot, value)
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" '
            f'stroke="{_FAINT}"/>'
        )
        parts.append(_text(_LEFT - 8, y + 4, f"{value:g}{plot.unit}", anchor="end"))
        value += plot.step
    points = []
    for i, shell in enumerate(shells):
        x = _x(i, len(shells))
        y = _y(plot, min(plot.top, plot.scale * float(shell[plot.key])))
        points.append((x, y))
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, f"{shell['d_min']:.2f}", anchor="middle"))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="2"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_LINE}"/>' for x, y in points]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(_text(middle, _HEIGHT - 18, "resolution: end of the shell, Å", anchor="middle"))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _x(i: int, n: int) -> float:
    return _LEFT + (i + 0.5) / n * (_WIDTH - _LEFT - _RIGHT)


def _y(plot: ShellPlot, value: float) -> float:
    return _HEIGHT - _BOTTOM - value / plot.top * (_HEIGHT - _TOP - _BOTTOM)


def _text(
    x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", colour: str = _INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )
