"""The dialog that asks which data sets of a folder are solved, how, and where results go."""

import os
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.crystal.solution import FolderSettings
from patterson_gui.errors import UserError
from patterson_gui.gui.threads.receivers import is_alive
from patterson_gui.gui.widgets.dialog_buttons import dialog_buttons
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import text_label

AskFolder = Callable[[str, Callable[[Path], object]], None]


class SolveFolderDialog(QDialog):
    """Emits `chosen` with the folder of the data, that of the results, and `FolderSettings`."""

    chosen = pyqtSignal(object, object, object)

    def __init__(
        self, choices: FolderSettings, ask: AskFolder, parent: QWidget | None = None
    ) -> None:
        """`ask` : asks for a folder that exists, under a title."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Solve all data sets of a folder")
        self.setMinimumWidth(560)
        self._ask = ask
        self._proposed = ""  # for the results, as long as the user types none
        self.folder, self.output = QLineEdit(), QLineEdit()
        self.folder.setAccessibleName("Folder of the data sets")
        self.output.setAccessibleName("Folder of the results")
        self.folder.textChanged.connect(self._propose_output)
        self.folder.setToolTip("Reflections in this folder and in folders inside it are solved")
        self.output.setToolTip(
            "For the table and a folder for each crystal. What is finished there is kept."
        )
        self._make_choices(choices)
        form = form_layout()
        for words, field in (
            ("Folder with data sets", self._with_button(self.folder, "Folder with data sets")),
            ("Folder for the results", self._with_button(self.output, "Folder for the results")),
            ("Elements", self.elements),
            ("Maximum number of tries", self.starts),
            ("Time limit for each crystal", self.limit),
            ("Crystals solved at a time", self.jobs),
            ("", self.retry),
        ):
            form.addRow(words, field)
        self.error = text_label("")
        self.error.setProperty("error", True)
        self.error.hide()
        self.solve = QPushButton("Solve")
        buttons = dialog_buttons(self, self.solve)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(self.error)
        layout.addWidget(buttons)

    def _make_choices(self, choices: FolderSettings) -> None:
        self.elements = QLineEdit(choices.elements)
        self.elements.setPlaceholderText("as in the files")
        self.elements.setToolTip(
            "Elements that any of the crystals may contain, such as C H N O. Leave this empty to "
            "use what the files of each crystal say."
        )
        self.starts = QSpinBox()
        self.starts.setRange(0, 100_000)
        self.starts.setSpecialValueText("Until solved")
        self.starts.setToolTip(
            "For each crystal; each try begins from another set of random phases"
        )
        self.starts.setValue(choices.starts or 0)
        self.limit = QDoubleSpinBox()
        self.limit.setDecimals(0)
        self.limit.setRange(1, 1_000_000)
        self.limit.setSuffix(" s")
        self.limit.setToolTip("A crystal that takes longer is recorded as failed")
        self.limit.setValue(choices.limit)
        cores = os.cpu_count() or 1
        self.jobs = QSpinBox()
        self.jobs.setRange(0, max(cores, choices.jobs or 0))
        self.jobs.setSpecialValueText(f"{max(1, cores - 1)}: all processor cores but one")
        self.jobs.setToolTip("Each is solved in a process of its own")
        self.jobs.setValue(choices.jobs or 0)
        self.retry = QCheckBox("Solve again the crystals that failed before")
        self.retry.setChecked(choices.retry)

    def _with_button(self, line: QLineEdit, title: str) -> QWidget:
        button = QPushButton("Browse…")
        button.setAutoDefault(False)  # Return solves

        def chosen(path: Path) -> None:
            if is_alive(line.setText):  # this dialog may have been closed meanwhile
                line.setText(str(path))

        button.clicked.connect(lambda: self._ask(title, chosen))
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(line, 1)
        layout.addWidget(button)
        return row

    def _propose_output(self, text: str) -> None:
        """Propose a folder beside the data, unless the user typed another one."""
        if self.output.text() in ("", self._proposed):
            folder = Path(text.strip())
            self._proposed = str(folder.with_name(f"{folder.name}-solved")) if folder.name else ""
            self.output.setText(self._proposed)

    def choices(self) -> FolderSettings:
        """The choices that the fields describe."""
        return FolderSettings(
            elements=self.elements.text().strip(),
            starts=self.starts.value() or None,
            limit=self.limit.value(),
            jobs=self.jobs.value() or None,
            retry=self.retry.isChecked(),
        )

    def _check(self) -> None:
        folder, output = self.folder.text().strip(), self.output.text().strip()
        if not folder:
            raise UserError("Choose the folder with the data sets.")
        if not Path(folder).is_dir():
            raise UserError(f"There is no folder {folder}: choose another one.")
        if not output:
            raise UserError("Choose a folder for the results.")
        self.choices().check()

    def accept(self) -> None:
        try:
            self._check()
        except UserError as error:
            self.error.setText(str(error))
            self.error.show()
            return
        super().accept()
        folder, output = (Path(line.text().strip()) for line in (self.folder, self.output))
        self.chosen.emit(folder, output, self.choices())
