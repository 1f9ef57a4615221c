"""The dialog of other programs: paths, ports and plugins of ChimeraX, Coot and PyMOL."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.jobs.jobs import Failure, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.io.viewers.places import ViewerPlace
from patterson_gui.io.viewers.scene import Plugin, PluginStatus, Viewer

SAFETY = (
    "The remote controls of these programs have no password: while one is on, any program on this "
    "computer can control it, and for ChimeraX even a web page in your browser. patterson_gui "
    "uses them only when you send or fetch, or keep a program in sync. Its own listener in Coot "
    "requires a token that only you can read."
)
SEARCHING = "searching …"
SET = "The path above is used."
CORRECT = "Correct the fields marked in red."
MOST_PORTS, LONGEST_PORT = 16, 5
LONGEST_QUOTE = 12
HEADING_WIDTH, PORTS_WIDTH = 56, 208


class _Program(QGroupBox):
    """One program: its path, its ports, its plugin."""

    def __init__(self, viewer: Viewer, place: ViewerPlace) -> None:
        super().__init__(viewer.label)
        self.viewer = viewer
        self._answer = SEARCHING
        self.asked: Path | None = None  # the program whose plugin was checked last
        self.path = QLineEdit(place.program)
        self.path.setPlaceholderText("found automatically")
        self.path.setAccessibleName(f"Path of {viewer.label}")
        self.browse = QPushButton("Browse…")
        self.found = _sentence(SEARCHING)
        self.found.setObjectName("dim")
        self.path_trouble = _trouble()
        self.ports = QLineEdit(", ".join(map(str, place.ports)))
        self.ports.setPlaceholderText("default")
        self.ports.setToolTip("Ports on which a running program may listen, separated by commas")
        self.ports.setAccessibleName(f"Ports of {viewer.label}")
        self.ports.setFixedWidth(PORTS_WIDTH)
        self.ports_trouble = _trouble()
        self.plugin = _sentence("")
        self.install = QPushButton("Install plugin")
        self.remove = QPushButton("Remove")
        self.wait_for_plugin(SEARCHING)
        # Not a QFormLayout: it gives all rows the same height, which cuts long sentences.
        rows = QVBoxLayout(self)
        rows.setSpacing(8)
        rows.setContentsMargins(8, 8, 8, 8)
        rows.addLayout(_row("Program", self.path, self.browse))
        # Errors replace other text, so that nothing moves while the user types.
        rows.addLayout(_row("Found", self.found, self.path_trouble))
        rows.addLayout(_row("Ports", self.ports, self.ports_trouble))
        rows.addLayout(_row("Plugin", self.plugin, self.install, self.remove))
        self.path.textChanged.connect(self.check)
        self.ports.textChanged.connect(self.check)
        self.check()

    def check(self) -> bool:
        """Show beside each field what is wrong with it; return whether all are correct."""
        path, ports = self.path_wrong(), self.ports_wrong()
        self.path_trouble.setText(path or "")
        self.path_trouble.setVisible(path is not None)
        self.found.setVisible(path is None)
        self.ports_trouble.setText(ports or "")  # never hidden: it keeps the field on the left
        self.found.setText(self._answer if self.program is None else SET)
        return path is None and ports is None

    def path_wrong(self) -> str | None:
        program = self.program
        # Path.is_file raises where a folder may not be read or a name is too long.
        if program is None or os.path.isfile(program):
            return None
        return "There is no such file: choose another, or leave the field empty."

    def ports_wrong(self) -> str | None:
        words = [word for word in re.split(r"[,;\s]+", self.ports.text().strip()) if word]
        for word in words:
            number = word.isdecimal() and len(word) <= LONGEST_PORT
            if not number or not 1 <= int(word) <= 65535:
                short = word if len(word) <= LONGEST_QUOTE else f"{word[:LONGEST_QUOTE]}…"
                return f"'{short}' is not a port: give numbers from 1 to 65535."
        return f"Give at most {MOST_PORTS} ports." if len(words) > MOST_PORTS else None

    @property
    def program(self) -> Path | None:
        text = self.path.text().strip()
        # Path.expanduser raises for an unknown user name after the tilde.
        return Path(os.path.expanduser(text)) if text else None

    def place(self) -> ViewerPlace:
        """The contents of the fields, which must be correct."""
        ports = [int(word) for word in re.findall(r"\d+", self.ports.text())]
        return ViewerPlace(program=self.path.text().strip(), ports=ports)

    def show_found(self, answer: str) -> None:
        """Show where the program was found; a path in the field has precedence."""
        self._answer = answer
        self.check()

    def show_plugin(self, status: PluginStatus) -> None:
        self.install.setText("Update plugin" if status.outdated else "Install plugin")
        there = "It is already installed." if status.installed and not status.outdated else None
        self._show_plugin(
            status.sentence, there, None if status.installed else "It is not installed."
        )

    def show_plugin_trouble(self, sentence: str) -> None:
        self._show_plugin(sentence, None, "It is not known whether the plugin is installed.")

    def wait_for_plugin(self, words: str, *, changing: bool = False) -> None:
        """Show what is going on; `changing` locks the path meanwhile."""
        self._show_plugin(words, "Wait a moment.", "Wait a moment.")
        for widget in (self.path, self.browse):
            widget.setEnabled(not changing)

    def _show_plugin(self, sentence: str, why_there: str | None, why_gone: str | None) -> None:
        self.plugin.setText(sentence)
        for button, why in ((self.install, why_there), (self.remove, why_gone)):
            button.setEnabled(why is None)
            button.setToolTip(why or "")
        for widget in (self.path, self.browse):
            widget.setEnabled(True)


class ViewersDialog(QDialog):
    """Does all its work in jobs; results that come after the dialog has closed are dropped."""

    def __init__(self, viewers: Viewers, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Programs and plugins")
        self._viewers = viewers
        self._workbench = workbench
        self._bridge_to = workbench.services.bridge_to
        self._open = True
        self.programs: dict[Viewer, _Program] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        for viewer in Viewer:
            one = _Program(viewer, viewers.place(viewer))
            self.programs[viewer] = one
            layout.addWidget(one)
            one.path.textChanged.connect(self._show_errors)
            one.ports.textChanged.connect(self._show_errors)
            one.path.editingFinished.connect(lambda one=one: self._path_set(one))
            one.browse.clicked.connect(lambda _on=False, one=one: self._browse(one))
            one.install.clicked.connect(lambda _on=False, one=one: self._install(one))
            one.remove.clicked.connect(lambda _on=False, one=one: self._remove(one))
        safety = PlainLabel(SAFETY)
        safety.setObjectName("dim")
        safety.setWordWrap(True)
        layout.addWidget(safety)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        cancel = not_none(self.buttons.button(QDialogButtonBox.StandardButton.Cancel))
        cancel.setText("Discard paths")
        cancel.setToolTip(
            "Close without saving paths and ports; installed and removed plugins stay so"
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

    def _show_errors(self) -> None:
        correct = all(one.check() for one in self.programs.values())
        ok = not_none(self.buttons.button(QDialogButtonBox.StandardButton.Ok))
        ok.setEnabled(correct)
        ok.setToolTip("" if correct else CORRECT)

    def _browse(self, one: _Program) -> None:
        dialog = QFileDialog(
            self, f"Choose the program {one.viewer.label}", str(one.program or Path.home())
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen(path: str) -> None:
            one.path.setText(path)
            self._path_set(one)

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def _path_set(self, one: _Program) -> None:
        """Check the plugin of another program."""
        if one.path_wrong() is None and one.program != one.asked:
            self._ask_plugin(one)

    # ------------------------------------------------------------------ jobs
    def _look(self, one: _Program) -> None:
        """Find the program and check its plugin."""
        viewer = one.viewer

        def found(path: str | None) -> None:
            if self._open:
                one.show_found(path or f"No {viewer.label} was found: set its path, or install it.")

        def failed(failure: Failure) -> None:
            if self._open:
                one.show_found(failure.sentence)

        self._workbench.runner.submit(
            f"Looking for {viewer.label}", lambda context: self._bridge_to(viewer).find(),
            lane=Lane.PROGRAMS, key=f"find-{viewer}", quiet=True, on_done=found, on_failed=failed,
        )  # fmt: skip
        self._ask_plugin(one)

    def _ask_plugin(self, one: _Program) -> None:
        one.wait_for_plugin(SEARCHING)
        words = f"Looking for the plugin of {one.viewer.label}"
        self._plugin(one, words, lambda plugin, program: plugin.status(program))

    def _install(self, one: _Program) -> None:
        one.wait_for_plugin("installing …", changing=True)
        words = f"Installing the plugin in {one.viewer.label}"
        self._plugin(one, words, lambda plugin, program: plugin.install(program), changing=True)

    def _remove(self, one: _Program) -> None:
        one.wait_for_plugin("removing …", changing=True)
        words = f"Removing the plugin from {one.viewer.label}"
        self._plugin(one, words, lambda plugin, program: plugin.remove(program), changing=True)

    def _plugin(
        self,
        one: _Program,
        words: str,
        work: Callable[[Plugin, Path | None], PluginStatus],
        *,
        changing: bool = False,
    ) -> None:
        """Run `work` in a job. One that is `changing` the plugin is listed in Jobs, delays the
        closing of the window, and ends with a notice where the dialog has closed before."""
        viewer, program = one.viewer, one.program
        one.asked = program

        def done(status: PluginStatus) -> None:
            if self._open:
                one.show_plugin(status)
            elif changing:
                self._workbench.notice.emit(Notice(status.sentence))

        def failed(failure: Failure) -> None:
            if self._open:
                one.show_plugin_trouble(failure.sentence)
            elif changing:
                self._workbench.notice.emit(Notice(failure.sentence, error=True))

        def stopped() -> None:
            if self._open and changing:
                self._ask_plugin(one)

        self._workbench.runner.submit(
            words, lambda context: work(self._bridge_to(viewer).plugin, program),
            lane=Lane.PROGRAMS, key=f"plugin-{viewer}", quiet=not changing,
            on_done=done, on_failed=failed, on_cancelled=stopped,
        )  # fmt: skip

    # ------------------------------------------------------------------ Qt's events
    def event(self, event: QEvent | None) -> bool:
        """Grow to the height that the sentences need. This waits for the layout request, because
        before it the layout answers with its former height."""
        done = super().event(event)
        if event is not None and event.type() is QEvent.Type.LayoutRequest:
            needed = not_none(self.layout()).totalHeightForWidth(self.width())
            if needed > self.height():
                self.resize(self.width(), needed)
        return done


def _sentence(text: str) -> QLabel:
    """A wrapped label that takes the room there is; a long path does not widen the dialog."""
    label = PlainLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    policy = label.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    label.setSizePolicy(policy)
    return label


def _trouble() -> QLabel:
    label = _sentence("")
    label.setProperty("error", "true")
    return label


def _row(words: str, *widgets: QWidget) -> QHBoxLayout:
    """A heading and widgets side by side; fields and sentences get all the width."""
    row = QHBoxLayout()
    row.setSpacing(8)
    heading = PlainLabel(words)
    heading.setFixedWidth(HEADING_WIDTH)
    row.addWidget(heading)
    for widget in widgets:
        row.addWidget(widget, 0 if isinstance(widget, QPushButton) else 1)
    return row
