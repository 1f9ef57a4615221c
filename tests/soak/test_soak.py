import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.soak import hands
from tests.soak.counts import Counts, growing, growing_objects, memory_slope
from tests.soak.run import environment
from tests.soak.stalls import StallWatch

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.gui, pytest.mark.timeout(600)]


def test_a_user_of_some_seconds_finds_no_fault(qapp: QApplication) -> None:
    """A slice of `make soak`."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-m", "tests.soak", "--actions", "12", "--seed", "4", "--inside"],
            cwd=ROOT, env=environment(home, stress=False), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def series(name: str, *values: int) -> list[Counts]:
    return [Counts(100 * i, {name: n}, 500.0 + 2 * i) for i, n in enumerate(values)]


def test_what_grows_until_the_end_is_left_over() -> None:
    assert growing(series("threads", 0, 1, 1, 2, 3, 4, 5)) == ["threads: 1, 1, 2, 3, 4, 5"]
    assert growing(series("threads", 0, 5, 1, 4, 1, 5, 2)) == []
    assert growing(series("threads", 1, 9, 9, 9, 9, 9, 9)) == []
    assert growing(series("threads", 3, 3, 3, 3, 6, 6, 6)) == []  # made at their first use


def test_memory_is_judged_after_the_warm_up() -> None:
    assert memory_slope(series("threads", *[0] * 7)) is None
    assert memory_slope(series("threads", *[0] * 12)) == pytest.approx(2.0)


def test_types_of_which_more_and_more_objects_exist_are_listed() -> None:
    numbers = [1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 20, 21]
    counts = [
        Counts(100 * i, {}, 500.0, objects={"a.Growing": n, "a.Filled": 7})
        for i, n in enumerate(numbers)
    ]
    assert growing_objects(counts) == [("a.Growing", 10, 21)]
    assert growing_objects(counts[:6]) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no clock of another thread there")
def test_a_stall_is_told_with_its_action_and_its_place(qtbot: QtBot) -> None:
    def compute() -> None:
        n = 0
        while watch._cpu() - begun < 0.4:
            n += 1

    watch = StallWatch()
    try:
        hands.wait(0.1)
        watch.begin("compute")
        begun = watch._cpu()
        compute()
        hands.wait(0.1)
    finally:
        watch.end()
    (stall,) = watch.stalls
    assert stall.action == "compute"
    assert stall.cpu > 0.35
    assert "compute" in stall.stack


def test_a_poke_uses_nothing_that_is_hidden(qtbot: QtBot) -> None:
    from random import Random

    widget = QWidget()
    qtbot.addWidget(widget)
    assert hands.poke(widget, Random(1)) == ""
