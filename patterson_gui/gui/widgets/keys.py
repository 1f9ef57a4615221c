"""Keys of actions as text: which are possible, which are taken by fields and views."""

from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence

from patterson_gui.errors import UserError

_PORTABLE = QKeySequence.SequenceFormat.PortableText
_NATIVE = QKeySequence.SequenceFormat.NativeText

# Keys that fields, lists and views need for themselves.
_TAKEN = {
    "Esc": "closes dialogs",
    "Tab": "goes to the next field",
    "Shift+Tab": "goes to the field before",
    "Space": "presses the button or ticks the box that has the focus",
    "Return": "presses the button that has the focus",
    "Enter": "presses the button that has the focus",
    "Backspace": "deletes text",
    "Del": "deletes what is chosen in a list",
    "Left": "turns a view, or goes through sections",
    "Right": "turns a view, or goes through sections",
    "Up": "turns a view, or goes through sections",
    "Down": "turns a view, or goes through sections",
    "PgUp": "goes through lists and sections",
    "PgDown": "goes through lists and sections",
    "+": "raises the level of a view",
    "-": "lowers the level of a view",
    "=": "raises the level of a view",
    "_": "lowers the level of a view",
    "Ctrl+C": "copies",
    "Ctrl+X": "cuts",
    "Ctrl+V": "pastes",
    "Ctrl+A": "selects everything",
}
_MODIFIERS = (
    Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_unknown,
)  # fmt: skip


@dataclass(frozen=True)
class KeyLine:
    """A command that can have a key.

    Attributes
    ----------
    name : of the command in the settings.
    words : its text in the menus, without mark and dots.
    menus : the menus that lead to it, such as `View ▸ Theme`.
    default : its keys as the program comes, as portable text; empty: none.
    """

    name: str
    words: str
    menus: str
    default: str


def is_modifier(key: int) -> bool:
    """Whether this is Ctrl, Shift and the like, which are no keys alone."""
    return key in _MODIFIERS


def usable_key(text: str) -> str:
    """A key as portable text, such as `Ctrl+Shift+K`, in the spelling of Qt; empty stays empty.

    Raises
    ------
    UserError : this is no key, more than one, or one that fields and views need.
    """
    text = text.strip()
    if not text:
        return ""
    sequence = QKeySequence.fromString(text, _PORTABLE)
    spelled = sequence.toString(_PORTABLE)
    known = sequence.count() > 0 and not any(
        is_modifier(sequence[i].key()) for i in range(sequence.count())
    )
    if not known:
        raise UserError(f"“{text}” is no key: write one such as Ctrl+Shift+K.")
    if sequence.count() > 1:
        raise UserError(f"“{text}” is more than one key: choose one.")
    if spelled in _TAKEN:
        raise UserError(f"{shown_key(spelled)} {_TAKEN[spelled]}: choose another key.")
    return spelled


def key_sequences(keys: str) -> list[QKeySequence]:
    """The keys in a list such as `H; ?`."""
    return QKeySequence.listFromString(keys, _PORTABLE) if keys else []


def shown_key(keys: str) -> str:
    """Keys as this computer names them: ⌘ on a Mac."""
    return " or ".join(sequence.toString(_NATIVE) for sequence in key_sequences(keys))
