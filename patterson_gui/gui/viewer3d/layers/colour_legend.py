"""The legend of a surface that is coloured by a quantity: a scale with its numbers, and a name."""

from collections.abc import Sequence

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from patterson_gui.gui.widgets import theme

Scale = Sequence[tuple[float, str]]  # values in order, each with its colour '#rrggbb'

_BAR = 10  # height, points
_MARGIN = 8


class ColourLegend(QWidget):
    """Painted over a view. Hidden until it has a scale."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._scale: Scale = ()
        self.words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_scale(self, words: str, scale: Scale) -> None:
        """Show a scale and its name."""
        self.words, self._scale = words, scale
        self.setAccessibleName(words)
        self.resize(self.sizeHint())
        self.show()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self.words) + 2 * _MARGIN
        return QSize(max(width, 160), 2 * metrics.height() + _BAR + 2 * _MARGIN)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        look, line = theme.current(), self.fontMetrics().height()
        lowest, highest = self._scale[0][0], self._scale[-1][0]
        bar = QRectF(_MARGIN, _MARGIN / 2 + line + 2, self.width() - 2 * _MARGIN, _BAR)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for value, colour in self._scale:
            gradient.setColorAt((value - lowest) / (highest - lowest), QColor(colour))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            behind = QColor(look.panel)
            behind.setAlphaF(0.85)
            painter.setPen(QColor(look.border))
            painter.setBrush(behind)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(gradient)
            painter.drawRect(bar)
            painter.setPen(QColor(look.text))
            centre = Qt.AlignmentFlag.AlignHCenter
            painter.drawText(QRectF(0, _MARGIN / 2, self.width(), line), centre, self.words)
            for value, _ in self._scale:
                place = bar.left() + bar.width() * (value - lowest) / (highest - lowest)
                side = centre
                if value in (lowest, highest):
                    sides = Qt.AlignmentFlag
                    side = sides.AlignLeft if value == lowest else sides.AlignRight
                left = place - (0 if value == lowest else 80 if value == highest else 40)
                painter.drawText(QRectF(left, bar.bottom() + 2, 80, line), side, f"{value:g}")
