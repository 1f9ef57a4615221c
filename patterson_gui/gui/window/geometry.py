"""Keep a window's size and the arrangement of its docks in the settings."""

import base64

from PyQt6.QtCore import QByteArray
from PyQt6.QtWidgets import QMainWindow

from patterson_gui.app.settings import Settings


def restore_geometry(window: QMainWindow, settings: Settings) -> None:
    """Give a window the size and docks that the settings hold, if any."""
    if settings.window_geometry:
        window.restoreGeometry(_from_text(settings.window_geometry))
    if settings.window_state:
        window.restoreState(_from_text(settings.window_state))


def remember_geometry(window: QMainWindow, settings: Settings) -> None:
    """Write a window's size and docks to the settings; the caller saves them."""
    settings.window_geometry = _to_text(window.saveGeometry())
    settings.window_state = _to_text(window.saveState())


def _to_text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _from_text(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
