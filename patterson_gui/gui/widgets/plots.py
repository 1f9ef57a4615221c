"""Plots of the result panel: phase error by resolution, and R by iteration."""

import math
from collections.abc import Sequence

import pyqtgraph
from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QContextMenuEvent, QFont
from PyQt6.QtWidgets import QMenu, QVBoxLayout, QWidget

from patterson_gui.crystal.comparison.prediction_metrics import Shell
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.not_none import not_none

# Roughly the error below which a map can be interpreted, and the error of random phases.
GUIDES_DEG = {60.0: "interpretable below 60°", 90.0: "random phases"}
_LABEL_OFF, _LABEL_WIDTH = 6.0, 0.45  # of the middle of a label: degrees; share of the width
_CLEAR = 12.0  # degrees between label and curve that are enough
_SPACINGS = (20.0, 10.0, 6.0, 5.0, 4.0, 3.5, 3.0, 2.7, 2.5, 2.3, 2.1, 2.0, 1.9, 1.8, 1.7, 1.6,
             1.5, 1.4, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5)  # fmt: skip


class ThemedPlot(QWidget):
    """A plot in the colours of the theme, without mouse interaction but a menu.

    Subclasses draw again when `look_changed` is emitted.

    Signals
    -------
    save_clicked : the user wants the plot in a file.
    """

    look_changed = pyqtSignal()
    save_clicked = pyqtSignal()

    def __init__(self, bottom: str, left: str) -> None:
        super().__init__()
        self._labels = {"bottom": bottom, "left": left}
        self.plot = pyqtgraph.PlotWidget(enableMenu=False)
        menu = self.plot.getPlotItem().ctrlMenu
        menu.setParent(self, menu.windowFlags())  # else it outlives the window
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setFrameShape(pyqtgraph.QtWidgets.QFrame.Shape.NoFrame)
        for part in (self.plot, not_none(self.plot.viewport())):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setAccessibleName(f"Plot of {left or 'figures'} against {bottom}")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.setMinimumHeight(160)

    def sizeHint(self) -> QSize:
        return QSize(280, 200)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.look_changed.emit()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        if event is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        save = not_none(menu.addAction("Save plot…"))
        save.triggered.connect(lambda _checked=False: self.save_clicked.emit())
        menu.popup(event.globalPos())

    @property
    def axis_names(self) -> tuple[str, str]:
        """Names of the horizontal and the vertical axis."""
        return self._labels["bottom"], self._labels["left"]

    @property
    def small_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1.0))
        return font

    def restyle(self) -> theme.Theme:
        look = theme.current()
        self.plot.setBackground(look.window)
        font = self.small_font
        for name, text in self._labels.items():
            axis = self.plot.getAxis(name)
            axis.enableAutoSIPrefix(False)
            axis.setPen(pyqtgraph.mkPen(look.border))
            axis.setTextPen(pyqtgraph.mkPen(look.dim))
            axis.setTickFont(font)
            axis.setLabel(text, color=look.dim)
            axis.label.setFont(font)
            axis.setStyle(tickLength=-4)
        return look


class ShellPlot(ThemedPlot):
    """Mean phase error against resolution, in both frames.

    The horizontal axis is linear in 1/d³, so that shells of equal volume are equally wide.
    """

    def __init__(self) -> None:
        super().__init__("d (Å)", "phase error (°)")
        self._fixed: tuple[Shell, ...] = ()
        self._aligned: tuple[Shell, ...] = ()
        self.look_changed.connect(self._draw)
        self._draw()

    def set_shells(self, fixed: Sequence[Shell], aligned: Sequence[Shell]) -> None:
        """Phase errors in the fixed frame, and aligned by the best shift and hand."""
        self._fixed, self._aligned = tuple(fixed), tuple(aligned)
        self._draw()

    def _draw(self) -> None:
        look = self.restyle()
        self.plot.clear()
        for value, words in GUIDES_DEG.items():
            pen = pyqtgraph.mkPen(look.border, width=1, style=Qt.PenStyle.DashLine)
            line = pyqtgraph.InfiniteLine(pos=value, angle=0, pen=pen)
            side, above = label_place(value, _points(self._fixed) + _points(self._aligned))
            anchor = (side, 1 if above else 0)
            label = pyqtgraph.InfLineLabel(
                line, words, position=0.99 if side else 0.01, anchors=[anchor, anchor]
            )
            label.setColor(QColor(look.dim))
            label.setFont(self.small_font)
            self.plot.addItem(line)
        for shells, colour, symbol, dashed in (
            (self._fixed, look.dim, "s", True),
            (self._aligned, theme.legible(theme.maps().maps[MapKind.PREDICTED]), "o", False),
        ):
            self._curve(shells, colour, symbol, dashed)
        self.plot.setYRange(0, 112, padding=0)
        self.plot.getAxis("left").setTicks([[(v, str(v)) for v in (0, 30, 60, 90)]])
        shells = self._aligned or self._fixed
        if shells:
            low, high = shells[0].d_max ** -3, shells[-1].d_min ** -3
            self.plot.setXRange(low, high, padding=0.02)
            self.plot.getAxis("bottom").setTicks([spacing_ticks(low, high)])

    def _curve(self, shells: Sequence[Shell], colour: str, symbol: str, dashed: bool) -> None:
        points = _points(shells)
        if not points:
            return
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        x, y = zip(*points, strict=True)
        self.plot.plot(
            x,
            y,
            pen=pyqtgraph.mkPen(colour, width=1.5 if dashed else 2, style=style),
            symbol=symbol,
            symbolSize=5 if dashed else 6,
            symbolBrush=QColor(colour),
            symbolPen=None,
            antialias=True,
        )


def _points(shells: Sequence[Shell]) -> list[tuple[float, float]]:
    """(1/d³, phase error) of the shells that have one."""
    return [
        ((s.d_max**-3 + s.d_min**-3) / 2, s.phase_error_deg)
        for s in shells
        if s.phase_error_deg is not None and math.isfinite(s.phase_error_deg)
    ]


def label_place(value: float, points: Sequence[tuple[float, float]]) -> tuple[int, bool]:
    """Where the label of a guide line at `value` covers least of the curves: at its left (0) or
    right (1) end, and whether above it. Above the right end where nothing is in the way."""
    low = min((x for x, _ in points), default=0.0)
    high = max((x for x, _ in points), default=1.0)

    def clearance(side: int, above: bool) -> float:
        middle = value + (_LABEL_OFF if above else -_LABEL_OFF)
        reach = _LABEL_WIDTH * (high - low)
        under = [y for x, y in points if (high - x if side else x - low) <= reach]
        return min([_CLEAR, *(abs(y - middle) for y in under)])

    places = [(side, above) for side in (1, 0) for above in (True, False)]
    return max(places, key=lambda place: clearance(*place))


def spacing_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Round d-spacings between `low` and `high` (1/d³), with room for their labels. They are
    chosen from the high-resolution end, so that the limit of the data gets a label."""
    ticks: list[tuple[float, str]] = []
    gap = (high - low) / 6.5
    for d in reversed(_SPACINGS):
        x = d**-3
        if low <= x <= high * (1 + 1e-3) and (not ticks or ticks[-1][0] - x >= gap):
            ticks.append((x, f"{d:g}"))
    return ticks


class ConvergencePlot(ThemedPlot):
    """The lowest R so far against the iteration, updated while a prediction runs."""

    def __init__(self) -> None:
        super().__init__("iteration", "lowest R")
        self._history: tuple[tuple[int, float], ...] = ()
        self._curve = None
        self.look_changed.connect(self._draw)
        self._draw()

    def set_history(self, history: Sequence[tuple[int, float]]) -> None:
        """(iteration, R) pairs in order."""
        self._history = tuple(history)
        if self._curve is not None and self._history:
            x, y = zip(*self._history, strict=True)
            self._curve.setData(x, y)
            self.plot.setXRange(0, max(x[-1], 1), padding=0.02)
            self.plot.setYRange(0, max(0.1, 1.1 * max(y)), padding=0)

    def _draw(self) -> None:
        self.restyle()
        self.plot.clear()
        pen = pyqtgraph.mkPen(theme.maps().maps[MapKind.PREDICTED], width=2)
        self._curve = self.plot.plot([], [], pen=pen, antialias=True)
        self.plot.setYRange(0, 0.6, padding=0)
        self.set_history(self._history)
