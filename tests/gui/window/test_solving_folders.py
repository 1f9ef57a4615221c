"""The main window: solving all data sets of a folder."""

from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QPushButton

from patterson_gui.crystal.solution import FolderSettings
from patterson_gui.gui.dialogs.solve_folder import SolveFolderDialog
from tests.app.fake_solver import write_example
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two data sets."""
    path = tmp_path / "data"
    path.mkdir()
    write_example(path)
    write_example(path, "another")
    return path


def test_a_folder_is_solved_as_chosen_and_a_crystal_of_it_opened(
    driver: MainWindowDriver, folder: Path
) -> None:
    driver.press("solve_folder")
    dialog = driver.dialog(SolveFolderDialog)
    browse = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Browse…")
    driver.click(browse)
    asked = driver.dialog(QFileDialog)
    asked.fileSelected.emit(str(folder))
    asked.close()
    assert dialog.output.text() == str(folder.with_name("data-solved"))
    driver.qtbot.keyClicks(dialog.elements, "C H N O Cl")
    dialog.starts.setValue(40)
    dialog.limit.setValue(90)
    dialog.jobs.setValue(1)
    driver.click(dialog.solve)
    driver.wait_until_idle()
    panel = driver.window.folder.panel
    assert driver.solver.folder_choices == [FolderSettings("C H N O Cl", 40, 90.0, 1)]
    assert panel is not None
    assert driver.window.tables.currentWidget() is panel
    assert panel.table.rowCount() == 2
    assert not panel.stop.isVisible()
    item = panel.table.visualItemRect(panel.table.item(0, 0)).center()
    viewport = panel.table.viewport()
    left = Qt.MouseButton.LeftButton
    driver.qtbot.mouseClick(viewport, left, pos=item)
    driver.qtbot.mouseDClick(viewport, left, pos=item)
    driver.wait(lambda: driver.document.crystal is not None)
    driver.wait_until_idle()
    assert driver.document.crystal is not None
    assert driver.document.crystal.name == "another"


def test_wrong_choices_are_explained_in_the_dialog(driver: MainWindowDriver, folder: Path) -> None:
    driver.press("solve_folder")
    dialog = driver.dialog(SolveFolderDialog)
    driver.click(dialog.solve)
    assert "Choose the folder with the data sets" in dialog.error.text()
    driver.qtbot.keyClicks(dialog.folder, str(folder / "missing"))
    driver.click(dialog.solve)
    assert "There is no folder" in dialog.error.text()
    dialog.folder.setText(str(folder))
    driver.qtbot.keyClicks(dialog.elements, "C H 7")
    driver.click(dialog.solve)
    assert "“7” in the list of elements" in dialog.error.text()
    assert dialog.isVisible()
    assert not driver.solver.folder_choices
    dialog.reject()


def test_a_folder_chosen_after_the_dialog_was_closed_is_no_error(
    driver: MainWindowDriver, folder: Path
) -> None:
    driver.press("solve_folder")
    dialog = driver.dialog(SolveFolderDialog)
    driver.click(next(b for b in dialog.findChildren(QPushButton) if b.text() == "Browse…"))
    asked = driver.dialog(QFileDialog)
    dialog.close()
    driver.wait(lambda: sip.isdeleted(dialog))
    asked.fileSelected.emit(str(folder))
    asked.close()
    assert driver.toasts() == []
