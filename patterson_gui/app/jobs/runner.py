"""Runs background jobs: one thread per job, and callbacks in the GUI thread.

Jobs of one lane run one after another: only one prediction runs at a time. A job with a key
cancels an unfinished job with the same key: of several Patterson settings only the newest are
computed and shown.
"""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from psygnal import Signal

from patterson_gui.app.jobs.jobs import (
    Deliver,
    Failure,
    Job,
    JobContext,
    JobState,
    Lane,
    Work,
    explain,
)
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled

T = TypeVar("T")

NICENESS = 10


def _lower_priority() -> None:
    """Lower the priority of this thread and of those it starts: a prediction that uses every
    core must not slow the window down."""
    if sys.platform.startswith("linux"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class JobRunner:
    """Starts jobs, runs each lane in order, and cancels everything on shutdown.

    Parameters
    ----------
    deliver : takes a callable and runs it in the GUI thread (in a script or test: at once).
    """

    changed = Signal(object)  # Job: submitted, started, progressed, finished

    def __init__(self, deliver: Deliver) -> None:
        self._deliver_to_gui = deliver
        self._lock = threading.Lock()
        self._waiting: dict[Lane, deque[Job[Any]]] = {lane: deque() for lane in Lane}
        self._running: dict[Lane, Job[Any] | None] = dict.fromkeys(Lane)
        self._threads: set[threading.Thread] = set()
        self._closed = False

    # ------------------------------------------------------------------ submitting
    def submit(
        self,
        name: str,
        work: Work[T],
        *,
        lane: Lane,
        key: str | None = None,
        quiet: bool = False,
        on_done: Callable[[T], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_failed: Callable[[Failure], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
    ) -> Job[T]:
        """Queue `work` in `lane`. Cancels unfinished jobs with the same `key`."""
        job: Job[T] = Job(
            name, lane, work, key, quiet, self._deliver,
            on_done, on_progress, on_failed, on_cancelled,
        )  # fmt: skip
        job.changed = self.changed.emit
        if self._closed:
            job.state = JobState.CANCELLED
            return job
        if key is not None:
            for other in self.unfinished():
                if other.key == key:
                    self.cancel(other)
        with self._lock:
            self._waiting[lane].append(job)
        self.changed.emit(job)
        self._start_next(lane)
        return job

    def cancel(self, job: Job[Any]) -> None:
        """Ask a running job to stop; a waiting one is cancelled at once."""
        job.request_cancel()
        with self._lock:
            waited = job in self._waiting[job.lane]
            if waited:
                self._waiting[job.lane].remove(job)
        if waited:
            self._finish(job, JobState.CANCELLED, None, None)
        else:
            self.changed.emit(job)

    def unfinished(self) -> list[Job[Any]]:
        """Jobs that run or wait."""
        with self._lock:
            running = [job for job in self._running.values() if job is not None]
            return running + [job for queue in self._waiting.values() for job in queue]

    @property
    def busy(self) -> bool:
        return bool(self.unfinished())

    def shutdown(self, timeout: float = 10.0) -> bool:
        """Cancel everything and wait for the threads; False if one did not end in time.

        No callback runs after this.
        """
        self._closed = True
        for job in self.unfinished():
            job.request_cancel()
        with self._lock:
            for queue in self._waiting.values():
                queue.clear()
            threads = list(self._threads)
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            return False
        self._running = dict.fromkeys(Lane)
        return True

    # ------------------------------------------------------------------ in the jobs' threads
    def _deliver(self, call: Callable[[], None]) -> None:
        """Run `call` in the GUI thread, unless the runner is shut down by then."""
        if not self._closed:
            self._deliver_to_gui(lambda: None if self._closed else call())

    def _start_next(self, lane: Lane) -> None:
        with self._lock:
            if self._closed or self._running[lane] is not None or not self._waiting[lane]:
                return
            job = self._waiting[lane].popleft()
            self._running[lane] = job
            job.state = JobState.RUNNING
            job.start_time = time.monotonic()
            # A daemon: work that ignores its cancel must not keep a closed program alive.
            thread = threading.Thread(
                target=self._run, args=(job,), name=f"job: {job.name}", daemon=True
            )
            self._threads = {t for t in self._threads if t.is_alive() or t.ident is None}
            self._threads.add(thread)
        self.changed.emit(job)
        thread.start()

    def _run(self, job: Job[T]) -> None:
        result: T | None = None
        failure: Failure | None = None
        state = JobState.DONE
        if job.lane is Lane.PREDICTION:
            _lower_priority()
        try:
            result = job.work(JobContext(job))
        except Cancelled:
            state = JobState.CANCELLED
        except BaseException as error:  # the only place that catches everything
            state = JobState.FAILED
            failure = explain(error, job.name)
        if job.cancel_requested:
            state, result, failure = JobState.CANCELLED, None, None
        self._deliver_end(job, state, result, failure)

    def _deliver_end(
        self, job: Job[T], state: JobState, result: T | None, failure: Failure | None
    ) -> None:
        if self._closed:
            job.state, job.end_time = state, time.monotonic()
            return

        def end() -> None:
            with self._lock:
                if self._running[job.lane] is job:
                    self._running[job.lane] = None
            # A cancel between the end of the work and this call still counts.
            if job.cancel_requested and state is JobState.DONE:
                self._finish(job, JobState.CANCELLED, None, None)
            else:
                self._finish(job, state, result, failure)
            self._start_next(job.lane)

        self._deliver(end)

    def _finish(
        self, job: Job[T], state: JobState, result: T | None, failure: Failure | None
    ) -> None:
        """End the job, once, in the GUI thread."""
        if job.is_finished:
            return
        job.flush_progress()
        job.state = state
        job.failure = failure
        job.end_time = time.monotonic()
        self.changed.emit(job)
        try:
            if state is JobState.DONE and job.on_done is not None:
                job.on_done(result)  # type: ignore[arg-type]
            elif state is JobState.FAILED and job.on_failed is not None and failure is not None:
                job.on_failed(failure)
            elif state is JobState.CANCELLED and job.on_cancelled is not None:
                job.on_cancelled()
        finally:
            job.forget_work()
