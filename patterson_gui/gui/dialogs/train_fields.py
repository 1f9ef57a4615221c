"""One editor for each kind of setting: made from what `io/training/form.py` says of it."""

import json
import math
import re
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QEvent, QObject, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QValidator
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.io.training.form import FormField

DECIMALS = 10
HUGE = 1e9
NOT_SET = {
    "samples_per_epoch": "all",
    "time_budget": "no limit",
    "max_time": "no limit",
    "initial_weights": "random weights",
}
WORDS = {
    "auto": "automatic",
    "cpu": "processor (CPU)",
    "cuda": "graphics card (CUDA)",
    "fp32": "single (fp32)",
    "bf16": "mixed (bf16)",
    "adam": "Adam",
    "adamw": "AdamW",
    "one_cycle": "one cycle",
}
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_TIME = re.compile(r"(?P<number>[\d.,]+)\s*(?P<unit>s|sec|min|m|h|d)?$", re.IGNORECASE)


class NumberBox(QDoubleSpinBox):
    """A number of any magnitude, written as short as it is; steps follow its size."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(DECIMALS)
        self.setRange(-HUGE, HUGE)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        return f"{value:.6g}"

    def valueFromText(self, text: str | None) -> float:
        return _number(self._bare(text))

    def validate(self, text: str | None, place: int) -> tuple[QValidator.State, str, int]:
        given = text or ""
        bare = self._bare(given)
        special = self.specialValueText()
        if (special and bare == special) or math.isfinite(_number(bare)):
            return QValidator.State.Acceptable, given, place
        return QValidator.State.Intermediate, given, place

    def fixup(self, text: str | None) -> str:
        return self.text()

    def _bare(self, text: str | None) -> str:
        return (text or "").removesuffix(self.suffix()).strip()


class TimeBox(NumberBox):
    """Seconds, written and read as minutes, hours or days."""

    def textFromValue(self, value: float) -> str:
        for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
            if value >= 2 * size or value == size:
                return f"{value / size:.4g} {unit}"
        return f"{value:.4g} s"

    def valueFromText(self, text: str | None) -> float:
        return _seconds((text or "").strip())

    def validate(self, text: str | None, place: int) -> tuple[QValidator.State, str, int]:
        given = text or ""
        special = self.specialValueText()
        if (special and given.strip() == special) or math.isfinite(_seconds(given.strip())):
            return QValidator.State.Acceptable, given, place
        return QValidator.State.Intermediate, given, place

    def stepBy(self, steps: int) -> None:
        unit = next((s for s in (86400, 3600, 60) if self.value() >= 2 * s), 60)
        self.setValue(max(self.minimum(), self.value() + steps * unit))


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return math.nan


def _seconds(text: str) -> float:
    """'90 min', '2h', '1.5 d' or seconds; NaN where it is none of these."""
    found = _TIME.match(text)
    if found is None:
        return math.nan
    unit = (found["unit"] or "s").lower()
    return _number(found["number"]) * _SECONDS[{"sec": "s", "m": "min"}.get(unit, unit)]


class _AbstractWidget(type(QWidget), ABCMeta):  # type: ignore[misc]
    """Qt's classes have a metaclass of their own, which abstract ones must share."""


class Field(QWidget, metaclass=_AbstractWidget):
    """An editor with a line below it for what is wrong; `changed` when the user edits."""

    changed = pyqtSignal()

    def __init__(self, spec: FormField) -> None:
        super().__init__()
        self.spec = spec
        self.editor = self._make_editor()
        self.editor.setToolTip(spec.description)
        self.editor.setAccessibleName(spec.title)
        self.error = QLabel()
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
        """What the user edits."""

    @abstractmethod
    def value(self) -> Any:
        """As the settings take it."""

    @abstractmethod
    def set_value(self, value: Any) -> None:
        """Show a value; `changed` is not told."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """The wheel scrolls the dialog; it turns a number only where one has gone to it."""
        wheel = event is not None and event.type() == QEvent.Type.Wheel
        if wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            not_none(event).ignore()
            return True
        return super().eventFilter(watched, event)

    def show_error(self, sentence: str) -> None:
        """What is wrong with it; empty: nothing."""
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
    """A whole number, a number or a time; its lowest value may stand for none."""

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
            box.setSpecialValueText(NOT_SET.get(spec.key, "automatic"))
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
    """One of some words."""

    def _make_editor(self) -> QWidget:
        self.box = QComboBox()
        self.box.setMaximumWidth(240)
        self.set_choices(self.spec.choices or (str(self.spec.default),))
        self.box.currentIndexChanged.connect(lambda _index: self.changed.emit())
        return self.box

    def set_choices(self, choices: tuple[str, ...] | list[str]) -> None:
        """Offer these, keeping the one chosen."""
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
    """A configuration as JSON; what cannot be read is handed on as it is, to be refused."""

    def value(self) -> Any:
        text = self.line.text().strip()
        try:
            return json.loads(text) if text else {}
        except ValueError:
            return text

    def set_value(self, value: Any) -> None:
        self.line.setText(json.dumps(value, ensure_ascii=False) if value else "")
        self.line.setPlaceholderText('{"name": value, …}; empty: as designed')


class PathField(Field):
    """A file or folder, typed or picked."""

    def _make_editor(self) -> QWidget:
        whole = QWidget()
        self.line = QLineEdit()
        self.line.setPlaceholderText(NOT_SET.get(self.spec.key, ""))
        self.line.textEdited.connect(lambda _text: self.changed.emit())
        self.browse = QToolButton()
        self.browse.setObjectName("framed")
        self.browse.setText("…")
        self.browse.setToolTip("Choose it")
        self.browse.clicked.connect(self._ask)
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        return whole

    def _ask(self) -> None:
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
        dialog.fileSelected.connect(self._picked)
        dialog.open()

    def _picked(self, name: str) -> None:
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
    """Two numbers, or none."""

    def _make_editor(self) -> QWidget:
        whole = QWidget()
        self.on = QCheckBox("from")
        self.low, self.high = NumberBox(), NumberBox()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.on)
        for box, words in ((self.low, "to"), (self.high, "")):
            box.setRange(0.0, HUGE)
            box.setKeyboardTracking(False)
            box.setFixedWidth(96)
            if self.spec.unit:
                box.setSuffix(f" {self.spec.unit}")
            box.valueChanged.connect(lambda _value: self.changed.emit())
            row.addWidget(box)
            if words:
                row.addWidget(QLabel(words))
        row.addStretch(1)
        self.on.toggled.connect(self._switch)
        self._switch(on=False, told=False)
        return whole

    def _switch(self, on: bool, told: bool = True) -> None:
        self.low.setEnabled(on)
        self.high.setEnabled(on)
        if told:
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
        self._switch(on=value is not None, told=False)


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
    """The editor that suits a setting."""
    # The form knows no names of networks: they are offered once somebody has looked them up.
    return ChoiceField(spec) if spec.key == "network" else _KINDS[spec.kind](spec)
