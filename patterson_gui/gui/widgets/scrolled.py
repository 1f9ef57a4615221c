"""Put widgets into scroll areas, for windows that are too small for them."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from patterson_gui.gui.widgets.not_none import not_none


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
