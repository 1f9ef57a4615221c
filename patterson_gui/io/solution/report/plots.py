"""Small plots of a report as SVG: the data by resolution, observed against calculated |F|."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WIDTH, _HEIGHT = 420, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 30, 44
_INK, _GREY, _FAINT, _BLUE = "#222222", "#666666", "#e2e5e9", "#2381c8"
_MOST_POINTS = 1500


def shells_svg(shells: Sequence[Mapping[str, Any]], key: str, title: str, unit: str) -> str:
    """A column for each shell of resolution; empty where nothing is known.

    Parameters
    ----------
    shells : rows with d_min, and the quantity under `key`; shares are shown in per cent.
    """
    factor = 100.0 if unit == "%" else 1.0
    values = [factor * float(row[key]) if row.get(key) is not None else 0.0 for row in shells]
    if not values or max(values) <= 0:
        return ""
    top = 100.0 if unit == "%" else nice_top(max(values))
    parts = _frame(title, top, unit)
    step = (_WIDTH - _LEFT - _RIGHT) / len(values)
    for i, (value, row) in enumerate(zip(values, shells, strict=True)):
        height = (_HEIGHT - _TOP - _BOTTOM) * min(value / top, 1.0)
        x, y = _LEFT + i * step, _HEIGHT - _BOTTOM - height
        parts.append(
            f'<rect x="{x + 0.12 * step:.1f}" y="{y:.1f}" width="{0.76 * step:.1f}" '
            f'height="{height:.1f}" rx="1.5" fill="{_BLUE}"/>'
        )
        if i % 2 == len(values) % 2 or len(values) < 6:
            place = x + 0.5 * step, _HEIGHT - _BOTTOM + 15
            parts.append(_text(*place, f"{float(row['d_min']):.2f}", anchor="middle"))
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(_text(middle, _HEIGHT - 10, "end of the shell, Å", anchor="middle"))
    return "\n".join([*parts, "</svg>"])


def observed_against_calculated_svg(
    observed: NDArray[np.float64], calculated: NDArray[np.float64]
) -> str:
    """Points |Fo| over |Fc| with the diagonal, at most 1,500 of them; empty without data."""
    if len(observed) == 0:
        return ""
    step = max(1, len(observed) // _MOST_POINTS)
    order = np.argsort(calculated)[::step]
    top = nice_top(float(max(observed.max(), calculated.max())))
    parts = _frame("|F| measured against |F| calculated", top, "")
    span = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    x = _LEFT + span[0] * calculated[order] / top
    y = _HEIGHT - _BOTTOM - span[1] * observed[order] / top
    parts.append(
        f'<line x1="{_LEFT}" y1="{_HEIGHT - _BOTTOM}" x2="{_WIDTH - _RIGHT}" y2="{_TOP}" '
        f'stroke="{_GREY}" stroke-dasharray="4 3"/>'
    )
    parts.append(f'<g fill="{_BLUE}" fill-opacity="0.55">')
    parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.7"/>' for a, b in zip(x, y, strict=True)]
    parts.append("</g>")
    parts.append(
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, "|F| calculated", anchor="middle")
    )
    return "\n".join([*parts, "</svg>"])


def nice_top(value: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 ... that is not below a positive value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(power * m for m in (1, 2, 5, 10) if power * m >= value * (1 - 1e-9)))


def _frame(title: str, top: float, unit: str) -> list[str]:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="11" role="img">',
        f'<text x="{_LEFT}" y="17" font-size="13" fill="{_INK}">{title}</text>',
    ]
    for k in range(5):
        y = _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * k / 4
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" '
            f'stroke="{_FAINT}"/>'
        )
        parts.append(_text(_LEFT - 6, y + 4, f"{top * k / 4:g}{unit and ' ' + unit}", anchor="end"))
    return parts


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_GREY}">{words}</text>'
