"""Open files: the Open dialog, recent files, the example, and the questions a file may raise."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.cell import CellDialog
from patterson_gui.gui.dialogs.columns import ColumnsDialog
from patterson_gui.gui.dialogs.p1_box import BoxDialog
from patterson_gui.gui.widgets import file_dialogs
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import plain_tip
from patterson_gui.io.reflections.columns import ColumnChoice
from patterson_gui.io.resources import measured_example_path
from patterson_gui.io.sessions.session import is_session


class OpenCommands:
    """Opening of files in one window."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._workbench = context.workbench
        self.open_session: Callable[[Path], object] = lambda _: None

    def connect(self) -> None:
        """Connect the actions and the workbench's questions."""
        actions, workbench = self._context.actions, self._workbench
        actions.on("open", self.open)
        actions.on("example", self.open_example)
        actions.on("measured_example", self.open_measured_example)
        workbench.column_wanted.connect(self.ask_column)
        workbench.box_wanted.connect(self.ask_box)
        workbench.cell_wanted.connect(self.ask_cell)
        workbench.opened.connect(self._opened)
        self.show_recent()

    def stop_listening(self) -> None:
        """The window closes."""
        for signal in (
            self._workbench.column_wanted, self._workbench.box_wanted,
            self._workbench.cell_wanted, self._workbench.opened,
        ):  # fmt: skip
            signal.disconnect()

    def open(self) -> None:
        """Ask for a file and open it."""
        self._context.ask.open_file("Open", file_dialogs.open_filters(), self.open_path)

    def open_path(self, path: Path) -> None:
        """Open a file or a session; ask first about what would be lost."""
        if is_session(path):
            self.open_session(path)
            return
        self._context.unless_busy(
            f"open {path.name}", lambda: self._workbench.open(OpenRequest(path))
        )

    def open_example(self) -> None:
        """Open the example that comes with the program."""
        self._context.unless_busy("open the example", self._workbench.open_example)

    def ask_column(self, request: OpenRequest, choices: list[ColumnChoice]) -> None:
        """Ask which column to use, where a file has several."""
        dialog = ColumnsDialog(request.path.name, choices, self._context.ask.parent)
        dialog.chosen.connect(lambda choice: self._workbench.open(replace(request, column=choice)))
        dialog.open()

    def ask_box(self, request: OpenRequest, _why: str) -> None:
        """Ask whether to put a model without a unit cell into a P1 box."""
        dialog = BoxDialog(request.path.name, self._context.ask.parent)

        def answered() -> None:
            if dialog.clickedButton() is dialog.box_button:
                self._workbench.open(replace(request, box_if_no_cell=True))

        dialog.finished.connect(answered)
        dialog.open()

    def ask_cell(self, request: OpenRequest, why: str) -> None:
        """Ask for the cell of reflections that no file gives."""
        dialog = CellDialog(why, self._context.ask.parent)
        dialog.chosen.connect(lambda given: self._workbench.open(replace(request, given=given)))
        dialog.open()

    def open_measured_example(self) -> None:
        """Open the measured intensities that come with the program."""
        self._context.unless_busy(
            "open the example",
            lambda: self._workbench.open(OpenRequest(measured_example_path())),
        )

    def show_recent(self) -> None:
        """Fill the menu of recent files."""
        menu, settings = self._context.actions.recent, self._context.settings
        menu.clear()
        menu.setToolTipsVisible(True)
        for number, name in enumerate(settings.recent_files, start=1):
            path = Path(name)
            action = not_none(menu.addAction(f"&{number % 10}  {path.name}"))
            action.setToolTip(plain_tip(name))
            action.triggered.connect(lambda _on=False, p=path: self.open_path(p))
        menu.setEnabled(bool(settings.recent_files))

    def _opened(self, path: Path | None) -> None:
        """Remember an opened file; None stands for the example or a fragment."""
        if path is not None:
            self._context.settings.add_recent(path.absolute())
            self.show_recent()
        self._context.store.save()
