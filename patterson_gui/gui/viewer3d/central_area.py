"""The middle of the main window: the hints, and below them the three linked views.

Another widget with linked views of its own can take the place of the crystal's views, which
keep everything they show meanwhile.
"""

from typing import Protocol

from PyQt6.QtWidgets import QVBoxLayout, QWidget

from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.gui.widgets.messages.hints import HintBar
from patterson_gui.gui.widgets.messages.recovery_bar import RecoveryBar


class Replacement(Protocol):
    """A widget that may stand in place of the views; `views` are its own."""

    views: LinkedViews

    def hide(self) -> None: ...
    def show(self) -> None: ...
    def isHidden(self) -> bool: ...


class CentralArea(QWidget):
    """Hints above views."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hints = HintBar()
        self.hints.hide()
        self.recovery = RecoveryBar()
        self.views = LinkedViews()
        self._replacement: Replacement | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.recovery)
        self._column.addWidget(self.hints)
        self._column.addWidget(self.views, 1)

    def add_replacement(self, replacement: Replacement) -> None:
        """Take in a widget, hidden at first."""
        assert isinstance(replacement, QWidget)
        replacement.hide()
        self._column.addWidget(replacement)
        self._replacement = replacement

    def replace_views(self, on: bool) -> None:
        """Show the replacement in place of the crystal's views, or the views again."""
        if self._replacement is None:
            return
        # First hide, then show: both at once would take the room of the tables below.
        if on:
            self.views.hide()
            self._replacement.show()
        else:
            self._replacement.hide()
            self.views.show()

    def open_level(self) -> None:
        """Open the level of the view that has the focus, or else of the first one with a map."""
        with_map = [v for v in self.shown_views.views if v.isVisible() and v.density is not None]
        with_focus = [view for view in with_map if view.viewport.hasFocus()]
        for view in (with_focus or with_map)[:1]:
            view.open_level()

    @property
    def shown_views(self) -> LinkedViews:
        """The crystal's views, or those of the replacement while that is shown."""
        other = self._replacement
        return self.views if other is None or other.isHidden() else other.views
