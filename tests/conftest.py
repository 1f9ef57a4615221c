"""Shared by all tests: real data, a settings folder for each test, the check for leaks.

This file must load with Qt uninstalled: Qt is imported only inside the fixtures of tests
that ask for `qapp` or `qtbot`.
"""

import gc
import itertools
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports OpenGL, Qt or numpy. Software rendering, because a virtual display
# has no other; one thread each, because the test workers are already as many as the cores.
os.environ.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_API", "pyqt6")
if sys.platform.startswith("linux"):
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb")

# `make test` runs the floors below the window like this, as if Qt were not installed.
QT = ("PyQt6", "vispy", "pyqtgraph", "OpenGL", "qtawesome", "qtpy", "superqt")
if os.environ.get("PATTERSON_GUI_TESTS") == "without-qt":
    sys.modules.update(dict.fromkeys(QT))  # importing any of them fails now

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

# Threads with these names belong to pools that live as long as the program.
LASTING_THREADS = ("patterson-pool", "asyncio_", "tqdm_")
MANY_NEW_OBJECTS = 50_000  # made by a test: collect those that it left
SECONDS_TO_END = 20.0  # for work that was told to stop, on a busy machine too

_numbers = itertools.count()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Keep the settings of pytest-qt and pytest-xvfb known where these are switched off."""
    for plugin, names in (
        ("pytest-qt", ("qt_api", "qt_log_level_fail")),
        ("xvfb", ("xvfb_args", "xvfb_width", "xvfb_height")),
    ):
        if not pluginmanager.hasplugin(plugin):
            for name in names:
                parser.addini(name, f"of {plugin}, which is not loaded")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number: packed ones hold the time, and workers must agree on names."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rules of the house, some of which take long."""
    items.sort(key=lambda item: item.path.name != "test_house.py")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    if report.failed and _needs_qt(item):
        item.session.stash[_WINDOW_TEST_FAILED] = True
    return report


def _needs_qt(item: pytest.Item) -> bool:
    return bool({"qapp", "qtbot"} & set(getattr(item, "fixturenames", ())))


_PASSED = pytest.StashKey[bool]()
_WINDOW_TEST_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real structures, reflections and maps beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the real data (../shared/data beside the checkout) are not here")
    return SHARED


@pytest.fixture(scope="session")
def _settings_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@pytest.fixture(autouse=True)
def own_settings(_settings_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings folder of this test's own (not yet made): the user's is never touched."""
    folder = _settings_root / str(next(_numbers))
    monkeypatch.setenv("PATTERSON_GUI_CONFIG", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_behind(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a window test that leaves a top-level widget, a running thread or a timer.

    After a failed window test, the check is off for the rest of the process: the traceback keeps
    the failed test's window alive, and what that starts later would be blamed on other tests.

    The fixture also stops vispy from swallowing exceptions in draw and mouse handlers, so that a
    broken view fails its test.
    """
    if not _needs_qt(request.node):
        yield
        return
    from vispy.util.event import EventEmitter

    raising = property(lambda self: False, lambda self, value: None)
    monkeypatch.setattr(EventEmitter, "ignore_callback_errors", raising)
    before = _living()
    # As in the program (`gui/threads/garbage.py`): a collection that begins in the middle of a
    # test may delete a closed window while a method of one of its children runs.
    gc.disable()
    yield
    if gc.get_count()[0] > MANY_NEW_OBJECTS:
        gc.collect()
    passed = request.node.stash.get(_PASSED, False)
    if not passed or request.session.stash.get(_WINDOW_TEST_FAILED, False):
        return
    deadline = time.monotonic() + SECONDS_TO_END
    while left := _living() - before:
        _end_deferred()
        if time.monotonic() > deadline:
            names = ", ".join(sorted(name for name, _ in left))
            pytest.fail(f"left behind: {names}", pytrace=False)
        time.sleep(0.01)  # threads need a moment to stop


def _end_deferred() -> None:
    """Delete everything that waits to be deleted."""
    from PyQt6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QCoreApplication.processEvents()
    gc.collect()


def _living() -> set[tuple[str, int]]:
    """(name, identity) of each top-level widget, running thread and active timer."""
    from PyQt6 import sip
    from PyQt6.QtCore import QThread, QTimer
    from PyQt6.QtWidgets import QApplication

    found: set[tuple[str, int]] = set()
    for widget in QApplication.topLevelWidgets():
        found.add((f"widget {type(widget).__name__} '{widget.windowTitle()}'", id(widget)))
    for thread in threading.enumerate():
        foreign = isinstance(thread, threading._DummyThread)  # Qt's and C's own: never end
        if not foreign and not thread.name.startswith(LASTING_THREADS):
            found.add((f"thread {thread.name}", id(thread)))
    for thing in gc.get_objects():
        # By type: isinstance asks proxies for their class, and some answer with a warning.
        kind = type(thing)
        if issubclass(kind, QTimer | QThread) and not sip.isdeleted(thing):
            if issubclass(kind, QTimer) and thing.isActive():
                found.add((f"timer {kind.__name__} of {thing.parent()!r}", id(thing)))
            elif issubclass(kind, QThread) and thing.isRunning():
                found.add((f"thread {kind.__name__}", id(thing)))
    return found
