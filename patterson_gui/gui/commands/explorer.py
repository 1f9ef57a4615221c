"""Open the Explorer's window, and ask for the files that it opens and saves."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QWidget

from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.explorer.save_and_send import ExplorerExport, Look
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.widgets import file_dialogs
from patterson_gui.io.viewers.scene import Viewer

if TYPE_CHECKING:
    from patterson_gui.gui.explorer.presenter import ExplorerPresenter
    from patterson_gui.gui.explorer.window import ExplorerWindow

WRITTEN = ("CIF (*.cif)", "Extended XYZ (*.extxyz)", "POSCAR (*.vasp)", "PDB (*.pdb)")
CCP4 = ("CCP4 map (*.ccp4)",)


class ExplorerCommands:
    """Commands of one main window.

    The Explorer keeps its state while its own window is closed.

    Attributes
    ----------
    window, presenter : None while the Explorer's window is closed.
    """

    def __init__(self, context: CommandContext, window_made: Callable[[QWidget], object]) -> None:
        """`window_made` : called with the Explorer's window each time that one is made."""
        self._context = context
        self._window_made = window_made
        workbench = context.workbench
        self.explorer = Explorer(workbench.runner, workbench.services.crystals)
        self.export = ExplorerExport(self.explorer, workbench.runner, context.viewers)
        self.window: ExplorerWindow | None = None
        self.presenter: ExplorerPresenter | None = None

    def connect(self) -> None:
        """Connect the action and the Explorer."""
        self._context.actions.on("explore", self.show)
        self.explorer.notice.connect(self._show_notice)

    def stop_listening(self) -> None:
        """The main window closes: close the Explorer's window, too."""
        if self.window is not None:
            self.window.close()
        self.explorer.notice.disconnect()

    # ------------------------------------------------------------------ the window
    def show(self) -> None:
        """Open the Explorer, or bring it to the front."""
        if self.window is None:
            self._make()
        assert self.window is not None
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        self.explorer.start(self._context.workbench.document.crystal)

    def _make(self) -> None:
        # Imported here: plots and views take time that the start of the program need not wait for.
        from patterson_gui.gui.explorer.presenter import ExplorerPresenter
        from patterson_gui.gui.explorer.window import ExplorerWindow

        window = ExplorerWindow()
        self.window = window
        self.presenter = ExplorerPresenter(self.explorer, self.export, window)
        encoding, document = self.explorer.encoding, self._context.workbench.document
        for name, call in (
            ("encode_open", lambda: encoding.open_crystal(document.crystal)),
            ("open", self._open),
            ("known", self.presenter.choose_known),
            ("save_crystal", self._save_crystal),
            ("save_density", self._save_density),
            ("send", lambda: self._send(self._context.viewers.usual)),
            ("to_main", self._open_decoded),
        ):
            window.by_name[name].triggered.connect(lambda _on=False, call=call: call())
        window.views.encoded.empty_clicked.connect(self._open)
        window.views.decoded.empty_clicked.connect(self.explorer.start)
        window.send_clicked.connect(self._send)
        window.closed.connect(self._closed)
        self._window_made(window)
        self.show_viewer(self._context.viewers.usual)

    def _closed(self) -> None:
        if self.presenter is not None:
            self.presenter.stop_listening()
        self.window = self.presenter = None

    def _show_notice(self, notice: Notice) -> None:
        """Show a notice in the Explorer's window, or in the main window while that is closed."""
        if self.window is not None:
            self.window.show_notice(notice)
        else:
            self._context.show_notice(notice)

    def refresh_icons(self) -> None:
        """After a change of theme."""
        if self.window is not None:
            self.window.refresh_icons()

    # ------------------------------------------------------------------ actions of its toolbar
    def _open(self) -> None:
        if self.window is not None:
            file_dialogs.ask_open(
                self.window, "Encode a crystal", self._context.settings.last_folder,
                file_dialogs.crystal_filters(), self._open_path,
            )  # fmt: skip

    def _open_path(self, path: Path) -> None:
        self._context.settings.last_folder = str(path.parent)
        self.explorer.encoding.open_file(path)

    def _save_crystal(self) -> None:
        if self.window is not None:
            file_dialogs.ask_save(
                self.window, "Export the decoded crystal", self._context.settings.last_folder,
                self.export.suggested_name(".cif"), WRITTEN, self.export.save_crystal,
            )  # fmt: skip

    def _save_density(self) -> None:
        if self.window is not None:
            file_dialogs.ask_save(
                self.window, "Save the decoded density", self._context.settings.last_folder,
                self.export.suggested_name(".ccp4"), CCP4, self.export.save_density,
            )  # fmt: skip

    def show_viewer(self, viewer: Viewer) -> None:
        """Name the program that the button sends to."""
        if self.window is not None:
            self.window.by_name["send"].setText(viewer.label)

    def _send(self, viewer: Viewer) -> None:
        window = self.window
        if window is not None:
            level = window.views.level
            self.export.send(Look(level, level, window.style_name), viewer)

    def _open_decoded(self) -> None:
        context, main = self._context, self._context.ask.parent

        def open_in_main_window(crystal: Crystal) -> None:
            context.unless_busy("open the decoded crystal", lambda: context.workbench.show(crystal))
            main.raise_()
            main.activateWindow()

        self.export.open_decoded(open_in_main_window)
