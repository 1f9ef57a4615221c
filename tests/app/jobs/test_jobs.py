"""Jobs: progress at most 20 times a second, a cancel token, exactly one end."""

import threading
import time
from collections.abc import Callable

from patterson_gui.app.jobs.jobs import (
    FINISHED_STATES,
    PROGRESS_INTERVAL,
    Job,
    JobContext,
    JobRunner,
    JobState,
    Lane,
    explain,
)
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled, UserError
from tests.app.mailbox import Mailbox


def wait_for_cancel(context: JobContext) -> None:
    while not context.cancelled():
        time.sleep(0.005)  # work asks for its cancel now and then; nothing wakes it
    raise Cancelled


def ended(job: Job) -> Callable[[], bool]:
    return lambda: job.state in FINISHED_STATES


def test_a_job_brings_its_result_to_the_thread_that_pumps(
    runner: JobRunner, mailbox: Mailbox
) -> None:
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


def test_progress_arrives_at_most_twenty_times_a_second_and_the_last_is_not_lost(
    runner: JobRunner, mailbox: Mailbox
) -> None:
    seen: list[tuple[float, float]] = []

    def work(context: JobContext) -> None:
        for i in range(300):
            context.report(Progress(i / 299, "working"))
            time.sleep(0.001)  # reports spread over time are what is limited

    job = runner.submit(
        "busy",
        work,
        lane=Lane.FILES,
        on_progress=lambda p: seen.append((time.monotonic(), p.fraction)),
    )
    mailbox.pump(ended(job))
    assert seen[-1][1] == 1.0
    assert len(seen) <= job.seconds / PROGRESS_INTERVAL + 2


def test_cancelling_a_running_job_ends_it_once_as_cancelled(
    runner: JobRunner, mailbox: Mailbox
) -> None:
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


def test_work_that_finishes_although_it_was_cancelled_counts_as_cancelled(
    runner: JobRunner, mailbox: Mailbox
) -> None:
    begun, go = threading.Event(), threading.Event()
    ends: list[str] = []

    def work(context: JobContext) -> str:
        begun.set()
        go.wait(5)
        return "result"

    job = runner.submit(
        "deaf",
        work,
        lane=Lane.FILES,
        on_done=ends.append,
        on_cancelled=lambda: ends.append("cancelled"),
    )
    assert begun.wait(5)
    runner.cancel(job)
    go.set()
    mailbox.pump(ended(job))
    assert ends == ["cancelled"]


def test_a_cancel_that_crosses_the_end_on_its_way_still_counts(
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


def test_one_lane_runs_one_job_at_a_time_in_order(runner: JobRunner, mailbox: Mailbox) -> None:
    all_submitted = threading.Event()
    began: list[str] = []
    most: list[int] = []

    def work_for(name: str) -> Callable[[JobContext], None]:
        def work(context: JobContext) -> None:
            began.append(name)
            all_submitted.wait(5)

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


def test_lanes_do_not_wait_for_one_another(runner: JobRunner, mailbox: Mailbox) -> None:
    blocked = runner.submit("long", wait_for_cancel, lane=Lane.PREDICTION)
    quick = runner.submit("quick", lambda context: 1, lane=Lane.MAPS)
    mailbox.pump(ended(quick))
    assert blocked.state is JobState.RUNNING


def test_a_new_job_with_the_same_key_replaces_the_old_ones(
    runner: JobRunner, mailbox: Mailbox
) -> None:
    all_submitted = threading.Event()
    shown: list[int] = []

    def work_for(i: int) -> Callable[[JobContext], int]:
        def work(context: JobContext) -> int:
            all_submitted.wait(5)
            return i

        return work

    jobs = [
        runner.submit("map", work_for(i), lane=Lane.MAPS, key="patterson", on_done=shown.append)
        for i in range(5)
    ]
    all_submitted.set()
    mailbox.pump(lambda: all(job.state in FINISHED_STATES for job in jobs))
    assert shown == [4]


def test_a_failure_keeps_its_traceback_and_the_runner_lives_on(
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


def test_what_the_user_can_mend_is_told_without_a_traceback() -> None:
    failure = explain(UserError("The file is empty: choose another."), "Opening x")
    assert failure.sentence == "The file is empty: choose another."
    assert failure.details is None


def test_an_error_of_the_system_names_the_file_and_the_reason() -> None:
    failure = explain(PermissionError(13, "Permission denied", "/far/away"), "Saving a.ccp4")
    assert failure.sentence == "Saving a.ccp4: permission denied /far/away."


def test_shutdown_ends_running_and_waiting_jobs_and_nothing_is_delivered_after(
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
    assert runner.shutdown(timeout=5)
    assert threading.active_count() == before
    mailbox.run_waiting()  # no thread is left that could add to it
    assert ends == []
    late = runner.submit("late", lambda context: 1, lane=Lane.FILES)
    assert late.state is JobState.CANCELLED
