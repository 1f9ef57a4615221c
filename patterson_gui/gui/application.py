"""Run the program with its window: make the application, the window, and end both.

Nothing here imports Qt at the top: on Windows torch has to be loaded first, and the command
line imports this module without a display.
"""

import ctypes
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patterson_gui.app.services import Services

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from patterson_gui.app.settings import SettingsStore
    from patterson_gui.gui.window.main_window import MainWindow
    from patterson_gui.io.crashes.watch import CrashWatch

_M_ARENA_MAX = -8  # malloc.h of glibc
FIRST_LIGHT_SIZE = (1600, 1000)
FIRST_LIGHT_WAIT = 300.0  # seconds


def run(services: Services, path: Path | None = None, *, argv: Sequence[str] = ()) -> int:
    """Open the window with `path` or the example; return the exit status."""
    from patterson_gui.io.crashes.reports import CrashReports
    from patterson_gui.io.crashes.watch import CrashWatch
    from patterson_gui.io.places import crashes_folder

    with CrashWatch(CrashReports(crashes_folder())) as watch:  # before Qt is loaded
        return _run_watched(services, path, argv, watch)


def _run_watched(
    services: Services, path: Path | None, argv: Sequence[str], watch: "CrashWatch"
) -> int:
    from patterson_gui.app.settings import SettingsStore
    from patterson_gui.gui.exception_hooks import ExceptionHooks
    from patterson_gui.gui.startup import note_actions, start
    from patterson_gui.gui.terminal import TerminalSignals
    from patterson_gui.io.places import sent_folder, sessions_folder, settings_folder

    app = make_application(services, argv)
    store = SettingsStore(settings_folder())
    window = make_window(services, store, sent_folder(), sessions_folder())
    note_actions(window, watch.note)
    hooks = ExceptionHooks(window.show_notice, watch.report)
    hooks.install()

    def close() -> None:
        window.close_now()
        app.quit()

    signals = TerminalSignals(close)
    try:
        start(window, path, watch.reports)
        status = int(app.exec())
        return status if signals.exit_status is None else signals.exit_status
    finally:
        signals.remove()
        hooks.remove()
        release(app)


def make_application(services: Services, argv: Sequence[str] = ()) -> "QApplication":
    """The one QApplication; the order of the steps matters."""
    if sys.platform == "win32":
        services.prepare()  # torch must be loaded before Qt there
    from PyQt6.QtCore import QCoreApplication, Qt
    from PyQt6.QtWidgets import QApplication

    from patterson_gui.gui.threads.garbage import GarbageCollection

    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    _share_heaps()
    # Needed so that views keep their OpenGL context when they move between windows.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    app = QApplication(["patterson-gui", *argv])
    app.setApplicationName("patterson_gui")
    app.setDesktopFileName("patterson_gui")
    # With the default of 5 ms a busy worker thread makes the window wait that long each time.
    sys.setswitchinterval(0.001)
    GarbageCollection(app)
    return app


def _share_heaps() -> None:
    """Let all threads share two heaps of the C library; call it before threads are started.

    Every job has a thread of its own, and glibc gives each of many threads a heap. What is freed
    in one is of no use to another, and memory grew by 20 MB with every 100 actions of a user.
    """
    if sys.platform.startswith("linux"):
        limit = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries lack it
        if limit is not None:
            limit(_M_ARENA_MAX, 2)


def make_window(
    services: Services, store: "SettingsStore", folder: Path, sessions: Path | None = None
) -> "MainWindow":
    """The window with everything it works on; not shown yet.

    folder : for files that are sent to other programs.
    sessions : for sessions that are saved automatically; None: none are.
    """
    from PyQt6.QtWidgets import QApplication

    from patterson_gui.app.document.document import Document
    from patterson_gui.app.jobs.runner import JobRunner
    from patterson_gui.app.other_programs.send_and_fetch import Viewers
    from patterson_gui.app.save_commands import Saver
    from patterson_gui.app.workbench import Workbench
    from patterson_gui.gui.threads.gui_thread_calls import GuiThreadCalls
    from patterson_gui.gui.widgets.theme import apply_theme, use_map_colours
    from patterson_gui.gui.window.main_window import MainWindow

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app, store.settings.theme)
    use_map_colours(app, store.settings.palette)
    gui_calls = GuiThreadCalls()
    workbench = Workbench(Document(), JobRunner(gui_calls), services, store.settings)
    viewers = Viewers(workbench, folder)
    window = MainWindow(workbench, Saver(workbench), viewers, store, sessions)
    gui_calls.setParent(window)
    return window


# ---------------------------------------------------------------------- unattended
def first_light(
    services: Services, out: Path, *, timeout: float = FIRST_LIGHT_WAIT
) -> dict[str, Any]:
    """Run the whole path in the real window without a user.

    Opens the example, predicts its density, writes maps, phases, figures and the bundle
    into `out` with `first-light.png` of the window, and returns the figures.

    Raises
    ------
    UserError
        where a step failed, with the sentence the window would have shown.
    """
    from patterson_gui.app.settings import SettingsStore
    from patterson_gui.gui.exception_hooks import ExceptionHooks
    from patterson_gui.gui.unattended import Unattended

    app = make_application(services)
    window = make_window(services, SettingsStore(None), out)
    window.resize(*FIRST_LIGHT_SIZE)
    hooks = ExceptionHooks(window.show_notice)
    hooks.install()
    try:
        started = time.monotonic()
        figures = Unattended(window, deadline=started + timeout).first_light(out)
    finally:
        window.close_now()
        hooks.remove()
        release(app)
    return figures


def figure_again(
    services: Services, settings: Path, out: Path, *, timeout: float = FIRST_LIGHT_WAIT
) -> None:
    """Make a figure again from its settings, in the real window without a user.

    Raises
    ------
    UserError
        the settings cannot be read, or the figure cannot be made from them.
    """
    from patterson_gui.app.settings import SettingsStore
    from patterson_gui.gui.exception_hooks import ExceptionHooks
    from patterson_gui.gui.unattended import Unattended

    app = make_application(services)
    window = make_window(services, SettingsStore(None), out.parent)
    window.resize(*FIRST_LIGHT_SIZE)
    hooks = ExceptionHooks(window.show_notice)
    hooks.install()
    try:
        Unattended(window, deadline=time.monotonic() + timeout).figure(settings, out)
    finally:
        window.close_now()
        hooks.remove()
        release(app)


def release(app: "QApplication") -> None:
    """Delete the widgets that wait to be deleted and stop the render thread.

    Both need `app`. Call this before the last reference to it goes.
    """
    from PyQt6.QtCore import QEvent

    from patterson_gui.gui.rendering.render_thread import end_render_thread
    from patterson_gui.gui.threads.garbage import GarbageCollection

    for collection in app.findChildren(GarbageCollection):
        collection.end()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    app.processEvents()
    end_render_thread()
