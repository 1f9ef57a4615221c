"""The dialog of the preferences: pages of settings, applied by Apply or OK."""

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.preferences import PAGES, Page, changed
from patterson_gui.app.settings import Settings
from patterson_gui.gui.dialogs.preferences.fields import PreferenceField
from patterson_gui.gui.dialogs.preferences.keys_page import KeysPage
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.keys import KeyLine
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.scrolled import scrolled
from patterson_gui.gui.widgets.theme import GRID

_CORRECT = "Correct what is marked in red."


class PreferencesDialog(QDialog):
    """Works on a copy of the settings; nothing changes before Apply or OK.

    Signals
    -------
    applied(Settings) : use these from now on.
    action_wanted(str) : the user clicked the button of another dialog, named by its action.
    """

    applied = pyqtSignal(object)
    action_wanted = pyqtSignal(str)

    def __init__(
        self, settings: Settings, keys: Sequence[KeyLine], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Preferences")
        self.resize(840, 600)
        self._before = settings.model_copy(deep=True)
        self._now = settings.model_copy(deep=True)
        self.fields: dict[str, PreferenceField] = {}
        self.pages = QStackedWidget()
        self.list = QListWidget()
        self.list.setAccessibleName("Pages")
        self.list.setFixedWidth(176)
        for page in PAGES:
            self._add(page.title, scrolled(self._make_page(page)))
        self.keys = KeysPage(keys, self._now.keys)
        self.keys.edited.connect(self._show_state)
        self._add("Keys", self.keys)
        self.list.currentRowChanged.connect(self.pages.setCurrentIndex)
        self.list.setCurrentRow(0)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.list)
        middle.addWidget(self.pages, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(middle, 1)
        layout.addWidget(self._make_buttons())
        self._show_state()
        self.list.setFocus()

    def _add(self, title: str, page: QWidget) -> None:
        item = QListWidgetItem(title, self.list)
        item.setSizeHint(QSize(0, 4 * GRID))
        self.pages.addWidget(page)

    def _make_page(self, page: Page) -> QWidget:
        widget = QWidget()
        form = form_layout()
        form.setVerticalSpacing(16)
        for preference in page.preferences:
            field = self.fields[preference.path] = PreferenceField(preference, self._now)
            field.edited.connect(self._show_state)
            label = "" if preference.kind == "switch" else preference.label
            form.addRow(label, field)
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(16)
        column.addLayout(form)
        if page.action is not None:
            name, words = page.action
            button = QPushButton(words)
            button.clicked.connect(lambda: self.action_wanted.emit(name))
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch()
        return widget

    def _make_buttons(self) -> QWidget:
        box = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(box.Ok | box.Cancel | box.Apply | box.RestoreDefaults)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.apply_button = not_none(self.buttons.button(box.Apply))
        self.apply_button.clicked.connect(self.apply)
        self.ok_button = not_none(self.buttons.button(box.Ok))
        self.restore_button = not_none(self.buttons.button(box.RestoreDefaults))
        self.restore_button.setText("Restore defaults")
        self.restore_button.setToolTip("Show the defaults on this page; Apply or OK uses them")
        self.restore_button.clicked.connect(self.restore_page)
        self.wrong = text_label("")
        self.wrong.setProperty("error", True)
        self.wrong.hide()
        foot = QWidget()
        column = QVBoxLayout(foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.wrong)
        column.addWidget(self.buttons)
        return foot

    # ------------------------------------------------------------------ doing
    def show_page(self, title: str) -> None:
        """Bring a page to the front."""
        for row in range(self.list.count()):
            if not_none(self.list.item(row)).text() == title:
                self.list.setCurrentRow(row)

    def restore_page(self) -> None:
        """Show the defaults on this page."""
        row = self.pages.currentIndex()
        if row == len(PAGES):
            self.keys.restore_all()
            return
        for preference in PAGES[row].preferences:
            preference.restore(self._now)
            self.fields[preference.path].show_value()
        self._show_state()

    def apply(self) -> None:
        """Use what is shown."""
        self._now.keys = self.keys.chosen
        self.applied.emit(self._now.model_copy(deep=True))
        self._before = self._now.model_copy(deep=True)
        self._show_state()

    def accept(self) -> None:
        if not self._is_correct:
            return
        if self._is_changed:
            self.apply()
        super().accept()

    @property
    def _is_changed(self) -> bool:
        return bool(changed(self._before, self._now)) or self.keys.chosen != self._before.keys

    @property
    def _is_correct(self) -> bool:
        return not any(field.sentence for field in self.fields.values())

    def _show_state(self) -> None:
        correct = self._is_correct
        self.ok_button.setEnabled(correct)
        self.apply_button.setEnabled(correct and self._is_changed)
        wrong = [
            f"{page.title}: {preference.label}."
            for page in PAGES
            for preference in page.preferences
            if self.fields[preference.path].sentence
        ]
        self.wrong.setText(" ".join([_CORRECT, *wrong]) if wrong else "")
        self.wrong.setVisible(bool(wrong))
