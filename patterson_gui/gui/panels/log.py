"""What happened, line by line, with the time."""

from datetime import datetime

from PyQt6.QtWidgets import QPlainTextEdit, QWidget

MOST_LINES = 2000


class LogPanel(QPlainTextEdit):
    """A read-only text that grows at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setMaximumBlockCount(MOST_LINES)
        self.setPlaceholderText("What happens is written here.")

    def add(self, text: str) -> None:
        self.appendPlainText(f"{datetime.now():%H:%M:%S}  {text}")
