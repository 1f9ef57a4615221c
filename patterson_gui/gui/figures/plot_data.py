"""The data of a plot, taken from it and drawn again."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor

from patterson_gui.gui.figures.paper import PAPER
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.plots import ThemedPlot
from patterson_gui.io.figures.settings import CurvePart, PlotPart


def plot_part(plot: ThemedPlot) -> PlotPart:
    """The data of a plot and how it is drawn, in the colours of white paper."""
    try:
        with theme.using(PAPER):
            plot.look_changed.emit()
            return _part_of(plot)
    finally:
        plot.look_changed.emit()  # the colours of the screen again


def _part_of(plot: ThemedPlot) -> PlotPart:
    item = plot.plot.getPlotItem()
    (x, y), (bottom, left) = item.viewRange(), plot.axis_names
    curves: list[CurvePart] = []
    for one in item.items:
        if not one.isVisible():
            continue
        if isinstance(one, pyqtgraph.PlotDataItem):
            curves += _curve(one)
        elif isinstance(one, pyqtgraph.ScatterPlotItem):
            curves += _dots(one)
        elif isinstance(one, pyqtgraph.InfiniteLine):
            curves.append(_straight_line(one, x, y))
    return PlotPart(
        title=" by ".join(text for text in (left, bottom) if text), bottom=bottom, left=left,
        x=(x[0], x[1]), y=(y[0], y[1]), width=plot.plot.width(), height=plot.plot.height(),
        x_ticks=_ticks_of(item.getAxis("bottom")), y_ticks=_ticks_of(item.getAxis("left")),
        log_x=item.ctrl.logXCheck.isChecked(), log_y=item.ctrl.logYCheck.isChecked(),
        curves=tuple(curves),
    )  # fmt: skip


def _ticks_of(axis: Any) -> tuple[tuple[float, str], ...] | None:
    levels = axis._tickLevels  # there is no other way to read what `setTicks` was given
    if levels is None:
        return None
    return tuple((float(place), text) for level in levels for place, text in level)


def _curve(item: pyqtgraph.PlotDataItem) -> list[CurvePart]:
    x, y = item.getOriginalDataset()
    if x is None or len(x) == 0:
        return []
    symbol = item.opts["symbol"]
    given = item.opts["pen"]
    pen = None if given is None else pyqtgraph.mkPen(given)
    ink = pyqtgraph.mkBrush(item.opts["symbolBrush"]) if pen is None else pen
    return [
        CurvePart(
            name=item.name() or "", x=_numbers(x), y=_numbers(y), colour=ink.color().name(),
            width=0.0 if pen is None else pen.widthF(),
            dashed=pen is not None and pen.style() == Qt.PenStyle.DashLine,
            symbol=symbol or "", symbol_size=float(item.opts["symbolSize"]),
        )
    ]  # fmt: skip


def _dots(item: pyqtgraph.ScatterPlotItem) -> list[CurvePart]:
    """Dots by their colours, a part for each."""
    x, y = item.getData()
    brushes = [pyqtgraph.mkBrush(b or item.opts["brush"]) for b in item.data["brush"]]
    colours = np.array([brush.color().name() for brush in brushes])
    return [
        CurvePart(
            x=_numbers(x[colours == colour]), y=_numbers(y[colours == colour]), width=0.0,
            colour=str(colour), symbol=item.opts["symbol"] or "o",
            symbol_size=float(item.opts["size"]),
        )
        for colour in np.unique(colours)
    ]  # fmt: skip


def _straight_line(
    item: pyqtgraph.InfiniteLine, x: Sequence[float], y: Sequence[float]
) -> CurvePart:
    """A line along an axis, with its label as its name."""
    place, across = float(item.value()), item.angle == 0
    label = next((c for c in item.childItems() if isinstance(c, pyqtgraph.InfLineLabel)), None)
    return CurvePart(
        name="" if label is None else label.format,
        x=(x[0], x[1]) if across else (place, place),
        y=(place, place) if across else (y[0], y[1]),
        colour=item.pen.color().name(), width=item.pen.widthF(),
        dashed=item.pen.style() == Qt.PenStyle.DashLine,
    )  # fmt: skip


def _numbers(values: Any) -> tuple[float | None, ...]:
    return tuple(float(v) if math.isfinite(v) else None for v in np.asarray(values, float))


class PlotOfData(ThemedPlot):
    """A plot drawn from the data in the settings of a figure."""

    def __init__(self, part: PlotPart) -> None:
        super().__init__(part.bottom, part.left)
        self._part = part
        self.plot.setFixedSize(part.width, part.height)
        self.resize(part.width, part.height)
        self.look_changed.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        self.restyle()
        part, item = self._part, self.plot.getPlotItem()
        self.plot.clear()
        item.setLogMode(x=part.log_x, y=part.log_y)
        for curve in part.curves:
            self._add(curve)
        self.plot.setXRange(*part.x, padding=0)
        self.plot.setYRange(*part.y, padding=0)
        for name, ticks in (("bottom", part.x_ticks), ("left", part.y_ticks)):
            if ticks is not None:
                self.plot.getAxis(name).setTicks([list(ticks)])

    def _add(self, curve: CurvePart) -> None:
        style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
        pen = pyqtgraph.mkPen(curve.colour, width=curve.width, style=style)
        x, y = (
            np.array([math.nan if v is None else v for v in values])
            for values in (curve.x, curve.y)
        )
        self.plot.plot(
            x, y, pen=pen if curve.width else None, symbol=curve.symbol or None,
            symbolSize=curve.symbol_size, symbolBrush=QColor(curve.colour), symbolPen=None,
            antialias=True,
        )  # fmt: skip
        if curve.name:
            label = pyqtgraph.TextItem(curve.name, color=curve.colour, anchor=(1, 1))
            label.setFont(self.small_font)
            label.setPos(float(x[-1]), float(y[-1]))
            self.plot.addItem(label)
