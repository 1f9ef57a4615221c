"""What a screen reader says of the controls of a window, by the rules of Qt; the order of Tab."""

from itertools import pairwise

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenuBar,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QScrollBar,
    QSlider,
    QTabBar,
    QTabWidget,
    QTextEdit,
    QToolBar,
    QWidget,
)

# They show values also where they take no focus.
_SHOW_VALUES = (
    QProgressBar, QSlider, QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView,
    QPlainTextEdit, QTextEdit,
)  # fmt: skip
# Parts of others, and such as Qt names by what they hold.
_NAMED_BY_QT = (
    QLabel, QMenuBar, QToolBar, QTabBar, QTabWidget, QScrollArea, QScrollBar, QHeaderView,
)  # fmt: skip


def name_of(widget: QWidget) -> str:
    """The name that Qt gives to screen readers: the own one, the text of a button, the label or
    the box around it."""
    if widget.accessibleName().strip():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton) and widget.text().strip():
        return widget.text()
    parent = widget.parentWidget()
    if parent is not None:
        for label in parent.findChildren(QLabel):
            if label.buddy() is widget and label.text().strip():
                return label.text()
        if isinstance(parent, QGroupBox):
            return parent.title()
    return ""


def controls_of(window: QWidget) -> list[QWidget]:
    """Every control of a window that takes the focus or shows a value, hidden pages too."""
    found = []
    for widget in window.findChildren(QWidget):
        part = isinstance(widget.parentWidget(), QComboBox | QAbstractSpinBox)
        qts_own = widget.objectName().startswith("qt_") or isinstance(widget, _NAMED_BY_QT)
        empty = isinstance(widget, QAbstractButton) and widget.isHidden() and not widget.text()
        if widget.window() is not window or part or qts_own or empty:
            continue
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, _SHOW_VALUES):
            found.append(widget)
    return found


def nameless(window: QWidget) -> list[str]:
    """Controls without a name, each by the classes around it."""
    return [_place(widget) for widget in controls_of(window) if not name_of(widget).strip()]


def _place(widget: QWidget) -> str:
    names = []
    inside: QWidget | None = widget
    while inside is not None and not inside.isWindow():
        names.append(type(inside).__name__)
        inside = inside.parentWidget()
    return f"{widget.window().windowTitle()}: {' in '.join(names[:5])}"


def tab_order(panel: QWidget) -> list[QWidget]:
    """The visible controls of a panel in the order in which Tab goes through them."""
    found = []
    widget = panel.nextInFocusChain()
    while widget is not None and widget is not panel:
        reached = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if panel.isAncestorOf(widget) and widget.isVisible() and widget.isEnabled() and reached:
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def jumps_up(panel: QWidget) -> list[str]:
    """Steps of Tab that go to a control which lies wholly above the one before and not to the
    right of it."""
    found = []
    order = tab_order(panel)
    for before, after in pairwise(order):
        here, there = (w.mapTo(panel, QPoint(0, 0)) for w in (before, after))
        if there.y() + after.height() <= here.y() and there.x() < here.x() + before.width():
            found.append(f"{name_of(before) or before} → {name_of(after) or after}")
    return found
