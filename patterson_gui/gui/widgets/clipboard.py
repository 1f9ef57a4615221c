"""Put text on the clipboard."""

from PyQt6.QtWidgets import QApplication

from patterson_gui.gui.widgets.not_none import not_none


def copy_text(text: str) -> None:
    """Put text on the clipboard."""
    not_none(QApplication.clipboard()).setText(text)
