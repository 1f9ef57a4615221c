"""Solve all data sets of a folder. Its tab is there once a folder was chosen."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices

from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.solve_folder import SolveFolderDialog
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.solving.folder_panel import FolderPanel


class FolderCommands:
    """Commands of one window."""

    def __init__(
        self, context: CommandContext, tables: Tables, open_path: Callable[[Path], object]
    ) -> None:
        """`tables` : holds the tab; `open_path` : opens a file."""
        self._context = context
        self._tables = tables
        self._open_path = open_path
        self._solving = context.workbench.folder_solving
        self.panel: FolderPanel | None = None

    def connect(self) -> None:
        """Connect the action and the screening."""
        self._context.actions.on("solve_folder", self.choose)
        self._solving.changed.connect(self._show)

    def stop_listening(self) -> None:
        """The window closes."""
        self._solving.changed.disconnect(self._show)

    def choose(self) -> None:
        """Ask for the folders and how the data sets are solved."""
        ask = self._context.ask
        dialog = SolveFolderDialog(self._solving.choices, ask.existing_folder, ask.parent)
        dialog.chosen.connect(self._solving.start)
        dialog.open()

    def _show(self) -> None:
        solving = self._solving
        if solving.folder is None:
            return
        if self.panel is None:
            self.panel = FolderPanel()
            self.panel.stop_clicked.connect(solving.cancel)
            self.panel.report_clicked.connect(self._open_report)
            self.panel.opened.connect(self._open)
            self._tables.addTab(self.panel, "Folder")
            self._tables.show_tab(self.panel)
        self.panel.show_rows(
            solving.folder.name, solving.rows, solving.done, solving.total,
            running=solving.running, report=solving.report is not None,
        )  # fmt: skip

    def _open_report(self) -> None:
        if self._solving.report is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._solving.report)))

    def _open(self, row: Mapping[str, Any]) -> None:
        file = row.get("file")
        if file:
            self._open_path(Path(str(file)))
