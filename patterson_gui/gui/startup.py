"""What happens when the window is first shown: open a file or the example, get ready to predict."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QTimer

from patterson_gui.app.jobs.jobs import Failure, Job, JobState, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.crash_offer import offer_reports
from patterson_gui.gui.window.main_window import MainWindow
from patterson_gui.io.crashes.reports import CrashReports
from patterson_gui.io.sessions.session import is_session

LONGEST_FIRST_PICTURE = 10.0  # seconds
POLL_MS = 20


def start(window: MainWindow, path: Path | None, crashes: CrashReports | None = None) -> None:
    """Show the window and open a file, or the example; offer new reports of crashes.

    At the very first start the example is predicted once, and the hints are shown.
    """
    workbench, settings = window.workbench, window.store.settings
    window.show()
    if window.store.note:
        window.show_notice(Notice(window.store.note))
    if not settings.hints_dismissed:
        window.hints.show()
    first_start = path is None and not settings.example_predicted

    def prepared(_nothing: None) -> None:
        if first_start and workbench.document.crystal is not None:
            settings.example_predicted = True
            workbench.predicting.start()

    def prepare() -> None:
        give_keys_to_the_first_view(window)
        # After the first picture: loading torch takes seconds.
        workbench.runner.submit(
            "Getting ready to predict",
            lambda context: workbench.services.prepare(),
            lane=Lane.PREVIEW,
            key="prepare",
            quiet=True,
            on_done=prepared,
            on_failed=show,
        )
        workbench.runner.submit(
            "Loading what other packages add",
            lambda context: workbench.services.switched_off(),
            lane=Lane.PREVIEW,
            quiet=True,
            on_done=tell,
            on_failed=show,
        )

    def tell(sentences: list[str]) -> None:
        for sentence in sentences:
            window.show_notice(Notice(sentence, error=True))

    def show(failure: Failure) -> None:
        workbench.jobs.tell_failure(failure)

    if crashes is not None:
        offer_reports(window.ask, crashes)
    window.sessions.begin()
    last = window.sessions.autosave.last if settings.at_start == "last" else None
    if path is None and last is not None:
        window.sessions.sessions.open(last, failed=workbench.open_example)
    elif path is None:
        workbench.open_example()
    elif is_session(path):
        window.sessions.sessions.open(path, failed=workbench.open_example)
    else:
        job = workbench.open(OpenRequest(path))

        def fill(*_: object) -> None:
            if workbench.document.crystal is None:
                workbench.open_example()

        def fall_back(changed: Job[Any]) -> None:
            """Open the example where the file cannot be opened."""
            if changed is job and changed.state is JobState.FAILED:
                workbench.runner.changed.disconnect(fall_back)
                fill()

        workbench.runner.changed.connect(fall_back)
        # Behind a question about the file, too.
        for asked in (workbench.column_wanted, workbench.cell_wanted, workbench.box_wanted):
            asked.connect(fill)
    when_drawn(window, prepare)


def note_actions(window: MainWindow, note: Callable[[str], None]) -> None:
    """Call `note` with the name of each action that is used, and the kind and state of jobs."""
    for name, action in window.window_actions.by_name.items():
        action.triggered.connect(lambda _checked=False, name=name: note(name))

    def note_job(job: Job[Any]) -> None:
        note(f"job of {job.lane.value}: {job.state.value}")

    window.workbench.runner.changed.connect(note_job)


def give_keys_to_the_first_view(window: MainWindow) -> None:
    """Let the arrow keys turn the first view at once. Qt gives the focus to the first button, the
    one that enlarges this view; where the user has chosen another field, that keeps it."""
    view = window.views.view(MapKind.PATTERSON)
    if window.focusWidget() in (None, view.header.button):
        view.viewport.setFocus()


def when_drawn(window: MainWindow, call: Callable[[], None]) -> None:
    """Call once the first map is on the screen, or after ten seconds without one."""
    deadline = time.monotonic() + LONGEST_FIRST_PICTURE
    timer = QTimer(window)
    timer.setInterval(POLL_MS)

    def look() -> None:
        drawn = window.workbench.document.patterson is not None and window.views.settled
        if drawn or time.monotonic() > deadline:
            timer.stop()
            timer.deleteLater()
            call()

    timer.timeout.connect(look)
    timer.start()
