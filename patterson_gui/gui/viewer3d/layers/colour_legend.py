"""The legend of a contour that is coloured by a quantity: a scale with its numbers, and a name."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QLinearGradient, QPainter

from patterson_gui.gui.widgets.theme import Theme

BAR = 10  # height, points
MARGIN = 8
WIDTH = 160
_NUMBER = 80  # width of the box of a number


@dataclass(frozen=True)
class Legend:
    """`words` : what the colours are of. `scale` : values in order, each with its '#rrggbb'."""

    words: str
    scale: Sequence[tuple[float, str]]


def paint_legend(painter: QPainter, legend: Legend, width: float, theme: Theme) -> None:
    """Paint it in the upper right corner of a picture of this width, in points."""
    metrics = painter.fontMetrics()
    line = metrics.height()
    wide = max(WIDTH, metrics.horizontalAdvance(legend.words) + 2 * MARGIN)
    frame = QRectF(
        max(width - wide - MARGIN, 0), MARGIN, wide, 2 * line + BAR + 1.5 * MARGIN
    ).adjusted(0.5, 0.5, -0.5, -0.5)
    behind = QColor(theme.panel)
    behind.setAlphaF(0.85)
    painter.setPen(QColor(theme.border))
    painter.setBrush(behind)
    painter.drawRoundedRect(frame, 4, 4)
    lowest, highest = legend.scale[0][0], legend.scale[-1][0]
    top = frame.top() + MARGIN / 2
    bar = QRectF(frame.left() + MARGIN, top + line + 2, wide - 2 * MARGIN, BAR)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for value, colour in legend.scale:
        gradient.setColorAt((value - lowest) / (highest - lowest), QColor(colour))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(gradient)
    painter.drawRect(bar)
    painter.setPen(QColor(theme.text))
    sides = Qt.AlignmentFlag
    painter.drawText(QRectF(frame.left(), top, wide, line), sides.AlignHCenter, legend.words)
    for value, _ in legend.scale:
        share = (value - lowest) / (highest - lowest)
        # The first number begins with the bar, the last one ends with it.
        side = {0.0: sides.AlignLeft, 1.0: sides.AlignRight}.get(share, sides.AlignHCenter)
        box = QRectF(bar.left() + share * (bar.width() - _NUMBER), bar.bottom() + 2, _NUMBER, line)
        painter.drawText(box, side, f"{value:g}")
