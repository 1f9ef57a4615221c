"""Labels of panels and the numbers in them: selectable, with units, dim or large."""

import math

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.plain_text import PlainLabel


class Readout(QWidget):
    """A large number above its name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.value = text_label("–")
        self.value.setFont(theme.readout_font())
        self.words = text_label(text, dim=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.value)
        layout.addWidget(self.words)

    def set(self, text: str) -> None:
        self.value.setText(text)

    def set_dim(self, dim: bool) -> None:
        """Write the number in the colour of less important text, as one that is out of date."""
        set_property(self.value, "dim", dim)


class FittingLabel(PlainLabel):
    """One line that shows the longest of several texts that fits into the label's width."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ("",)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_texts(self, *texts: str) -> None:
        """Set the texts, longest first. The last is cut short where it does not fit either."""
        self._texts = texts
        self._fit()

    def _fit(self) -> None:
        metrics, width = self.fontMetrics(), self.contentsRect().width()
        cut = metrics.elidedText(self._texts[-1], Qt.TextElideMode.ElideRight, width)
        self.setText(next((t for t in self._texts if metrics.horizontalAdvance(t) <= width), cut))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()


def text_label(text: str, *, dim: bool = False) -> QLabel:
    """A label whose text can be selected and wraps."""
    label = PlainLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if dim:
        label.setProperty("dim", True)
    return label


def format_number(value: float | None, digits: int, unit: str = "") -> str:
    """A number with some decimals and its unit; a dash for None and for what is not finite."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0 turns −0.0 into 0.0
    return text.replace("-", "−") + unit


def format_percent(share: float | None) -> str:
    """A fraction of 0..1 as a percentage; 100 % only where it is exactly one."""
    if share is None or not math.isfinite(share):
        return "–"
    if share < 1.0:
        share = min(share, 0.99)
    return f"{100 * share:.0f} %"


def horizontal_line() -> QFrame:
    """A thin horizontal line between groups of a panel."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def panel_layout(widget: QWidget) -> QVBoxLayout:
    """A vertical layout with the margins of a panel's page."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
    layout.setSpacing(theme.GRID)
    return layout


def set_property(widget: QWidget, name: str, value: bool) -> None:
    """Set a property that the style sheet uses, and style the widget anew."""
    widget.setProperty(name, value)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
