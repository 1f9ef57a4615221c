"""The main window: solving all data sets of a folder."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog

from tests.app.fake_solver import write_example
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_a_folder_is_solved_and_a_crystal_of_it_opened(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write_example(folder)
    write_example(folder, "another")
    driver.press("solve_folder")
    dialog = driver.dialog(QFileDialog)
    dialog.fileSelected.emit(str(folder))
    dialog.close()
    driver.lay_out()
    output = driver.dialog(QFileDialog)
    output.fileSelected.emit(str(tmp_path / "data-solved"))
    output.close()
    driver.wait_until_idle()
    panel = driver.window.folder.panel
    assert panel is not None
    assert driver.window.tables.currentWidget() is panel
    assert panel.table.rowCount() == 2
    assert not panel.stop.isVisible()
    panel.table.cellDoubleClicked.emit(0, 0)
    driver.wait(lambda: driver.document.crystal is not None)
    driver.wait_until_idle()
    assert driver.document.crystal is not None
    assert driver.document.crystal.name == "another"
