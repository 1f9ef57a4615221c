"""The contour level of a map on a histogram of its values: dragged, or typed in any unit."""

import numpy as np
import pyqtgraph
from PyQt6.QtCore import QPoint, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QContextMenuEvent
from PyQt6.QtWidgets import QDoubleSpinBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.value_histogram import ValueHistogram, value_histogram
from patterson_gui.gui.threads.background import background
from patterson_gui.gui.viewer3d.levels import HIGHEST_SHARE, LOWEST_LEVEL
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.plots import ThemedPlot

WIDTH, HEIGHT = 412, 176  # points
_FIELD_WIDTH, _WIDEST = 116, 144
_DECIMALS = 2  # rmsd, of a level that is dragged


class HistogramPlot(ThemedPlot):
    """Counts on a logarithmic scale, and the level as a line that can be dragged.

    A click puts the line there.

    Signals
    -------
    dragged(float) : to a level, rmsd.
    """

    dragged = pyqtSignal(float)

    def __init__(self, colour: str) -> None:
        super().__init__("value (rmsd)", "")
        self._colour = colour
        self._histogram: ValueHistogram | None = None
        self._two_signs = False
        self._level = LOWEST_LEVEL
        self.line = pyqtgraph.InfiniteLine(angle=90, movable=True)
        self.line.sigDragged.connect(self._moved)
        self.look_changed.connect(self._draw)
        self.plot.getPlotItem().scene().sigMouseClicked.connect(self._clicked)
        self.plot.hideAxis("left")
        self.setMinimumHeight(120)

    def show_histogram(self, histogram: ValueHistogram, *, two_signs: bool) -> None:
        """Show a histogram; `two_signs` : the level is drawn below zero too."""
        self._histogram, self._two_signs = histogram, two_signs
        self._draw()

    def show_level(self, level: float) -> None:
        """Put the line at a level, rmsd; emits nothing."""
        self._level = level
        blocker = QSignalBlocker(self.line)
        self.line.setValue(level)
        del blocker
        self._draw_below()

    def _draw(self) -> None:
        look = self.restyle()
        self.plot.setBackground(look.panel)
        self.plot.clear()
        self._below: pyqtgraph.InfiniteLine | None = None
        if self._histogram is None:
            return
        edges, counts = self._histogram.edges, np.log10(self._histogram.counts + 1.0)
        fill = QColor(theme.legible(self._colour))
        fill.setAlphaF(0.55)
        self.plot.plot(
            edges, counts, stepMode="center", fillLevel=0, brush=fill, pen=pyqtgraph.mkPen(None)
        )
        self.line.setPen(pyqtgraph.mkPen(look.text, width=2))
        self.line.setHoverPen(pyqtgraph.mkPen(look.accent, width=5))
        self.line.setBounds((LOWEST_LEVEL, max(self.highest, LOWEST_LEVEL)))
        self.plot.addItem(self.line)
        self.plot.setXRange(float(edges[0]), float(edges[-1]), padding=0.02)
        self.plot.setYRange(0.0, float(counts.max()) * 1.05, padding=0.0)
        self.show_level(self._level)

    def _draw_below(self) -> None:
        """The line of the negative level."""
        if not self._two_signs or self._histogram is None:
            return
        if self._below is None:
            pen = pyqtgraph.mkPen(theme.current().dim, width=1, style=Qt.PenStyle.DashLine)
            self._below = pyqtgraph.InfiniteLine(angle=90, pen=pen)
            self.plot.addItem(self._below)
        self._below.setValue(-self._level)

    @property
    def highest(self) -> float:
        """The highest level that shows something, rmsd."""
        return HIGHEST_SHARE * self._histogram.highest if self._histogram is not None else np.inf

    def _moved(self) -> None:
        self._choose(float(self.line.value()))

    def _clicked(self, event: object) -> None:
        place = self.plot.getPlotItem().vb.mapSceneToView(event.scenePos())  # type: ignore[attr-defined]
        self._choose(float(place.x()))

    def _choose(self, level: float) -> None:
        level = min(max(level, LOWEST_LEVEL), max(self.highest, LOWEST_LEVEL))
        level = round(level, _DECIMALS)
        self.show_level(level)
        self.dragged.emit(level)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """None: the plot is a control."""

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 120)


class LevelPopover(QFrame):
    """The level of one map, beside its histogram; closes by a click elsewhere or Esc.

    Signals
    -------
    level_chosen(float) : by the user, rmsd.
    """

    level_chosen = pyqtSignal(float)

    def __init__(self, density: DensityMap, level: float, colour: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._density = density
        self._level = level
        self._histogram: ValueHistogram | None = None
        self.plot = HistogramPlot(colour)
        self.plot.dragged.connect(self._choose)
        self.rmsd = self._field(" rmsd", "Contour level, in units of the map's rmsd")
        self.units = self._field(f" {density.units}", "Contour level, in units of the map")
        self.percent = self._field(" % of origin", "Contour level, in percent of the origin peak")
        self.percent.setMinimumWidth(_WIDEST)
        self.rmsd.valueChanged.connect(self._choose)
        self.units.valueChanged.connect(self._type_units)
        self.percent.valueChanged.connect(self._type_percent)
        fields = QHBoxLayout()
        fields.setSpacing(theme.GRID)
        for field in (self.rmsd, self.units, self.percent):
            fields.addWidget(field)
        fields.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.plot, 1)
        layout.addLayout(fields)
        self.setFixedSize(WIDTH, HEIGHT)
        background().request(
            (id(self), "histogram"), lambda: value_histogram(density), self._take, first=True
        )

    def _field(self, suffix: str, tip: str) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setSuffix(suffix)
        field.setToolTip(tip)
        field.setAccessibleName(tip)
        field.setKeyboardTracking(False)
        field.setMinimumWidth(_FIELD_WIDTH)
        field.setEnabled(False)
        return field

    def _take(self, histogram: ValueHistogram) -> None:
        self._histogram = histogram
        self.plot.show_histogram(histogram, two_signs=self._density.kind is MapKind.DIFFERENCE)
        self._scale(self.rmsd, 1.0)
        self._scale(self.units, histogram.rmsd)
        if histogram.origin is not None:
            self._scale(self.percent, self._per_percent)
        self.percent.setVisible(histogram.origin is not None)
        self._show()

    @property
    def _per_percent(self) -> float:
        """Percent of the origin peak for one rmsd."""
        assert self._histogram is not None
        assert self._histogram.origin is not None
        return 100.0 * self._histogram.rmsd / self._histogram.origin

    def _scale(self, field: QDoubleSpinBox, per_rmsd: float) -> None:
        """Give a field the range and the steps of the level, in its own unit."""
        if not (np.isfinite(per_rmsd) and per_rmsd > 0):
            return
        blocker = QSignalBlocker(field)
        field.setDecimals(int(np.clip(np.ceil(1.3 - np.log10(per_rmsd)), 0, 8)))
        field.setRange(LOWEST_LEVEL * per_rmsd, max(self.plot.highest, self._level) * per_rmsd)
        field.setSingleStep(0.1 * per_rmsd)
        field.setEnabled(True)
        del blocker

    def _type_units(self, value: float) -> None:
        if self._histogram is not None:
            self._choose(value / self._histogram.rmsd)

    def _type_percent(self, value: float) -> None:
        self._choose(value / self._per_percent)

    def _choose(self, level: float) -> None:
        self._level = max(level, LOWEST_LEVEL)
        self._show()
        self.level_chosen.emit(self._level)

    def _show(self) -> None:
        histogram = self._histogram
        if histogram is None:
            return
        fields = (self.rmsd, self.units, self.percent)
        blockers = [QSignalBlocker(field) for field in fields]
        self.rmsd.setValue(self._level)
        self.units.setValue(self._level * histogram.rmsd)
        if histogram.origin is not None:
            self.percent.setValue(self._level * self._per_percent)
        del blockers
        self.plot.show_level(self._level)

    def open_below(self, widget: QWidget) -> None:
        """Show it below a widget, inside the screen."""
        corner = widget.mapToGlobal(QPoint(widget.width() - self.width(), widget.height() + 2))
        screen = self.screen()
        if screen is not None:
            room = screen.availableGeometry()
            corner.setX(min(max(corner.x(), room.left()), room.right() - self.width()))
            corner.setY(min(max(corner.y(), room.top()), room.bottom() - self.height()))
        self.move(corner)
        self.show()
        self.rmsd.setFocus()
