"""The Python console: opens it, and hands it what is open in the window."""

import importlib
import shutil
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QTimer

from patterson_gui.app.jobs.jobs import Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.errors import UserError
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.console.availability import console_blocked
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.io.bundle.handover import write_handover
from patterson_gui.io.temporary_files import temporary_folder

if TYPE_CHECKING:
    from patterson_gui.gui.console.kernel import Kernel
    from patterson_gui.gui.console.panel import ConsolePanel

_PANEL = "patterson_gui.gui.console.panel"
_LATER_MS = 400  # after a change: opening a file changes several things


class ConsoleCommands:
    """The console of one window.

    Attributes
    ----------
    panel : None until it is opened.
    """

    def __init__(self, context: CommandContext, tables: Tables) -> None:
        self._context = context
        self._tables = tables
        self._files = ExitStack()  # deletes the folder of what is handed over
        self._folder: Path | None = None
        self._numbers = count(1)
        self._kernel: Kernel | None = None
        self.panel: ConsolePanel | None = None
        self._timer = QTimer(context.ask.parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LATER_MS)
        self._timer.timeout.connect(self.hand_over)
        document = context.workbench.document
        self._signals = document.maps_signals

    def connect(self) -> None:
        """Connect the action."""
        actions = self._context.actions
        actions.on("console", self.show)
        actions.set_blocked("console", console_blocked())

    def stop_listening(self) -> None:
        """The window closes: end the kernel."""
        self._timer.stop()
        if self.panel is not None:
            for signal in self._signals:
                signal.disconnect(self._changed)
            self.panel.end()
            self.panel = None
        if self._kernel is not None:
            self._kernel.end()
            self._kernel = None
        self._files.close()

    # ------------------------------------------------------------------ opening
    def show(self) -> None:
        """Bring the console to the front; open it first where it is not open."""
        if self.panel is not None:
            self._tables.show_tab(self.panel)
            self.panel.console.setFocus()
            return
        workbench = self._context.workbench
        # Loading it takes half a second: not in the thread of the window.
        workbench.runner.submit(
            "Starting the console", lambda context: importlib.import_module(_PANEL).prepare(),
            lane=Lane.CONSOLE, key="console", on_done=self._start,
            on_failed=workbench.jobs.tell_failure,
        )  # fmt: skip

    def _start(self, _nothing: None) -> None:
        """Start the kernel, and then make the panel, so that the window never waits for both."""
        from patterson_gui.gui.console.kernel import Kernel

        if self._kernel is not None:
            return
        work = Path(self._context.settings.last_folder or Path.home())
        try:
            self._folder = self._files.enter_context(temporary_folder())
            self._kernel = Kernel(work if work.is_dir() else Path.home(), self._folder)
        except (OSError, RuntimeError, UserError) as error:
            self._files.close()
            self._context.show_notice(
                Notice(f"The console could not be started ({error}): try again.", error=True)
            )
            return
        QTimer.singleShot(0, self._make)

    def _make(self) -> None:
        from patterson_gui.gui.console.panel import ConsolePanel

        if self._kernel is None:
            return  # the window is closed
        self.panel = ConsolePanel(self._kernel)
        self.panel.handover_wanted.connect(self.hand_over)
        self.panel.taken.connect(partial(shutil.rmtree, ignore_errors=True))
        for signal in self._signals:
            signal.connect(self._changed)
        self._tables.addTab(self.panel, "Console")
        self.show()
        self.hand_over()

    # ------------------------------------------------------------------ what is open
    def _changed(self, *_: object) -> None:
        self._timer.start()

    def hand_over(self) -> None:
        """Write what is open in a job, and let the kernel read it."""
        document = self._context.workbench.document
        crystal, panel = document.crystal, self.panel
        if crystal is None or panel is None or self._folder is None:
            return
        maps = {key.value: density for key, density in document.maps.items()}
        folder = self._folder / str(next(self._numbers))

        def done(_nothing: None) -> None:
            if self.panel is panel:
                panel.hand_over(folder, crystal.name)

        self._context.workbench.runner.submit(
            "Handing the crystal to the console",
            lambda context: write_handover(folder, crystal, maps), lane=Lane.CONSOLE,
            key="handover", quiet=True, on_done=done,
            on_failed=self._context.workbench.jobs.tell_failure,
        )  # fmt: skip
