"""What is said about a job: its state, how far it is, how long it takes, why it failed."""

from typing import Any

from patterson_gui.app.jobs.jobs import Job, JobState

WORDS = {
    JobState.WAITING: "waiting",
    JobState.RUNNING: "running",
    JobState.DONE: "done",
    JobState.CANCELLED: "cancelled",
    JobState.FAILED: "failed",
}


def state_words(job: Job[Any]) -> str:
    """One word: "running", "stopping", "failed"."""
    stopping = job.cancel_requested and not job.is_finished
    return "stopping" if stopping else WORDS[job.state]


def far_words(job: Job[Any]) -> str:
    """How far a job is and how long the rest takes: "43 %, about 2 min left". "" before its first
    report, and unless it runs."""
    if job.state is not JobState.RUNNING or job.progress is None or job.cancel_requested:
        return ""
    share = f"{100 * min(max(job.progress.fraction, 0.0), 1.0):.0f} %"
    left = job.seconds_left
    if left is None:
        return share
    # A prediction ends as soon as one of its starts solves the crystal.
    about = "at most" if job.progress.starts_total else "about"
    return f"{share}, {about} {duration_words(left)} left"


def ended_words(job: Job[Any]) -> str:
    """How a job stands or ended, with its time: "failed after 3.2 s"."""
    if job.state is JobState.WAITING:
        return "waiting"
    if not job.is_finished:
        return " · ".join(w for w in (state_words(job), far_words(job)) if w)
    if job.start_time is None:
        return WORDS[job.state]
    joint = " in " if job.state is JobState.DONE else " after "
    return f"{WORDS[job.state]}{joint}{seconds_words(job.seconds)}"


def reason_words(job: Job[Any]) -> str:
    """What a job does now or why it failed, in one line."""
    if job.failure is not None:
        return " ".join(job.failure.sentence.split())
    if job.state is JobState.RUNNING and job.progress is not None:
        return job.progress.message
    return ""


def seconds_words(seconds: float) -> str:
    """A time that was measured: "0.4 s", "12 s", "3:05 min", "2:01 h"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    return f"{minutes // 60}:{minutes % 60:02d} h"


def duration_words(seconds: float) -> str:
    """A time that is expected, in a suitable unit: "90 s", "15 min", "3 h", "2.5 days"."""
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86400:.1f} days"
