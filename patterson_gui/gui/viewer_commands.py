"""What the window does about other programs: the button that sends, the menu behind it, and where
the programs are."""

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QToolBar, QToolButton

from patterson_gui.app.requests import OpenRequest
from patterson_gui.io.viewer_scene import Viewer

if TYPE_CHECKING:
    from patterson_gui.gui.main_window import MainWindow


class ViewerCommands:
    """Belongs to one main window."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._viewers = window.viewers
        self.button = QToolButton()

    def add_to(self, bar: QToolBar) -> None:
        """The button that sends to the program used last; the others behind its arrow."""
        actions = self._window.actions_
        self.button.setDefaultAction(actions["send"])
        self.button.setMenu(actions.send)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.addWidget(self.button)

    def connect(self) -> None:
        """Join the actions and what they do."""
        actions, viewers = self._window.actions_, self._viewers
        actions.on("send", lambda: viewers.send(viewers.usual))
        for viewer in Viewer:
            actions.on(f"send_{viewer}", partial(viewers.send, viewer))
            actions.on(f"fetch_{viewer}", partial(viewers.fetch, viewer))
        actions["live_link"].setChecked(viewers.live)
        actions["live_link"].toggled.connect(viewers.set_live)
        actions.on("viewers", self.choose_places)
        viewers.changed.connect(self.show_state)
        viewers.fetched.connect(self._open_fetched)
        self.show_state()

    def stop_listening(self) -> None:
        """The window closes."""
        self._viewers.changed.disconnect(self.show_state)
        self._viewers.fetched.disconnect(self._open_fetched)

    def show_state(self) -> None:
        """What can be done now; the button says what it is doing."""
        actions, viewers = self._window.actions_, self._viewers
        usual = viewers.busy or viewers.usual
        actions["send"].setText(f"&Send to {usual.label} again")
        actions["send"].setIconText("Talking…" if viewers.busy else usual.label)
        for name in ("send", *(f"send_{viewer}" for viewer in Viewer)):
            actions.set_blocked(name, viewers.send_blocked())
        for viewer in Viewer:
            actions.set_blocked(f"fetch_{viewer}", viewers.blocked())

    def _open_fetched(self, request: OpenRequest) -> None:
        self._window.commands.unless_predicting(
            f"open {request.path.name}", lambda: self._window.workbench.open(request)
        )

    def choose_places(self) -> None:
        """The dialog of programs and plugins."""
        from patterson_gui.gui.dialogs.viewers import ViewersDialog

        ViewersDialog(self._viewers, self._window).open()
