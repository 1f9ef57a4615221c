"""The dialog that asks which heavy atoms to find, and how many."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.dialogs.sites.element_field import ElementField
from patterson_gui.gui.widgets.dialog_buttons import dialog_buttons
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
        self.element = ElementField(element)
        self.number = QSpinBox()
        self.number.setRange(0, 60)
        self.number.setSpecialValueText("As many as the data show")
        self.number.setToolTip("Largest number of sites in the asymmetric unit")
        form = form_layout()
        form.addRow("Element", self.element)
        form.addRow("Number of sites", self.number)
        self.find_button = QPushButton("Find sites")
        buttons = dialog_buttons(self, self.find_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(text_label(data))
        layout.addLayout(form)
        layout.addWidget(self.element.error)
        layout.addWidget(buttons)

    def accept(self) -> None:
        element = self.element.symbol()
        if element is None:
            return
        super().accept()
        self.chosen.emit(element, self.number.value() or None)
