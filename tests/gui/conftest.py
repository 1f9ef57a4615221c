"""The real window with a fake predictor, on a display of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from pytestqt.qtbot import QtBot

from patterson_gui.app.settings import SettingsStore
from patterson_gui.gui.application import make_window
from tests.app.fakes import FakePredictor, FakeViewers, fake_services
from tests.gui.desk import Desk


@pytest.fixture
def desk(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Iterator[Desk]:
    predictor, programs = FakePredictor(), FakeViewers()
    services = fake_services(predictor, programs)
    window = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield Desk(window, predictor, programs, qtbot)
    if not sip.isdeleted(window):
        window.close_now()
