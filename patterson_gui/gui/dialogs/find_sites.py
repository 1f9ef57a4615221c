"""The dialog that asks which heavy atoms to find, and how many."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.crystal.elements import known_element
from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import text_label


class FindSitesDialog(QDialog):
    """Emits `chosen` with the symbol of an element and the largest number of sites, or None."""

    chosen = pyqtSignal(str, object)

    def __init__(self, data: str, element: str, parent: QWidget | None = None) -> None:
        """`data` : which differences are used; `element` : the one to propose."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Find sites")
        self.setMinimumWidth(440)
        self.element = QLineEdit(element)
        self.element.setPlaceholderText("such as Se, Hg or I")
        self.element.setToolTip("Symbol of the heavy element")
        self.number = QSpinBox()
        self.number.setRange(0, 60)
        self.number.setSpecialValueText("As many as the data show")
        self.number.setToolTip("Largest number of sites in the asymmetric unit")
        form = form_layout()
        form.addRow("Element", self.element)
        form.addRow("Number of sites", self.number)
        self.error = text_label("")
        self.error.setProperty("error", True)
        self.error.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.find_button = QPushButton("Find sites")
        self.find_button.setDefault(True)
        buttons.addButton(self.find_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(text_label(data))
        layout.addLayout(form)
        layout.addWidget(self.error)
        layout.addWidget(buttons)

    def accept(self) -> None:
        try:
            element = known_element(self.element.text())
        except UserError as error:
            self.error.setText(str(error))
            self.error.show()
            self.element.setFocus()
            return
        super().accept()
        self.chosen.emit(element, self.number.value() or None)
