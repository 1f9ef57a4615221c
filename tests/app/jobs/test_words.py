"""What is said about jobs, and which of them the user is told of."""

import time

import pytest

from patterson_gui.app.jobs import recent
from patterson_gui.app.jobs.jobs import Failure, Job, JobState, Lane, explain
from patterson_gui.app.jobs.recent import RecentJobs
from patterson_gui.app.jobs.words import (
    ended_words,
    far_words,
    reason_words,
    seconds_words,
    state_words,
)
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import UserError


def job(state: JobState, *, quiet: bool = False, seconds: float = 3.21) -> Job[None]:
    now = time.monotonic()
    made: Job[None] = Job(
        "Opening", Lane.FILES, lambda context: None, None, quiet, lambda call: call(),
        None, None, None, None, state,
    )  # fmt: skip
    if state is not JobState.WAITING:
        made.start_time = now - seconds
    if made.is_finished:
        made.end_time = now
    return made


def test_a_failed_job_says_after_which_time_and_why_in_one_line() -> None:
    failed = job(JobState.FAILED)
    failed.failure = explain(UserError("x.mtz is empty:\nchoose another."), "Opening")
    assert ended_words(failed) == "failed after 3.2 s"
    assert reason_words(failed) == "x.mtz is empty: choose another."


def test_a_running_job_says_how_far_it_is_and_what_it_does() -> None:
    running = job(JobState.RUNNING)
    assert far_words(running) == ""
    running.progress = Progress(0.434, "drawing")
    assert far_words(running) == "43 %"
    assert reason_words(running) == "drawing"
    assert ended_words(running) == "running · 43 %"
    running.request_cancel()
    assert state_words(running) == "stopping"
    assert far_words(running) == ""


def test_the_time_left_of_starts_that_may_end_earlier_is_a_limit() -> None:
    running = job(JobState.RUNNING)
    now = time.monotonic()
    for second in range(31):
        running.time_left.take(now - 30 + second, second / 100)
    running.progress = Progress(0.3, "")
    assert far_words(running) == "30 %, about 70 s left"
    running.progress = Progress(0.3, "", starts_total=8)
    assert far_words(running) == "30 %, at most 70 s left"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.44, "0.4 s"), (12.4, "12 s"), (185.0, "3:05 min"), (7260.0, "2:01 h")],
)
def test_measured_times_have_suitable_units(seconds: float, words: str) -> None:
    assert seconds_words(seconds) == words


def test_quiet_jobs_are_listed_only_when_they_fail() -> None:
    jobs = RecentJobs()
    quiet = job(JobState.RUNNING, quiet=True)
    assert not jobs.take(quiet)
    quiet.state = JobState.FAILED
    assert jobs.take(quiet)
    assert jobs.ended(8) == [quiet]
    assert jobs.unread_failures == []  # whoever asked has the sentence
    quiet.failure = Failure("Drawing failed.", "a traceback", ValueError())
    assert jobs.take(quiet)
    assert jobs.unread_failures == [quiet]
    jobs.mark_read()
    assert jobs.unread_failures == []


def test_running_jobs_stay_listed_whatever_number_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST_JOBS", 5)
    jobs = RecentJobs()
    running, waiting = job(JobState.RUNNING), job(JobState.WAITING)
    jobs.take(waiting)
    jobs.take(running)
    ended = [job(JobState.DONE) for _ in range(20)]
    for each in ended:
        jobs.take(each)
    assert jobs.unfinished == [running, waiting]
    assert jobs.ended(2) == ended[-1:-3:-1]
