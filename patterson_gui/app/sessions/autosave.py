"""Save the session again and again, so that a kill or a crash loses little.

Each window has a place of its own in the state folder and holds its lock while it is open. The
place is emptied at a clean end. One that is not empty and not locked was left by a program that was
killed.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.sessions.capture import Captured
from patterson_gui.app.sessions.sessions import Sessions, write_captured
from patterson_gui.app.workbench import Workbench
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.locks import locked_file
from patterson_gui.io.resources import is_example
from patterson_gui.io.sessions.files import read_session, remove_session
from patterson_gui.io.sessions.session import ENDING, Session, WindowPart

LAST = f"last{ENDING}"  # what was open at the last clean end
RECOVERED = "recovered"  # folder of the files of solutions that were restored
_MOST_PLACES = 50
_DOING = "uses"


@dataclass(eq=False)
class Leftover:
    """The session of a program that was killed; its place stays locked until it is released."""

    path: Path
    session: Session
    locks: ExitStack

    @property
    def sentence(self) -> str:
        """What can be restored."""
        n = len(self.session.predictions)
        with_what = f" with {n} prediction{'' if n == 1 else 's'}" if n else ""
        name = self.session.name or "a crystal"
        when = self.session.saved.astimezone()
        solved = " and a solved structure" if self.session.solution else ""
        return (
            f"The program did not end properly: {name}{with_what}{solved}, as of "
            f"{when:%d %B, %H:%M}, can be restored."
        )

    def discard(self) -> None:
        """Remove its files."""
        remove_session(self.path)
        self.locks.close()

    def release(self) -> None:
        """Leave it for the next start."""
        self.locks.close()


class Autosave:
    """The autosave of one window."""

    def __init__(self, sessions: Sessions, workbench: Workbench, folder: Path | None) -> None:
        """`folder` : of the places of all windows; None: nothing is saved."""
        self._sessions = sessions
        self._workbench = workbench
        self.folder = folder
        self._lock = ExitStack()
        self._path: Path | None = None
        self._saved: tuple[object, ...] = ()
        self._told = False

    # ------------------------------------------------------------------ beginning
    def find_leftover(self) -> Leftover | None:
        """The newest session that a killed program left. One that cannot be read, as that of a
        newer version, stays for the program that can."""
        found: list[Leftover] = []
        for path in self._places():
            if not path.is_file():
                continue
            locks = ExitStack()
            if not _lock(locks, path):
                continue
            try:
                found.append(Leftover(path, read_session(path), locks))
            except UserError:
                locks.close()
        found.sort(key=lambda leftover: leftover.session.saved)
        for older in found[:-1]:
            older.release()
        return found[-1] if found else None

    def begin(self) -> None:
        """Take a place that is free."""
        if self.folder is None or self._path is not None:
            return
        try:
            make_folder(self.folder)
        except UserError:
            return  # a read-only home: nothing is saved
        for path in self._places():
            if not path.exists() and _lock(self._lock, path):
                self._path = path
                return

    def _places(self) -> Iterator[Path]:
        if self.folder is not None:
            for number in range(1, _MOST_PLACES + 1):
                yield self.folder / f"autosave-{number}{ENDING}"

    # ------------------------------------------------------------------ saving
    def save(self, window: WindowPart, then: Callable[[], object] = lambda: None) -> None:
        """Save in a job what has changed since the last time; call `then` once it is saved."""
        path, captured = self._path, self._sessions.capture(window)
        if path is None or captured is None:
            return
        state = _state_of(captured)
        if state == self._saved:
            then()
            return
        worth = self._is_worth(captured)

        def work(context: JobContext) -> None:
            if worth:
                marks = self._sessions.marks
                write_captured(path, captured, marks, keep_solutions=False)
            else:
                remove_session(path)

        def done(_nothing: None) -> None:
            self._saved, self._told = state, False
            then()

        def failed(failure: Failure) -> None:
            if not self._told:  # once, not every minute
                self._told = True
                self._workbench.jobs.tell(
                    f"The session is not saved automatically at present: {failure.sentence}",
                    error=True,
                )

        self._workbench.runner.submit(
            "Saving the session automatically", work, lane=Lane.AUTOSAVE, key="autosave",
            quiet=True, on_done=done, on_failed=failed,
        )  # fmt: skip

    def _is_worth(self, captured: Captured) -> bool:
        """Whether somebody would want it back: anything but an example without predictions."""
        parts, request = captured.parts, captured.request
        of_user = parts.crystal is not None or request is None or not is_example(request.path)
        return of_user or bool(parts.predictions) or parts.solution is not None

    # ------------------------------------------------------------------ ending
    def end(self, window: WindowPart) -> None:
        """The window closes: keep what was open for “Reopen last”, and empty the place. Call it
        when no job runs any more.

        Where something is not saved and nobody was asked, as after a signal of the system, the
        place stays full, and the next start offers it.
        """
        path, folder = self._path, self.folder
        if path is None or folder is None:
            return
        captured = self._sessions.capture(window)
        unsaved = self._workbench.has_unsaved
        with contextlib.suppress(UserError, OSError):
            if captured is not None and self._is_worth(captured.without_bundles()):
                last = captured.without_bundles()
                write_captured(folder / LAST, last, self._sessions.marks)
            if captured is not None and unsaved:
                marks = self._sessions.marks
                write_captured(path, captured, marks, keep_solutions=False)
            else:
                remove_session(path)
        self._path = None
        self._lock.close()

    @property
    def last(self) -> Path | None:
        """The session of the last clean end; None where there is none."""
        path = None if self.folder is None else self.folder / LAST
        return path if path is not None and path.is_file() else None

    def keep_solution(self, solution: Path) -> Path:
        """Move the files of a restored solution to where nothing removes them."""
        assert self.folder is not None
        target = self.folder / RECOVERED / solution.name
        make_folder(target.parent)
        shutil.move(solution, target)
        return target


def _lock(locks: ExitStack, path: Path) -> bool:
    try:
        locks.enter_context(locked_file(path.with_suffix(".place"), _DOING))
    except UserError:
        return False
    return True


def _state_of(captured: Captured) -> tuple[object, ...]:
    """What tells whether there is something new to save."""
    return (
        captured.request,
        captured.truth,
        captured.source,
        captured.parts.model_copy(update={"saved": None}),
    )
