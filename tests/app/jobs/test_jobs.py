"""Jobs: limited progress reports, cancelling, and exactly one end."""

import gc
import threading
import time
import weakref
from collections.abc import Callable
from itertools import pairwise

import pytest

from patterson_gui.app.jobs import jobs as jobs_module
from patterson_gui.app.jobs.jobs import (
    FINISHED_STATES,
    PROGRESS_INTERVAL,
    Job,
    JobContext,
    JobState,
    Lane,
    explain,
)
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled, UserError
from tests.app.mailbox import Mailbox


def wait_for_cancel(context: JobContext) -> None:
    while not context.cancelled():
        time.sleep(0.005)  # leave the interpreter to the thread that cancels
    raise Cancelled


def ended(job: Job) -> Callable[[], bool]:
    return lambda: job.state in FINISHED_STATES


def test_calls_on_done_in_the_thread_that_delivers(runner: JobRunner, mailbox: Mailbox) -> None:
    came: list[tuple[int, threading.Thread]] = []
    job = runner.submit(
        "answer",
        lambda context: 42,
        lane=Lane.FILES,
        on_done=lambda n: came.append((n, threading.current_thread())),
    )
    mailbox.pump(ended(job))
    assert came == [(42, threading.current_thread())]
    assert job.state is JobState.DONE


class Clock:
    """A clock that changes only when it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_delivers_one_progress_report_per_interval_and_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(jobs_module, "time", clock)
    runner = JobRunner(lambda call: call())  # callbacks run at once, in the job's thread
    seen: list[tuple[float, float]] = []
    finished = threading.Event()

    def work(context: JobContext) -> None:
        for i in range(301):
            context.report(Progress(i / 300, "working"))
            clock.now += 0.001

    runner.submit(
        "busy",
        work,
        lane=Lane.FILES,
        on_progress=lambda p: seen.append((clock.now, p.fraction)),
        on_done=lambda _: finished.set(),
    )
    assert finished.wait(30)
    times = [now for now, _ in seen]
    assert len(seen) == 7  # at 0, 50, …, 250 ms, and at the end
    gaps = [b - a for a, b in pairwise(times[:-1])]
    assert min(gaps) == pytest.approx(PROGRESS_INTERVAL, abs=1.5e-3)
    assert seen[-1][1] == 1.0


def test_a_cancelled_job_ends_once(runner: JobRunner, mailbox: Mailbox) -> None:
    ends: list[str] = []
    job = runner.submit(
        "long",
        wait_for_cancel,
        lane=Lane.PREDICTION,
        on_done=lambda _: ends.append("done"),
        on_failed=lambda _: ends.append("failed"),
        on_cancelled=lambda: ends.append("cancelled"),
    )
    next_one = runner.submit("next", lambda context: 1, lane=Lane.PREDICTION)
    runner.cancel(job)
    runner.cancel(job)
    mailbox.pump(ended(job))
    mailbox.pump(ended(next_one))  # whatever the first had to say has come before that
    assert ends == ["cancelled"]


def test_work_that_ignores_the_cancel_counts_as_cancelled(
    runner: JobRunner, mailbox: Mailbox
) -> None:
    begun, go = threading.Event(), threading.Event()
    ends: list[str] = []

    def work(context: JobContext) -> str:
        begun.set()
        go.wait(30)
        return "result"

    job = runner.submit(
        "deaf",
        work,
        lane=Lane.FILES,
        on_done=ends.append,
        on_cancelled=lambda: ends.append("cancelled"),
    )
    assert begun.wait(30)
    runner.cancel(job)
    go.set()
    mailbox.pump(ended(job))
    assert ends == ["cancelled"]


def test_a_cancel_between_end_of_work_and_delivery_counts(
    runner: JobRunner, mailbox: Mailbox
) -> None:
    ends: list[str] = []
    job = runner.submit(
        "quick",
        lambda context: "result",
        lane=Lane.FILES,
        on_done=ends.append,
        on_cancelled=lambda: ends.append("cancelled"),
    )
    mailbox.wait_for_call()  # its end
    runner.cancel(job)
    mailbox.pump(ended(job))
    assert ends == ["cancelled"]


def test_a_lane_runs_its_jobs_in_order_one_at_a_time(runner: JobRunner, mailbox: Mailbox) -> None:
    all_submitted = threading.Event()
    began: list[str] = []
    most: list[int] = []

    def work_for(name: str) -> Callable[[JobContext], None]:
        def work(context: JobContext) -> None:
            began.append(name)
            all_submitted.wait(30)

        return work

    def count(_job: Job) -> None:
        most.append(sum(job.state is JobState.RUNNING for job in jobs))

    jobs: list[Job] = []
    runner.changed.connect(count)
    for name in "abcd":
        jobs.append(runner.submit(name, work_for(name), lane=Lane.PREDICTION))
    assert [job.state for job in jobs] == [JobState.RUNNING] + [JobState.WAITING] * 3
    all_submitted.set()
    mailbox.pump(lambda: all(job.state is JobState.DONE for job in jobs))
    assert max(most) == 1
    assert began == list("abcd")


def test_lanes_run_at_the_same_time(runner: JobRunner, mailbox: Mailbox) -> None:
    blocked = runner.submit("long", wait_for_cancel, lane=Lane.PREDICTION)
    quick = runner.submit("quick", lambda context: 1, lane=Lane.MAPS)
    mailbox.pump(ended(quick))
    assert blocked.state is JobState.RUNNING


def test_a_new_job_cancels_unfinished_jobs_with_its_key(
    runner: JobRunner, mailbox: Mailbox
) -> None:
    all_submitted = threading.Event()
    shown: list[int] = []

    def work_for(i: int) -> Callable[[JobContext], int]:
        def work(context: JobContext) -> int:
            all_submitted.wait(30)
            return i

        return work

    jobs = [
        runner.submit("map", work_for(i), lane=Lane.MAPS, key="patterson", on_done=shown.append)
        for i in range(5)
    ]
    all_submitted.set()
    mailbox.pump(lambda: all(job.state in FINISHED_STATES for job in jobs))
    assert shown == [4]


def test_a_failure_has_a_traceback_and_the_runner_continues(
    runner: JobRunner, mailbox: Mailbox
) -> None:
    failures = []

    def work(context: JobContext) -> None:
        raise RuntimeError("CUDA out of memory")

    job = runner.submit("bad", work, lane=Lane.PREDICTION, on_failed=failures.append)
    mailbox.pump(ended(job))
    assert "CUDA out of memory" in failures[0].sentence
    assert "raise RuntimeError" in failures[0].details
    after = runner.submit("good", lambda context: 1, lane=Lane.PREDICTION)
    mailbox.pump(ended(after))
    assert after.state is JobState.DONE


def test_a_user_error_has_no_traceback() -> None:
    failure = explain(UserError("The file is empty: choose another."), "Opening x")
    assert failure.sentence == "The file is empty: choose another."
    assert failure.details is None


def test_an_operating_system_error_names_file_and_reason() -> None:
    failure = explain(PermissionError(13, "Permission denied", "/far/away"), "Saving a.ccp4")
    assert failure.sentence == (
        "Saving a.ccp4 failed: /far/away may not be used (permission denied): change its "
        "permissions, or choose another file or folder."
    )


def test_shutdown_cancels_all_jobs_and_delivers_nothing_after(
    mailbox: Mailbox,
) -> None:
    runner = JobRunner(mailbox)
    ends: list[str] = []
    before = threading.active_count()
    for _ in range(2):
        runner.submit(
            "long",
            wait_for_cancel,
            lane=Lane.PREDICTION,
            on_cancelled=lambda: ends.append("cancelled"),
        )
    assert runner.shutdown(timeout=30)
    assert threading.active_count() == before
    mailbox.run_waiting()  # no thread is left that could add to it
    assert ends == []
    late = runner.submit("late", lambda context: 1, lane=Lane.FILES)
    assert late.state is JobState.CANCELLED


class Large:
    """Data of a job."""


@pytest.mark.parametrize("fails", [False, True])
def test_a_job_that_has_ended_keeps_nothing_of_its_data(
    runner: JobRunner, mailbox: Mailbox, fails: bool
) -> None:
    def submit() -> tuple[Job, threading.Event]:
        data = Large()

        def work(context: JobContext) -> Large:
            if fails:
                raise ValueError("not today")
            return data

        got: list[Large] = []
        job = runner.submit(
            "large", work, lane=Lane.FILES, on_done=got.append, on_failed=lambda _failure: None
        )
        gone = threading.Event()
        weakref.finalize(data, gone.set)
        return job, gone

    job, gone = submit()
    mailbox.pump(ended(job))
    wait_for(gone)
    assert job.is_finished


def wait_for(gone: threading.Event) -> None:
    """The thread of a job lets go of its data a moment after its end."""
    for _ in range(100):
        gc.collect()
        if gone.wait(0.1):
            return
    pytest.fail("the data are still there after 10 s")
