"""Draws sections on pages of exact size with matplotlib, which is loaded here alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from numpy.typing import NDArray

from patterson_gui.crystal.colours import PALETTES, Palette
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.sections.contours import all_contour_lines
from patterson_gui.io.sections.drawing import (
    LEFT,
    TITLE_HEIGHT,
    SectionDrawing,
    tick_text,
    ticks,
    title_width,
)

_MM = 1 / 25.4  # inches
_INK, _GREY, _FAINT = "#222222", "#555555", "#b8bcc2"
_MARK = "#c0392b"
_VECTOR = "#1a6fe0"
_THIN, _THICK = 0.55, 1.1  # points; every fifth level is thick
_MOST_LABELLED = 40  # marks; of more, only one of the equivalents of a peak has its height
_GAP = 4.0  # mm between drawings on one page
# Text stays text, so that other programs can change it and find it.
_STYLE: Any = {"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "patterson_gui"}


@contextmanager
def plain_style() -> Iterator[None]:
    """Matplotlib's own style, whatever the settings of the user."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def page(
    drawings: Sequence[SectionDrawing],
    columns: int = 1,
    palette: Palette = PALETTES["usual"],
) -> Figure:
    """A page with the drawings in rows of `columns`, each to its scale.

    Its units are mm, from its lower left corner.
    """
    several = len(drawings) > 1
    drawings = [replace(drawing, among_others=several) for drawing in drawings]
    sizes = [drawing.page for drawing in drawings]
    rows = [range(i, min(i + columns, len(sizes))) for i in range(0, len(sizes), columns)]
    widths = [
        max(sizes[row[i]][0] for row in rows if i < len(row))
        for i in range(min(columns, len(sizes)))
    ]
    heights = [max(sizes[i][1] for i in row) for row in rows]
    width = sum(widths) + _GAP * (len(widths) - 1)
    if several:
        width = max(width, title_width(drawings[0].map_words))
    height = sum(heights) + _GAP * (len(heights) - 1) + (TITLE_HEIGHT if several else 0.0)
    figure = Figure(figsize=(width * _MM, height * _MM))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    top = height
    if several:
        _Pen(axes, 0.0, 0.0, palette).words(height, drawings[0].map_words, drawings[0].lines)
        top -= TITLE_HEIGHT
    for row, row_height in zip(rows, heights, strict=True):
        left = 0.0
        for column, i in enumerate(row):
            # The upper edges of a row are level.
            _Pen(axes, left, top - sizes[i][1], palette).draw(drawings[i])
            left += widths[column] + _GAP
        top -= row_height + _GAP
    return figure


class _Pen:
    """Draws one section with its lower left corner at a place of the page, mm."""

    def __init__(self, axes: Any, left: float, bottom: float, palette: Palette) -> None:
        self._palette = palette
        self._axes = axes
        self._corner = np.array([left, bottom])

    def draw(self, drawing: SectionDrawing) -> None:
        outline = self._place(drawing.from_angstrom(drawing.section.corners))
        frame = Polygon(outline, closed=True, fill=False, edgecolor=_INK, linewidth=0.8, zorder=4)
        frame.set_gid("frame")
        self._axes.add_patch(frame)
        self._cell_lines(drawing, frame)
        self._contours(drawing, frame)
        self._numbers(drawing)
        self._marks(drawing)
        self._vectors(drawing)
        self._heading(drawing)

    def _place(self, millimetres: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(millimetres + self._corner)

    def _at(self, drawing: SectionDrawing, s: float, t: float) -> NDArray[np.float64]:
        return np.asarray(self._place(drawing.millimetres(np.array([[s, t]])))[0])

    def _cell_lines(self, drawing: SectionDrawing, frame: Polygon) -> None:
        """Where s or t is a whole number: the outlines of the cells."""
        (left, right), (low, high) = drawing.section.bounds.right, drawing.section.bounds.up
        whole = [((s, low), (s, high)) for s in ticks(left, right, 0.0) if left < s < right]
        whole += [((left, t), (right, t)) for t in ticks(low, high, 0.0) if low < t < high]
        lines = [[self._at(drawing, *start), self._at(drawing, *end)] for start, end in whole]
        found = LineCollection(lines, colors=_FAINT, linewidths=0.6, zorder=1)
        found.set_gid("cell")
        self._axes.add_collection(found)
        harker = LineCollection(
            [self._place(line) for line in drawing.harker_lines],
            colors=_GREY, linewidths=1.2, linestyles=(0, (1, 2)), zorder=3,
        )  # fmt: skip
        harker.set_gid("harker-line")
        self._axes.add_collection(harker)
        harker.set_clip_path(frame)

    def _contours(self, drawing: SectionDrawing, frame: Polygon) -> None:
        kind = drawing.section.density.kind
        colour = self._palette.maps[kind]
        below = self._palette.below if kind is MapKind.DIFFERENCE else colour
        positive, negative = all_contour_lines(drawing.section, drawing.levels)
        for levels, ink, dashes, name in (
            (positive, colour, "solid", "positive"),
            (negative, below, (0, (4, 2.4)), "negative"),
        ):
            for i, lines in enumerate(levels):
                placed = [self._place(drawing.from_angstrom(line)) for line in lines]
                drawn = LineCollection(
                    placed, colors=ink, linewidths=_THICK if i % 5 == 4 else _THIN,
                    linestyles=dashes, zorder=2,
                )  # fmt: skip
                drawn.set_gid(f"{name}-{i + 1}")
                self._axes.add_collection(drawn)
                drawn.set_clip_path(frame)

    def _numbers(self, drawing: SectionDrawing) -> None:
        (left, right), (low, high) = drawing.section.bounds.right, drawing.section.bounds.up
        axes = drawing.section.axes * drawing.scale
        names = drawing.section.plane.names
        width = float(np.linalg.norm(axes[0])) * (right - left)
        height = float(np.linalg.norm(axes[1])) * (high - low)
        for s in ticks(left, right, width):
            x, y = self._at(drawing, s, low)
            self._line((x, y), (x, y - 1.5))
            self._text(x, y - 2.3, tick_text(s), 7, "center", "top")
        for t in ticks(low, high, height):
            x, y = self._at(drawing, left, t)
            self._line((x, y), (x - 1.5, y))
            self._text(x - 2.3, y, tick_text(t), 7, "right", "center")
        x, y = self._at(drawing, (left + right) / 2, low)
        self._text(x, y - 6.5, names[0], 9, "center", "top", style="italic")
        x, y = self._at(drawing, left, (low + high) / 2)
        self._text(x - 11.5, y, names[1], 9, "right", "center", style="italic")

    def _marks(self, drawing: SectionDrawing) -> None:
        labelled: set[int] = set()
        few = len(drawing.marks) <= _MOST_LABELLED
        for mark in drawing.marks:
            x, y = self._at(drawing, mark.s, mark.t)
            face = _MARK if mark.in_plane else "none"
            circle = Circle((x, y), 0.7, facecolor=face, edgecolor=_MARK, linewidth=0.7, zorder=5)
            circle.set_gid(f"peak-{mark.number}")
            self._axes.add_patch(circle)
            if few or mark.number not in labelled:
                labelled.add(mark.number)
                self._text(x + 1.1, y + 0.5, f"{mark.peak.rmsd:.1f}", 5.5, "left", "bottom", _MARK)

    def _vectors(self, drawing: SectionDrawing) -> None:
        """Diamonds, filled where the section goes through the end of a vector."""
        for mark in drawing.vectors:
            x, y = self._at(drawing, mark.s, mark.t)
            face = _VECTOR if mark.in_plane else "none"
            corners = [(x + 1.1, y), (x, y + 1.1), (x - 1.1, y), (x, y - 1.1)]
            diamond = Polygon(corners, facecolor=face, edgecolor=_VECTOR, linewidth=0.7, zorder=5)
            diamond.set_gid(f"vector-{mark.row}")
            self._axes.add_patch(diamond)

    def _heading(self, drawing: SectionDrawing) -> None:
        top = drawing.page[1]
        if not drawing.among_others:
            self.words(top, drawing.title, drawing.lines)
            return
        x, y = self._corner
        self._text(x + LEFT, y + top - 2.0, drawing.label, 9, "left", "top", weight="bold")

    def words(self, top: float, title: str, lines: Sequence[str]) -> None:
        """A title and the lines below it; `top` mm above the lower corner."""
        x, y = self._corner[0] + LEFT, self._corner[1] + top
        self._text(x, y - 4.0, title, 10, "left", "top", weight="bold")
        for i, line in enumerate(lines):
            self._text(x, y - 8.8 - 3.4 * i, line, 6.5, "left", "top", _GREY)

    def _line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        xs, ys = zip(start, end, strict=True)
        self._axes.add_line(Line2D(xs, ys, color=_INK, linewidth=0.6, zorder=4))

    def _text(
        self, x: float, y: float, words: str, size: float, across: str, along: str,
        colour: str = _INK, **style: str,
    ) -> None:  # fmt: skip
        # No part of a name is taken for mathematics.
        self._axes.text(
            x, y, words, fontsize=size, ha=across, va=along, color=colour, parse_math=False,
            zorder=6, **style,
        )  # fmt: skip
