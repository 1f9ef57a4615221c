"""Save and open sessions, each in a job."""

from collections.abc import Callable
from pathlib import Path

from psygnal import Signal

from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.sessions.capture import Capture, Captured, Marks, session_of
from patterson_gui.app.sessions.restore import Restored, read_restored, show_restored
from patterson_gui.app.workbench import Workbench
from patterson_gui.io.file_names import file_stem
from patterson_gui.io.sessions.files import write_session
from patterson_gui.io.sessions.session import ENDING, WindowPart


class Sessions:
    """The sessions of one workbench."""

    opened = Signal(object, object)  # Path, WindowPart: it is on the document now

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._capture = Capture(workbench)
        self.marks = Marks()

    def capture(self, window: WindowPart) -> Captured | None:
        """What is open now; None where nothing is. `window` : what the window alone knows."""
        return self._capture.now(window)

    def save_blocked(self) -> str | None:
        """Why no session can be saved now; None when one can."""
        return "Open a file first." if self._workbench.document.crystal is None else None

    @property
    def suggested_name(self) -> str:
        """A name for the file of a session."""
        crystal = self._workbench.document.crystal
        return file_stem("session" if crystal is None else crystal.name) + ENDING

    def save(self, path: Path, window: WindowPart) -> Job[Path] | None:
        """Write a session with its bundles."""
        captured = self.capture(window)
        if captured is None:
            self._workbench.jobs.tell(self.save_blocked() or "", error=True)
            return None
        kept = list(self._workbench.predicting.kept.items)
        solving = self._workbench.solving
        solved = solving.solution, solving.model.state
        sites, listed = self._workbench.sites, self._workbench.sites.state

        def work(context: JobContext) -> Path:
            write_captured(path, captured, self.marks)
            return path

        def done(written: Path) -> None:
            self._workbench.settings.last_folder = str(written.parent)
            for item in kept:
                self._workbench.predicting.kept.mark_saved(item.prediction)
            sites.mark_saved(listed)
            more = ""
            if captured.parts.solution is not None:
                solving.mark_saved(*solved)
                more = " The files of the solution are beside it."
            self._workbench.notice.emit(
                Notice(f"Saved the session {written.name} in {written.parent}.{more}")
            )

        return self._workbench.runner.submit(
            f"Saving {path.name}", work, lane=Lane.FILES, on_done=done,
            on_failed=self._workbench.jobs.tell_failure,
        )  # fmt: skip

    def open(
        self,
        path: Path,
        *,
        in_file: bool = True,
        done: Callable[[Restored], object] = lambda _: None,
        failed: Callable[[], object] = lambda: None,
    ) -> Job[Restored]:
        """Read a session and show it. What is missing or has changed is told.

        Parameters
        ----------
        in_file : whether the session is a file of the user, which has predictions and sites then.
        done, failed : called when it is shown, or cannot be read.
        """

        def show(restored: Restored) -> None:
            show_restored(restored, self._workbench)
            if in_file:
                for item in self._workbench.predicting.kept.items:
                    self._workbench.predicting.kept.mark_saved(item.prediction)
                self._workbench.sites.mark_saved(self._workbench.sites.state)
            if restored.problems:
                self._workbench.jobs.tell(" ".join(restored.problems), error=True)
            if in_file and restored.solution is not None:
                self._workbench.jobs.tell(
                    "The solved structure is not shown again: its files are in "
                    f"{restored.solution}."
                )
            self.opened.emit(path, restored.session.window)
            done(restored)

        def tell(failure: Failure) -> None:
            self._workbench.jobs.tell_failure(failure)
            failed()

        return self._workbench.runner.submit(
            f"Opening {path.name}", lambda context: read_restored(path),
            lane=Lane.FILES, key="open", on_done=show, on_failed=tell,
        )  # fmt: skip


def write_captured(
    path: Path, captured: Captured, marks: Marks, *, keep_solutions: bool = True
) -> None:
    """Write a session of what was captured, as `write_session` does. For a job.

    Raises
    ------
    UserError : a file cannot be read or written.
    """
    session = session_of(captured, path.parent, marks)
    write_session(path, session, captured.bundles, keep_solutions=keep_solutions)
