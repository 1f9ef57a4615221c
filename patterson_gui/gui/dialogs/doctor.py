"""The dialog that shows what `patterson-gui doctor` finds, and copies it."""

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontDatabase
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none

WAITING = "Checking the installation…"


class DoctorDialog(QDialog):
    """Text of an examination that is still running when the dialog opens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Check the installation")
        self.resize(880, 480)
        self.text = QPlainTextEdit(WAITING)
        self.text.setReadOnly(True)
        self.text.setAccessibleName("What was found")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = not_none(buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole))
        self.copy.setAutoDefault(False)
        self.copy.setEnabled(False)
        self.copy.clicked.connect(lambda: copy_text(self.text.toPlainText()))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)

    def show_text(self, text: str) -> None:
        """Show what was found."""
        self.text.setPlainText(text)
        self.copy.setEnabled(True)
