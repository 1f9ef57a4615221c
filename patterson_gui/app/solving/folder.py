"""Solve all data sets of a folder, in the background, with one row for each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.services import Services
from patterson_gui.crystal.solution import FolderSettings
from patterson_gui.io.screening.table import HTML, summary_of

Row = Mapping[str, Any]


class FolderSolving:
    """One folder at a time. Finished crystals are kept: a folder that was stopped continues.

    Attributes
    ----------
    folder, output : with the data sets, and for the table and a folder for each crystal.
    rows : of the finished crystals, as `io/screening/table.py` describes them.
    choices : those of the last start, and proposed for the next.
    done, total : finished crystals of all.
    """

    changed = Signal()

    def __init__(self, runner: JobRunner, jobs: CrystalJobs, services: Services) -> None:
        self._runner = runner
        self._jobs = jobs
        self._services = services
        self._job: Job[tuple[Row, ...]] | None = None
        self.folder: Path | None = None
        self.output: Path | None = None
        self.choices = FolderSettings()
        self.rows: tuple[Row, ...] = ()
        self.done = self.total = 0

    @property
    def running(self) -> bool:
        """Whether crystals are being solved, or are being stopped."""
        return self._job is not None and not self._job.is_finished

    @property
    def report(self) -> Path | None:
        """The table with pictures, where there is one."""
        path = None if self.output is None else self.output / HTML
        return path if path is not None and path.exists() else None

    def start(self, folder: Path, output: Path, choices: FolderSettings | None = None) -> None:
        """Solve what is in `folder` and not finished yet; None: with the choices as they are."""
        if self.running:
            self._jobs.tell("A folder is being solved: stop it first.", error=True)
            return
        self.folder, self.output, self.rows = folder, output, ()
        chosen = self.choices = choices or self.choices
        self.done = self.total = 0

        def take(done: int, total: int, row: Row | None) -> None:
            self.done, self.total = done, total
            if row is not None:
                self.rows = (*self.rows, row)
            self.changed.emit()

        def work(context: JobContext) -> tuple[Row, ...]:
            def report(done: int, total: int, row: Row | None) -> None:
                context.report_fraction(done / total if total else 1.0, f"{done} of {total}")
                context.deliver(lambda: take(done, total, row))

            screen = self._services.solving.screen
            return tuple(screen(folder, output, chosen, report, context.cancelled))

        def finished(rows: tuple[Row, ...]) -> None:
            self.rows = rows
            self.changed.emit()
            self._jobs.tell(summary_of(rows))

        def failed(failure: Failure) -> None:
            self._jobs.tell_failure(failure)
            self.changed.emit()

        self._job = self._runner.submit(
            f"Solving the data sets of {folder.name}", work, lane=Lane.SCREENING, key="folder",
            on_done=finished, on_failed=failed, on_cancelled=self.changed.emit,
        )  # fmt: skip
        self.changed.emit()

    def cancel(self) -> None:
        """Stop; what is finished is kept."""
        if self._job is not None and self.running:
            self._runner.cancel(self._job)
            self.changed.emit()
