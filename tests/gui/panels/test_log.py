"""The log below the views: filtered, copied, cleared, and scrolled only at its end."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.app.jobs.jobs import Lane
from patterson_gui.app.jobs.log import LogLevel
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.gui.panels.log import LogPanel

pytestmark = pytest.mark.gui

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> LogPanel:
    made = LogPanel()
    qtbot.addWidget(made)
    made.resize(600, 240)
    made.show()
    return made


def shown(panel: LogPanel) -> list[str]:
    """The shown lines without their times."""
    return [line[10:] for line in panel.text.toPlainText().splitlines()]


def fill(panel: LogPanel) -> None:
    panel.add("Saved map.ccp4.")
    panel.add("x.mtz holds no reflections.", LogLevel.ERROR)
    runner = JobRunner(lambda call: call())
    runner.changed.connect(panel.add_job)
    runner.submit("Opening x.mtz", lambda context: 1, lane=Lane.FILES)
    assert runner.shutdown()


def test_filters_by_level_and_by_words_and_counts_what_it_hides(
    panel: LogPanel, qtbot: QtBot
) -> None:
    fill(panel)
    assert shown(panel)[:3] == [
        "message  Saved map.ccp4.",
        "error    x.mtz holds no reflections.",
        "job      Opening x.mtz …",
    ]
    assert panel.count.text() == "4 entries"
    panel.level.setCurrentIndex(panel.level.findData(LogLevel.ERROR))
    assert shown(panel) == ["error    x.mtz holds no reflections."]
    assert panel.count.text() == "4 entries, 3 hidden"
    panel.level.setCurrentIndex(0)
    qtbot.keyClicks(panel.words, "MTZ open")
    assert [line.split()[0] for line in shown(panel)] == ["job", "job"]
    panel.add("Something else.")
    assert panel.count.text() == "5 entries, 3 hidden"
    qtbot.mouseClick(panel.copy, LEFT)
    assert QApplication.clipboard().text() == panel.text.toPlainText()
    panel.words.clear()
    assert len(shown(panel)) == 5


def test_a_failed_job_is_noted_with_its_time(panel: LogPanel, qtbot: QtBot) -> None:
    runner = JobRunner(lambda call: call())
    runner.changed.connect(panel.add_job)
    job = runner.submit("Reading", lambda context: 1 / 0, lane=Lane.FILES)
    qtbot.waitUntil(lambda: job.is_finished)
    assert any(line.startswith("job      Reading: failed after 0.") for line in shown(panel))
    assert runner.shutdown()


def test_scrolls_to_new_entries_only_at_the_end(panel: LogPanel) -> None:
    for number in range(100):
        panel.add(f"Entry {number}")
    bar = panel.text.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(3)
    panel.add("One more")
    assert bar.value() == 3
    bar.setValue(bar.maximum())
    panel.add("And another")
    assert bar.value() == bar.maximum()


def test_clears_everything_also_what_is_hidden(panel: LogPanel, qtbot: QtBot) -> None:
    fill(panel)
    panel.level.setCurrentIndex(panel.level.findData(LogLevel.ERROR))
    qtbot.mouseClick(panel.empty, LEFT)
    panel.level.setCurrentIndex(0)
    assert shown(panel) == []
    assert panel.count.text() == "0 entries"
    assert not panel.copy.isEnabled()
