"""The list of the nearest known crystals."""

import pytest

from tests.gui.explorer.conftest import ExplorerDriver

pytestmark = pytest.mark.gui


def test_lists_the_nearest_known_crystals_and_opens_one(driver: ExplorerDriver) -> None:
    window = driver.window
    window.tabs.setCurrentWidget(window.neighbours)
    driver.wait_until_idle()
    rows = window.nearest.rows.rows
    assert rows[0] == ("Cl4Na4", "mp-1", "8", "0.000")
    window.nearest.opened.emit(1)
    driver.wait_until_idle()
    assert window.crystal.name.text() == f"{rows[1][0]} {rows[1][1]}"
