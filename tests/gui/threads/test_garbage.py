"""Collecting unreachable Python objects in the GUI thread."""

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from patterson_gui.gui.threads.garbage import GarbageCollection

pytestmark = pytest.mark.gui


@pytest.fixture
def collection() -> Iterator[GarbageCollection]:
    running = GarbageCollection()
    yield running
    running.end()
    gc.disable()  # as every test of the window


class Knot:
    """Holds itself: only a collection frees it."""

    def __init__(self) -> None:
        self.me = self


def test_an_unreachable_object_is_freed_in_the_gui_thread_between_events(
    collection: GarbageCollection, qtbot: QtBot
) -> None:
    freed_in: list[threading.Thread] = []

    def work() -> None:
        knot = Knot()
        weakref.finalize(knot, lambda: freed_in.append(threading.current_thread()))
        del knot
        [[] for _ in range(100_000)]  # Python's own collection would begin here

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert not freed_in
    [[] for _ in range(100_000)]
    assert not freed_in
    qtbot.waitUntil(lambda: bool(freed_in))
    assert freed_in == [threading.main_thread()]


def test_python_collects_by_itself_again_at_the_end() -> None:
    running = GarbageCollection()
    assert not gc.isenabled()
    running.end()
    assert gc.isenabled()
    gc.disable()  # as every test of the window


_RESIZED_AFTER_CLOSING = """
import sys
from PyQt6 import sip
from PyQt6.QtWidgets import QApplication, QVBoxLayout, QWidget
from patterson_gui.gui.application import make_application
from tests.app.fakes import fake_services

if sys.argv[1] == "collected between events":
    app = make_application(fake_services())
else:
    app = QApplication([])


class Child(QWidget):
    def resizeEvent(self, event):
        global deleted
        kept.extend([] for _ in range(200_000))  # Python's own collection would begin here
        deleted = sip.isdeleted(self)
        if deleted:
            print("deleted in its own method", flush=True)


kept, deleted = [], False
window = QWidget()
window.me = window
layout = QVBoxLayout(window)
layout.addWidget(Child())
window.show()
app.processEvents()
window.resize(500, 400)
child = window.children()[1]
kept.clear()
del window, layout
child.resize(100, 300)
print("alive" if not deleted else "deleted")
"""


@pytest.mark.parametrize(
    ("way", "end"), [("collected between events", "alive"), ("as Python does", "deleted")]
)
def test_a_closed_window_is_not_deleted_while_a_method_of_its_child_runs(
    way: str, end: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RESIZED_AFTER_CLOSING, way],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split("\n")[0].startswith(end), done.stderr
