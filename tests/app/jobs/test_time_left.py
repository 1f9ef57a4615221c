"""The forecast of the rest of a job, from its reports of progress."""

import pytest

from patterson_gui.app.jobs import time_left
from patterson_gui.app.jobs.time_left import TimeLeft


def after(reports: list[tuple[float, float]]) -> TimeLeft:
    left = TimeLeft()
    for now, fraction in reports:
        left.take(now, fraction)
    return left


def test_a_steady_job_ends_when_its_speed_says() -> None:
    left = after([(t, t / 100) for t in range(41)])
    assert left.seconds(40.0) == pytest.approx(60.0)
    assert left.seconds(41.0) == pytest.approx(59.0)


def test_the_speed_of_the_last_part_counts() -> None:
    slow_first = [(10.0 * i, 0.01 * i) for i in range(11)]  # 100 s for a tenth
    fast_after = [(100.0 + i, 0.1 + 0.005 * i) for i in range(1, 121)]  # then 0.5 % a second
    left = after([*slow_first, *fast_after])
    assert left.seconds(220.0) == pytest.approx((1 - 0.7) / 0.005, rel=0.02)


def test_says_nothing_at_the_beginning() -> None:
    assert TimeLeft().seconds(0.0) is None
    assert after([(0.0, 0.0), (1.0, 0.5)]).seconds(1.0) is None
    assert after([(0.0, 0.0), (60.0, 0.01)]).seconds(60.0) is None


def test_says_nothing_where_progress_has_stopped() -> None:
    reports = [(t, t / 100) for t in range(41)]
    left = after(reports)
    assert left.seconds(60.0) is None
    left.take(61.0, 0.40)  # a report that tells the same
    assert left.seconds(61.0) is None


def test_a_report_that_goes_back_begins_anew() -> None:
    left = after([(t, t / 100) for t in range(41)])
    left.take(41.0, 0.1)
    assert left.seconds(41.0) is None
    for t in range(42, 52):
        left.take(float(t), 0.1 + (t - 41) / 100)
    assert left.seconds(51.0) == pytest.approx(80.0)


def test_a_long_job_keeps_few_reports_of_its_whole_time() -> None:
    left = after([(0.1 * i, i / 40_000) for i in range(20_001)])
    assert left.seconds(2000.0) == pytest.approx(2000.0, rel=0.02)
    assert len(left._reports) <= time_left.MOST_REPORTS
    assert left._reports[0] == (0.0, 0.0)
