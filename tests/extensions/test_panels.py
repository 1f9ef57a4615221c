"""Panels of other packages in the real window."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from patterson_gui.app.settings import SettingsStore
from patterson_gui.gui.application import make_window
from patterson_gui.gui.window.main_window import MainWindow
from patterson_gui.io.extensions import PANELS
from tests.app.fakes import FakePredictor, FakeViewers, fake_services
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]

FAILING_LATER = """
from PyQt6.QtWidgets import QLabel
def THING(host):
    label = QLabel("x")
    host.changed.connect(lambda: 1 / 0)
    return label
"""


@pytest.fixture
def make(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Callable[[], MainWindowDriver]:
    """Makes a window, with whatever is installed then."""
    made: list[MainWindow] = []

    def make() -> MainWindowDriver:
        predictor, programs = FakePredictor(), FakeViewers()
        services = fake_services(predictor, programs)
        window = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
        window.show()
        made.append(window)
        return MainWindowDriver(window, predictor, programs, qtbot)

    yield make
    for window in made:
        window.close_now()


def tabs(driver: MainWindowDriver) -> list[str]:
    tables = driver.window.tables
    return [tables.tabText(index) for index in range(tables.count())]


def test_a_panel_of_an_installed_package_follows_the_crystal_and_works(
    example: Path, make: Callable[[], MainWindowDriver]
) -> None:
    driver = make()
    assert "Contents" in tabs(driver)
    panel = driver.window.tables.widget(tabs(driver).index("Contents"))
    assert panel is not None
    words, button = panel.findChild(QLabel), panel.findChild(QPushButton)
    assert words is not None
    assert button is not None
    assert words.text() == "Nothing is open. "
    driver.open_example()
    assert words.text() == "1yjp A:6-7 patterson, true"
    driver.window.tables.setCurrentWidget(panel)
    driver.lay_out()
    driver.click(button)
    driver.wait_until_idle()
    patterson = driver.document.patterson
    assert patterson is not None
    assert driver.toasts() == [f"The largest value is {patterson.grid.max():.1f}."]
    assert driver.window.extension_panels.extensions[0].works


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def THING(host): raise ValueError('it needs a newer version')", "a newer version"),
        ("def THING(host): return 3", "it made int in place of a widget"),
        ("import nowhere_at_all", "No module named"),
    ],
)
def test_a_broken_panel_is_left_out_with_its_reason(
    broken: Callable[..., Path], make: Callable[[], MainWindowDriver], text: str, reason: str
) -> None:
    broken(PANELS, text)
    driver = make()
    (told,) = driver.toasts()
    assert told.startswith("The panel “x” of broken is switched off (")
    assert reason in told
    driver.open_example()
    assert driver.document.patterson is not None


def test_a_panel_that_fails_later_is_told_and_disturbs_nothing(
    broken: Callable[..., Path], make: Callable[[], MainWindowDriver]
) -> None:
    broken(PANELS, FAILING_LATER)
    driver = make()
    driver.open_example()
    assert driver.document.patterson is not None
    assert driver.window.views.views[0].density is not None
    assert any("The panel “x” of broken failed (division by zero)" in t for t in driver.toasts())
