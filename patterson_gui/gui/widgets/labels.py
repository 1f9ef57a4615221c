"""Words and numbers as panels show them: selectable, with units, dim or large."""

import math

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from patterson_gui.gui.widgets import theme


class Readout(QWidget):
    """A large number with what it is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.value = words("–")
        self.value.setFont(theme.readout_font())
        self.words = words(text, dim=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.value)
        layout.addWidget(self.words)

    def set(self, text: str) -> None:
        self.value.setText(text)


def words(text: str, *, dim: bool = False) -> QLabel:
    """A label whose text can be selected and wraps."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if dim:
        label.setProperty("dim", True)
    return label


def number(value: float | None, digits: int, unit: str = "") -> str:
    """So many digits and the unit; a dash where there is no number."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{round(value, digits) + 0.0:.{digits}f}"  # which knows no −0.000
    return text.replace("-", "−") + unit


def percent(share: float | None) -> str:
    """A share of 0..1; a whole only where it is one."""
    if share is None or not math.isfinite(share):
        return "–"
    if share < 1.0:
        share = min(share, 0.99)
    return f"{100 * share:.0f} %"


def rule() -> QFrame:
    """A thin line across."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def column(widget: QWidget) -> QVBoxLayout:
    """The layout of a panel's page."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
    layout.setSpacing(theme.GRID)
    return layout


def set_property(widget: QWidget, name: str, value: bool) -> None:
    """Set a property that the style sheet looks at."""
    widget.setProperty(name, value)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
