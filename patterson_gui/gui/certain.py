"""Qt's type hints allow None wherever C++ has a pointer; what we made ourselves is there."""

from typing import TypeVar

from PyQt6.QtWidgets import QApplication

T = TypeVar("T")


def certain(thing: T | None) -> T:
    """The thing, which cannot be None here."""
    assert thing is not None
    return thing


def copy_text(text: str) -> None:
    """Put text on the clipboard."""
    certain(QApplication.clipboard()).setText(text)
