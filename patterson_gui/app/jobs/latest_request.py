"""Requests that come faster than they can be answered, as from a slider that is dragged."""

from collections.abc import Callable
from typing import Generic, TypeVar

from patterson_gui.app.jobs.jobs import Failure, JobRunner, Lane

T = TypeVar("T")


class Newest(Generic[T]):
    """One request is worked on; of those that come meanwhile only the newest waits.

    Nothing is cancelled half-way, so that a slider which never rests still sees answers.
    """

    def __init__(self, runner: JobRunner, name: str, lane: Lane) -> None:
        self._runner = runner
        self._name = name
        self._lane = lane
        self._working = False
        self._waiting: tuple[Callable[[], T], Callable[[T], None]] | None = None
        self.failed: Callable[[Failure], None] = lambda failure: None

    @property
    def busy(self) -> bool:
        return self._working

    def ask(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do `work` in a job and hand its answer to `done`, unless a newer request comes first."""
        if self._working:
            self._waiting = (work, done)
        else:
            self._start(work, done)

    def forget(self) -> None:
        """Drop the request that waits."""
        self._waiting = None

    def _start(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._working = True

        def answered(answer: T) -> None:
            self._go_on()
            done(answer)

        def failed(failure: Failure) -> None:
            self._go_on()
            self.failed(failure)

        self._runner.submit(
            self._name, lambda context: work(), lane=self._lane, quiet=True,
            on_done=answered, on_failed=failed, on_cancelled=self._go_on,
        )  # fmt: skip

    def _go_on(self) -> None:
        self._working = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._start(*waiting)
