"""The keys of the window's actions: as the program comes, and as the user chose them."""

from collections.abc import Mapping

from PyQt6.QtGui import QAction

from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.keys import KeyLine, key_sequences, shown_key, usable_key


class ActionKeys:
    """Default and chosen key of every action, by name.

    A shared key belongs to the action that does now what its words say: "Predict or solve".
    """

    def __init__(self) -> None:
        self._actions: dict[str, QAction] = {}
        self._shared: dict[str, str] = {}  # words by name
        self._holders: dict[str, str] = {}  # the action that has a shared key now
        self._defaults: dict[str, str] = {}
        self._chosen: dict[str, str] = {}

    def add(self, name: str, action: QAction, default: str) -> None:
        """Know an action and the keys that it has as the program comes."""
        self._actions[name] = action
        self._defaults[name] = default
        self._show(name)

    def add_shared(self, name: str, words: str, default: str) -> None:
        """Know a key that several actions share."""
        self._shared[name] = words
        self._defaults[name] = default

    def give_shared(self, name: str, holder: str) -> set[str]:
        """Let this action have the shared key, and no longer the one that had it; return the names
        of both, or of none where nothing changes."""
        before = self._holders.get(name, "")
        if before == holder:
            return set()
        self._holders[name] = holder
        changed = {before, holder} - {""}
        for action in changed:
            self._show(action)
        return changed

    def key(self, name: str) -> str:
        """The keys of an action now, as portable text; empty: none."""
        return self._chosen.get(name, self._defaults[name])

    @property
    def chosen(self) -> dict[str, str]:
        """The keys that are not the defaults, without those that were not understood."""
        return dict(self._chosen)

    def shown_in_brackets(self, name: str) -> str:
        """The keys of an action for the end of a tooltip: ` (Ctrl+K)`, or empty."""
        held = (shared for shared, holder in self._holders.items() if holder == name)
        key = next((key for own in (name, *held) if (key := self.key(own))), "")
        return f" ({shown_key(key)})" if key else ""

    def lines(self, menus: Mapping[QAction, str]) -> list[KeyLine]:
        """Every command that can have a key. `menus` : the menus that lead to each action."""
        return [
            KeyLine(
                name,
                self._words(name),
                menus.get(self._actions[name], "") if name in self._actions else "",
                default,
            )
            for name, default in self._defaults.items()
        ]

    def choose(self, chosen: Mapping[str, str]) -> list[str]:
        """Use these keys, and the defaults of what they do not name; return what was not
        understood, a sentence each.

        Of two commands with one key, one that was chosen comes before a default. The other has
        none.
        """
        notes: list[str] = []
        keys: dict[str, str] = {}
        owners: dict[str, str] = {}
        for name, text in chosen.items():
            if name not in self._defaults:
                notes.append(f"The key {text} of “{name}” is not used: there is no such command.")
                continue
            try:
                key = usable_key(text)
            except UserError as error:
                notes.append(f"The key of “{self._words(name)}” is as it comes: {error}")
                continue
            if key and key in owners:
                notes.append(
                    f"{shown_key(key)} was chosen for two commands: it is the key of "
                    f"“{self._words(owners[key])}”, and “{self._words(name)}” has none."
                )
                key = ""
            if key:
                owners[key] = name
            keys[name] = key
        for name, default in self._defaults.items():
            if name not in keys:
                own = [sequence.toString() for sequence in key_sequences(default)]
                left = [key for key in own if owners.get(key, name) == name]
                if left != own:
                    keys[name] = "; ".join(left)
        self._chosen = keys
        for name in self._actions:
            self._show(name)
        return notes

    def _words(self, name: str) -> str:
        return self._shared.get(name) or plain_words(self._actions[name])

    def _show(self, name: str) -> None:
        held = (shared for shared, holder in self._holders.items() if holder == name)
        keys = [sequence for own in (name, *held) for sequence in key_sequences(self.key(own))]
        self._actions[name].setShortcuts(keys)


def plain_words(action: QAction) -> str:
    """The text of an action without the mark of its letter and the dots at its end."""
    return action.text().replace("&", "").rstrip("…")
