"""The newest of everything that a running solution has reported."""

import threading
from collections.abc import Callable
from dataclasses import replace

from patterson_gui.app.jobs.jobs import JobContext
from patterson_gui.crystal.prediction import Progress
from patterson_gui.crystal.solution import SolveProgress

_PARTS = ("data", "starts", "start_phases", "candidates", "structure")


class LiveProgress:
    """Joins reports, of which each holds only what is new.

    Parameters
    ----------
    changed : called in the window's thread after a report, once for several that come at once.

    Attributes
    ----------
    latest : set in the job's thread and read in the window's.
    """

    def __init__(self, changed: Callable[["LiveProgress"], None]) -> None:
        self.latest: SolveProgress | None = None
        self._changed = changed
        self._lock = threading.Lock()
        self._queued = False

    def reporter(self, context: JobContext) -> Callable[[SolveProgress], None]:
        """What the solver calls."""

        def report(progress: SolveProgress) -> None:
            before = self.latest
            if before is not None:
                kept = {p: getattr(before, p) for p in _PARTS if getattr(progress, p) is None}
                kept["fraction"] = max(before.fraction, progress.fraction)
                progress = replace(progress, **kept)
            with self._lock:
                self.latest = progress
                first, self._queued = not self._queued, True
            context.report(Progress(progress.fraction, step_words(progress)))
            if first:
                context.deliver(self._deliver)

        return report

    def _deliver(self) -> None:
        with self._lock:
            self._queued = False
        self._changed(self)


def step_words(progress: SolveProgress) -> str:
    """The step in words: "Phases · 4 tries"."""
    return " · ".join(part for part in (progress.step, progress.text) if part)
