"""A button that starts something long; while that runs it shows the progress and stops it.

Beside it may be an arrow with a menu.
"""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

BAR_HEIGHT = 4
ARROW_WIDTH = 26


class JobButton(QPushButton):
    """The primary button of a window.

    Parameters
    ----------
    widest : the longest text it shows. With a fixed width the toolbar does not move.
    """

    def __init__(self, text: str, widest: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setObjectName("primary")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._fraction: float | None = None
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(widest) + 48)

    def set_fraction(self, fraction: float | None) -> None:
        """Draw a bar for this share of the work (0..1); None: no bar."""
        self._fraction = fraction
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """The second press of a double click does not stop what the first click started."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self._fraction is None:
            return
        track = QRectF(8, self.height() - BAR_HEIGHT - 2, self.width() - 16, BAR_HEIGHT)
        done = QRectF(track)
        done.setWidth(track.width() * min(max(self._fraction, 0.0), 1.0))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for bar, opacity in ((track, 70), (done, 230)):
                painter.setBrush(QColor(255, 255, 255, opacity))
                painter.drawRoundedRect(bar, 2, 2)


class ButtonWithMenu(QWidget):
    """A button, and joined to it an arrow that opens a menu.

    Parameters
    ----------
    tip, name : what the arrow offers, as its tooltip and for screen readers.
    """

    def __init__(self, button: JobButton, menu: QMenu, tip: str, name: str) -> None:
        super().__init__()
        button.setProperty("joined", True)
        arrow = QPushButton()
        arrow.setObjectName("primary-arrow")
        arrow.setFixedWidth(ARROW_WIDTH)
        arrow.setToolTip(tip)
        arrow.setAccessibleName(name)
        arrow.setMenu(menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(button)
        layout.addWidget(arrow)
