"""The dialog of the solve settings: contents of the cell, space group, radiation, effort."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.solving.choices import SolveChoices
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.seeds import LARGEST_SEED
from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.io.opening.intensities import ReadIntensities

AUTOMATIC = "Automatic"
RADIATIONS = (
    ("As in the file", "auto"),
    ("X-rays", "xray"),
    ("Electrons", "electron"),
    ("Neutrons", "neutron"),
)


class SolveSettingsDialog(QDialog):
    """Emits `chosen` with the new choices, and `solve_clicked` where they are to be used now."""

    chosen = pyqtSignal(object)  # SolveChoices
    solve_clicked = pyqtSignal()

    def __init__(
        self, choices: SolveChoices, measured: ReadIntensities, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Solve settings")
        self.setMinimumWidth(480)
        self._measured = measured
        self._make_contents(measured.contents)
        self._make_rest(measured)
        self._form = form_layout()
        for words, field in (
            ("Cell contents", self.contents),
            ("", self._formula_row),
            ("", self.elements),
            ("Space group", self.space_group),
            ("Radiation", self.radiation),
            ("Maximum number of tries", self.starts),
            ("Random seed", self.seed),
            ("", self.hydrogens),
            ("", self.anisotropic),
        ):
            self._form.addRow(words, field)
        self.error = text_label("")
        self.error.setProperty("error", True)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addLayout(self._form)
        layout.addWidget(self.error)
        layout.addWidget(self._buttons())
        self.show_choices(choices)

    # ------------------------------------------------------------------ making
    def _make_contents(self, known: Contents | None) -> None:
        self.contents = QComboBox()
        self.contents.addItem(f"As in the file: {contents_words(known)}", "file")
        self.contents.addItem("Formula", "formula")
        self.contents.addItem("List of elements", "elements")
        self.contents.addItem("Not known", "unknown")
        self.contents.setToolTip("Wrong numbers of atoms do no harm, missing elements do.")
        self.contents.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.contents.currentIndexChanged.connect(self._show_fields)
        self.formula = QLineEdit()
        self.formula.setPlaceholderText("C12 H22 O11")
        self.z = QDoubleSpinBox()
        self.z.setDecimals(0)
        self.z.setRange(0, 192)
        self.z.setSpecialValueText("from volume")
        self.z.setToolTip("Formula units in the cell")
        self._formula_row = QWidget()
        row = QHBoxLayout(self._formula_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.formula, 1)
        row.addWidget(PlainLabel("Z"))
        row.addWidget(self.z)
        self.elements = QLineEdit()
        self.elements.setPlaceholderText("C H N O")

    def _make_rest(self, measured: ReadIntensities) -> None:
        self.space_group = QComboBox()
        self.space_group.setEditable(True)
        self.space_group.addItem(AUTOMATIC)
        if measured.intensities.stated:
            self.space_group.addItem(measured.intensities.spacegroup.xhm())
        self.space_group.setToolTip(
            "Automatic: all groups that the lattice allows are tried. Or choose the group in the "
            "file, or type a Hermann–Mauguin symbol."
        )
        self.radiation = QComboBox()
        for words, value in RADIATIONS:
            self.radiation.addItem(words, value)
        self.starts = QSpinBox()
        self.starts.setRange(0, 100_000)
        self.starts.setSpecialValueText("Until solved")
        self.starts.setToolTip("Each try begins from another set of random phases")
        self.seed = QSpinBox()
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setToolTip("The same seed gives the same solution on the same machine")
        self.hydrogens = QCheckBox("Place hydrogen atoms")
        self.anisotropic = QCheckBox("Refine anisotropic displacements where the data suffice")

    def _buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(box.Ok | box.Cancel | box.RestoreDefaults)
        self.solve = QPushButton("Solve now")
        buttons.addButton(self.solve, QDialogButtonBox.ButtonRole.ActionRole)
        self.solve.clicked.connect(self._solve)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        restore = buttons.button(box.RestoreDefaults)
        if restore is not None:
            restore.setText("All automatic")
            restore.clicked.connect(lambda: self.show_choices(SolveChoices()))
        return buttons

    # ------------------------------------------------------------------ fields
    def show_choices(self, choices: SolveChoices) -> None:
        """Set every field."""
        self.contents.setCurrentIndex(max(0, self.contents.findData(choices.contents)))
        self.formula.setText(choices.formula)
        self.z.setValue(choices.z or 0)
        self.elements.setText(choices.elements)
        index = {"auto": 0, "given": 1}.get(choices.space_group)
        if index is not None and index < self.space_group.count():
            self.space_group.setCurrentIndex(index)
        else:
            self.space_group.setEditText(choices.space_group)
        self.radiation.setCurrentIndex(max(0, self.radiation.findData(choices.radiation)))
        self.starts.setValue(choices.starts or 0)
        self.seed.setValue(choices.seed)
        self.hydrogens.setChecked(choices.hydrogens)
        self.anisotropic.setChecked(choices.anisotropic)
        self._show_fields()

    def _show_fields(self) -> None:
        kind = self.contents.currentData()
        self._form.setRowVisible(self._formula_row, kind == "formula")
        self._form.setRowVisible(self.elements, kind == "elements")
        self._show_error("")

    def choices(self) -> SolveChoices:
        """The choices that the fields describe."""
        group = self.space_group.currentText().strip()
        return SolveChoices(
            contents=self.contents.currentData(),
            formula=self.formula.text().strip(),
            z=self.z.value() or None,
            elements=self.elements.text().strip(),
            space_group="auto" if group in ("", AUTOMATIC) else group,
            radiation=self.radiation.currentData(),
            starts=self.starts.value() or None,
            seed=self.seed.value(),
            hydrogens=self.hydrogens.isChecked(),
            anisotropic=self.anisotropic.isChecked(),
        )

    def _show_error(self, sentence: str) -> None:
        self.error.setText(sentence)
        self.error.setVisible(bool(sentence))

    def accept(self) -> None:
        choices = self.choices()
        try:
            choices.check(self._measured)
        except UserError as error:
            self._show_error(str(error))
            return
        super().accept()
        self.chosen.emit(choices)

    def _solve(self) -> None:
        self.accept()
        if self.result() == QDialog.DialogCode.Accepted:
            self.solve_clicked.emit()


def contents_words(contents: Contents | None) -> str:
    """The contents of a cell in a few words."""
    if contents is None:
        return "nothing stated"
    if contents.counts is None:
        return " ".join(contents.elements)
    return " ".join(f"{element}{number:g}" for element, number in contents.counts.items())
