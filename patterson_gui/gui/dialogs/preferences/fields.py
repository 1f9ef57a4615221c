"""One preference as a field with its name, a sentence of help, and a sentence where it is wrong."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QVBoxLayout, QWidget

from patterson_gui.app.preferences import Preference
from patterson_gui.app.settings import Settings
from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.labels import text_label

HELP_WIDTH = 384  # a form keeps free the height that a sentence needs at its least width


class PreferenceField(QWidget):
    """Shows one preference of `settings`, and writes there what the user chooses.

    Signals
    -------
    edited : the user changed the value, or made it wrong.
    """

    edited = pyqtSignal()

    def __init__(self, preference: Preference, settings: Settings) -> None:
        super().__init__()
        self.preference = preference
        self._settings = settings
        self.editor = self._make_editor()
        self.editor.setAccessibleName(preference.label)
        self.editor.setAccessibleDescription(preference.help)
        self.help = text_label(preference.help, dim=True)
        self.help.setMinimumWidth(HELP_WIDTH)
        self.error = text_label("")
        self.error.setProperty("error", True)
        self.error.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(2)
        for widget in (self.editor, self.help, self.error):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.show_value()

    def _make_editor(self) -> QCheckBox | QComboBox | QLineEdit:
        preference = self.preference
        if preference.kind == "switch":
            check = QCheckBox(preference.label)
            check.clicked.connect(self._take)
            return check
        if preference.kind == "choice":
            box = QComboBox()
            for value, words in preference.choices:
                box.addItem(words, value)
            box.activated.connect(self._take)
            return box
        line = QLineEdit()
        line.setPlaceholderText(preference.empty)
        line.textEdited.connect(self._take)
        return line

    @property
    def sentence(self) -> str:
        """What is wrong; empty: nothing."""
        return self.error.text()

    def show_value(self) -> None:
        """Show the value of the settings."""
        editor, preference = self.editor, self.preference
        if isinstance(editor, QCheckBox):
            editor.setChecked(preference.value(self._settings))
        elif isinstance(editor, QComboBox):
            values = [value for value, _ in preference.choices]
            editor.setCurrentIndex(values.index(preference.value(self._settings)))
        else:
            editor.setText(preference.text(self._settings))
        self._show_error("")

    def _take(self, *_: object) -> None:
        editor, preference = self.editor, self.preference
        try:
            if isinstance(editor, QCheckBox):
                preference.set(self._settings, editor.isChecked())
            elif isinstance(editor, QComboBox):
                preference.set(self._settings, preference.choices[editor.currentIndex()][0])
            else:
                preference.set_text(self._settings, editor.text())
            self._show_error("")
        except UserError as error:
            self._show_error(str(error))
        self.edited.emit()

    def _show_error(self, sentence: str) -> None:
        self.error.setText(sentence)
        self.error.setVisible(bool(sentence))
