"""The Directions tab: sliders along the principal directions of the known crystals."""

import math
from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.explorer.line_bar import RestTimer
from patterson_gui.gui.explorer.waiting import centred
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import format_number, text_label
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.scrolled import scrolled_vertically

STEPS = 100  # of a slider in one standard deviation
LEAST_RANGE = 3.0  # standard deviations to each side
WORDS = (
    "Principal components of the densities of the known crystals, in standard deviations (σ) "
    "from their mean."
)


class _Slider(QSlider):
    """Horizontal slider with a mark at the starting value."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.base: float | None = None

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self.base is None:
            return
        low, high = self.minimum(), self.maximum()
        share = (STEPS * self.base - low) / max(1, high - low)
        handle = 16
        x = round(handle / 2 + share * (self.width() - handle))
        with QPainter(self) as painter:
            painter.fillRect(x - 1, self.height() - 4, 2, 4, QColor(theme.current().accent))


class DirectionsTab(QWidget):
    """Emits `moved(direction, value)` while a slider moves, and `rested` when it has stopped."""

    moved = pyqtSignal(int, float)
    rested = pyqtSignal()
    reset_clicked = pyqtSignal(object)  # int; None: all

    def __init__(self) -> None:
        super().__init__()
        self.sliders: list[_Slider] = []
        self.values: list[QLabel] = []
        self.resets: list[QToolButton] = []
        self._rest = RestTimer(self)
        self._rest.timeout.connect(self.rested)
        self.words = text_label(WORDS, dim=True)
        self.waiting = text_label("", dim=True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.reset_all = QPushButton("Reset all")
        self.reset_all.setToolTip("Reset all directions to their starting values")
        self.reset_all.clicked.connect(lambda: self.reset_clicked.emit(None))
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(self.reset_all)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(self._rows)
        column.addLayout(bottom)
        column.addStretch(1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(centred(self.waiting))
        self._pages.addWidget(scrolled_vertically(inside))

    def set_waiting(self, text: str) -> None:
        """Show a message in place of the sliders; "" shows the sliders."""
        self.waiting.setText(text)
        self._pages.setCurrentIndex(0 if text else 1)

    def set_directions(self, shares: Sequence[float]) -> None:
        """Make one slider for each direction; `shares` : of the variance, 0 to 1."""
        if len(shares) != len(self.sliders):
            self._make(len(shares))
        for row, share in enumerate(shares):
            label = self._grid.itemAtPosition(row, 0)
            if label is not None and (widget := label.widget()) is not None:
                widget.setToolTip(f"Direction {row + 1}: {100 * share:.1f} % of the variance "
                                  "of the known crystals")  # fmt: skip

    def set_values(self, values: Sequence[float], base: Sequence[float]) -> None:
        """Show the coordinates of the latent and their starting values, in σ."""
        for row, (value, start) in enumerate(zip(values, base, strict=True)):
            slider = self.sliders[row]
            if not slider.isSliderDown():
                largest = max(LEAST_RANGE, math.ceil(max(abs(value), abs(start)) + 0.5))
                blocker = QSignalBlocker(slider)
                slider.setRange(-round(STEPS * largest), round(STEPS * largest))
                slider.setValue(round(STEPS * value))
                del blocker
            slider.base = start
            slider.update()
            self.values[row].setText(format_number(value, 2, " σ"))
            self.resets[row].setEnabled(abs(value - start) > 0.005)
        self.reset_all.setEnabled(any(button.isEnabled() for button in self.resets))

    def _make(self, n: int) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.sliders, self.values, self.resets = [], [], []
        for row in range(n):
            label = PlainLabel(str(row + 1))
            label.setProperty("dim", True)
            slider = _Slider()
            slider.setAccessibleName(f"Principal direction {row + 1}")
            slider.setSingleStep(STEPS // 20)
            slider.setPageStep(STEPS // 2)
            slider.valueChanged.connect(lambda value, row=row: self._slid(row, value))
            slider.sliderReleased.connect(lambda: self._rest.start(0))
            value = PlainLabel("–")
            value.setFont(theme.tabular_font())
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("−10.00 σ"))
            reset = QToolButton()
            reset.setAutoRaise(True)
            reset.setIconSize(QSize(14, 14))
            reset.setToolTip("Reset this direction to its starting value")
            reset.clicked.connect(lambda _on=False, row=row: self.reset_clicked.emit(row))
            for column, widget in enumerate((label, slider, value, reset)):
                self._grid.addWidget(widget, row, column)
            self.sliders.append(slider)
            self.values.append(value)
            self.resets.append(reset)
        self._restyle()

    def _restyle(self) -> None:
        for reset in self.resets:
            reset.setIcon(icon("undo", theme.current().dim))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._restyle()

    def _slid(self, row: int, value: int) -> None:
        self.moved.emit(row, value / STEPS)
        self._rest.start()
