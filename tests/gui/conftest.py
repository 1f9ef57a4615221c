"""Fixture: the main window with a fake predictor and fake programs, on a virtual display."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from pytestqt.qtbot import QtBot

from patterson_gui.app.settings import SettingsStore
from patterson_gui.gui.application import make_window
from tests.app.fake_solver import FakeSolver
from tests.app.fakes import FakePredictor, FakeViewers, fake_services
from tests.gui.main_window_driver import MainWindowDriver


@pytest.fixture
def driver(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Iterator[MainWindowDriver]:
    predictor, programs, solver = FakePredictor(), FakeViewers(), FakeSolver()
    services = fake_services(predictor, programs, solver=solver)
    window = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield MainWindowDriver(window, predictor, programs, qtbot, solver)
    if not sip.isdeleted(window):
        window.close_now()
