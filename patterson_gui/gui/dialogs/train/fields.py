"""Editors for the settings of a training, one class for each kind of value.

`io/training/form.py` describes the settings.
"""

import json
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QEvent, QObject, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.dialogs.train.number_boxes import HUGE, NumberBox, TimeBox
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.io.training.form import FormField

NOT_SET = {
    "samples_per_epoch": "All",
    "time_budget": "No limit",
    "max_time": "No limit",
    "initial_weights": "Random weights",
}
WORDS = {
    "auto": "Automatic",
    "cpu": "Processor (CPU)",
    "cuda": "Graphics card (CUDA)",
    "fp32": "Single (fp32)",
    "bf16": "Mixed (bf16)",
    "adam": "Adam",
    "adamw": "AdamW",
    "constant": "Constant",
    "cosine": "Cosine",
    "one_cycle": "One cycle",
}


class _AbstractWidget(type(QWidget), ABCMeta):  # type: ignore[misc]
    """Combines Qt's metaclass with that of abstract classes."""


class Field(QWidget, metaclass=_AbstractWidget):
    """An editor with an error message below it. `changed` is emitted when the user edits."""

    changed = pyqtSignal()

    def __init__(self, spec: FormField) -> None:
        super().__init__()
        self.spec = spec
        self.editor = self._make_editor()
        self.editor.setToolTip(spec.description)
        self.editor.setAccessibleName(spec.title)
        self.error = PlainLabel()
        self.error.setProperty("error", True)
        self.error.setWordWrap(True)
        self.error.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.editor)
        layout.addWidget(self.error)
        for kind in (QAbstractSpinBox, QComboBox):
            for box in self.findChildren(kind):
                box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                box.installEventFilter(self)

    @abstractmethod
    def _make_editor(self) -> QWidget:
        """Make the widget that the user edits."""

    @abstractmethod
    def value(self) -> Any:
        """The value, as `TrainingSettings` takes it."""

    @abstractmethod
    def set_value(self, value: Any) -> None:
        """Show a value, without emitting `changed`."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Let the wheel scroll the dialog; it changes a number only if that has the focus."""
        wheel = event is not None and event.type() == QEvent.Type.Wheel
        if wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            not_none(event).ignore()
            return True
        return super().eventFilter(watched, event)

    def show_error(self, sentence: str) -> None:
        """Show an error message; "" removes it."""
        self.error.setText(sentence)
        self.error.setVisible(bool(sentence))


class SwitchField(Field):
    """Yes or no."""

    def _make_editor(self) -> QWidget:
        self.box = QCheckBox(self.spec.title)
        self.box.toggled.connect(self.changed)
        return self.box

    def value(self) -> bool:
        return self.box.isChecked()

    def set_value(self, value: Any) -> None:
        blocker = QSignalBlocker(self.box)
        self.box.setChecked(bool(value))
        del blocker


class NumberField(Field):
    """An integer, a number or a time. An optional one shows its lowest value as "not set"."""

    def _make_editor(self) -> QWidget:
        spec = self.spec
        box: QSpinBox | QDoubleSpinBox
        if spec.kind == "int":
            box = QSpinBox()
            least = 0 if spec.minimum is None else int(spec.minimum)
            most = 2**31 - 1 if spec.maximum is None else int(spec.maximum)
            box.setRange(least - 1 if spec.optional else least, most)
        else:
            box = TimeBox() if spec.unit == "s" else NumberBox()
            box.setRange(
                -HUGE if spec.minimum is None else spec.minimum,
                HUGE if spec.maximum is None else spec.maximum,
            )
        if spec.optional:
            box.setSpecialValueText(NOT_SET.get(spec.key, "Automatic"))
        if spec.unit and spec.unit != "s":
            box.setSuffix(f" {spec.unit}")
        box.setKeyboardTracking(False)
        box.setMaximumWidth(160)
        box.valueChanged.connect(lambda _value: self.changed.emit())
        self.box = box
        return box

    def value(self) -> float | int | None:
        if self.spec.optional and self.box.value() == self.box.minimum():
            return None
        return self.box.value()

    def set_value(self, value: Any) -> None:
        blocker = QSignalBlocker(self.box)
        if isinstance(self.box, QSpinBox):
            self.box.setValue(self.box.minimum() if value is None else int(value))
        else:
            self.box.setValue(self.box.minimum() if value is None else float(value))
        del blocker


class ChoiceField(Field):
    """A choice from a list."""

    def _make_editor(self) -> QWidget:
        self.box = QComboBox()
        self.box.setMaximumWidth(240)
        self.set_choices(self.spec.choices or (str(self.spec.default),))
        self.box.currentIndexChanged.connect(lambda _index: self.changed.emit())
        return self.box

    def set_choices(self, choices: tuple[str, ...] | list[str]) -> None:
        """Offer these choices; keep the chosen one."""
        blocker = QSignalBlocker(self.box)
        chosen = self.box.currentData()
        self.box.clear()
        for choice in dict.fromkeys((*choices, *([chosen] if chosen else []))):
            self.box.addItem(WORDS.get(choice, choice), choice)
        self.box.setCurrentIndex(max(0, self.box.findData(chosen)))
        del blocker

    def value(self) -> str:
        return str(self.box.currentData())

    def set_value(self, value: Any) -> None:
        blocker = QSignalBlocker(self.box)
        if self.box.findData(value) < 0:
            self.box.addItem(WORDS.get(value, str(value)), value)
        self.box.setCurrentIndex(self.box.findData(value))
        del blocker


class TextField(Field):
    """A line of text."""

    def _make_editor(self) -> QWidget:
        self.line = QLineEdit()
        self.line.textEdited.connect(lambda _text: self.changed.emit())
        return self.line

    def value(self) -> Any:
        return self.line.text()

    def set_value(self, value: Any) -> None:
        self.line.setText("" if value is None else str(value))


class MappingField(TextField):
    """A mapping as JSON. Text that is no JSON is returned as it is; the settings refuse it."""

    def value(self) -> Any:
        text = self.line.text().strip()
        try:
            return json.loads(text) if text else {}
        except ValueError:
            return text

    def set_value(self, value: Any) -> None:
        self.line.setText(json.dumps(value, ensure_ascii=False) if value else "")
        self.line.setPlaceholderText('{"name": value, …}; empty: the defaults')


class PathField(Field):
    """A file or folder, typed or chosen in a dialog."""

    def _make_editor(self) -> QWidget:
        whole = QWidget()
        self.line = QLineEdit()
        self.line.setAccessibleName(self.spec.title)
        self.line.setPlaceholderText(NOT_SET.get(self.spec.key, ""))
        self.line.textEdited.connect(lambda _text: self.changed.emit())
        self.browse = QToolButton()
        self.browse.setObjectName("framed")
        self.browse.setText("…")
        self.browse.setToolTip("Choose a file or folder")
        self.browse.clicked.connect(self._choose)
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        return whole

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.spec.title, str(Path(self.line.text()).parent))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.spec.key == "output":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setFileMode(QFileDialog.FileMode.AnyFile)
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
            dialog.selectFile(self.line.text())
        else:
            data = self.spec.key == "data"
            kinds = ["Data sets (*.h5 *.hdf5)"] if data else ["Trained networks (*.safetensors)"]
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setNameFilters([*kinds, "All files (*)"])
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, name: str) -> None:
        self.line.setText(name)
        self.changed.emit()

    def value(self) -> Path | None:
        text = self.line.text().strip()
        if not text:
            return None
        return Path(text).expanduser().absolute()

    def set_value(self, value: Any) -> None:
        self.line.setText("" if value is None else str(value))


class RangeField(Field):
    """A range of two numbers, or none."""

    def _make_editor(self) -> QWidget:
        whole = QWidget()
        self.on = QCheckBox("from")
        self.low, self.high = NumberBox(), NumberBox()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.on)
        for box, words in ((self.low, "to"), (self.high, "")):
            box.setAccessibleName(f"{self.spec.title}, {'from' if box is self.low else 'to'}")
            box.setRange(0.0, HUGE)
            box.setKeyboardTracking(False)
            box.setFixedWidth(96)
            if self.spec.unit:
                box.setSuffix(f" {self.spec.unit}")
            box.valueChanged.connect(lambda _value: self.changed.emit())
            row.addWidget(box)
            if words:
                row.addWidget(PlainLabel(words))
        row.addStretch(1)
        self.on.toggled.connect(self._switch)
        self._switch(on=False, emit=False)
        return whole

    def _switch(self, on: bool, emit: bool = True) -> None:
        self.low.setEnabled(on)
        self.high.setEnabled(on)
        if emit:
            self.changed.emit()

    def value(self) -> tuple[float, float] | None:
        return (self.low.value(), self.high.value()) if self.on.isChecked() else None

    def set_value(self, value: Any) -> None:
        blockers = [QSignalBlocker(box) for box in (self.on, self.low, self.high)]
        self.on.setChecked(value is not None)
        low, high = value or (1.0, 1.0)
        self.low.setValue(low)
        self.high.setValue(high)
        del blockers
        self._switch(on=value is not None, emit=False)


_KINDS: dict[str, Callable[[FormField], Field]] = {
    "bool": SwitchField,
    "int": NumberField,
    "float": NumberField,
    "choice": ChoiceField,
    "text": TextField,
    "path": PathField,
    "range": RangeField,
    "mapping": MappingField,
}


def make_field(spec: FormField) -> Field:
    """The editor for a setting."""
    # The names of networks are found in a job and offered later.
    return ChoiceField(spec) if spec.key == "network" else _KINDS[spec.kind](spec)
