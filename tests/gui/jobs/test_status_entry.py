"""The entry of the status bar that says what runs, and the list of jobs above it."""

import threading
from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui import __version__
from patterson_gui.app.jobs.jobs import JobContext, Lane
from patterson_gui.app.jobs.recent import RecentJobs
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.errors import UserError
from patterson_gui.gui.jobs.popover import MOST_HEIGHT
from patterson_gui.gui.jobs.status_entry import JobsEntry
from patterson_gui.gui.threads.gui_thread_calls import GuiThreadCalls
from patterson_gui.gui.widgets.messages.details import DetailsDialog
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = pytest.mark.gui

LEFT = Qt.MouseButton.LeftButton


class Work:
    """Work that stands at a third until it is told to end or to fail."""

    def __init__(self) -> None:
        self.end = threading.Event()
        self.error: Exception | None = None

    def __call__(self, context: JobContext) -> None:
        context.report_fraction(1 / 3, "frame 1 of 3")
        while not self.end.wait(0.005):
            context.check()
        if self.error is not None:
            raise self.error


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    made = JobRunner(GuiThreadCalls())
    yield made
    assert made.shutdown()


@pytest.fixture
def entry(qtbot: QtBot, runner: JobRunner) -> JobsEntry:
    made = JobsEntry(RecentJobs())
    qtbot.addWidget(made)
    made.show()
    runner.changed.connect(made.update_job)
    made.cancel_clicked.connect(runner.cancel)
    return made


def wait(qtbot: QtBot, entry: JobsEntry, words: str) -> None:
    """Wait until the entry says some words."""
    qtbot.waitUntil(lambda: words in f"{entry.words.text()} {entry.rest.text()}")


def test_says_what_runs_how_far_it_is_and_how_many_more_there_are(
    qtbot: QtBot, runner: JobRunner, entry: JobsEntry
) -> None:
    assert entry.words.text() == "Jobs"
    works = [Work(), Work()]
    runner.submit("Drawing", works[0], lane=Lane.FIGURES)
    runner.submit("Saving", works[1], lane=Lane.FILES)
    wait(qtbot, entry, "Drawing 33 % · 1 more")
    assert entry.accessibleName() == "Drawing · 33 % · 1 more"
    works[0].end.set()
    wait(qtbot, entry, "Saving 33 %")
    works[1].end.set()
    wait(qtbot, entry, "Jobs")
    assert not entry.bar.isVisible()


def test_a_job_that_fails_while_the_list_is_open_shows_why(
    qtbot: QtBot, runner: JobRunner, entry: JobsEntry
) -> None:
    work = Work()
    work.error = UserError("sites.csv holds no coordinates: choose another file.")
    runner.submit("Reading", work, lane=Lane.FILES)
    qtbot.mouseClick(entry, LEFT)
    (row,) = entry.popover.rows
    qtbot.waitUntil(lambda: "33 %" in row.state.text())
    assert not row.copy.isVisible()
    work.end.set()
    qtbot.waitUntil(lambda: row.state.text().startswith("failed after"))
    assert row.reason.text() == "sites.csv holds no coordinates: choose another file."
    assert not row.cancel.isVisible()
    qtbot.mouseClick(row.copy, LEFT)
    copied = QApplication.clipboard().text()
    assert copied.startswith("Reading: sites.csv holds no coordinates")
    assert f"patterson_gui {__version__}" in copied
    qtbot.mouseClick(row.details, LEFT)
    assert not entry.popover.isVisible()
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, DetailsDialog))
    dialog.close()


def test_failures_that_nobody_has_seen_are_counted_until_the_list_is_opened(
    qtbot: QtBot, runner: JobRunner, entry: JobsEntry
) -> None:
    for name in ("First", "Second"):
        runner.submit(name, lambda context: 1 / 0, lane=Lane.FILES)
    wait(qtbot, entry, "2 jobs failed")
    qtbot.mouseClick(entry, LEFT)
    assert entry.words.text() == "Jobs"
    assert [row.job.name for row in entry.popover.rows] == ["Second", "First"]
    entry.popover.close()


def test_a_quiet_job_counts_only_with_an_unexpected_error(
    qtbot: QtBot, runner: JobRunner, entry: JobsEntry
) -> None:
    def not_found(context: JobContext) -> None:
        raise UserError("No Coot was found: install it.")

    runner.submit("Looking for Coot", not_found, lane=Lane.PROGRAMS, quiet=True)
    qtbot.waitUntil(lambda: not runner.busy)
    assert entry.words.text() == "Jobs"
    runner.submit("Drawing", lambda context: 1 / 0, lane=Lane.FIGURES, quiet=True)
    wait(qtbot, entry, "1 job failed")
    entry.popover.close()


@pytest.mark.parametrize("fails", [False, True])
def test_the_list_is_high_enough_for_some_jobs(
    qtbot: QtBot, runner: JobRunner, entry: JobsEntry, fails: bool
) -> None:
    for n in range(5):
        work = Work()
        work.error = (
            UserError("This sentence has so many words " + 12 * "again and ") if fails else None
        )
        work.end.set()
        runner.submit(f"Job {n}", work, lane=Lane.FILES)
    qtbot.waitUntil(lambda: not runner.busy)
    qtbot.mouseClick(entry, LEFT)
    popover = entry.popover
    inside = popover.rows[0].parentWidget()
    assert inside is not None
    viewport = inside.parentWidget()
    assert viewport is not None
    qtbot.waitUntil(lambda: viewport.height() > 5 * 30)
    last = popover.rows[-1].geometry().bottom()
    assert viewport.height() > last or popover.height() == MOST_HEIGHT
    popover.close()


def test_cancels_a_job_in_the_list(qtbot: QtBot, runner: JobRunner, entry: JobsEntry) -> None:
    first, second = Work(), Work()
    runner.submit("Runs", first, lane=Lane.FILES)
    waiting = runner.submit("Waits", second, lane=Lane.FILES)
    qtbot.mouseClick(entry, LEFT)
    assert [row.job.name for row in entry.popover.rows] == ["Runs", "Waits"]
    row = entry.popover.rows[1]
    assert row.cancel.accessibleName() == "Cancel Waits"
    QApplication.processEvents()  # lays out the list
    qtbot.mouseClick(row.cancel, LEFT)
    assert waiting.is_finished
    qtbot.mouseClick(entry.popover.rows[0].cancel, LEFT)
    qtbot.waitUntil(lambda: not runner.busy)
    states = [row.state.text() for row in entry.popover.rows]
    assert all(state.startswith("cancelled") for state in states)
    entry.popover.close()


def test_a_key_opens_the_list_and_the_list_the_tab_of_all_jobs(driver: MainWindowDriver) -> None:
    driver.open_example()
    window = driver.window
    driver.workbench.runner.submit("Counting", lambda context: 1, lane=Lane.FILES)
    window.activateWindow()
    driver.wait(window.isActiveWindow)
    driver.qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    popover = window.status.jobs.popover
    driver.wait(popover.isVisible)
    assert [row.job.name for row in popover.rows] == ["Counting"]
    driver.lay_out()
    driver.click(popover.all)
    assert not popover.isVisible()
    assert window.tables.currentWidget() is window.jobs
