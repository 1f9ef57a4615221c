"""What is copied of an error for a report to others, and the dialog with its traceback."""

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontDatabase
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.io.crashes.reports import versions_text


def error_report(sentence: str, details: str | None) -> str:
    """The sentence of an error, its traceback if there is one, and the versions of the program and
    of what it runs on."""
    parts = (sentence, details or "", versions_text())
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


class DetailsDialog(QDialog):
    """An error with its traceback, and a button to copy both with the versions."""

    def __init__(self, sentence: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Details of the error")
        self.resize(720, 420)
        text = QPlainTextEdit(f"{sentence}\n\n{details}")
        text.setReadOnly(True)
        text.setAccessibleName("Details of the error")
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = not_none(buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole))
        copy.setToolTip("Copy this text and the versions of the program")
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: copy_text(error_report(sentence, details)))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(buttons)
