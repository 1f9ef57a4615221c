"""Where ChimeraX, Coot and PyMOL are, and our plugins in them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.jobs import Failure, Lane
from patterson_gui.app.services import ViewerServices
from patterson_gui.app.settings import ViewerPlace
from patterson_gui.app.viewers import Viewers
from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.certain import certain
from patterson_gui.io.viewer_scene import PluginStatus, Viewer

SAFETY = (
    "The remote controls of these programs have no password: while one is on, any program of this "
    "computer can give commands through it. patterson_gui uses them only when you send or fetch, "
    "or keep a program in step. Our own listener in Coot wants a token that only you can read."
)
LOOKING = "looking …"
MOST_PORTS = 16

T = TypeVar("T")


class _Program(QGroupBox):
    """One program: its path, its ports, our plugin."""

    def __init__(self, viewer: Viewer, place: ViewerPlace) -> None:
        super().__init__(viewer.label)
        self.viewer = viewer
        self.path = QLineEdit(place.program)
        self.path.setPlaceholderText("looked for")
        self.path.setAccessibleName(f"Path of {viewer.label}")
        self.browse = QPushButton("Browse…")
        self.found = QLabel(LOOKING)
        self.found.setObjectName("dim")
        self.found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.path_trouble = _trouble()
        self.ports = QLineEdit(", ".join(map(str, place.ports)))
        self.ports.setPlaceholderText("the usual ones")
        self.ports.setToolTip("Where a running one may listen: numbers with commas between them")
        self.ports.setAccessibleName(f"Ports of {viewer.label}")
        self.ports_trouble = _trouble()
        self.plugin = QLabel(LOOKING)
        self.plugin.setWordWrap(True)
        self.plugin.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.install = QPushButton("Install plugin")
        self.remove = QPushButton("Remove")
        for button in (self.install, self.remove):
            button.setEnabled(False)
        form = QFormLayout(self)
        form.setSpacing(8)
        form.setContentsMargins(12, 8, 12, 12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Program", _row(self.path, self.browse))
        # What is wrong stands where something stood already: nothing moves while one types.
        form.addRow("Found", _row(self.found, self.path_trouble))
        form.addRow("Ports", _row(self.ports, self.ports_trouble))
        form.addRow("Plugin", _row(self.plugin, self.install, self.remove))
        self.path.textChanged.connect(self.check)
        self.ports.textChanged.connect(self.check)
        self.check()

    def check(self) -> bool:
        """Say beside each field what is wrong with it; whether nothing is."""
        path, ports = self.path_wrong(), self.ports_wrong()
        for label, why in ((self.path_trouble, path), (self.ports_trouble, ports)):
            label.setText(why or "")
            label.setVisible(why is not None)
        self.found.setVisible(path is None)
        return path is None and ports is None

    def path_wrong(self) -> str | None:
        program = self.program
        if program is None or program.is_file():
            return None
        return "There is no such file: choose another, or leave the field empty."

    def ports_wrong(self) -> str | None:
        words = [word for word in re.split(r"[,;\s]+", self.ports.text().strip()) if word]
        for word in words:
            if not word.isdecimal() or not 1 <= int(word) <= 65535:
                return f"'{word}' is no port: give numbers from 1 to 65535."
        return f"At most {MOST_PORTS} ports are looked at." if len(words) > MOST_PORTS else None

    @property
    def program(self) -> Path | None:
        text = self.path.text().strip()
        return Path(text).expanduser() if text else None

    def place(self) -> ViewerPlace:
        """What is in the fields, which are right."""
        ports = [int(word) for word in re.findall(r"\d+", self.ports.text())]
        return ViewerPlace(program=self.path.text().strip(), ports=ports)

    def show_plugin(self, status: PluginStatus) -> None:
        self.plugin.setText(status.sentence)
        self.install.setText("Update plugin" if status.outdated else "Install plugin")
        self.install.setEnabled(not status.installed or status.outdated)
        self.remove.setEnabled(status.installed)

    def show_plugin_trouble(self, sentence: str) -> None:
        self.plugin.setText(sentence)
        self.install.setEnabled(True)
        self.remove.setEnabled(False)

    def wait_for_plugin(self, words: str) -> None:
        self.plugin.setText(words)
        self.install.setEnabled(False)
        self.remove.setEnabled(False)


class ViewersDialog(QDialog):
    """Asks and does everything in jobs; a job that ends after the dialog tells nobody."""

    def __init__(self, viewers: Viewers, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Programs and plugins")
        self._viewers = viewers
        self._runner = workbench.runner
        self._services: ViewerServices = workbench.services.viewers
        self._open = True
        self.programs: dict[Viewer, _Program] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        for viewer in Viewer:
            one = _Program(viewer, viewers.place(viewer))
            self.programs[viewer] = one
            layout.addWidget(one)
            one.path.textChanged.connect(self._show_whether_right)
            one.ports.textChanged.connect(self._show_whether_right)
            one.browse.clicked.connect(lambda _on=False, one=one: self._browse(one))
            one.install.clicked.connect(lambda _on=False, one=one: self._install(one))
            one.remove.clicked.connect(lambda _on=False, one=one: self._remove(one))
        safety = QLabel(SAFETY)
        safety.setObjectName("dim")
        safety.setWordWrap(True)
        layout.addWidget(safety)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(720)
        self.finished.connect(self._ended)
        for one in self.programs.values():
            self._look(one)

    def accept(self) -> None:
        for viewer, one in self.programs.items():
            self._viewers.set_place(viewer, one.place())
        super().accept()

    def _ended(self) -> None:
        self._open = False

    def _show_whether_right(self) -> None:
        right = all(one.check() for one in self.programs.values())
        certain(self.buttons.button(QDialogButtonBox.StandardButton.Ok)).setEnabled(right)

    def _browse(self, one: _Program) -> None:
        dialog = QFileDialog(self, f"Where is {one.viewer.label}?", str(one.program or Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(one.path.setText)
        dialog.open()

    # ------------------------------------------------------------------ jobs
    def _look(self, one: _Program) -> None:
        """Where it is, and whether our plugin is in it."""
        viewer, program = one.viewer, one.program

        def found(path: str | None) -> None:
            one.found.setText(path or f"No {viewer.label} was found: set its path, or install it.")

        self._job("Looking for", "find", one, lambda: self._services.find(viewer), found)
        self._plugin(
            one, "Looking for the plugin of", lambda: self._services.plugin(viewer, program)
        )

    def _install(self, one: _Program) -> None:
        viewer, program = one.viewer, one.program
        one.wait_for_plugin("installing …")
        self._plugin(
            one, "Installing the plugin in", lambda: self._services.install(viewer, program)
        )

    def _remove(self, one: _Program) -> None:
        viewer, program = one.viewer, one.program
        one.wait_for_plugin("removing …")
        self._plugin(
            one, "Removing the plugin from", lambda: self._services.remove(viewer, program)
        )

    def _plugin(self, one: _Program, words: str, work: Callable[[], PluginStatus]) -> None:
        self._job(words, "plugin", one, work, one.show_plugin)

    def _job(
        self, words: str, key: str, one: _Program, work: Callable[[], T], done: Callable[[T], None]
    ) -> None:
        def if_open(answer: T) -> None:
            if self._open:
                done(answer)
                self._fit()

        def failed(failure: Failure) -> None:
            if not self._open:
                return
            if key == "find":
                one.found.setText(failure.sentence)
            else:
                one.show_plugin_trouble(failure.sentence)
            self._fit()

        self._runner.submit(
            f"{words} {one.viewer.label}", lambda context: work(), lane=Lane.PROGRAMS,
            key=f"{key}-{one.viewer}", quiet=True, on_done=if_open, on_failed=failed,
        )  # fmt: skip

    def _fit(self) -> None:
        """As high as the sentences need, so that no row is cut."""
        layout = certain(self.layout())
        layout.activate()
        self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))


def _trouble() -> QLabel:
    label = QLabel()
    label.setProperty("error", "true")
    label.hide()
    return label


def _row(first: QWidget, *others: QWidget) -> QWidget:
    """Side by side, the first as wide as can be."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    layout.addWidget(first, 1)
    for widget in others:
        layout.addWidget(widget)
    return row
