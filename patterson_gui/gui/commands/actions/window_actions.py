"""The actions of the main window by name, with their keys, icons and tooltips."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QMainWindow, QMenu

from patterson_gui.gui.commands.actions.action_keys import ActionKeys, plain_words
from patterson_gui.gui.widgets.icons import icon


@dataclass
class WindowActions:
    """The window's actions by name; menus and toolbar share them."""

    window: QMainWindow
    by_name: dict[str, QAction] = field(default_factory=dict)
    keys: ActionKeys = field(default_factory=ActionKeys)
    tips: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)  # why an action is disabled
    icons: dict[str, str] = field(default_factory=dict)
    recent: QMenu = field(default_factory=QMenu)
    panels: QMenu = field(default_factory=QMenu)
    send: QMenu = field(default_factory=QMenu)

    def __getitem__(self, name: str) -> QAction:
        return self.by_name[name]

    def add(
        self,
        name: str,
        text: str,
        *,
        key: str | QKeySequence.StandardKey | None = None,
        icon_name: str | None = None,
        tip: str = "",
        checkable: bool = False,
    ) -> QAction:
        action = QAction(text, self.window)
        if icon_name is not None:
            self.icons[name] = icon_name
            action.setIcon(icon(icon_name))
        action.setCheckable(checkable)
        if checkable:
            action.setIconVisibleInMenu(False)  # a menu draws an icon in place of the tick
        self.by_name[name] = action
        action.setObjectName(name)
        self.keys.add(name, action, _as_text(key))
        self.set_tip(name, tip or plain_words(action))
        return action

    def set_tip(self, name: str, tip: str) -> None:
        """Set what the tooltip of an action says before its key."""
        self.tips[name] = tip
        self._show_tip(name)

    def _show_tip(self, name: str) -> None:
        own = f"{self.tips[name]}{self.keys.shown_in_brackets(name)}"
        self.by_name[name].setToolTip(self.reasons.get(name) or own)

    def choose_keys(self, chosen: Mapping[str, str]) -> list[str]:
        """Use these keys in place of the defaults; return what was not understood."""
        notes = self.keys.choose(chosen)
        for name in self.by_name:
            self._show_tip(name)
        return notes

    def share_key(self, shared: str, holder: str) -> None:
        """Let an action have a key that several take turns with."""
        for name in self.keys.give_shared(shared, holder):
            self._show_tip(name)

    def add_panels(self) -> None:
        """Know the actions that show and hide panels, once they are in their menu."""
        for action in self.panels.actions():
            if not action.isSeparator() and action not in self.by_name.values():
                words = plain_words(action)
                name = f"panel_{words.lower().replace(' ', '_')}"
                self.by_name[name] = action
                action.setObjectName(name)
                self.keys.add(name, action, "")
                self.set_tip(name, f"Show or hide the panel {words}")

    def on(self, name: str, call: Callable[[], object]) -> None:
        """Connect an action to a call without arguments."""
        self.by_name[name].triggered.connect(lambda _checked=False: call())

    def set_blocked(self, name: str, reason: str | None) -> None:
        """Enable an action (None), or disable it and show the reason as its tooltip."""
        action = self.by_name[name]
        action.setEnabled(reason is None)
        action.setProperty("reason", reason or "")
        self.reasons[name] = reason or ""
        self._show_tip(name)

    def refresh_icons(self) -> None:
        """Draw the icons in the colours of the current theme."""
        for name, icon_name in self.icons.items():
            self.by_name[name].setIcon(icon(icon_name))


def _as_text(key: str | QKeySequence.StandardKey | None) -> str:
    """Keys as portable text: those of the desktop, or a list such as `H; ?` as it is."""
    if key is None or isinstance(key, str):
        return key or ""
    return QKeySequence(key).toString()
