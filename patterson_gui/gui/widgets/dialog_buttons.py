"""The buttons at the foot of a dialog: the one that does it, and Cancel."""

from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QPushButton


def dialog_buttons(dialog: QDialog, accept: QPushButton) -> QDialogButtonBox:
    """`accept`, which Return presses, and Cancel, connected with `dialog`."""
    accept.setDefault(True)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    buttons.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons
