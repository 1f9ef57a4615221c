"""The Map tab: the known crystals as points in latent space, and the present latent."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPoint, QPointF, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QCursor
from PyQt6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QStackedLayout,
    QToolButton,
    QToolTip,
    QWidget,
)

from patterson_gui.gui.explorer.waiting import centred
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.plots import ThemedPlot

HIT_RADIUS = 10.0  # screen points: a click this near to a dot selects it
DOT = 5.0
SHADES = 24  # steps of the colour scale
# From dark to bright, so that colour-blind people see the order; no tone is so dark or so bright
# that it vanishes on a dark or light background.
RAMP = ("#3f4fb5", "#3b7fc4", "#2ea59a", "#6cb653", "#d1a92c", "#e8762b")
Point = tuple[float, float]


class CrystalMap(ThemedPlot):
    """A scatter plot: the wheel zooms, dragging moves the plot, a click chooses a point.

    Signals
    -------
    chosen(int) : row of the point that was clicked.
    """

    chosen = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__("direction 1 (σ)", "direction 2 (σ)")
        self._places = np.zeros((0, 2))
        self._shade = np.zeros(0, np.int64)
        self._name: Callable[[int], str] = str
        self._line: tuple[Point, Point] | None = None
        self._here: Point | None = None
        self.plot.setMouseEnabled(x=True, y=True)
        self.plot.setMenuEnabled(False)
        self._dots = pyqtgraph.ScatterPlotItem(pen=None, size=DOT, pxMode=True)
        self._path = self.plot.plot([], [])
        self._ends = pyqtgraph.ScatterPlotItem(size=9, pxMode=True)
        self._mark = pyqtgraph.ScatterPlotItem(size=15, pxMode=True, symbol="o")
        self._hovered = pyqtgraph.ScatterPlotItem(size=11, pxMode=True, brush=None)
        self._letters = [pyqtgraph.TextItem(letter, anchor=(0.5, 1.3)) for letter in "AB"]
        for item in (self._dots, self._hovered, self._ends, self._mark, *self._letters):
            self.plot.addItem(item)
        self.plot.scene().sigMouseMoved.connect(self._move)
        self.plot.scene().sigMouseClicked.connect(self._click)
        self.look_changed.connect(self._restyle)
        self._restyle()

    # ------------------------------------------------------------------ content
    def set_points(
        self,
        places: NDArray[np.float64],
        values: NDArray[np.float64],
        names: tuple[str, str],
        name: Callable[[int], str],
    ) -> tuple[float, float]:
        """Draw points, coloured by values; return the values at both ends of the colour scale.

        Parameters
        ----------
        places : (n, 2).
        values : (n,).
        names : labels of the two axes.
        name : gives the tooltip of a point by its row.
        """
        self._places, self._name = places, name
        self._labels = {"bottom": names[0], "left": names[1]}
        self._restyle()
        self.show_all()
        return self.set_values(values)

    def set_values(self, values: NDArray[np.float64]) -> tuple[float, float]:
        """Colour the points by values (n,); return the values at both ends of the scale."""
        if len(values) == 0:
            self._dots.setData([])
            return 0.0, 0.0
        low, high = (float(x) for x in np.nanpercentile(values, [2, 98]))
        share = np.nan_to_num((values - low) / max(high - low, 1e-9)).clip(0, 1)
        self._shade = np.round(share * (SHADES - 1)).astype(np.int64)
        self._draw_dots()
        return low, high

    def set_here(self, here: Point | None) -> None:
        """Mark the place of the present latent."""
        self._here = here
        self._mark.setData([] if here is None else [{"pos": here}])

    def set_line(self, line: tuple[Point, Point] | None) -> None:
        """Draw the line from A to B."""
        self._line = line
        x, y = ([], []) if line is None else zip(*line, strict=True)
        self._path.setData(x, y)
        self._ends.setData(list(x), list(y))
        for letter, place in zip(self._letters, line or (None, None), strict=True):
            letter.setVisible(place is not None)
            if place is not None:
                letter.setPos(*place)

    def show_all(self) -> None:
        """Fit the axes to the points, without the 1 % that are furthest away."""
        if len(self._places) == 0:
            return
        low, high = np.percentile(self._places, [0.5, 99.5], axis=0)
        margin = 0.12 * np.maximum(high - low, 0.5)
        (x0, y0), (x1, y1) = low - margin, high + margin
        self.plot.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)

    # ------------------------------------------------------------------ drawing
    def _draw_dots(self) -> None:
        brushes = np.array([pyqtgraph.mkBrush(QColor(c)) for c in ramp(SHADES)], dtype=object)
        for brush in brushes:
            colour = brush.color()
            colour.setAlpha(190)
            brush.setColor(colour)
        self._dots.setData(
            x=self._places[:, 0], y=self._places[:, 1], brush=brushes[self._shade], pen=None
        )

    def _restyle(self) -> None:
        look = self.restyle()
        text, accent = QColor(look.text), QColor(look.accent)
        self._path.setPen(pyqtgraph.mkPen(text, width=1.5, style=Qt.PenStyle.DashLine))
        self._ends.setBrush(pyqtgraph.mkBrush(text))
        self._ends.setPen(pyqtgraph.mkPen(QColor(look.window), width=1))
        self._mark.setBrush(pyqtgraph.mkBrush(accent))
        self._mark.setPen(pyqtgraph.mkPen(QColor(look.window), width=2))
        self._hovered.setPen(pyqtgraph.mkPen(text, width=1.5))
        for letter in self._letters:
            letter.setColor(text)
            behind = QColor(look.window)
            behind.setAlpha(200)  # keeps the letter readable over points
            letter.fill = pyqtgraph.mkBrush(behind)

    # ------------------------------------------------------------------ the mouse
    def hit(self, x: float, y: float) -> int | None:
        """Row of the point at a place in screen points; None if none is near."""
        if len(self._places) == 0:
            return None
        box = self.plot.getPlotItem().vb
        place = box.mapSceneToView(QPointF(x, y))
        width, height = box.viewPixelSize()
        away = (self._places - [place.x(), place.y()]) / [width, height]
        squared = (away**2).sum(axis=1)
        nearest = int(squared.argmin())
        return nearest if squared[nearest] < HIT_RADIUS**2 else None

    def _move(self, place: QPointF) -> None:
        row = self.hit(place.x(), place.y())
        if row is None:
            self._hovered.setData([])
            QToolTip.hideText()
        else:
            self._hovered.setData([{"pos": self._places[row]}])
            QToolTip.showText(QCursor.pos() + QPoint(12, 12), self._name(row), self.plot)

    def _click(self, event: object) -> None:
        button, place = event.button(), event.scenePos()  # type: ignore[attr-defined]
        if button == Qt.MouseButton.LeftButton:
            row = self.hit(place.x(), place.y())
            if row is not None:
                self.chosen.emit(row)

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self._hovered.setData([])


def ramp(n: int) -> list[str]:
    """`n` colours at even distances along the scale."""
    stops = np.array([[QColor(c).red(), QColor(c).green(), QColor(c).blue()] for c in RAMP])
    at = np.linspace(0, len(stops) - 1, n)
    rows = [np.interp(at, np.arange(len(stops)), stops[:, k]) for k in range(3)]
    return [QColor(*(round(v) for v in colour)).name() for colour in zip(*rows, strict=True)]


class ColourBar(PlainLabel):
    """The colour scale with the values at its ends."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)

    def set_range(self, low: float, high: float, unit: str) -> None:
        # Blocks of text, drawn by the label, follow the theme.
        blocks = "".join(f'<span style="color:{c}">█</span>' for c in ramp(8))
        self.setText(f"{low:.3g}&nbsp; {blocks} &nbsp;{high:.3g} {unit}")


class MapTab(QWidget):
    """The map, with choices of axes and colours.

    Signals
    -------
    axes_chosen(int, int), colour_chosen(str), chosen(int)
    """

    axes_chosen = pyqtSignal(int, int)
    colour_chosen = pyqtSignal(str)
    chosen = pyqtSignal(int)

    def __init__(self, colours: Mapping[str, str]) -> None:
        """`colours` : key and name of each quantity that can colour the points."""
        super().__init__()
        self.map = CrystalMap()
        self.map.chosen.connect(self.chosen)
        self.across, self.up, self.colour = QComboBox(), QComboBox(), QComboBox()
        for key, text in colours.items():
            self.colour.addItem(text, key)
        for box, tip in (
            (self.across, "Direction on the horizontal axis"),
            (self.up, "Direction on the vertical axis"),
            (self.colour, "What the colours show"),
        ):
            box.setToolTip(tip)
            box.setAccessibleName(tip)
        for box in (self.across, self.up):
            box.activated.connect(
                lambda _row: self.axes_chosen.emit(
                    self.across.currentIndex(), self.up.currentIndex()
                )
            )
        self.colour.activated.connect(
            lambda row: self.colour_chosen.emit(self.colour.itemData(row))
        )
        self.home = QToolButton()
        self.home.setObjectName("framed")
        self.home.setText("All")
        self.home.setToolTip("Show the whole map")
        self.home.clicked.connect(self.map.show_all)
        self.bar = ColourBar()
        self.count = text_label("", dim=True)
        self.waiting = text_label("", dim=True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(8, 8, 8, 8)
        grid.setSpacing(8)
        for column, widget in enumerate(
            (PlainLabel("→"), self.across, PlainLabel("↑"), self.up, self.home)
        ):
            grid.addWidget(widget, 0, column)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        grid.addWidget(self.map, 1, 0, 1, 5)
        below = QHBoxLayout()
        below.addWidget(self.colour, 1)
        below.addWidget(self.bar)
        grid.addLayout(below, 2, 0, 1, 5)
        grid.addWidget(self.count, 3, 0, 1, 5)
        grid.setRowStretch(1, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(centred(self.waiting))
        self._pages.addWidget(page)

    def set_waiting(self, text: str) -> None:
        """Show a message in place of the map; "" shows the map."""
        self.waiting.setText(text)
        self._pages.setCurrentIndex(0 if text else 1)

    def set_directions(self, shares: Sequence[float]) -> None:
        """Offer the directions as axes; begin with the first two."""
        if self.across.count() == len(shares):
            return
        for box, row in ((self.across, 0), (self.up, min(1, len(shares) - 1))):
            blocker = QSignalBlocker(box)
            box.clear()
            box.addItems([f"{i + 1} ({100 * s:.0f} %)" for i, s in enumerate(shares)])
            box.setCurrentIndex(row)
            del blocker

    @property
    def axes(self) -> tuple[int, int]:
        """The directions on the horizontal and vertical axis, from 0."""
        return max(self.across.currentIndex(), 0), max(self.up.currentIndex(), 0)
