"""Send to and fetch from other programs: the toolbar button, its menu, the dialog of programs."""

from functools import partial
from typing import TYPE_CHECKING

from psygnal import Signal
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QToolButton

from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import set_property
from patterson_gui.io.viewers.scene import Viewer

if TYPE_CHECKING:
    from patterson_gui.gui.dialogs.other_programs import ViewersDialog

BUSY = "Busy…"


class SendCommands:
    """Sending and fetching in one main window.

    Signals
    -------
    usual_changed(viewer) : the program that the button sends to.
    """

    usual_changed = Signal(object)

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._viewers = context.viewers
        self._shown = context.viewers.usual
        self._dialog: ViewersDialog | None = None
        self.button = self._make_button()

    def _make_button(self) -> QToolButton:
        """The button that sends to the program used last, with a menu of the others.

        It does not show an action: a disabled action would disable its menu, too, and
        fetching from other programs works while nothing is open here.
        """
        button = QToolButton()
        button.setMenu(self._context.actions.send)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName("Send to another program")
        button.clicked.connect(self.send_to_usual)
        return button

    def _fix_width(self) -> None:
        """Make the button as wide as its longest text, so that the toolbar does not move."""
        widths = []
        for words in (BUSY, *(viewer.label for viewer in Viewer)):
            self.button.setText(words)
            widths.append(self.button.sizeHint().width())
        self.button.setMinimumWidth(max(widths))

    def connect(self) -> None:
        """Connect the actions."""
        actions, viewers = self._context.actions, self._viewers
        for viewer in Viewer:
            actions.on(f"send_{viewer}", partial(viewers.send, viewer))
            actions.on(f"fetch_{viewer}", partial(viewers.fetch, viewer))
        actions["live_link"].setChecked(viewers.live)
        actions["live_link"].toggled.connect(self._link)
        actions.on("viewers", self.choose_places)
        viewers.changed.connect(self.show_state)
        viewers.fetched.connect(self._open_fetched)
        self.refresh_icons()
        self._fix_width()
        self.show_state()

    def stop_listening(self) -> None:
        """The window closes."""
        if self._dialog is not None:
            self._dialog.close()
        self._viewers.changed.disconnect(self.show_state)
        self._viewers.fetched.disconnect(self._open_fetched)

    def refresh_icons(self) -> None:
        """Draw the icon in the colours of the current theme."""
        blocked = self._viewers.send_blocked() is not None
        self.button.setIcon(icon("send", theme.current().dim if blocked else None))

    def show_state(self) -> None:
        """Disable what cannot be done now; show on the button what it is doing."""
        actions, viewers = self._context.actions, self._viewers
        usual, blocked = viewers.usual, viewers.send_blocked()
        if usual is not self._shown:
            self._shown = usual
            self._context.store.save()
            self.usual_changed.emit(usual)
        actions.share_key("send", f"send_{usual}")  # for the program used last
        key = actions.keys.shown_in_brackets(f"send_{usual}")
        self.button.setText(BUSY if viewers.busy else usual.label)
        self.button.setToolTip(
            blocked or f"Show the maps and the model in {usual.label}, as they are shown here{key}"
        )
        if (blocked is not None) is not self.button.property("blocked"):
            set_property(self.button, "blocked", blocked is not None)
            self.refresh_icons()
        for viewer in Viewer:
            actions.set_blocked(f"send_{viewer}", blocked)
            actions.set_blocked(f"fetch_{viewer}", viewers.blocked())

    def send_to_usual(self) -> None:
        """Send to the program used last."""
        self._viewers.send(self._viewers.usual)

    def _link(self, on: bool) -> None:
        self._viewers.set_live(on)
        self._context.store.save()

    def _open_fetched(self, request: OpenRequest) -> None:
        self._context.unless_busy(
            f"open {request.path.name}", lambda: self._context.workbench.open(request)
        )

    def choose_places(self) -> None:
        """Show the dialog of programs and plugins."""
        from patterson_gui.gui.dialogs.other_programs import ViewersDialog

        if self._dialog is None:
            self._dialog = ViewersDialog(
                self._viewers, self._context.workbench, self._context.ask.parent
            )
            self._dialog.accepted.connect(self._context.store.save)
            self._dialog.finished.connect(self._dialog_closed)
        # Not modal: an installation may take a minute, and the user works with the maps meanwhile.
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def _dialog_closed(self) -> None:
        self._dialog = None
