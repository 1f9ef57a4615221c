"""Save room in panels: areas that scroll where a window is small, and details that are folded."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from patterson_gui.gui.widgets.not_none import not_none

CLOSED, OPEN = "▸", "▾"


def scrolled(content: QWidget) -> QScrollArea:
    """`content` in an area that scrolls where there is too little room."""
    area = QScrollArea()
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setWidget(content)
    return area


def scrolled_vertically(content: QWidget) -> QScrollArea:
    """The same, never narrower than `content`, so that it scrolls up and down alone."""
    area = scrolled(content)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    bar = not_none(area.verticalScrollBar()).sizeHint().width()
    area.setMinimumWidth(content.minimumSizeHint().width() + bar)
    return area


def in_scroll_area(outer: QWidget, content: QWidget) -> None:
    """Fill `outer` with `content`, which may be scrolled; the keys stay with `outer`."""
    layout = QVBoxLayout(outer)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(scrolled(content))


class Disclosure(QWidget):
    """Details that are folded until somebody wants them.

    Parameters
    ----------
    words : what is below, such as "Details".
    content : is shown and hidden.
    """

    toggled = pyqtSignal(bool)

    def __init__(self, words: str, content: QWidget) -> None:
        super().__init__()
        self._words = words
        self.content = content
        self.button = QPushButton()
        self.button.setObjectName("disclosure")
        self.button.setFlat(True)
        self.button.setCheckable(True)
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.button.toggled.connect(self._show)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button)
        layout.addWidget(content)
        self._show(False)

    @property
    def is_open(self) -> bool:
        return self.button.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Show or hide the content."""
        self.button.setChecked(is_open)

    def _show(self, is_open: bool) -> None:
        self.content.setVisible(is_open)
        self.button.setText(f"{OPEN if is_open else CLOSED} {self._words}")
        self.button.setAccessibleName(f"{self._words}: {'shown' if is_open else 'hidden'}")
        self.button.setToolTip(f"{'Hide' if is_open else 'Show'} the details")
        self.toggled.emit(is_open)
