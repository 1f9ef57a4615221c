"""The toolbar of the main window."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QSizePolicy, QToolBar, QWidget

from patterson_gui.gui.commands.window_actions import WindowActions

ICON_TEXTS = {
    "predict_settings": "Settings",
    "solve_settings": "Settings",
    "save_bundle": "Save",
    "explore": "Explore…",
    "fragment": "Fragment",
    "open": "Open",
}
ICONS_ALONE = ("link_camera", "link_cursor", "link_levels", "reset_view")


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
        for name in ICONS_ALONE:
            self.addAction(actions[name])
            button = self.widgetForAction(actions[name])
            if button is not None:
                button.setProperty("toolButtonStyle", Qt.ToolButtonStyle.ToolButtonIconOnly)
        for name, text in ICON_TEXTS.items():
            actions[name].setIconText(text)
        self.show_primary(solve=False)

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
