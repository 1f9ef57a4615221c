"""What the main window does about the Explorer: its window comes and goes, files are asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.explorer.save_and_send import ExplorerExport, Look
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.gui.widgets import file_dialogs
from patterson_gui.io.viewer_scene import Viewer

if TYPE_CHECKING:
    from patterson_gui.gui.explorer.presenter import ExplorerPresenter
    from patterson_gui.gui.explorer.window import ExplorerWindow
    from patterson_gui.gui.window.main_window import MainWindow

WRITTEN = ("CIF (*.cif)", "Extended XYZ (*.extxyz)", "POSCAR (*.vasp)", "PDB (*.pdb)")
CCP4 = ("CCP4 map (*.ccp4)",)


class ExplorerCommands:
    """Belongs to one main window. The Explorer outlives its own window: who opens that again
    finds everything as it was."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        workbench = window.workbench
        self.explorer = Explorer(workbench.runner, workbench.services.crystals)
        self.export = ExplorerExport(self.explorer, workbench.runner, window.viewers)
        self.window: ExplorerWindow | None = None
        self.presenter: ExplorerPresenter | None = None

    def connect(self) -> None:
        """Join the action and the Explorer."""
        self._window.window_actions.on("explore", self.show)
        self.explorer.notice.connect(self._tell)

    def stop_listening(self) -> None:
        """The main window closes, and with it the Explorer's."""
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
        self.explorer.start(self._window.workbench.document.crystal)

    def _make(self) -> None:
        # Here, for its plots and views cost time that the main window's start need not wait for.
        from patterson_gui.gui.explorer.presenter import ExplorerPresenter
        from patterson_gui.gui.explorer.window import ExplorerWindow

        window = ExplorerWindow()
        self.window = window
        self.presenter = ExplorerPresenter(self.explorer, self.export, window)
        encoding, document = self.explorer.encoding, self._window.workbench.document
        for name, call in (
            ("encode_open", lambda: encoding.open_crystal(document.crystal)),
            ("open", self._open),
            ("known", self.presenter.choose_known),
            ("save_crystal", self._save_crystal),
            ("save_density", self._save_density),
            ("send", lambda: self._send(self._window.viewers.usual)),
            ("to_main", self._open_decoded),
        ):
            window.by_name[name].triggered.connect(lambda _on=False, call=call: call())
        window.views.encoded.empty_clicked.connect(self._open)
        window.views.decoded.empty_clicked.connect(self.explorer.start)
        window.send_clicked.connect(self._send)
        window.closed.connect(self._closed)
        self.show_viewer(self._window.viewers.usual)

    def _closed(self) -> None:
        if self.presenter is not None:
            self.presenter.stop_listening()
        self.window = self.presenter = None

    def _tell(self, notice: Notice) -> None:
        """Where one looks now."""
        (self.window or self._window).tell(notice)

    def refresh_icons(self) -> None:
        """After a change of theme."""
        if self.window is not None:
            self.window.refresh_icons()

    # ------------------------------------------------------------------ what its buttons do
    def _open(self) -> None:
        if self.window is not None:
            file_dialogs.ask_open(
                self.window, "Encode a crystal", self._window.store.settings.last_folder,
                file_dialogs.crystal_filters(), self._open_path,
            )  # fmt: skip

    def _open_path(self, path: Path) -> None:
        self._window.store.settings.last_folder = str(path.parent)
        self.explorer.encoding.open_file(path)

    def _save_crystal(self) -> None:
        if self.window is not None:
            file_dialogs.ask_save(
                self.window, "Export the decoded crystal", self._window.store.settings.last_folder,
                self.export.suggested_name(".cif"), WRITTEN, self.export.save_crystal,
            )  # fmt: skip

    def _save_density(self) -> None:
        if self.window is not None:
            file_dialogs.ask_save(
                self.window, "Save the decoded density", self._window.store.settings.last_folder,
                self.export.suggested_name(".ccp4"), CCP4, self.export.save_density,
            )  # fmt: skip

    def show_viewer(self, viewer: Viewer) -> None:
        """The program that its button sends to."""
        if self.window is not None:
            self.window.by_name["send"].setText(viewer.label)

    def _send(self, viewer: Viewer) -> None:
        window = self.window
        if window is not None:
            level = window.views.level
            self.export.send(Look(level, level, window.style_name), viewer)

    def _open_decoded(self) -> None:
        main = self._window

        def take(crystal: Crystal) -> None:
            main.context.unless_predicting(
                "open the decoded crystal", lambda: main.workbench.show(crystal)
            )
            main.raise_()
            main.activateWindow()

        self.export.open_decoded(take)
