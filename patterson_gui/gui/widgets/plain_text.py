"""Labels and tooltips that show text as it is, never as markup.

Qt takes any text with tags for HTML: it would format names from files, and load the local
pictures that they name. Every label of the window is a `PlainLabel`; those that mean markup say so
with `setTextFormat` and escape what they insert.
"""

from html import escape

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget


class PlainLabel(QLabel):
    """A label that shows its text as it is."""

    def __init__(self, text: str | QWidget | None = None, parent: QWidget | None = None) -> None:
        """`text` or, without one, the parent."""
        if isinstance(text, QWidget):
            text, parent = None, text
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if text:
            self.setText(text)


def plain_tip(text: str) -> str:
    """A tooltip that shows `text` as it is, for texts that hold names from files."""
    if "<" not in text:
        return text
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>")
