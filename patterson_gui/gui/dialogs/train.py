"""How to train: made from the typed settings, so that what can be set is what is shown.

The common settings are in sight, those for experts folded away. What is wrong is said below the
field it concerns; what the training would cost is measured while one looks.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.dialogs.train_fields import ChoiceField, Field, SwitchField, make_field
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.io.training.form import form_fields, problems
from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.run_folder import RunFolder
from patterson_gui.io.training.settings import GROUPS, TrainingSettings

ESTIMATE_DELAY_MS = 1200
LABEL_WIDTH = 176
# What a run that goes on cannot change: its network and data are in the checkpoint.
FIXED_ON_RESUME = frozenset(
    {"data", "output", "network", "network_config", "initial_weights", "seed"}
)
KEPT_BY_PRESETS = frozenset({"data", "output", "name", "initial_weights"})
NO_DATA = "Choose a data set; 'patterson-gui dataset build' makes one."
NOT_DATA = "This is no data set: choose an .h5 file that 'patterson-gui dataset build' has made."
NO_FOLDER = "Choose a folder for curves, checkpoints and the network."
TAKEN = "This folder holds a training: choose another one, or use Train ▸ Resume a run…"
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


class TrainDialog(QDialog):
    """Emits `estimate_wanted` while one chooses, and `chosen` at the end.

    Signals
    -------
    estimate_wanted(TrainingSettings) : what would this cost?
    estimate_unwanted : the settings have changed, or the dialog is closed.
    chosen(TrainingSettings)
    """

    estimate_wanted = pyqtSignal(object)
    estimate_unwanted = pyqtSignal()
    chosen = pyqtSignal(object)

    def __init__(
        self, values: Mapping[str, Any], resume: bool = False, parent: QWidget | None = None
    ) -> None:
        """`values` : by key as `TrainingSettings.changed` takes them; what is absent: the
        recommended preset's."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Resume a training" if resume else "Train a network")
        self.resize(640, 720)
        self._resume = resume
        self.fields: dict[str, Field] = {spec.key: make_field(spec) for spec in form_fields()}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ESTIMATE_DELAY_MS)
        self._timer.timeout.connect(self._ask_estimate)
        self._make_preset()
        self._make_words()
        self._lay_out()
        self._show_values(self._preset_values("recommended"))
        self._show_values(values)
        for key, field in self.fields.items():
            field.changed.connect(self._edited)
            field.setEnabled(not (resume and key in FIXED_ON_RESUME))
        self._check()

    # ------------------------------------------------------------------ making
    def _make_preset(self) -> None:
        self.preset = QComboBox()
        for key, preset in PRESETS.items():
            self.preset.addItem(preset.title, key)
        self.preset.setMaximumWidth(240)
        self.preset_words = QLabel()
        self.preset_words.setObjectName("dim")
        self.preset_words.setWordWrap(True)
        self.preset.currentIndexChanged.connect(self._take_preset)
        self.preset.setVisible(not self._resume)

    def _make_words(self) -> None:
        self.general_error = QLabel()
        self.general_error.setProperty("error", True)
        self.general_error.setWordWrap(True)
        self.general_error.hide()
        self.cost = QLabel()
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
            form = _form()
            label = QLabel("Preset")
            label.setFixedSize(LABEL_WIDTH, self.preset.sizeHint().height())
            form.addRow(label, self.preset)
            column.addLayout(form)
            column.addWidget(self.preset_words)
        for group in GROUPS:
            self._add_group(column, group, expert=False)
        self.disclosure = QToolButton()
        self.disclosure.setText("Settings for experts")
        self.disclosure.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.disclosure.setArrowType(Qt.ArrowType.RightArrow)
        self.disclosure.setCheckable(True)
        self.disclosure.toggled.connect(self._unfold)
        column.addWidget(self.disclosure)
        self.expert = QWidget()
        expert_column = QVBoxLayout(self.expert)
        expert_column.setContentsMargins(0, 0, 0, 0)
        expert_column.setSpacing(8)
        for group in GROUPS:
            self._add_group(expert_column, group, expert=True)
        self.expert.hide()
        column.addWidget(self.expert)
        column.addWidget(self.general_error)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area = area
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedHeight(1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 8, 16, 16)
        foot.setSpacing(8)
        foot.addWidget(self.cost)
        foot.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        layout.addWidget(rule)
        layout.addLayout(foot)

    def _add_group(self, column: QVBoxLayout, group: str, expert: bool) -> None:
        fields = [
            f for f in self.fields.values() if f.spec.group == group and f.spec.expert is expert
        ]
        if not fields:
            return
        heading = QLabel(group)
        heading.setObjectName("heading")
        column.addSpacing(8)
        column.addWidget(heading)
        form = _form()
        for field in fields:
            label = QLabel("" if isinstance(field, SwitchField) else field.spec.title)
            label.setToolTip(field.spec.description)
            label.setBuddy(field.editor)
            label.setFixedSize(LABEL_WIDTH, field.editor.sizeHint().height())
            form.addRow(label, field)
        column.addLayout(form)

    def _unfold(self, on: bool) -> None:
        self.disclosure.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.expert.setVisible(on)

    # ------------------------------------------------------------------ values
    def _preset_values(self, name: str) -> dict[str, Any]:
        """Every value but those a preset has nothing to say of."""
        preset = PRESETS[name].values
        return {
            key: preset.get(key, field.spec.default)
            for key, field in self.fields.items()
            if key not in KEPT_BY_PRESETS
        }

    def _show_values(self, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            self.fields[key].set_value(value)

    def _take_preset(self, _index: int) -> None:
        self._show_values(self._preset_values(self.preset.currentData()))
        self._edited()

    def values(self) -> dict[str, Any]:
        """What the fields say, by key."""
        return {key: field.value() for key, field in self.fields.items()}

    def settings(self) -> TrainingSettings | None:
        """The same as settings; None where something is wrong with them."""
        if self._problems():
            return None
        values = self.values()
        given = {"data": values.pop("data"), "output": values.pop("output")}
        return TrainingSettings(**given).changed(values)

    # ------------------------------------------------------------------ what is wrong
    def _edited(self) -> None:
        self.estimate_unwanted.emit()
        self._check()

    def _check(self) -> None:
        found = self._problems()
        for key, field in self.fields.items():
            field.show_error(found.get(key, ""))
        general = found.get("", "")
        self.general_error.setText(general)
        self.general_error.setVisible(bool(general))
        if any(self.fields[key].spec.expert for key in found if key):
            self.disclosure.setChecked(True)
        self.start.setEnabled(not found)
        self.start.setToolTip(next(iter(found.values()), ""))
        self._show_preset_words()
        if found:
            self._timer.stop()
            self.show_cost("The cost is measured once everything is filled in.")
        else:
            self.show_cost("Measuring what it will cost…")
            self._timer.start()

    def _problems(self) -> dict[str, str]:
        values = self.values()
        found = {}
        data, output = values["data"], values["output"]
        if data is None or not data.is_file():
            found["data"] = NO_DATA if data is None else f"There is no file {data}."
        elif not _is_hdf5(data):
            found["data"] = NOT_DATA
        if output is None:
            found["output"] = NO_FOLDER
        elif output.is_file():
            found["output"] = "This is a file: choose a folder."
        elif not self._resume and RunFolder(output).holds_a_run():
            found["output"] = TAKEN
        start = values["initial_weights"]
        if start is not None and not start.is_file():
            found["initial_weights"] = f"There is no file {start}."
        for key, value in values.items():
            if isinstance(value, tuple) and value[1] < value[0]:
                found[key] = "The second number must not be below the first."
        for key, sentence in problems(values).items():
            if key or not found:
                found.setdefault(key, sentence)
        return found

    def _show_preset_words(self) -> None:
        name = self.preset.currentData()
        preset = PRESETS[name]
        values, meant = self.values(), self._preset_values(name)
        changed = [
            self.fields[key].spec.title for key, v in meant.items() if not _same(values[key], v)
        ]
        words = preset.description
        if changed:
            few = ", ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
            words += f" Changed: {few}."
        self.preset_words.setText(words)

    # ------------------------------------------------------------------ what it costs
    def _ask_estimate(self) -> None:
        settings = self.settings()
        if settings is not None:
            self.estimate_wanted.emit(settings)

    def show_cost(self, sentence: str, error: bool = False) -> None:
        """What the training will cost, or why that cannot be told."""
        self.cost.setText(sentence)
        self.cost.setProperty("error", error)
        not_none(self.cost.style()).polish(self.cost)

    def set_architectures(self, names: Sequence[str]) -> None:
        """Offer these networks."""
        field = self.fields["network"]
        if isinstance(field, ChoiceField) and names:
            field.set_choices(list(names))

    # ------------------------------------------------------------------ the end
    def accept(self) -> None:
        settings = self.settings()
        if settings is None:
            return
        super().accept()
        self.chosen.emit(settings)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Return in a field ends the field; a training is begun by its button."""
        enter = event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not isinstance(self.focusWidget(), QPushButton):
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        self._timer.stop()
        self.estimate_unwanted.emit()
        super().done(result)


def values_of(settings: TrainingSettings) -> dict[str, Any]:
    """Settings as the values of the dialog's fields."""
    found = {}
    for spec in form_fields():
        value: Any = settings
        for name in spec.key.split("."):
            value = getattr(value, name)
        found[spec.key] = value
    return found


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-6 * max(abs(a), abs(b))
    return bool(a == b)


def _is_hdf5(path: Path) -> bool:
    """By its first bytes: reading more is for a job."""
    try:
        with path.open("rb") as file:
            return file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE
    except OSError:
        return False
