"""The toolbar: names beside the icons of links where there is room."""

import pytest
from PyQt6.QtWidgets import QToolButton

from tests.gui.main_window_driver import MainWindowDriver

pytestmark = pytest.mark.gui

NAMES = ("link_camera", "link_cursor", "link_levels", "reset_view")


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
