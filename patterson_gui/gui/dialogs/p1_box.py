"""Ask whether to put a model without a unit cell into a P1 box."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox, QPushButton, QWidget


class BoxDialog(QMessageBox):
    """Says what is missing and what the box would be."""

    def __init__(self, file_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("No unit cell")
        self.setText(f"{file_name} has no unit cell (no CRYST1 record).")
        self.setInformativeText(
            "It can be put alone into a P1 box of its own extent plus 5 Å. The file itself is not "
            "changed."
        )
        self.box_button: QPushButton | None = self.addButton(
            "Put into a P1 box", QMessageBox.ButtonRole.AcceptRole
        )
        self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.box_button)
