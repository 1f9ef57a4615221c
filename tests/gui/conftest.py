"""The real window with a fake predictor, on a display of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.app.document import Document
from patterson_gui.app.settings import SettingsStore
from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.application import make_window
from patterson_gui.gui.main_window import MainWindow
from tests.app.fakes import FakePredictor, FakeSender, fake_services

T = TypeVar("T")
WAIT = 30_000  # ms; a machine under load is slow, a hang is longer


@dataclass
class Desk:
    """A window with what a test wants to look at."""

    window: MainWindow
    predictor: FakePredictor
    sender: FakeSender
    qtbot: QtBot

    @property
    def workbench(self) -> Workbench:
        return self.window.workbench

    @property
    def document(self) -> Document:
        return self.window.workbench.document

    def wait(self, until: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(until, timeout=WAIT)

    def rest(self) -> None:
        """Wait until nothing runs and every view shows what it was told."""
        self.wait(lambda: not self.workbench.runner.busy and self.window.views.settled)

    def open_example(self) -> None:
        self.workbench.open_example()
        self.rest()
        self.predictor.truth = self.document.crystal

    def toasts(self) -> list[str]:
        return [toast.text for toast in self.window.toasts.toasts]

    def dialog(self, kind: type[T]) -> T:
        """The open dialog of a kind."""
        self.wait(lambda: any(isinstance(w, kind) for w in shown_windows()))
        return next(w for w in shown_windows() if isinstance(w, kind))


def shown_windows() -> list[object]:
    return [w for w in QApplication.topLevelWidgets() if w.isVisible()]


@pytest.fixture
def desk(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Iterator[Desk]:
    predictor, sender = FakePredictor(), FakeSender()
    services = fake_services(predictor, sender)
    window = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield Desk(window, predictor, sender, qtbot)
    if not sip.isdeleted(window):
        window.close_now()
