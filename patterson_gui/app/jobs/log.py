"""The log of one run of the window: messages, errors and jobs with their times, and a filter."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from patterson_gui.app.jobs.jobs import Job, JobState
from patterson_gui.app.jobs.words import ended_words

MOST_ENTRIES = 2000


class LogLevel(IntEnum):
    """How much an entry matters to the user."""

    JOB = 0
    MESSAGE = 1
    ERROR = 2


WORDS = {LogLevel.JOB: "job", LogLevel.MESSAGE: "message", LogLevel.ERROR: "error"}


@dataclass(frozen=True)
class LogEntry:
    """One entry; `text` has several lines where it holds a traceback."""

    time: datetime
    level: LogLevel
    text: str

    @property
    def line(self) -> str:
        return f"{self.time:%H:%M:%S}  {WORDS[self.level]:<7}  {self.text}"


@dataclass
class LogFilter:
    """Which entries are shown: those of a level or higher that hold some words, in any case."""

    level: LogLevel = LogLevel.JOB
    words: str = ""

    def passes(self, entry: LogEntry) -> bool:
        if entry.level < self.level or not self.words:
            return entry.level >= self.level
        text = entry.line.casefold()
        return all(word in text for word in self.words.casefold().split())


@dataclass
class Log:
    """The last entries, oldest first."""

    entries: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=MOST_ENTRIES))

    def add(self, text: str, level: LogLevel) -> LogEntry:
        """Add an entry with the time of now."""
        entry = LogEntry(datetime.now(), level, text)
        self.entries.append(entry)
        return entry

    def add_job(self, job: Job[Any]) -> LogEntry | None:
        """Note the start and the end of a job; None for quiet jobs and for other changes."""
        if job.quiet:
            return None
        if job.state is JobState.RUNNING and job.progress is None and not job.cancel_requested:
            return self.add(f"{job.name} …", LogLevel.JOB)
        if job.is_finished:
            return self.add(f"{job.name}: {ended_words(job)}", LogLevel.JOB)
        return None
