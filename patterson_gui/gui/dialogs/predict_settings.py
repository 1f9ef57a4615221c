"""How to predict. Everything may stay automatic; what is chosen is remembered."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.settings import PredictionChoices

AUTOMATIC = "automatic"


def _optional_number(least: int, most: int, step: int, tip: str) -> QSpinBox:
    """A spin box whose lowest value stands for "automatic"."""
    box = QSpinBox()
    box.setRange(least - step, most)
    box.setSingleStep(step)
    box.setSpecialValueText(AUTOMATIC)
    box.setToolTip(tip)
    return box


class PredictSettingsDialog(QDialog):
    """Emits `chosen` with the new settings."""

    chosen = pyqtSignal(object)  # PredictionChoices

    def __init__(
        self,
        choices: PredictionChoices,
        data_d_min: float | None,
        known_atoms: int | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Prediction settings")
        self.starts = _optional_number(
            1, 100_000, 1, "How many random sets of phases to start from; more for hard problems"
        )
        self.iterations = _optional_number(
            10, 100_000, 10, "How often each start is projected; more for hard problems"
        )
        self.seed = QSpinBox()
        self.seed.setRange(0, 2_147_483_647)
        self.seed.setToolTip("The same seed gives the same prediction on the same machine")
        self.device = QComboBox()
        self.set_devices(("auto", choices.device))
        self.d_min = QDoubleSpinBox()
        self.d_min.setDecimals(2)
        self.d_min.setSingleStep(0.1)
        self.d_min.setRange(0.2, 10.0)
        self.d_min.setSpecialValueText("all data")
        self.d_min.setSuffix(" Å")
        self.d_min.setToolTip("Reflections of smaller d-spacing are not used")
        self.n_atoms = _optional_number(
            1, 1_000_000, 1, "Non-hydrogen atoms in the whole cell; decides how much may be filled"
        )
        if known_atoms is not None:
            self.n_atoms.setSpecialValueText(f"{known_atoms}, as known")
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Random starts", self.starts)
        form.addRow("Iterations of each", self.iterations)
        form.addRow("Random seed", self.seed)
        form.addRow("Device", self.device)
        form.addRow("Resolution limit", self.d_min)
        form.addRow("Atoms in the cell", self.n_atoms)
        self.words = QLabel()
        self.words.setObjectName("dim")
        self.words.setWordWrap(True)
        if data_d_min is not None:
            self.words.setText(f"The open data reach {data_d_min:.2f} Å.")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        restore = buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        if restore is not None:
            restore.setText("All automatic")
            restore.clicked.connect(lambda: self.show_choices(PredictionChoices()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(self.words)
        layout.addWidget(buttons)
        self.setMinimumWidth(360)
        self.show_choices(choices)

    def set_devices(self, names: Sequence[str]) -> None:
        """Offer these devices, keeping the one chosen."""
        chosen = self.device.currentData() or "auto"
        self.device.clear()
        words = {"auto": "automatic", "cpu": "processor (CPU)", "cuda": "graphics card (CUDA)"}
        for name in dict.fromkeys(("auto", *names)):
            self.device.addItem(words.get(name, name), name)
        self.device.setCurrentIndex(max(0, self.device.findData(chosen)))

    def show_choices(self, choices: PredictionChoices) -> None:
        """Set every field."""
        for box, value in (
            (self.starts, choices.starts),
            (self.iterations, choices.iterations),
            (self.n_atoms, choices.n_atoms),
        ):
            box.setValue(box.minimum() if value is None else value)
        self.seed.setValue(choices.seed)
        self.device.setCurrentIndex(max(0, self.device.findData(choices.device)))
        self.d_min.setValue(self.d_min.minimum() if choices.d_min is None else choices.d_min)

    def choices(self) -> PredictionChoices:
        """What the fields say."""

        def optional(box: QSpinBox) -> int | None:
            return None if box.value() == box.minimum() else box.value()

        d_min = self.d_min.value()
        return PredictionChoices(
            starts=optional(self.starts),
            iterations=optional(self.iterations),
            seed=self.seed.value(),
            device=self.device.currentData(),
            d_min=None if d_min == self.d_min.minimum() else d_min,
            n_atoms=optional(self.n_atoms),
        )

    def accept(self) -> None:
        super().accept()
        self.chosen.emit(self.choices())
