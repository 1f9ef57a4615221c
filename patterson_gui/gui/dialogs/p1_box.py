"""A model without a unit cell: offer a box to put it in."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox, QPushButton, QWidget


class BoxDialog(QMessageBox):
    """Says what is missing and what the box would be; `accepted` when it is wanted."""

    def __init__(self, file_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("No unit cell")
        self.setText(f"{file_name} has no unit cell (no CRYST1 record).")
        self.setInformativeText(
            "It can be put alone into a P1 box of its own extent with 5 Å to spare. The file "
            "itself stays as it is."
        )
        self.box_button: QPushButton | None = self.addButton(
            "Put it into a P1 box", QMessageBox.ButtonRole.AcceptRole
        )
        self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.box_button)
