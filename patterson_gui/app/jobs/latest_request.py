"""Runs one request at a time and keeps only the newest of those that wait.

For sources that ask faster than the answers come, such as a slider while it is dragged.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.jobs.runner import JobRunner

T = TypeVar("T")


class LatestRequest(Generic[T]):
    """A newer request never cancels the one that runs, so a slider that keeps moving still sees
    answers.

    Parameters
    ----------
    name : of the jobs.
    on_failed : called when a request fails.
    """

    def __init__(
        self, runner: JobRunner, name: str, lane: Lane, on_failed: Callable[[Failure], None]
    ) -> None:
        self._runner = runner
        self._name = name
        self._lane = lane
        self._on_failed = on_failed
        self._running = False
        self._waiting: tuple[Callable[[JobContext], T], Callable[[T], None]] | None = None

    @property
    def busy(self) -> bool:
        """Whether a request is running."""
        return self._running

    def submit(self, work: Callable[[JobContext], T], on_done: Callable[[T], None]) -> None:
        """Run `work` in a job and call `on_done` with its answer.

        While another request runs, this one waits and replaces one that already waits.
        """
        if self._running:
            self._waiting = (work, on_done)
        else:
            self._start(work, on_done)

    def _start(self, work: Callable[[JobContext], T], on_done: Callable[[T], None]) -> None:
        self._running = True

        def done(answer: T) -> None:
            self._start_waiting()
            on_done(answer)

        def failed(failure: Failure) -> None:
            self._start_waiting()
            self._on_failed(failure)

        self._runner.submit(
            self._name, work, lane=self._lane, quiet=True,
            on_done=done, on_failed=failed, on_cancelled=self._start_waiting,
        )  # fmt: skip

    def _start_waiting(self) -> None:
        self._running = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._start(*waiting)
