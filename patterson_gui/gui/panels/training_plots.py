"""The curves of a training: loss, correlation, and phase error by resolution, all by epoch.

Pointing at an epoch tells its figures, marks it in both curves and shows its phase errors.
"""

import math
from collections.abc import Sequence

import pyqtgraph
from PyQt6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QCursor
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.plots import GUIDES_DEG, ThemedPlot, spacing_ticks
from patterson_gui.io.training.run_folder import EpochRecord

FEW_EPOCHS = 12  # as many ticks as have room: there is no epoch 1.5
MOST_SYMBOLS = 40  # with more epochs the points run into one another
EARLIER = 4  # epochs whose phase errors stay as a shadow
HIGHEST_DEG = 112
LOW_HEIGHT = 128


def figures_of(record: EpochRecord) -> str:
    """What is known of an epoch, a line for each figure."""
    lines = [f"Epoch {record.epoch}{', the best so far' if record.best else ''}"]
    for words, value, unit, digits in (
        ("training loss", record.train_loss, "", ".4g"),
        ("validation loss", record.val_loss, "", ".4g"),
        ("median r", record.val_r_median, "", ".3f"),
        ("mean phase error", record.val_phase_error_deg, "°", ".1f"),
        ("learning rate", record.learning_rate, "", ".2g"),
    ):
        if math.isfinite(value):
            lines.append(f"{words} {value:{digits}}{unit}")
    return "\n".join(lines)


def log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Round numbers for a logarithmic axis (at their logarithms): powers of ten over many of
    them, 1, 2 and 5 of each over a few."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    steps = (1,) if len(decades) > 5 else (1, 2, 5)
    return [(n + math.log10(m), f"{m * 10.0**n:.3g}") for n in decades for m in steps]


class _LowPlot(ThemedPlot):
    """A plot that is content with the height of the tables below."""

    def sizeHint(self) -> QSize:
        return QSize(240, LOW_HEIGHT)


class EpochPlot(_LowPlot):
    """Some figures of each epoch as curves."""

    pointed = pyqtSignal(object)  # int: the epoch under the mouse; None: no more

    def __init__(self, curves: Sequence[tuple[str, str]], highest: float | None = None) -> None:
        """`curves` : (field of `EpochRecord`, 'train' or 'val'); `highest` : of the axis."""
        super().__init__("epoch", "")
        self._highest = highest
        self._log = False
        self._records: tuple[EpochRecord, ...] = ()
        # Made once and given new numbers: to make them anew takes ten times as long.
        self._curves = [(name, kind, _curve_in(self.plot)) for name, kind in curves]
        self._line = pyqtgraph.InfiniteLine(angle=90)
        self._line.hide()
        self.plot.addItem(self._line)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        self.look_changed.connect(self._restyle)
        self._restyle()
        self._draw()

    @property
    def log(self) -> bool:
        return self._log

    @property
    def marked(self) -> int | None:
        """The epoch the line stands at; None where there is no line."""
        return round(self._line.value()) if self._line.isVisible() else None

    def set_log(self, on: bool) -> None:
        """A logarithmic vertical axis, or a linear one."""
        self._log = on
        self.plot.setLogMode(y=on)
        self._draw()

    def set_records(self, records: Sequence[EpochRecord]) -> None:
        self._records = tuple(records)
        self._draw()

    def mark(self, epoch: int | None) -> None:
        """Put the line at an epoch."""
        self._line.setVisible(epoch is not None)
        if epoch is not None:
            self._line.setValue(epoch)

    def _restyle(self) -> None:
        look = self.restyle()
        self._line.setPen(pyqtgraph.mkPen(look.dim, style=Qt.PenStyle.DashLine))
        for _, kind, curve in self._curves:
            colour = curve_colour(kind)
            curve.setPen(pyqtgraph.mkPen(colour, width=2 if kind == "val" else 1.5))
            curve.setSymbolBrush(QColor(colour))

    def _draw(self) -> None:
        values: list[float] = []
        for name, _, curve in self._curves:
            points = [(r.epoch, getattr(r, name)) for r in self._records]
            points = [(x, y) for x, y in points if math.isfinite(y) and (y > 0 or not self._log)]
            values += [y for _, y in points]
            curve.setData([x for x, _ in points], [y for _, y in points])
            curve.setSymbol("o" if len(points) <= MOST_SYMBOLS else None)
        last = max(2, self._records[-1].epoch) if self._records else 2
        self.plot.setXRange(1, last, padding=0.03)
        whole = [[(x, str(x)) for x in range(1, last + 1)]] if last <= FEW_EPOCHS else None
        self.plot.getAxis("bottom").setTicks(whole)
        self.plot.getAxis("left").setTicks(None if values else [])
        if values:
            self._set_range(min(values), max(values))

    def _set_range(self, low: float, high: float) -> None:
        if self._log:
            self.plot.getAxis("left").setTicks([log_ticks(low, high)])
            low, high = math.log10(low), math.log10(high)
            self.plot.setYRange(low, max(high, low + 0.1), padding=0.06)
        else:
            high = self._highest or high
            self.plot.setYRange(min(0.0, low), max(1.06 * high, 1e-12), padding=0)

    def epoch_at(self, place: QPointF) -> int | None:
        """The epoch nearest to a place of the plot's scene; None outside the axes."""
        box = self.plot.getPlotItem().vb
        if not self._records or not box.sceneBoundingRect().contains(place):
            return None
        x = box.mapSceneToView(place).x()
        return min(self._records, key=lambda r: abs(r.epoch - x)).epoch

    def _moved(self, place: QPointF) -> None:
        self.pointed.emit(self.epoch_at(place))

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)


class PhaseErrorPlot(_LowPlot):
    """Mean phase error against resolution after one epoch, and as it was some epochs before.

    The horizontal axis is linear in 1/d³, so that shells of equal volume are equally wide.
    """

    def __init__(self) -> None:
        super().__init__("d (Å)", "")
        self._record: EpochRecord | None = None
        self._guides = [pyqtgraph.InfiniteLine(pos=value, angle=0) for value in GUIDES_DEG]
        for guide in self._guides:
            self.plot.addItem(guide)
        self._shadows = [_curve_in(self.plot) for _ in range(EARLIER)]
        self._curve = _curve_in(self.plot)
        self.plot.setYRange(0, HIGHEST_DEG, padding=0)
        self.plot.getAxis("left").setTicks([[(v, f"{v}°") for v in (0, 30, 60, 90)]])
        self.plot.getAxis("bottom").setTicks([])
        self._limit: float | None = None
        self.look_changed.connect(self._restyle)
        self._restyle()

    @property
    def record(self) -> EpochRecord | None:
        """The epoch that is shown."""
        return self._record

    def set_records(self, record: EpochRecord | None, earlier: Sequence[EpochRecord]) -> None:
        """The epoch to show, and at most `EARLIER` others for comparison, the first one first."""
        self._record = record
        missing = EARLIER - len(earlier)
        for shadow, before in zip(self._shadows, (*(None,) * missing, *earlier), strict=True):
            shadow.setData(*_by_resolution(before))
        self._curve.setData(*_by_resolution(record))
        if record is not None and record.shells and record.shells[-1] != self._limit:
            self._limit = record.shells[-1]
            self.plot.setXRange(0, self._limit**-3, padding=0.02)
            self.plot.getAxis("bottom").setTicks([spacing_ticks(1e-9, self._limit**-3)])

    def _restyle(self) -> None:
        look = self.restyle()
        for guide in self._guides:
            guide.setPen(pyqtgraph.mkPen(look.border, width=1, style=Qt.PenStyle.DashLine))
        for number, shadow in enumerate(self._shadows, start=1):
            faint = QColor(look.dim)
            faint.setAlphaF(0.25 + 0.4 * number / EARLIER)
            shadow.setPen(pyqtgraph.mkPen(faint, width=1))
        colour = curve_colour("val")
        self._curve.setPen(pyqtgraph.mkPen(colour, width=2))
        self._curve.setSymbol("o")
        self._curve.setSymbolBrush(QColor(colour))


def _curve_in(plot: pyqtgraph.PlotWidget) -> pyqtgraph.PlotDataItem:
    return plot.plot([], [], symbol=None, symbolSize=5, symbolPen=None, antialias=True)


def _by_resolution(record: EpochRecord | None) -> tuple[list[float], list[float]]:
    """The middles of the shells, 1/d³, and their phase errors, °."""
    if record is None:
        return [], []
    inner = (math.inf, *record.shells)
    points = [
        ((upper**-3 + lower**-3) / 2, error)
        for upper, lower, error in zip(
            inner, record.shells, record.shell_phase_error_deg, strict=False
        )
        if math.isfinite(error)
    ]
    return [x for x, _ in points], [y for _, y in points]


class TrainingPlots(QWidget):
    """The three plots side by side, under titles that are their legends."""

    log_changed = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss = EpochPlot((("train_loss", "train"), ("val_loss", "val")))
        self.agreement = EpochPlot((("val_r_median", "val"),), highest=1.0)
        self.phases = PhaseErrorPlot()
        self._records: tuple[EpochRecord, ...] = ()
        self._pointed: int | None = None
        self.log_button = QToolButton()
        self.log_button.setObjectName("framed")
        self.log_button.setText("log")
        self.log_button.setCheckable(True)
        self.log_button.setToolTip("A logarithmic axis for the loss")
        self.log_button.toggled.connect(self.loss.set_log)
        self.log_button.toggled.connect(self.log_changed)
        self._titles: dict[str, QLabel] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        for name, plot in self._plots().items():
            title = PlainLabel()
            title.setTextFormat(Qt.TextFormat.RichText)
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._titles[name] = title
            head = QHBoxLayout()
            head.setContentsMargins(8, 0, 8, 0)
            head.addWidget(title, 1)
            if name == "loss":
                head.addWidget(self.log_button)
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addLayout(head)
            column.addWidget(plot, 1)
            layout.addLayout(column, 1)
            plot.setMinimumHeight(LOW_HEIGHT)
        for plot in (self.loss, self.agreement):
            plot.pointed.connect(self._point_at)
        self.loss.look_changed.connect(self._show_titles)
        self._show_titles()

    def _plots(self) -> dict[str, ThemedPlot]:
        return {"loss": self.loss, "agreement": self.agreement, "phases": self.phases}

    def set_records(self, records: Sequence[EpochRecord]) -> None:
        """Draw the epochs so far."""
        self._records = tuple(records)
        self.loss.set_records(records)
        self.agreement.set_records(records)
        self._show_phases()

    def _point_at(self, epoch: int | None) -> None:
        place = QCursor.pos() + QPoint(12, 12)
        record = self._record_of(epoch)
        if record is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(place, figures_of(record), self)
        if epoch != self._pointed:
            self._pointed = epoch
            self.loss.mark(epoch)
            self.agreement.mark(epoch)
            self._show_phases()

    def _record_of(self, epoch: int | None) -> EpochRecord | None:
        return next((r for r in self._records if r.epoch == epoch), None)

    def _show_phases(self) -> None:
        shown = self._record_of(self._pointed) or (self._records[-1] if self._records else None)
        before = [r for r in self._records if shown is not None and r.epoch < shown.epoch]
        step = max(1, math.ceil(len(before) / EARLIER))
        self.phases.set_records(shown, before[::step][:EARLIER])
        self._show_titles()

    def _show_titles(self) -> None:
        dim, val, train = theme.current().dim, curve_colour("val"), curve_colour("train")
        shown = self.phases.record
        after = "" if shown is None else f" <span style='color:{dim}'>after epoch {shown.epoch}"
        texts = {
            "loss": f"<b>Loss</b> &nbsp; <span style='color:{train}'>● training</span> &nbsp; "
            f"<span style='color:{val}'>● validation</span>",
            "agreement": f"<b>Correlation</b> &nbsp; <span style='color:{val}'>● median r, "
            "validation</span>",
            "phases": f"<b>Phase error</b>{after}</span>",
        }
        for name, text in texts.items():
            self._titles[name].setText(text)


def curve_colour(kind: str) -> str:
    """Grey for what was trained on, the predicted map's blue for what was not."""
    if kind == "train":
        return theme.current().dim
    return theme.legible(theme.maps().maps[MapKind.PREDICTED])
