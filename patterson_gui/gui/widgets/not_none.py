"""Qt's type hints allow None wherever C++ has a pointer; what we made ourselves is there."""

from collections.abc import Callable
from typing import TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication

T = TypeVar("T")


def certain(thing: T | None) -> T:
    """The thing, which cannot be None here."""
    assert thing is not None
    return thing


def copy_text(text: str) -> None:
    """Put text on the clipboard."""
    certain(QApplication.clipboard()).setText(text)


def alive(call: Callable[..., object] | None) -> bool:
    """Whether a bound method can still be called: Qt may have deleted its widget while
    Python has kept the shell of it."""
    owner = getattr(call, "__self__", None)
    return call is not None and not (isinstance(owner, QObject) and sip.isdeleted(owner))
