"""Fixture: the main window with the differences of a derivative open."""

from pathlib import Path

import pytest

from patterson_gui.app.document.patterson_source import PattersonSource
from patterson_gui.gui.dialogs.columns import ColumnsDialog
from tests.app.test_patterson_maps import derivative_file
from tests.gui.main_window_driver import MainWindowDriver


@pytest.fixture
def shown(driver: MainWindowDriver, tmp_path: Path) -> MainWindowDriver:
    """A window that shows isomorphous differences, with the table of sites in front."""
    driver.drop(derivative_file(tmp_path))
    driver.dialog(ColumnsDialog).accept()
    driver.wait_until_idle()
    driver.workbench.patterson_maps.choose(PattersonSource("isomorphous", "FHG(+)", "FNAT"))
    driver.wait_until_idle()
    driver.window.tables.setCurrentWidget(driver.window.sites)
    driver.lay_out()
    return driver
