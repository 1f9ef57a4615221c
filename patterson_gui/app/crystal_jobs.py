"""Jobs about the open crystal. Their results are dropped once another crystal is open."""

from collections.abc import Callable
from typing import TypeVar

from psygnal import Signal

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.prediction import Progress

T = TypeVar("T")


class CrystalJobs:
    """Submits jobs to the runner, and emits what the user should read as `notice`."""

    notice = Signal(object)  # Notice

    def __init__(self, document: Document, runner: JobRunner) -> None:
        self._document = document
        self._runner = runner

    def submit(
        self,
        name: str,
        work: Callable[[JobContext], T],
        done: Callable[[T], None],
        *,
        lane: Lane,
        key: str,
        quiet: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        on_failed: Callable[[Failure], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
    ) -> Job[T]:
        """Run `work` in its lane; call `done` with the result if the same crystal is still open."""
        generation = self._document.generation

        def if_current(answer: T) -> None:
            if self._document.generation == generation:
                done(answer)

        return self._runner.submit(
            name, work, lane=lane, key=key, quiet=quiet,
            on_done=if_current, on_progress=on_progress,
            on_failed=on_failed or self.tell_failure, on_cancelled=on_cancelled,
        )  # fmt: skip

    def cancel(self, job: Job[T]) -> None:
        self._runner.cancel(job)

    def tell(self, text: str, *, error: bool = False) -> None:
        self.notice.emit(Notice(text, error))

    def tell_failure(self, failure: Failure) -> None:
        self.notice.emit(Notice(failure.sentence, error=True, details=failure.details))
