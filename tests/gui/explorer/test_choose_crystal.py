"""Choose a crystal to encode: a known one, one of a file, the open one."""

from pathlib import Path

import pytest

from patterson_gui.io.models.writers.materials import write_materials
from tests.app.fake_crystals import KNOWN, LARGE
from tests.gui.explorer.conftest import ExplorerDriver
from tests.gui.main_window_driver import WAIT

pytestmark = pytest.mark.gui


def test_searches_the_known_crystals_and_encodes_one(driver: ExplorerDriver) -> None:
    driver.press("known")
    dialog = driver.dialog()
    assert len(dialog.table.rows.rows) == 5
    dialog.line.setText("Mg O")
    driver.qtbot.waitUntil(lambda: len(dialog.table.rows.rows) == 1, timeout=WAIT)
    driver.click(dialog.open_button)
    driver.wait_until_idle()
    assert driver.window.crystal.name.text() == "Mg4O4 mp-2"
    dialog.line.setText("helium")
    driver.qtbot.waitUntil(lambda: not dialog.table.rows.rows, timeout=WAIT)
    assert not dialog.open_button.isEnabled()
    dialog.close()


def test_asks_which_crystal_of_a_dropped_file_to_encode(
    driver: ExplorerDriver, tmp_path: Path
) -> None:
    path = tmp_path / "many.extxyz"
    write_materials(path, KNOWN[:3])
    driver.window.dropped.emit(path)
    driver.wait_until_idle()
    dialog = driver.dialog()
    dialog.table.opened.emit(2)
    driver.wait_until_idle()
    assert driver.window.crystal.name.text().startswith("F4Li4")
    dialog.close()


def test_encodes_the_crystal_that_is_open_in_the_main_window(driver: ExplorerDriver) -> None:
    driver.press("encode_open")
    assert "Nothing is open" in driver.toasts()[0]
    driver.main.workbench.open_example()
    driver.wait_until_idle()
    driver.press("encode_open")
    driver.wait_until_idle()
    assert driver.window.crystal.name.text().startswith("1yjp")


@pytest.mark.parametrize("kind", ["crystal", "lattice"])
def test_refuses_a_crystal_that_is_too_large(
    driver: ExplorerDriver, tmp_path: Path, kind: str
) -> None:
    driver.explorer.set_kind(kind)  # type: ignore[arg-type]
    driver.wait_until_idle()
    path = tmp_path / "large.cif"
    write_materials(path, [LARGE])
    driver.window.dropped.emit(path)
    driver.wait_until_idle()
    assert any(words in driver.toasts()[0] for words in ("does not fit", "much larger"))
    assert driver.window.crystal.name.text() == "Cl4Na4 mp-1"


def test_refuses_a_file_without_a_crystal(driver: ExplorerDriver, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague,")
    driver.window.dropped.emit(path)
    driver.wait_until_idle()
    assert len(driver.toasts()) == 1
    assert driver.window.toasts.toasts[0].details is None
