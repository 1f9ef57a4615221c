"""Ask for the cell, the wavelength and the elements of reflections that no file gives."""

import gemmi
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.open_requests import GivenExperiment, given_contents
from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.plain_text import PlainLabel

WAVELENGTHS = (
    ("Mo Kα  0.71073 Å", 0.71073),
    ("Cu Kα  1.54184 Å", 1.54184),
    ("Ag Kα  0.56087 Å", 0.56087),
    ("Ga Kα  1.34139 Å", 1.34139),
    ("Electrons, 200 kV  0.02508 Å", 0.02508),
    ("Electrons, 300 kV  0.01969 Å", 0.01969),
    ("Not known", None),
)
LEAST_VOLUME = 10.0  # Å³


class CellDialog(QDialog):
    """Emits `chosen` with what was typed. `why` : a sentence on why no file gives the cell."""

    chosen = pyqtSignal(object)  # GivenExperiment

    def __init__(self, why: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Unit cell")
        words = text_label(f"{why} The space group is not needed: it is found from the data.")
        self.lengths = [self._box(name, 2.0, 2000.0, 10.0, " Å", 4) for name in "abc"]
        self.angles = [self._box(name, 20.0, 160.0, 90.0, "°", 3) for name in "αβγ"]
        self.wavelength = QComboBox()
        self.wavelength.setEditable(True)
        for text, value in WAVELENGTHS:
            self.wavelength.addItem(text, value)
        self.wavelength.setToolTip("Choose one, or type it in Å")
        self.elements = QLineEdit()
        self.elements.setPlaceholderText("C H N O, or a formula; may be left empty")
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.addRow("a, b, c", self._row(self.lengths))
        form.addRow("α, β, γ", self._row(self.angles))
        form.addRow("Wavelength", self.wavelength)
        form.addRow("Elements", self.elements)
        self.volume = PlainLabel()
        self.volume.setObjectName("dim")
        form.addRow("Volume", self.volume)
        self.error = text_label("")
        self.error.setProperty("error", True)
        self.error.hide()
        box = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(box.Open | box.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addWidget(words)
        layout.addLayout(form)
        layout.addWidget(self.error)
        layout.addWidget(buttons)
        self._show_volume()

    def _box(
        self, name: str, low: float, high: float, value: float, unit: str, digits: int
    ) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setDecimals(digits)
        box.setRange(low, high)
        box.setValue(value)
        box.setSuffix(unit)
        box.setAccessibleName(name)
        box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        box.valueChanged.connect(self._show_volume)
        return box

    @staticmethod
    def _row(boxes: list[QDoubleSpinBox]) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        for box in boxes:
            layout.addWidget(box, 1)
        return row

    def _cell(self) -> tuple[float, float, float, float, float, float]:
        a, b, c = (box.value() for box in self.lengths)
        alpha, beta, gamma = (box.value() for box in self.angles)
        return a, b, c, alpha, beta, gamma

    def _show_volume(self) -> None:
        volume = gemmi.UnitCell(*self._cell()).volume
        possible = volume >= LEAST_VOLUME  # false for "not a number": no cell
        self.volume.setText(f"{volume:,.1f} Å³" if possible else "No cell has these angles.")

    def _wavelength(self) -> float | None:
        index = self.wavelength.findText(self.wavelength.currentText())
        if index >= 0:
            value = self.wavelength.itemData(index)
            return None if value is None else float(value)
        words = self.wavelength.currentText().replace("Å", "").replace(",", ".").strip()
        try:
            value = float(words)
        except ValueError:
            value = 0.0
        if not 0.005 < value < 20.0:
            raise UserError(
                f"“{self.wavelength.currentText()}” is not a wavelength: write it in Å, as in "
                "0.71073."
            )
        return value

    def accept(self) -> None:
        try:
            cell = gemmi.UnitCell(*self._cell())
            if not cell.volume >= LEAST_VOLUME:
                raise UserError("No cell has these angles: check α, β and γ.")
            given_contents(self.elements.text(), cell)
            given = GivenExperiment(self._cell(), self._wavelength(), self.elements.text().strip())
        except UserError as error:
            self.error.setText(str(error))
            self.error.show()
            return
        super().accept()
        self.chosen.emit(given)
