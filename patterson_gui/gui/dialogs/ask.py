"""Ask the user for files and for answers, over one window. No call waits: answers come by calls."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QWidget

from patterson_gui.app.settings import Settings
from patterson_gui.gui.widgets import file_dialogs

PROGRAM = "patterson_gui"
KEEP_WORKING = "Keep working"

Answer = tuple[str, Callable[[], object]]  # the button's text, and what it does


class Ask:
    """Opens dialogs over `parent`; file dialogs begin in the folder used last."""

    def __init__(self, parent: QWidget, settings: Settings) -> None:
        self.parent = parent
        self._settings = settings
        self._question: QMessageBox | None = None

    def open_file(
        self, title: str, filters: tuple[str, ...], chosen: Callable[[Path], object]
    ) -> None:
        """Ask for a file that exists."""
        file_dialogs.ask_open(self.parent, title, self._settings.last_folder, filters, chosen)

    def save_file(
        self, title: str, name: str, filters: tuple[str, ...], chosen: Callable[[Path], object]
    ) -> None:
        """Ask where to save; `name` is proposed."""
        file_dialogs.ask_save(self.parent, title, self._settings.last_folder, name, filters, chosen)

    def folder(self, title: str, name: str, chosen: Callable[[Path], object]) -> None:
        """Ask for a folder to save into; a new one called `name` is proposed."""
        file_dialogs.ask_folder(self.parent, title, self._settings.last_folder, name, chosen)

    def existing_folder(self, title: str, chosen: Callable[[Path], object]) -> None:
        """Ask for a folder that exists."""
        file_dialogs.ask_existing_folder(self.parent, title, self._settings.last_folder, chosen)

    def question(
        self,
        text: str,
        more: str,
        answers: Sequence[Answer],
        stay: str = KEEP_WORKING,
        stayed: Callable[[], object] = lambda: None,
    ) -> None:
        """Ask a question with some answers, and `stay`, which Escape and Return choose.

        While a question is open, it comes to the front and no second one is asked.
        """
        if self._question is not None:
            self._question.raise_()
            return
        box = QMessageBox(self.parent)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(PROGRAM)
        box.setText(text)
        box.setInformativeText(more)
        for label in box.findChildren(QLabel):  # names from files are no markup
            label.setTextFormat(Qt.TextFormat.PlainText)
        calls: dict[QAbstractButton | None, Callable[[], object]] = {
            box.addButton(words, QMessageBox.ButtonRole.AcceptRole): call for words, call in answers
        }
        stay_button = box.addButton(stay, QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay_button)
        box.setEscapeButton(stay_button)

        def answered(_result: int) -> None:
            self._question = None
            calls.get(box.clickedButton(), stayed)()

        box.finished.connect(answered)
        self._question = box
        box.open()
