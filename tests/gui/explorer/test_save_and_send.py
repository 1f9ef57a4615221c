"""Save the decoded crystal, send both densities, open it in the main window."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog

from patterson_gui.io.opening.materials import read_materials
from patterson_gui.io.viewers.scene import Viewer
from tests.gui.explorer.conftest import ExplorerDriver
from tests.gui.main_window_driver import shown_windows

pytestmark = pytest.mark.gui


def test_exports_the_decoded_crystal_as_cif(driver: ExplorerDriver, tmp_path: Path) -> None:
    driver.press("save_crystal")
    (dialog,) = (w for w in shown_windows() if isinstance(w, QFileDialog))
    dialog.fileSelected.emit(str(tmp_path / "salt.cif"))
    dialog.close()
    driver.wait_until_idle()
    (read,) = read_materials(tmp_path / "salt.cif")
    assert read.formula == "Cl4Na4"
    assert "Saved salt.cif" in driver.toasts()[-1]


def test_sends_both_densities_at_the_levels_shown(driver: ExplorerDriver) -> None:
    driver.window.set_level(3.0)
    driver.press("send")
    driver.wait_until_idle()
    (items,) = driver.programs.sent
    density = driver.explorer.decoding.density
    assert density is not None
    assert items[0].level == pytest.approx(3 * density.rmsd)
    assert driver.toasts() == ["Sent to ChimeraX."]
    menu = driver.window.by_name["send"].menu()
    assert menu is not None
    menu.actions()[2].trigger()
    driver.wait_until_idle()
    assert driver.toasts()[-1] == "Sent to PyMOL."
    assert driver.window.by_name["send"].text() == "PyMOL"
    assert driver.main.viewers.usual is Viewer.PYMOL


def test_opens_the_decoded_crystal_in_the_main_window(driver: ExplorerDriver) -> None:
    driver.press("to_main")
    driver.wait_until_idle()
    crystal = driver.main.workbench.document.crystal
    assert crystal is not None
    assert "decoded" in crystal.name
    assert driver.main.workbench.document.patterson is not None
