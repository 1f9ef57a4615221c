"""Turn a protein in the real window and change its contour level, by events of the mouse.

Arguments: measured reflections and their model. Prints the figures as JSON.

A contour counts when its picture is on the screen. The wall time is that of a user; the CPU time
is that of all threads of the process, which other programs on the machine change little.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from patterson_gui.cli.services import window_services
from patterson_gui.gui.application import make_application, make_window, release
from patterson_gui.io.places import sent_folder

TURN_SECONDS = 5.0
WHEEL_STEPS = 5
EVENT_MS = 8  # between two movements of the mouse
USUAL_LEVEL, LOW_LEVEL = 2.5, 1.5  # rmsd
NO_KEYS = Qt.KeyboardModifier.NoModifier


def main(data: Path, model: Path) -> None:
    services = window_services()
    app = make_application(services)
    from heartbeat import Heartbeat

    from patterson_gui.app.settings import SettingsStore

    store = SettingsStore(None)
    store.settings.example_predicted = True
    store.settings.hints_dismissed = True
    window = make_window(services, store, sent_folder())
    window.resize(1600, 1000)
    window.show()
    user = User(window)
    user.open(data, model)
    found: dict[str, Any] = {}
    heartbeat = Heartbeat()
    heartbeat.start()
    for style in ("wire", "surface"):
        if style == "surface":
            window.window_actions["surfaces"].trigger()
        user.set_level(USUAL_LEVEL)
        found[style] = user.turn()
        for name, level in (("", USUAL_LEVEL), ("low_", LOW_LEVEL)):
            found[style] |= {name + what: value for what, value in user.wheel(level).items()}
    found["gap_ms"] = heartbeat.stop()
    window.close_now()
    release(app)
    print(json.dumps(found), flush=True)


def wait(seconds: float) -> None:
    """Let the window work."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wait_until(done: Callable[[], bool], most: float = 120.0) -> None:
    """Let the window work until something holds."""
    end = time.monotonic() + most
    while not done():
        if time.monotonic() > end:
            raise TimeoutError
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
        time.sleep(0.001)  # without it this loop would take the time that is measured


class User:
    """Turns the views of a window and their wheel."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.views = window.views.views

    def idle(self) -> bool:
        return not self._window.workbench.runner.busy and self._window.views.settled

    def settle(self) -> None:
        wait(0.3)
        wait_until(self.idle)

    def open(self, data: Path, model: Path) -> None:
        """Show a Patterson map, a true map, and in the place of a prediction, which would take
        minutes, the true map with a part of it moved."""
        from patterson_gui.crystal.maps.density_map import MapKind

        self._window.opening.open_path(data)
        self.settle()
        self._window.workbench.compare_with_model(model)
        self.settle()
        truth = self._window.workbench.document.truth
        moved = np.roll(truth.grid, 3, axis=0) + 0.1 * truth.grid
        self.views[1].set_map(replace(truth, grid=moved, kind=MapKind.PREDICTED))
        self.settle()

    def set_level(self, level: float) -> None:
        """Of the predicted and the true map, rmsd."""
        for view in self.views[1:]:
            view.set_level(level)
        self.settle()

    def turn(self) -> dict[str, float]:
        """Pictures a second of the view that has fewest."""
        port = self.views[0].viewport
        place = port.rect().center()
        QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=place)
        place = self._drag(port, place, 0.5)  # the first pictures of a turn
        before = [view.viewport.pictures for view in self.views]
        began, cpu = time.perf_counter(), time.process_time()
        place = self._drag(port, place, TURN_SECONDS)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        drawn = min(v.viewport.pictures - n for v, n in zip(self.views, before, strict=True))
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=place)
        self.settle()
        return {"frames": drawn / seconds, "frame_cpu_ms": 1000 * cpu / max(1, drawn)}

    def _drag(self, port: Any, place: QPoint, seconds: float) -> QPoint:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            place += QPoint(1, 0)
            at = QPointF(place)
            event = QMouseEvent(
                QEvent.Type.MouseMove, at, QPointF(port.mapToGlobal(place)),
                Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, NO_KEYS,
            )  # fmt: skip
            QApplication.sendEvent(port, event)
            wait(EVENT_MS / 1000)
        return place

    def wheel(self, level: float) -> dict[str, float]:
        """Medians over steps of the wheel at about a level, rmsd. One step changes the predicted
        and the true map."""
        self.set_level(level)
        times: list[tuple[float, ...]] = []
        for n in range(WHEEL_STEPS):
            began, cpu = time.perf_counter(), time.process_time()
            self._turn_wheel(self.views[1].viewport, 1 if n % 2 else -1)
            wait_until(self._shows_the_level)
            first = (time.perf_counter() - began, time.process_time() - cpu)
            wait_until(self.idle)
            times.append((*first, time.perf_counter() - began, time.process_time() - cpu))
            wait(0.1)
        names = ("first_ms", "first_cpu_ms", "full_ms", "full_cpu_ms")
        return dict(zip(names, (1000 * np.median(times, axis=0)).tolist(), strict=True))

    @staticmethod
    def _turn_wheel(port: Any, steps: int) -> None:
        at = QPointF(50, 50)
        event = QWheelEvent(
            at, at, QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, NO_KEYS,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, event)

    def _shows_the_level(self) -> bool:
        """Whether both views have a picture of a contour at their level."""
        for view in self.views[1:]:
            contour, frame = view.contours.contour, view.viewport._frame
            if contour is None or contour.request.level != view.level:
                return False
            if frame is None or frame.scene is not view.viewport.scene:
                return False
        return True


main(Path(sys.argv[1]), Path(sys.argv[2]))
