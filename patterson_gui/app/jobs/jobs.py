"""Background jobs: one thread per job, progress, cancelling, and callbacks in the GUI thread.

Jobs of one lane run one after another: only one prediction runs at a time. A job with a key
cancels an unfinished job with the same key: of several Patterson settings only the newest are
computed and shown. Every job ends exactly once: done, cancelled or failed.
"""

import os
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from psygnal import Signal

from patterson_gui.app.jobs.time_left import TimeLeft
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.machine_faults import machine_fault

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]

NICENESS = 10
PROGRESS_INTERVAL = 0.05  # s between two progress reports that reach the window


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


FINISHED_STATES = frozenset({JobState.DONE, JobState.CANCELLED, JobState.FAILED})


class Lane(StrEnum):
    """Jobs in one lane run one after another."""

    PREDICTION = "prediction"
    FILES = "files"
    MAPS = "maps"
    TRUTH = "truth"
    PREVIEW = "preview"
    SEND = "send"
    FOLLOW = "follow"
    PROGRAMS = "programs"
    NETWORKS = "networks"
    ESTIMATE = "estimate"
    TRAINING = "training"
    EXPLORER = "explorer"
    KNOWN_CRYSTALS = "known crystals"
    DECODING = "decoding"
    CHECKING = "checking"
    SCREENING = "screening"
    AUTOSAVE = "autosave"
    SITES = "sites"
    FIGURES = "figures"
    EXTENSIONS = "extensions"
    CONSOLE = "console"


@dataclass(frozen=True)
class Failure:
    """Why a job failed: one sentence, and a traceback where the error was unexpected."""

    sentence: str
    details: str | None
    error: BaseException


def explain(error: BaseException, doing: str) -> Failure:
    """Turn any exception into a sentence for the user.

    Parameters
    ----------
    doing : what was being done, as the start of a sentence: "Opening 1aba.pdb".
    """
    if isinstance(error, UserError):
        return Failure(str(error), None, error)
    details = "".join(traceback.format_exception(error))
    if fault := machine_fault(error):
        sentence = f"{doing} failed: {fault[:1].lower()}{fault[1:]}"
    elif isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        sentence = f"{doing}: {error.strerror.lower()}{where}."
    else:
        sentence = f"{doing} failed unexpectedly: {error or type(error).__name__}"
    return Failure(sentence, details, error)


class JobContext:
    """What the work of a job may call from its thread: report progress, ask for a cancel."""

    def __init__(self, job: "Job[Any]") -> None:
        self._job = job

    def report(self, progress: Progress) -> None:
        self._job.take_progress(progress)

    def report_fraction(self, fraction: float, message: str) -> None:
        self.report(Progress(fraction, message))

    def deliver(self, call: Callable[[], None]) -> None:
        """Run `call` in the GUI thread, in the order of the calls."""
        self._job.deliver(call)

    def cancelled(self) -> bool:
        return self._job.cancel_requested

    def check(self) -> None:
        """Raise `Cancelled` if the job was cancelled."""
        if self._job.cancel_requested:
            raise Cancelled


Work = Callable[[JobContext], T]


@dataclass(eq=False)
class Job(Generic[T]):
    """One piece of work. Its callbacks run in the GUI thread.

    Attributes
    ----------
    key : a new job with the same key cancels this one.
    quiet : the list of jobs shows it only if it fails.
    deliver : runs a callable in the GUI thread.
    start_time, end_time : by `time.monotonic`; None before.
    time_left : the forecast from the reports of progress.
    """

    name: str
    lane: Lane
    work: Work[T]
    key: str | None
    quiet: bool
    deliver: Deliver
    on_done: Callable[[T], None] | None
    on_progress: Callable[[Progress], None] | None
    on_failed: Callable[[Failure], None] | None
    on_cancelled: Callable[[], None] | None
    state: JobState = JobState.WAITING
    progress: Progress | None = None
    failure: Failure | None = None
    start_time: float | None = None
    end_time: float | None = None
    time_left: TimeLeft = field(default_factory=TimeLeft)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cancel: threading.Event = field(default_factory=threading.Event)
    _unsent: Progress | None = None
    _flush_queued: bool = False
    _last_flush: float = 0.0
    changed: Callable[["Job[Any]"], None] = lambda _job: None

    @property
    def cancel_requested(self) -> bool:
        return self._cancel.is_set()

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED_STATES

    @property
    def seconds(self) -> float:
        """Running time so far, or in total once finished."""
        if self.start_time is None:
            return 0.0
        return (self.end_time or time.monotonic()) - self.start_time

    @property
    def seconds_left(self) -> float | None:
        """What is left of a running job at its present speed, s; None if that cannot be said."""
        return self.time_left.seconds(time.monotonic())

    def request_cancel(self) -> None:
        self._cancel.set()

    def forget_work(self) -> None:
        """Let go of the work, of its data and of what it told; call it once the job has ended.

        The list of jobs keeps finished jobs for long, and their maps and crystals are large.
        """
        self.work = _forgotten
        self.on_done = self.on_progress = self.on_failed = self.on_cancelled = None
        if self.progress is not None and self.progress.preview is not None:
            self.progress = replace(self.progress, preview=None)
        error = None if self.failure is None else self.failure.error
        while error is not None:  # the calls of a traceback keep their variables
            error.__traceback__ = None
            error = error.__cause__ or error.__context__

    def take_progress(self, progress: Progress) -> None:
        """Called from the job's thread; passes on at most one report per `PROGRESS_INTERVAL`."""
        with self._lock:
            if progress.preview is None and self._unsent is not None:
                # Previews are rare and expensive: keep one until it is delivered.
                unsent = self._unsent
                progress = replace(progress, preview=unsent.preview, preview_r=unsent.preview_r)
            self._unsent = progress
            early = time.monotonic() - self._last_flush < PROGRESS_INTERVAL
            if early or self._flush_queued:
                return
            self._flush_queued = True
        self.deliver(self.flush_progress)

    def flush_progress(self) -> None:
        """Deliver the newest report; runs in the GUI thread."""
        with self._lock:
            progress, self._unsent = self._unsent, None
            self._flush_queued = False
            self._last_flush = time.monotonic()
        if progress is None or self.is_finished:
            return
        self.progress = progress
        self.time_left.take(time.monotonic(), progress.fraction)
        self.changed(self)
        if self.on_progress is not None:
            self.on_progress(progress)


def _forgotten(_context: JobContext) -> Any:
    raise RuntimeError("a job that has ended is started again")


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
