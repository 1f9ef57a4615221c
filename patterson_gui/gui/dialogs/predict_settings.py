"""The dialog of the prediction settings. All may stay automatic; choices are remembered."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QStandardItemModel
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.networks.choices import NetworkChoice
from patterson_gui.app.settings import PredictionChoices
from patterson_gui.crystal.seeds import LARGEST_SEED
from patterson_gui.gui.prediction.predict_choices import (
    BEST,
    METHODS,
    atoms_by_default,
    atoms_tip,
    best_tip,
    method_blocked,
    network_label,
    network_tip,
)
from patterson_gui.gui.widgets.plain_text import PlainLabel

AUTOMATIC = "Automatic"


def _optional_number(least: int, most: int, step: int, tip: str) -> QSpinBox:
    """A spin box whose lowest value stands for "Automatic"."""
    box = QSpinBox()
    box.setRange(least - step, most)
    box.setSingleStep(step)
    box.setSpecialValueText(AUTOMATIC)
    box.setToolTip(tip)
    return box


def _describe_last(box: QComboBox, tip: str, *, enabled: bool = True) -> None:
    """Tooltip and state of the entry added last."""
    box.setItemData(box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
    model = box.model()
    if isinstance(model, QStandardItemModel) and not enabled:
        item = model.item(box.count() - 1)
        if item is not None:
            item.setEnabled(False)


class PredictSettingsDialog(QDialog):
    """Emits `chosen` with the new settings."""

    chosen = pyqtSignal(object)  # PredictionChoices

    def __init__(
        self,
        choices: PredictionChoices,
        data_d_min: float | None,
        known_atoms: int | None,
        networks: Sequence[NetworkChoice] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Prediction settings")
        self._make_choices(atoms_by_default(choices, data_d_min) if data_d_min else None)
        self._make_numbers(known_atoms)
        self.set_networks(networks, choices)
        self.set_devices(("auto", choices.device))
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Method", self.method)
        form.addRow("Network", self.network)
        form.addRow("Build atoms", self.atoms)
        form.addRow("Random starts", self.starts)
        form.addRow("Iterations per start", self.iterations)
        form.addRow("Random seed", self.seed)
        form.addRow("Device", self.device)
        form.addRow("Resolution limit", self.d_min)
        form.addRow("Atoms in the cell", self.n_atoms)
        self.words = PlainLabel()
        self.words.setObjectName("dim")
        self.words.setWordWrap(True)
        if data_d_min is not None:
            self.words.setText(f"The open data extend to {data_d_min:.2f} Å.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(self.words)
        layout.addWidget(self._buttons())
        self.setMinimumWidth(360)
        self.show_choices(choices)

    def _make_choices(self, atoms_by_default: bool | None) -> None:
        self.method = QComboBox()
        self.method.currentIndexChanged.connect(self._enable_network)
        self.network = QComboBox()
        self.network.setToolTip("Which trained network is used, where the method uses one")
        self.atoms = QComboBox()
        own = "" if atoms_by_default is None else f" ({'yes' if atoms_by_default else 'no'})"
        for words, value in ((AUTOMATIC + own, None), ("Yes", True), ("No", False)):
            self.atoms.addItem(words, value)
        self.atoms.setToolTip(atoms_tip())
        self.device = QComboBox()

    def _make_numbers(self, known_atoms: int | None) -> None:
        self.starts = _optional_number(
            1, 100_000, 1, "How many random sets of phases to start from; more for hard problems"
        )
        self.iterations = _optional_number(
            10, 100_000, 10, "Iterations of each random start; more for hard problems"
        )
        self.seed = QSpinBox()
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setToolTip("The same seed gives the same prediction on the same machine")
        self.d_min = QDoubleSpinBox()
        self.d_min.setDecimals(2)
        self.d_min.setSingleStep(0.1)
        self.d_min.setRange(0.2, 10.0)
        self.d_min.setSpecialValueText("All data")
        self.d_min.setSuffix(" Å")
        self.d_min.setToolTip("Reflections of smaller d-spacing are not used")
        self.n_atoms = _optional_number(
            1,
            1_000_000,
            1,
            "Non-hydrogen atoms in the whole cell; limits the volume of the density",
        )
        if known_atoms is not None:
            self.n_atoms.setSpecialValueText(f"{known_atoms} (known)")

    def _buttons(self) -> QDialogButtonBox:
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
        return buttons

    def set_devices(self, names: Sequence[str]) -> None:
        """Offer these devices, keeping the one chosen."""
        chosen = self.device.currentData() or "auto"
        self.device.clear()
        words = {"auto": AUTOMATIC, "cpu": "Processor (CPU)", "cuda": "Graphics card (CUDA)"}
        for name in dict.fromkeys(("auto", *names)):
            self.device.addItem(words.get(name, name), name)
        self.device.setCurrentIndex(max(0, self.device.findData(chosen)))

    def set_networks(
        self, networks: Sequence[NetworkChoice], chosen: PredictionChoices | None = None
    ) -> None:
        """Offer methods and networks; those that cannot be used are disabled. The choice stays."""
        method = self.method.currentData() if chosen is None else chosen.method
        network = self.network.currentData() if chosen is None else chosen.model
        self.method.clear()
        for offered in METHODS:
            self.method.addItem(offered.words, offered.key)
            reason = method_blocked(offered, networks)
            _describe_last(self.method, reason or offered.tip, enabled=reason is None)
        self.network.clear()
        self.network.addItem(BEST, None)
        _describe_last(self.network, best_tip(networks))
        for choice in networks:
            self.network.addItem(network_label(choice), choice.name)
            _describe_last(self.network, network_tip(choice), enabled=choice.why_unsuitable is None)
        if network is not None and network not in [choice.name for choice in networks]:
            self.network.addItem(f"{network} (not found)", network)
        self.method.setCurrentIndex(max(0, self.method.findData(method)))
        self.network.setCurrentIndex(max(0, self.network.findData(network)))

    def _enable_network(self) -> None:
        self.network.setEnabled(self.method.currentData() != "retrieval")

    def show_choices(self, choices: PredictionChoices) -> None:
        """Set every field."""
        for box, value in (
            (self.starts, choices.starts),
            (self.iterations, choices.iterations),
            (self.n_atoms, choices.n_atoms),
        ):
            box.setValue(box.minimum() if value is None else value)
        self.method.setCurrentIndex(max(0, self.method.findData(choices.method)))
        self.network.setCurrentIndex(max(0, self.network.findData(choices.model)))
        self.atoms.setCurrentIndex((None, True, False).index(choices.atoms))
        self.seed.setValue(choices.seed)
        self.device.setCurrentIndex(max(0, self.device.findData(choices.device)))
        self.d_min.setValue(self.d_min.minimum() if choices.d_min is None else choices.d_min)

    def choices(self) -> PredictionChoices:
        """The settings that the fields describe."""

        def optional(box: QSpinBox) -> int | None:
            return None if box.value() == box.minimum() else box.value()

        d_min = self.d_min.value()
        return PredictionChoices(
            method=self.method.currentData(),
            model=self.network.currentData(),
            atoms=self.atoms.currentData(),
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
