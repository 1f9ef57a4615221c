"""One background job: its work, progress and state, its callbacks, and why it failed.

Every job ends exactly once: done, cancelled or failed. `JobRunner` (runner.py) starts jobs.
"""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from patterson_gui.app.jobs.time_left import TimeLeft
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.machine_faults import machine_fault

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]

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
