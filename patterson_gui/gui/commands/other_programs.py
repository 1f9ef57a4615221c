"""What the window does about other programs: the button that sends, the menu behind it, and where
the programs are."""

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QToolBar, QToolButton

from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import set_property
from patterson_gui.io.viewer_scene import Viewer

if TYPE_CHECKING:
    from patterson_gui.gui.dialogs.other_programs import ViewersDialog
    from patterson_gui.gui.window.main_window import MainWindow

BUSY = "Talking…"
KEY = "Ctrl+Shift+X"


class ViewerCommands:
    """Belongs to one main window."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._viewers = window.viewers
        self._shown = window.viewers.usual
        self._dialog: ViewersDialog | None = None
        self.button = QToolButton()

    def add_to(self, bar: QToolBar) -> None:
        """The button that sends to the program used last; the others behind its arrow.

        It is no action's button: a disabled action would take its menu with it, and one can
        fetch from other programs while nothing is open here.
        """
        button = self.button
        button.setMenu(self._window.window_actions.send)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName("Send to another program")
        button.clicked.connect(self.send_to_usual)
        bar.addWidget(button)
        self.refresh_icons()
        # As wide as its widest words, so that the bar does not jump.
        widths = []
        for words in (BUSY, *(viewer.label for viewer in Viewer)):
            button.setText(words)
            widths.append(button.sizeHint().width())
        button.setMinimumWidth(max(widths))

    def connect(self) -> None:
        """Join the actions and what they do."""
        actions, viewers = self._window.window_actions, self._viewers
        for viewer in Viewer:
            actions.on(f"send_{viewer}", partial(viewers.send, viewer))
            actions.on(f"fetch_{viewer}", partial(viewers.fetch, viewer))
        actions["live_link"].setChecked(viewers.live)
        actions["live_link"].toggled.connect(self._link)
        actions.on("viewers", self.choose_places)
        viewers.changed.connect(self.show_state)
        viewers.fetched.connect(self._open_fetched)
        self.show_state()

    def stop_listening(self) -> None:
        """The window closes."""
        if self._dialog is not None:
            self._dialog.close()
        self._viewers.changed.disconnect(self.show_state)
        self._viewers.fetched.disconnect(self._open_fetched)

    def refresh_icons(self) -> None:
        """After a change of theme."""
        blocked = self._viewers.send_blocked() is not None
        self.button.setIcon(icon("send", theme.current().dim if blocked else None))

    def show_state(self) -> None:
        """What can be done now; the button says what it is doing."""
        actions, viewers = self._window.window_actions, self._viewers
        usual, blocked = viewers.usual, viewers.send_blocked()
        if usual is not self._shown:
            self._shown = usual
            self._window.store.save()
        self.button.setText(BUSY if viewers.busy else usual.label)
        self.button.setToolTip(
            blocked or f"Show maps and model, as they stand here, in {usual.label} ({KEY})"
        )
        if (blocked is not None) is not self.button.property("blocked"):
            set_property(self.button, "blocked", blocked is not None)
            self.refresh_icons()
        for viewer in Viewer:
            action = actions[f"send_{viewer}"]
            action.setShortcut(KEY if viewer is usual else "")  # the program used last has the key
            actions.set_blocked(f"send_{viewer}", blocked)
            actions.set_blocked(f"fetch_{viewer}", viewers.blocked())
        self._window.explorer.show_viewer(usual)

    def send_to_usual(self) -> None:
        """To the program that was sent to last."""
        self._viewers.send(self._viewers.usual)

    def _link(self, on: bool) -> None:
        self._viewers.set_live(on)
        self._window.store.save()

    def _open_fetched(self, request: OpenRequest) -> None:
        self._window.context.unless_predicting(
            f"open {request.path.name}", lambda: self._window.workbench.open(request)
        )

    def choose_places(self) -> None:
        """The dialog of programs and plugins."""
        from patterson_gui.gui.dialogs.other_programs import ViewersDialog

        if self._dialog is None:
            self._dialog = ViewersDialog(self._viewers, self._window.workbench, self._window)
            self._dialog.accepted.connect(self._window.store.save)
            self._dialog.finished.connect(self._dialog_closed)
        # Not modal: an installation may take a minute, and one goes on with the maps meanwhile.
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def _dialog_closed(self) -> None:
        self._dialog = None
