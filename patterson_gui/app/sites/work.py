"""The job that searches, refines or phases sites: one at a time, with its progress."""

from collections.abc import Callable
from typing import Any, TypeVar

from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.sites.sites import SiteList
from patterson_gui.crystal.prediction import Progress

T = TypeVar("T")


class SiteWork:
    """Runs one job about sites; another crystal ends it.

    Attributes
    ----------
    progress : of the running job; None: none runs.
    doing : what it does, in words such as "Searching Hg"; "" before the first one.
    """

    changed = Signal()  # it began or ended
    progressed = Signal()

    def __init__(self, document: Document, jobs: CrystalJobs, sites: SiteList) -> None:
        self._document = document
        self._jobs = jobs
        self._sites = sites
        self._job: Job[Any] | None = None
        self._generation = document.generation
        self.progress: Progress | None = None
        self.doing = ""
        document.crystal_changed.connect(self._crystal_changed)

    @property
    def running(self) -> bool:
        """Whether a job runs."""
        return self._job is not None

    def blocked(self, *, needs_sites: bool = False) -> str | None:
        """Why nothing that needs differences can begin now; None when it can.

        needs_sites : it needs a site in the list as well.
        """
        if self._document.crystal is None:
            return "Open measured reflections first."
        if self._document.differences is None:
            return (
                "Sites are found from differences: choose anomalous or isomorphous differences "
                "in the panel Patterson map, under Map of, first."
            )
        if needs_sites and not len(self._sites):
            return "There are no sites."
        return None

    def data_words(self) -> str:
        """Which differences are used: "Isomorphous differences: FAU − FP of toxd.mtz"."""
        found = self._document.differences
        if found is None:
            return ""
        return f"{found.differences.kind.capitalize()} differences: {found.differences.label}"

    def submit(
        self,
        name: str,
        doing: str,
        work: Callable[[JobContext], T],
        done: Callable[[T], None],
    ) -> None:
        """Run `work`, unless another job runs, and call `done` with its result."""
        if self.running:
            return

        def finished(answer: T) -> None:
            self._end(job)
            done(answer)

        def failed(failure: Failure) -> None:
            self._end(job)
            self._jobs.tell_failure(failure)

        self.doing = doing
        job = self._job = self._jobs.submit(
            name, work, finished, lane=Lane.SITES, key="sites", on_progress=self._take_progress,
            on_failed=failed, on_cancelled=lambda: self._end(job),
        )  # fmt: skip
        self.progress = Progress(0.0, "")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop the job; the list stays as it is."""
        if self._job is not None:
            self._jobs.cancel(self._job)

    def _take_progress(self, progress: Progress) -> None:
        if self.running:
            self.progress = progress
            self.progressed.emit()

    def _end(self, job: Job[Any]) -> None:
        if self._job is job:
            self._job = self.progress = None
            self.changed.emit()

    def _crystal_changed(self) -> None:
        if self._document.generation != self._generation:
            self._generation = self._document.generation
            if self._job is not None:
                self._jobs.cancel(self._job)
                self._job = self.progress = None
                self.changed.emit()
