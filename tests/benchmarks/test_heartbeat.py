"""The heartbeat that the benchmarks measure stalls with."""

import pytest
from pytestqt.qtbot import QtBot

from tests.benchmarks import heartbeat


@pytest.mark.gui
def test_measures_the_gap_between_two_ticks(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(heartbeat.time, "perf_counter", lambda: now)
    heart = heartbeat.Heartbeat()
    heart.start()
    for gap_ms in (5.0, 125.0, 5.0):
        now += gap_ms / 1000
        heart._tick()
    assert heart.stop() == pytest.approx(120.0)  # less the timer's interval of 5 ms
    assert heart.gaps_over(100) == [pytest.approx(120.0)]
    assert heart.ticks == 4
