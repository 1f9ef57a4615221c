"""The toolbar of the main window."""

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QToolBar, QWidget

from patterson_gui.gui.commands.actions.window_actions import WindowActions
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel

ICON_TEXTS = {
    "predict_settings": "Settings",
    "solve_settings": "Settings",
    "save_bundle": "Save",
    "explore": "Explore…",
    "fragment": "Fragment",
    "open": "Open",
}
# At the right end: with their names where there is room.
AT_THE_END = {
    "link_camera": "Cameras", "link_cursor": "Cursors", "link_levels": "Levels",
    "reset_view": "Whole cell",
}  # fmt: skip


class MainToolBar(QToolBar):
    """Actions with shorter texts than in the menu, the Predict button and the Send button."""

    def __init__(
        self, actions: WindowActions, predict: QWidget, solve: QWidget, send: QWidget
    ) -> None:
        super().__init__("Tools")
        self.setObjectName("tools")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.addAction(actions["open"])
        self.addAction(actions["fragment"])
        self.addSeparator()
        self._predict, self._solve = self.addWidget(predict), self.addWidget(solve)
        for name in ("train", "explore"):
            self.addAction(actions[name])
        self._actions = actions
        self.addSeparator()
        self.addWidget(send)
        self.addAction(actions["save_bundle"])
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)
        link = PlainLabel("Link")
        link.setObjectName("dim")
        self._link = not_none(self.addWidget(link))
        for name in AT_THE_END:
            self.addAction(actions[name])
        for name, text in (ICON_TEXTS | AT_THE_END).items():
            actions[name].setIconText(text)
        self.show_primary(solve=False)
        self._named: bool | None = None
        self._name_the_end(named=False)

    def _name_the_end(self, *, named: bool) -> None:
        """Write names beside the icons at the right end, or not."""
        if named is self._named:
            return
        self._named = named
        self._link.setVisible(named)
        style = Qt.ToolButtonStyle
        for name, text in AT_THE_END.items():
            button = self.widgetForAction(self._actions[name])
            if button is not None:
                button.setAccessibleName(f"Link {text.lower()}" if "link" in name else text)
                button.setProperty(
                    "toolButtonStyle",
                    style.ToolButtonTextBesideIcon if named else style.ToolButtonIconOnly,
                )

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        metrics = self.fontMetrics()
        names = sum(metrics.horizontalAdvance(text) + 8 for text in ("Link", *AT_THE_END.values()))
        without = self.sizeHint().width() - (names if self._named else 0)
        self._name_the_end(named=self.width() > without + names)

    def show_primary(self, *, solve: bool) -> None:
        """Offer solving as the primary action, with its settings; or else predicting."""
        for action, shown in ((self._predict, not solve), (self._solve, solve)):
            if action is not None:
                action.setVisible(shown)
        for name, shown in (("predict_settings", not solve), ("solve_settings", solve)):
            action = self._actions[name]
            (
                self.insertAction(self._actions["train"], action)
                if shown
                else self.removeAction(action)
            )
            action.setIconText(ICON_TEXTS[name])
