"""The form of the train dialog: common settings, and a section for advanced ones."""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from patterson_gui.gui.dialogs.train.fields import Field, SwitchField, make_field
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.io.training.form import form_fields
from patterson_gui.io.training.setting_groups import GROUPS
from patterson_gui.io.training.settings import TrainingSettings

LABEL_WIDTH = 176
SPACING = 8


class TrainForm(QWidget):
    """One field for each setting, in groups.

    Attributes
    ----------
    fields : by key.
    advanced : the section with settings for experts, hidden until `disclosure` is checked.
    """

    changed = pyqtSignal()  # the user edited a field

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Field] = {spec.key: make_field(spec) for spec in form_fields()}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        for group in GROUPS:
            self._add_group(column, group, expert=False)
        self.disclosure = QToolButton()
        self.disclosure.setText("Advanced settings")
        self.disclosure.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.disclosure.setArrowType(Qt.ArrowType.RightArrow)
        self.disclosure.setCheckable(True)
        self.disclosure.toggled.connect(self._show_advanced)
        column.addWidget(self.disclosure)
        self.advanced = QWidget()
        advanced_column = QVBoxLayout(self.advanced)
        advanced_column.setContentsMargins(0, 0, 0, 0)
        advanced_column.setSpacing(SPACING)
        for group in GROUPS:
            self._add_group(advanced_column, group, expert=True)
        self.advanced.hide()
        column.addWidget(self.advanced)
        for field in self.fields.values():
            field.changed.connect(self.changed)

    def _add_group(self, column: QVBoxLayout, group: str, expert: bool) -> None:
        fields = [
            f for f in self.fields.values() if f.spec.group == group and f.spec.expert is expert
        ]
        if not fields:
            return
        heading = PlainLabel(group)
        heading.setObjectName("heading")
        column.addSpacing(SPACING)
        column.addWidget(heading)
        form = form_layout()
        for field in fields:
            label = PlainLabel("" if isinstance(field, SwitchField) else field.spec.title)
            label.setToolTip(field.spec.description)
            label.setBuddy(field.editor)
            label.setFixedSize(LABEL_WIDTH, field.editor.sizeHint().height())
            form.addRow(label, field)
        column.addLayout(form)

    def _show_advanced(self, on: bool) -> None:
        self.disclosure.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.advanced.setVisible(on)

    def values(self) -> dict[str, Any]:
        """The values of all fields, by key."""
        return {key: field.value() for key, field in self.fields.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show values, by key, without emitting `changed`."""
        for key, value in values.items():
            self.fields[key].set_value(value)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Show a sentence below each field with an error; open the advanced section if needed."""
        for key, field in self.fields.items():
            field.show_error(problems.get(key, ""))
        if any(self.fields[key].spec.expert for key in problems if key):
            self.disclosure.setChecked(True)


def values_of(settings: TrainingSettings) -> dict[str, Any]:
    """Settings as the values of the form's fields, by key."""
    found = {}
    for spec in form_fields():
        value: Any = settings
        for name in spec.key.split("."):
            value = getattr(value, name)
        found[spec.key] = value
    return found
