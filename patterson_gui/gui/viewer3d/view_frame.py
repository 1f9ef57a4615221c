"""The title bar above a 3D view, and its pages: the picture, or words in place of it."""

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QPushButton,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.viewer3d.layers.colour_dot import ColourDot
from patterson_gui.gui.viewer3d.viewport import Viewport
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.plain_text import PlainLabel

COMMON_TITLE, COMMON_LEVEL = "Predicted", "0.000 e²/Å³ (0.0 rmsd)"
DOT = 10  # points
LEFT, RIGHT, ABOVE = 8, 4, 3  # margins of the title bar, points


class ViewHeader(QFrame):
    """Colour, title, contour level, and the button that enlarges the view."""

    maximise = pyqtSignal()
    level_clicked = pyqtSignal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("view-header")
        self.maximised = False
        self.dot = ColourDot(DOT)
        self.title = PlainLabel(title)
        self.title.setObjectName("view-title")
        self.title.setToolTip("Double-click to enlarge this view")
        self.readout = FittingLabel()
        self.readout.setFont(theme.tabular_font())
        self.readout.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.readout.setCursor(Qt.CursorShape.PointingHandCursor)
        self.readout.setToolTip(
            "Contour level: click here to drag or type it, turn the wheel over the map, or press "
            "+ and −"
        )
        self.button = QToolButton()
        self.button.setAutoRaise(True)
        self.button.setIconSize(QSize(16, 16))
        self.button.setToolTip("Enlarge this view, or show all views again")
        self.button.setAccessibleName(f"Enlarge the view {title}")
        self.button.clicked.connect(self.maximise)
        self._grid = QGridLayout(self)
        self._grid.setHorizontalSpacing(theme.GRID)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(2, 1)
        self._grid.addWidget(self.dot, 0, 0)
        self._grid.addWidget(self.button, 0, 3)
        self._narrow: bool | None = None
        self._place_readout(narrow=False)
        self.restyle()

    def _place_readout(self, narrow: bool) -> None:
        """Beside the title, or below it where both do not fit."""
        if narrow is self._narrow:
            return
        self._narrow = narrow
        self._grid.setContentsMargins(LEFT, ABOVE, RIGHT, theme.GRID if narrow else ABOVE)
        self._grid.removeWidget(self.title)
        self._grid.removeWidget(self.readout)
        side = Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag.AlignRight
        self.readout.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        if narrow:
            self._grid.addWidget(self.title, 0, 1, 1, 2)
            self._grid.addWidget(self.readout, 1, 1, 1, 3)
        else:
            self._grid.addWidget(self.title, 0, 1)
            self._grid.addWidget(self.readout, 0, 2)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        # By texts that are the same for every view, so that views of the same width look alike.
        title, level = self.title.fontMetrics(), self.readout.fontMetrics()
        needed = title.horizontalAdvance(COMMON_TITLE) + level.horizontalAdvance(COMMON_LEVEL)
        needed += LEFT + DOT + 3 * theme.GRID + self.button.sizeHint().width() + RIGHT
        self._place_readout(narrow=self.width() < needed)

    def set_title(self, title: str) -> None:
        self.title.setText(title)

    def set_maximised(self, maximised: bool) -> None:
        """Whether this view is enlarged: the button then shows all views again."""
        self.maximised = maximised
        self.restyle()

    def restyle(self) -> None:
        name = "restore" if self.maximised else "maximise"
        self.button.setIcon(icon(name, theme.current().dim))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.maximise.emit()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.readout.text() and self.readout.geometry().contains(event.position().toPoint()):
            self.level_clicked.emit()


class EmptyPage(QWidget):
    """Says what would fill the view, with a button that does it."""

    clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("view-empty")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._message = ""
        self._button_text: str | None = None
        self._busy: str | None = None
        self._failure: str | None = None
        self.label = PlainLabel()
        self.label.setObjectName("dim")
        self.label.setWordWrap(True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton()
        self.button.clicked.connect(self.clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 16, 8, 16)
        layout.setSpacing(16)
        self.label.setContentsMargins(24, 0, 24, 0)
        self.picture = PlainLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
        layout.addWidget(self.picture)
        layout.addWidget(self.label)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self._show()

    def set(self, message: str, button_text: str | None) -> None:
        self._message, self._button_text = message, button_text
        self._show()

    def set_busy(self, text: str | None) -> None:
        self._busy = text
        self._show()

    def set_failure(self, failure: str | None) -> None:
        self._failure = failure
        self._show()

    def restyle(self) -> None:
        name = "warning" if self._failure else "map"
        self.picture.setPixmap(icon(name, theme.current().border).pixmap(56, 56))

    def _show(self) -> None:
        self.restyle()
        self.label.setText(self._failure or self._busy or self._message)
        plain = self._failure is None and not self._busy
        self.button.setText(self._button_text or "")
        self.button.setVisible(plain and bool(self._button_text))


class ViewPages(QWidget):
    """Shows the picture, or the words, and over both what is being computed."""

    def __init__(self, words: EmptyPage, picture: Viewport) -> None:
        super().__init__()
        self._words = words
        self._picture = picture
        self._busy = PlainLabel(picture)
        self._busy.setObjectName("view-busy")
        self._busy.move(8, 8)
        self._busy.hide()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(words)
        self._pages.addWidget(picture)

    @property
    def shows_picture(self) -> bool:
        """Whether the picture is shown, rather than the words."""
        return self._pages.currentWidget() is self._picture

    def show_picture(self, there_is_one: bool) -> None:
        """Show the picture, where there is one and it can be drawn; else the words."""
        failure = self._picture.failure
        self._words.set_failure(failure)
        can = there_is_one and failure is None
        self._pages.setCurrentWidget(self._picture if can else self._words)

    def set_busy(self, text: str | None) -> None:
        """Say what is being computed; None: nothing."""
        self._busy.setText(text or "")
        self._busy.adjustSize()
        self._busy.setVisible(bool(text))
        self._words.set_busy(text)

    def grab_image(self) -> QImage:
        """A new, fine picture of the page that is shown."""
        if self.shows_picture:
            image = self._picture.picture()
            if image is not None:
                return image
        return self._pages.currentWidget().grab().toImage()  # type: ignore[union-attr]
