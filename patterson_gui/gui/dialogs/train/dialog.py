"""Dialog for the settings of a training, with errors at the fields and an estimate of the cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.dialogs.train.checks import find_problems
from patterson_gui.gui.dialogs.train.fields import ChoiceField
from patterson_gui.gui.dialogs.train.form import LABEL_WIDTH, TrainForm
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import horizontal_line
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.settings import TrainingSettings

ESTIMATE_DELAY_MS = 1200
# A resumed run cannot change these: its network and data are in the checkpoint.
FIXED_ON_RESUME = frozenset(
    {"data", "output", "network", "network_config", "initial_weights", "seed"}
)
KEPT_BY_PRESETS = frozenset({"data", "output", "name", "initial_weights"})


class TrainDialog(QDialog):
    """Asks for the settings of a training, or of one that is resumed.

    Signals
    -------
    estimate_wanted(TrainingSettings) : the user paused on valid settings; show their cost.
    estimate_unwanted : the settings have changed, or the dialog is closed.
    chosen(TrainingSettings) : the user starts the training.
    """

    estimate_wanted = pyqtSignal(object)
    estimate_unwanted = pyqtSignal()
    chosen = pyqtSignal(object)

    def __init__(
        self, values: Mapping[str, Any], resume: bool = False, parent: QWidget | None = None
    ) -> None:
        """`values` : by key, as `TrainingSettings.changed` takes them; what is absent is taken
        from the recommended preset."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Resume a training" if resume else "Train a network")
        self.resize(640, 720)
        self._resume = resume
        self.form = TrainForm()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ESTIMATE_DELAY_MS)
        self._timer.timeout.connect(self._ask_estimate)
        self._make_preset()
        self._make_labels_and_buttons()
        self._lay_out()
        self.form.set_values(self._preset_values("recommended"))
        self.form.set_values(values)
        for key, field in self.form.fields.items():
            field.setEnabled(not (resume and key in FIXED_ON_RESUME))
        self.form.changed.connect(self._edited)
        self._check()

    # ------------------------------------------------------------------ making
    def _make_preset(self) -> None:
        self.preset = QComboBox()
        self.preset.setAccessibleName("Preset")
        for key, preset in PRESETS.items():
            self.preset.addItem(preset.title, key)
        self.preset.setMaximumWidth(240)
        self.preset_words = PlainLabel()
        self.preset_words.setObjectName("dim")
        self.preset_words.setWordWrap(True)
        self.preset.currentIndexChanged.connect(self._take_preset)
        self.preset.setVisible(not self._resume)

    def _make_labels_and_buttons(self) -> None:
        self.general_error = PlainLabel()
        self.general_error.setProperty("error", True)
        self.general_error.setWordWrap(True)
        self.general_error.hide()
        self.cost = PlainLabel()
        self.cost.setWordWrap(True)
        self.cost.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.cost.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        words = "Resume" if self._resume else "Start training"
        self.start = not_none(self.buttons.addButton(words, QDialogButtonBox.ButtonRole.AcceptRole))
        self.start.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        if not self._resume:
            layout = form_layout()
            label = PlainLabel("Preset")
            label.setFixedSize(LABEL_WIDTH, self.preset.sizeHint().height())
            layout.addRow(label, self.preset)
            column.addLayout(layout)
            column.addWidget(self.preset_words)
        column.addWidget(self.form)
        column.addWidget(self.general_error)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 8, 16, 16)
        foot.setSpacing(8)
        foot.addWidget(self.cost)
        foot.addWidget(self.buttons)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(area, 1)
        whole.addWidget(horizontal_line())
        whole.addLayout(foot)

    # ------------------------------------------------------------------ values
    def settings(self) -> TrainingSettings | None:
        """The settings in the form; None where they have errors."""
        values = self.form.values()
        if find_problems(values, self._resume):
            return None
        given = {"data": values.pop("data"), "output": values.pop("output")}
        return TrainingSettings(**given).changed(values)

    def set_architectures(self, names: Sequence[str]) -> None:
        """Offer these networks."""
        field = self.form.fields["network"]
        if isinstance(field, ChoiceField) and names:
            field.set_choices(list(names))

    def _preset_values(self, name: str) -> dict[str, Any]:
        """The values of all fields that a preset sets."""
        preset = PRESETS[name].values
        return {
            key: preset.get(key, field.spec.default)
            for key, field in self.form.fields.items()
            if key not in KEPT_BY_PRESETS
        }

    def _take_preset(self, _index: int) -> None:
        self.form.set_values(self._preset_values(self.preset.currentData()))
        self._edited()

    # ------------------------------------------------------------------ checks
    def _edited(self) -> None:
        self.estimate_unwanted.emit()
        self._check()

    def _check(self) -> None:
        problems = find_problems(self.form.values(), self._resume)
        self.form.show_problems(problems)
        general = problems.get("", "")
        self.general_error.setText(general)
        self.general_error.setVisible(bool(general))
        self.start.setEnabled(not problems)
        self.start.setToolTip(next(iter(problems.values()), ""))
        self._show_preset_words()
        if problems:
            self._timer.stop()
            self.show_cost("Time and memory are estimated once all fields are filled in.")
        else:
            self.show_cost("Estimating time and memory…")
            self._timer.start()

    def _show_preset_words(self) -> None:
        """Describe the preset, and name the settings that differ from it."""
        name = self.preset.currentData()
        preset = PRESETS[name]
        values = self.form.values()
        changed = [
            self.form.fields[key].spec.title
            for key, value in self._preset_values(name).items()
            if not _same(values[key], value)
        ]
        words = preset.description
        if changed:
            few = ", ".join(changed[:3]) + (" and others" if len(changed) > 3 else "")
            words += f" Changed: {few}."
        self.preset_words.setText(words)

    # ------------------------------------------------------------------ cost
    def _ask_estimate(self) -> None:
        settings = self.settings()
        if settings is not None:
            self.estimate_wanted.emit(settings)

    def show_cost(self, sentence: str, error: bool = False) -> None:
        """Show what the training will cost, or why that is unknown."""
        self.cost.setText(sentence)
        self.cost.setProperty("error", error)
        not_none(self.cost.style()).polish(self.cost)

    # ------------------------------------------------------------------ closing
    def accept(self) -> None:
        settings = self.settings()
        if settings is None:
            return
        super().accept()
        self.chosen.emit(settings)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Return leaves a field; only the button starts the training."""
        enter = event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not isinstance(self.focusWidget(), QPushButton):
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        self._timer.stop()
        self.estimate_unwanted.emit()
        super().done(result)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-6 * max(abs(a), abs(b))
    return bool(a == b)
