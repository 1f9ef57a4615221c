"""Jobs for the crystal that is open, and what the user has to be told of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from psygnal import Signal

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, JobRunner, Lane
from patterson_gui.crystal.prediction import Progress

T = TypeVar("T")


@dataclass(frozen=True)
class Notice:
    """Something to tell; `details` only for what nobody expected."""

    text: str
    error: bool = False
    details: str | None = None


class CrystalJobs:
    """Submits jobs whose answers are dropped once another crystal is open."""

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
        """Do `work` in its lane and hand the answer to `done`, if it is still wanted."""
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
