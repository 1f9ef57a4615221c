"""Starts the window, and takes it down again.

Nothing here imports Qt before it must: on Windows torch has to be loaded first, and the
command line reaches this module without a display.
"""

import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from patterson_gui.app.services import Services

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from patterson_gui.app.jobs.notice import Notice
    from patterson_gui.app.settings import SettingsStore
    from patterson_gui.gui.window.main_window import MainWindow

FIRST_LIGHT_SIZE = (1600, 1000)
FIRST_LIGHT_WAIT = 300.0  # seconds


def run(services: Services, path: Path | None = None, *, argv: Sequence[str] = ()) -> int:
    """Open the window, with `path` or the example in it; return the exit status."""
    from patterson_gui.app.settings import SettingsStore
    from patterson_gui.gui.terminal import TerminalSignals
    from patterson_gui.io.places import sent_folder, settings_folder

    app = make_application(services, argv)
    store = SettingsStore(settings_folder())
    window = make_window(services, store, sent_folder())
    hooks = ExceptionHooks(window.tell)
    hooks.install()

    def close() -> None:
        window.close_now()
        app.quit()

    signals = TerminalSignals(close)
    try:
        start(window, path)
        status = int(app.exec())
        return status if signals.exit_status is None else signals.exit_status
    finally:
        signals.remove()
        hooks.remove()
        release(app)


def make_application(services: Services, argv: Sequence[str] = ()) -> "QApplication":
    """The one QApplication, set up in the order that works."""
    if sys.platform == "win32":
        services.prepare()  # there, torch's libraries load only before Qt's
    from PyQt6.QtCore import QCoreApplication, Qt
    from PyQt6.QtWidgets import QApplication

    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    # Views that move between windows keep their OpenGL context only with this.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    app = QApplication(["patterson-gui", *argv])
    app.setApplicationName("patterson_gui")
    app.setDesktopFileName("patterson_gui")
    # The default of 5 ms lets a busy worker keep the window waiting that long each time.
    sys.setswitchinterval(0.001)
    return app


def make_window(services: Services, store: "SettingsStore", folder: Path) -> "MainWindow":
    """The window with everything it works on, not shown yet."""
    from PyQt6.QtWidgets import QApplication

    from patterson_gui.app.colours import MAP_COLOURS
    from patterson_gui.app.document.document import Document
    from patterson_gui.app.document.view_state import layer_of
    from patterson_gui.app.jobs.jobs import JobRunner
    from patterson_gui.app.other_programs.send_and_fetch import Viewers
    from patterson_gui.app.save_commands import Saver
    from patterson_gui.app.workbench import Workbench
    from patterson_gui.gui.threads.gui_thread_calls import GuiThreadCalls
    from patterson_gui.gui.widgets.theme import apply_theme
    from patterson_gui.gui.window.main_window import MainWindow

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app, store.settings.theme)
    deliverer = GuiThreadCalls()
    workbench = Workbench(Document(), JobRunner(deliverer), services, store.settings)
    colours = {layer_of(kind): colour for kind, colour in MAP_COLOURS.items()}
    viewers = Viewers(workbench, colours, folder)
    window = MainWindow(workbench, Saver(workbench), viewers, store)
    deliverer.setParent(window)
    return window


def start(window: "MainWindow", path: Path | None) -> None:
    """Show the window and open what is to be seen first.

    At the first start ever the example is predicted once by itself, with the hints on.
    """
    from patterson_gui.app.jobs.jobs import Failure, Job, JobState, Lane
    from patterson_gui.app.jobs.notice import Notice
    from patterson_gui.app.open_requests import OpenRequest

    workbench, settings = window.workbench, window.store.settings
    window.show()
    if window.store.note:
        window.tell(Notice(window.store.note))
    if not settings.hints_dismissed:
        window.hints.show()
    first_start = path is None and not settings.example_predicted

    def prepared(_nothing: None) -> None:
        if first_start and workbench.document.crystal is not None:
            settings.example_predicted = True
            workbench.predicting.start()

    def prepare() -> None:
        # After the first picture: loading torch takes seconds.
        workbench.runner.submit(
            "Getting ready to predict",
            lambda context: workbench.services.prepare(),
            lane=Lane.PREVIEW,
            key="prepare",
            quiet=True,
            on_done=prepared,
            on_failed=tell,
        )

    def tell(failure: Failure) -> None:
        workbench.jobs.tell_failure(failure)

    if path is None:
        workbench.open_example()
    else:
        job = workbench.open(OpenRequest(path))

        def fall_back(changed: Job[Any]) -> None:
            """A file that cannot be opened still leaves something to look at."""
            if changed is job and changed.state is JobState.FAILED:
                workbench.runner.changed.disconnect(fall_back)
                if workbench.document.crystal is None and changed.failure is not None:
                    workbench.open_example()

        workbench.runner.changed.connect(fall_back)
    window.when_drawn(prepare)


class ExceptionHooks:
    """Whatever nobody caught becomes a message in the window instead of its end.

    An exception in a slot would abort the program, one in a thread would go by unseen.
    """

    def __init__(self, tell: "Callable[[Notice], None]") -> None:
        from patterson_gui.gui.threads.gui_thread_calls import GuiThreadCalls

        self._tell = tell
        self._deliver = GuiThreadCalls()
        self._before: tuple[Any, Any, Any] | None = None

    def install(self) -> None:
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._main
        threading.excepthook = self._elsewhere
        sys.unraisablehook = self._elsewhere

    def remove(self) -> None:
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
            self._before = None

    def _main(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            from PyQt6.QtWidgets import QApplication

            QApplication.quit()
            return
        self._show(kind, error, trace)

    def _elsewhere(self, args: Any) -> None:
        self._show(args.exc_type, args.exc_value, args.exc_traceback)

    def _show(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        print(details, file=sys.stderr, end="")
        cause = root_cause(error)

        def show() -> None:
            from patterson_gui.app.jobs.notice import Notice
            from patterson_gui.errors import UserError

            if isinstance(cause, UserError):
                self._tell(Notice(str(cause), error=True))
                return
            text = f"Something went wrong that should not have: {cause or kind.__name__}"
            self._tell(Notice(text, error=True, details=details))

        self._deliver(show)


def root_cause(error: BaseException | None) -> BaseException | None:
    """What a chain of "raised from" began with."""
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    return error


# ---------------------------------------------------------------------- without a person
def first_light(
    services: Services, out: Path, *, timeout: float = FIRST_LIGHT_WAIT
) -> dict[str, Any]:
    """The whole path in the real window with nobody at it.

    Opens the example, predicts its density, writes maps, phases, figures and the bundle
    into `out` with `first-light.png` of the window, and returns the figures.

    Raises
    ------
    UserError
        where a step failed, with the sentence the window would have shown.
    """
    from patterson_gui.app.settings import SettingsStore
    from patterson_gui.gui.unattended import Unattended

    app = make_application(services)
    window = make_window(services, SettingsStore(None), out)
    window.resize(*FIRST_LIGHT_SIZE)
    hooks = ExceptionHooks(window.tell)
    hooks.install()
    try:
        started = time.monotonic()
        figures = Unattended(window, deadline=started + timeout).first_light(out)
    finally:
        window.close_now()
        hooks.remove()
        release(app)
    return figures


def release(app: "QApplication") -> None:
    """Delete the widgets that wait to be deleted and stop the drawing thread.

    Both need `app`. Call this before the last reference to it goes.
    """
    from PyQt6.QtCore import QEvent

    from patterson_gui.gui.rendering.render_thread import end_render_thread

    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    app.processEvents()
    end_render_thread()
