"""Drives the main window in tests: does what a user does and reads what is shown."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.document import Document
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.window.main_window import MainWindow
from tests.app.fake_solver import FakeSolver
from tests.app.fakes import FakePredictor, FakeViewers

T = TypeVar("T")
WAIT = 100_000  # ms; a busy machine is slow, and the time limit of a test ends a hang


@dataclass
class MainWindowDriver:
    """A main window with its fake predictor and fake programs."""

    window: MainWindow
    predictor: FakePredictor
    programs: FakeViewers
    qtbot: QtBot
    solver: FakeSolver = field(default_factory=FakeSolver)

    @property
    def workbench(self) -> Workbench:
        return self.window.workbench

    @property
    def document(self) -> Document:
        return self.window.workbench.document

    # ------------------------------------------------------------------ waiting and looking
    def wait(self, until: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(until, timeout=WAIT)

    def wait_until_idle(self) -> None:
        """Wait until no job runs and every view is up to date."""
        self.wait(lambda: not self.workbench.runner.busy and self.window.views.settled)

    def lay_out(self) -> None:
        """Let Qt lay out the widgets that have changed."""
        QApplication.sendPostedEvents()
        QApplication.processEvents()

    def toasts(self) -> list[str]:
        return [toast.text for toast in self.window.toasts.toasts]

    def dialog(self, kind: type[T]) -> T:
        """The open dialog of a kind."""
        self.wait(lambda: any(isinstance(w, kind) for w in shown_windows()))
        return next(w for w in shown_windows() if isinstance(w, kind))

    # ------------------------------------------------------------------ doing
    def open_example(self) -> None:
        self.workbench.open_example()
        self.wait_until_idle()
        self.predictor.truth = self.document.crystal

    def click(self, widget: QWidget) -> None:
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def press(self, name: str) -> None:
        """Trigger an action, as its menu entry does."""
        action = self.window.window_actions[name]
        assert action.isEnabled(), action.toolTip()
        action.trigger()

    def drop(
        self, *paths: Path, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(QPoint(400, 300), copy, data, left, keys)
        QApplication.sendEvent(self.window, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(self.window, QDropEvent(QPointF(400, 300), copy, data, left, keys))

    def save_as(self, name: str, path: Path) -> None:
        """Choose a save action and type a path."""
        self.press(name)
        dialog = self.dialog(QFileDialog)
        dialog.fileSelected.emit(str(path))
        dialog.close()
        self.wait_until_idle()

    def turn_wheel(self, kind: MapKind, steps: int) -> None:
        port = self.window.centre.shown_views.view(kind).viewport
        middle = QPointF(port.rect().center())
        event = QWheelEvent(
            middle, port.mapToGlobal(middle), QPoint(0, 0), QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, event)

    def answer(self, words: str) -> None:
        """Click the button with this text in the open question."""
        box = self.dialog(QMessageBox)
        self.click(next(b for b in box.buttons() if b.text().replace("&", "") == words))
        self.wait(lambda: not any(isinstance(w, QMessageBox) for w in shown_windows()))


def shown_windows() -> list[object]:
    return [w for w in QApplication.topLevelWidgets() if w.isVisible()]
