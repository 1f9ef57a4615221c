"""The layout of the window: toolbar, tables at the side, arrangement of the views."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from patterson_gui.app.settings import SettingsStore
from patterson_gui.gui.application import make_window
from patterson_gui.gui.viewer3d.arrangement import Arrangement
from tests.app.fakes import FakePredictor, FakeViewers, fake_services
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = pytest.mark.gui

NAMES = ("link_camera", "link_cursor", "link_levels", "reset_view")


def test_the_views_use_the_height_that_the_tables_leave(driver: MainWindowDriver) -> None:
    window = driver.window
    driver.open_example()
    driver.lay_out()
    assert window.views.arrangement is Arrangement.SIDE_BY_SIDE
    height = window.views.height()
    driver.press("tables_at_side")
    driver.wait(lambda: window.views.height() > height + 100)
    driver.wait(lambda: window.tables.height() > 500)
    assert window.peaks.isVisible()
    assert window.views.arrangement is Arrangement.ONE_AND_TWO
    assert window.result.minimumWidth() <= 304
    driver.press("tables_at_side")
    driver.wait(lambda: window.views.height() < height + 60)
    assert window.views.arrangement is Arrangement.SIDE_BY_SIDE
    driver.press("arrange_stacked")
    assert window.views.arrangement is Arrangement.STACKED
    driver.press("arrange_auto")
    assert window.views.arrangement is Arrangement.SIDE_BY_SIDE


def test_places_are_remembered(
    driver: MainWindowDriver, own_settings: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    driver.press("tables_at_side")
    driver.press("arrange_stacked")
    driver.window.close_now()
    services = fake_services(FakePredictor(), FakeViewers())
    again = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    again.show()
    qtbot.waitExposed(again)
    assert again.window_actions["tables_at_side"].isChecked()
    assert again.window_actions["arrange_stacked"].isChecked()
    assert again.views.arrangement is Arrangement.STACKED
    again.close_now()


def test_links_have_names_where_the_window_is_wide(driver: MainWindowDriver) -> None:
    window = driver.window
    buttons = [window.toolbar.widgetForAction(window.window_actions[name]) for name in NAMES]
    for width, named in ((1280, False), (1900, True), (1280, False)):
        window.resize(width, 800)
        driver.lay_out()
        for button in buttons:
            assert isinstance(button, QToolButton)
            assert button.isVisible()  # not in the menu of what does not fit
            assert (button.toolButtonStyle().name == "ToolButtonTextBesideIcon") is named
    assert [button.accessibleName() for button in buttons] == [
        "Link cameras", "Link cursors", "Link levels", "Whole cell",
    ]  # fmt: skip
