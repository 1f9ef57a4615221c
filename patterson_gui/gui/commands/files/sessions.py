"""Save and open sessions, save them automatically, and offer to restore one after a kill."""

import time
from pathlib import Path

from PyQt6.QtCore import QTimer

from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.sessions.autosave import Autosave, Leftover
from patterson_gui.app.sessions.restore import Restored
from patterson_gui.app.sessions.sessions import Sessions
from patterson_gui.errors import UserError
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.presenters.window_part import show_cameras, show_docks, window_part
from patterson_gui.gui.viewer3d.central_area import CentralArea
from patterson_gui.io.sessions.session import ENDING, WindowPart

SAVE_EVERY_MS = 60_000
SAVE_SOON_MS = 3_000  # after a change
LONGEST_WAIT = 30.0  # s for the maps of a session
_POLL_MS = 50
FILTERS = (f"Sessions (*{ENDING})",)
OPEN_FILTERS = (*FILTERS, "Settings of figures (*.json)")


class SessionCommands:
    """Sessions of one window."""

    def __init__(
        self, context: CommandContext, centre: CentralArea, tables: Tables, folder: Path | None
    ) -> None:
        """`folder` : where sessions are saved automatically; None: nowhere."""
        self._context = context
        self._workbench = context.workbench
        self._centre = centre
        self._tables = tables
        self.sessions = Sessions(context.workbench)
        self.autosave = Autosave(self.sessions, context.workbench, folder)
        self._leftover: Leftover | None = None
        parent = context.ask.parent
        self._regular, self._soon, self._waiting = QTimer(parent), QTimer(parent), QTimer(parent)

    def connect(self) -> None:
        """Connect the actions, the bar and the timers."""
        actions, bar = self._context.actions, self._centre.recovery
        for name, call in (
            ("save_session", self.save),
            ("open_session", self.open),
            ("reopen_last", self.reopen_last),
        ):
            actions.on(name, call)
        bar.restore_clicked.connect(self.restore)
        bar.discard_clicked.connect(self.discard)
        self.sessions.opened.connect(self._opened)
        self._regular.setInterval(SAVE_EVERY_MS)
        self._regular.timeout.connect(self.save_automatically)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SAVE_SOON_MS)
        self._soon.timeout.connect(self.save_automatically)
        self._waiting.setInterval(_POLL_MS)
        workbench, document = self._workbench, self._workbench.document
        for changed in (
            document.crystal_changed, document.prediction_changed, document.layer_changed,
            document.links_changed, document.solved_changed, workbench.predicting.kept.changed,
            workbench.history.changed,
        ):  # fmt: skip
            changed.connect(self._changed)
        self._centre.views.camera_changed.connect(self._save_soon)

    def begin(self) -> None:
        """Offer what a killed program left, and begin to save automatically."""
        self._leftover = self.autosave.find_leftover()
        self.autosave.begin()
        if self._leftover is not None:
            self._centre.recovery.offer(self._leftover.sentence)
        self._regular.start()
        self.show_enabled()

    def stop_listening(self) -> None:
        """The window closes."""
        for timer in (self._regular, self._soon, self._waiting):
            timer.stop()
        workbench, document = self._workbench, self._workbench.document
        for changed in (
            document.crystal_changed, document.prediction_changed, document.layer_changed,
            document.links_changed, document.solved_changed, workbench.predicting.kept.changed,
            workbench.history.changed,
        ):  # fmt: skip
            changed.disconnect(self._changed)
        self.sessions.opened.disconnect(self._opened)
        if self._leftover is not None:
            self._leftover.release()

    def end(self) -> None:
        """The window is closing properly; call it once no job runs any more."""
        self.autosave.end(self.window_part())

    def show_enabled(self) -> None:
        """Disable what cannot be done now; the tooltips say why."""
        actions = self._context.actions
        actions.set_blocked("save_session", self.sessions.save_blocked())
        nothing = "Nothing was open when the program ended last."
        actions.set_blocked("reopen_last", None if self.autosave.last is not None else nothing)

    # ------------------------------------------------------------------ saving and opening
    def save(self) -> None:
        """Ask for a file, and save the session."""
        self._context.ask.save_file(
            "Save session", self.sessions.suggested_name, FILTERS,
            lambda path: self.sessions.save(path, self.window_part()),
        )  # fmt: skip

    def open(self) -> None:
        """Ask for a session and open it."""
        self._context.ask.open_file("Open session", OPEN_FILTERS, self.open_path)

    def open_path(self, path: Path) -> None:
        """Open a session; ask first about what would be lost."""
        self._context.unless_busy(f"open {path.name}", lambda: self.sessions.open(path))

    def reopen_last(self) -> None:
        """Open what was open when the program ended last."""
        last = self.autosave.last
        if last is not None:
            self._context.unless_busy("reopen the last session", lambda: self.sessions.open(last))

    def _opened(self, path: Path, part: WindowPart) -> None:
        show_docks(part, self._context.actions.window, self._tables)
        self._when_drawn(part)
        if path.parent != self.autosave.folder:
            self._context.settings.add_recent(path.absolute())
            self._workbench.opened.emit(None)

    def _when_drawn(self, part: WindowPart) -> None:
        """Turn the views once they have their maps; each new map turns them to its whole cell."""
        deadline = time.monotonic() + LONGEST_WAIT
        views = self._centre.views

        def look() -> None:
            drawn = not self._workbench.runner.busy and views.settled
            if drawn or time.monotonic() > deadline:
                self._waiting.stop()
                self._waiting.timeout.disconnect()
                show_cameras(part, views)

        if self._waiting.isActive():
            self._waiting.timeout.disconnect()
        self._waiting.timeout.connect(look)
        self._waiting.start()

    # ------------------------------------------------------------------ automatically
    def _changed(self, *_: object) -> None:
        self._save_soon()
        self.show_enabled()

    def _save_soon(self, *_: object) -> None:
        if self._regular.isActive() and not self._soon.isActive():
            self._soon.start()

    def save_automatically(self) -> None:
        """Save in a job what has changed, unless the settings say no."""
        if not self._context.settings.autosave:
            return
        self.autosave.save(self.window_part())

    def window_part(self) -> WindowPart:
        """What the window alone knows of a session."""
        return window_part(self._context.actions.window, self._centre.views, self._tables)

    # ------------------------------------------------------------------ after a kill
    def restore(self) -> None:
        """Open what a killed program left."""
        leftover = self._leftover
        if leftover is not None:
            self._context.unless_busy(
                "restore the session",
                lambda: self.sessions.open(
                    leftover.path, in_file=False, done=lambda r: self._restored(leftover, r)
                ),
            )

    def _restored(self, leftover: Leftover, restored: Restored) -> None:
        """All of it is open. Its place is emptied once this window has saved it in its own."""
        self._centre.recovery.hide()
        if restored.solution is not None:
            self._keep_solution(restored.solution)

        def discard() -> None:
            if self._leftover is leftover:
                leftover.discard()
                self._leftover = None

        self.autosave.save(self.window_part(), discard)

    def _keep_solution(self, solution: Path) -> None:
        try:
            kept = self.autosave.keep_solution(solution)
        except (UserError, OSError) as error:
            self._context.show_notice(Notice(str(error), error=True))
            return
        self._context.show_notice(
            Notice(
                f"The files of the solved structure are in {kept}: open its .res or report.html."
            )
        )

    def discard(self) -> None:
        """Remove what a killed program left."""
        if self._leftover is not None:
            self._leftover.discard()
        self._centre.recovery.hide()
        self._leftover = self.autosave.find_leftover()  # an older one
        if self._leftover is not None:
            self._centre.recovery.offer(self._leftover.sentence)
