"""A dot in the colour of a map: one colour or, for the signs of a difference map, two halves."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget


class ColourDot(QWidget):
    """Of `size` points, with a margin of `margin` around it. Without a colour nothing is drawn."""

    def __init__(self, size: int, margin: int = 0) -> None:
        super().__init__()
        self._colours: tuple[QColor, ...] = ()
        self._margin = margin
        self.setFixedSize(size + 2 * margin, size + 2 * margin)

    @property
    def colours(self) -> tuple[str, ...]:
        """'#rrggbb' of each part."""
        return tuple(colour.name() for colour in self._colours)

    def set_colours(self, *colours: str) -> None:
        """One colour '#rrggbb', or two: the first is on the left."""
        self._colours = tuple(QColor(colour) for colour in colours)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        margin = self._margin
        circle = QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setOpacity(1.0 if self.isEnabled() else 0.35)
            for number, colour in enumerate(self._colours):
                turn = 360 // len(self._colours)
                painter.setBrush(colour)
                painter.drawPie(circle, 16 * (90 + number * turn), 16 * turn)
