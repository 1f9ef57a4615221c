"""The main window: maps and models that are added to the views."""

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
)

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.io.maps.ccp4 import write_map
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def entry(menu: QMenu, words: str) -> QAction:
    return next(each for each in menu.actions() if each.text().replace("&", "") == words)


@pytest.fixture
def opened(driver: MainWindowDriver, tmp_path: Path) -> MainWindowDriver:
    """A window with the example, and a map of it that was added by the button of the panel."""
    driver.open_example()
    write_map(tmp_path / "mine.ccp4", not_none(driver.document.truth))
    driver.click(driver.window.layers.add_button)
    dialog = driver.dialog(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "mine.ccp4"))
    dialog.close()
    driver.wait_until_idle()
    return driver


def test_an_added_map_has_a_row_that_changes_how_it_is_drawn(opened: MainWindowDriver) -> None:
    window, document = opened.window, opened.document
    (key,) = window.layers.added_rows
    row, layers = window.layers.added_rows[key], window.views.view(MapKind.TRUE).layers
    assert row.shown.text() == "mine"
    assert row.units.text().endswith("e/Å³")
    not_none(row.level).setValue(4.0)
    not_none(row.surface).click()
    opened.wait_until_idle()
    (drawn,) = layers.layers
    assert (drawn.level, drawn.style) == (pytest.approx(4.0), "surface")
    (scene,) = layers.scenes
    assert not_none(not_none(scene.map).contour).mesh.faces.size > 0
    row.shown.click()
    assert layers.layers == ()
    opened.press("undo")
    assert len(layers.layers) == 1
    assert window.views.view(MapKind.PREDICTED).layers.layers == ()
    assert document.added[0].visible


def test_the_menu_of_a_row_adds_levels_moves_and_removes(opened: MainWindowDriver) -> None:
    window = opened.window
    (key,) = window.layers.added_rows
    commands = window.layer_commands
    entry(commands.menu_of(key), "Add a level").trigger()
    assert not entry(commands.menu_of(key), "Move up").isEnabled()
    entry(commands.menu_of(key), "Move down").trigger()
    assert [layer.name for layer in opened.document.added] == ["mine, level 2", "mine"]
    views = not_none(entry(commands.menu_of(key), "Show in").menu())
    assert [each.isChecked() for each in views.actions()] == [False, False, True]
    views.actions()[0].trigger()
    assert len(window.views.view(MapKind.PATTERSON).layers.layers) == 1
    opened.wait_until_idle()
    not_none(window.layers.added_rows[key].level).setValue(1.0)
    entry(commands.menu_of(key), "Remove").trigger()  # while it is contoured
    opened.wait_until_idle()
    assert list(window.layers.added_rows) == [opened.document.added[0].key]
    entry(commands.menu_of(LayerKey.PATTERSON), "Add a level").trigger()
    opened.wait_until_idle()
    assert len(window.views.view(MapKind.PATTERSON).layers.layers) == 1


def test_every_control_of_the_panel_has_a_name_for_screen_readers(
    opened: MainWindowDriver,
) -> None:
    panel = opened.window.layers
    kinds = (QCheckBox, QDoubleSpinBox, QSlider, QToolButton, QComboBox)
    controls = [each for each in panel.findChildren(QWidget) if isinstance(each, kinds)]
    assert len(controls) > 15
    nameless = [
        each for each in controls
        if not each.accessibleName() and not getattr(each, "text", str)()
    ]  # fmt: skip
    assert nameless == []


def test_a_wrong_file_is_told_and_nothing_is_added(
    opened: MainWindowDriver, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("nothing\n")
    opened.window.layer_commands.add(tmp_path / "notes.txt")
    opened.wait_until_idle()
    assert len(opened.document.added) == 1
    assert any("cannot be opened" in text for text in opened.toasts())


def test_files_dropped_with_shift_are_added(opened: MainWindowDriver, tmp_path: Path) -> None:
    opened.drop(tmp_path / "mine.ccp4", keys=Qt.KeyboardModifier.ShiftModifier)
    opened.wait_until_idle()
    assert [layer.name for layer in opened.document.added] == ["mine", "mine"]


def test_the_window_closes_while_a_file_is_read_and_maps_blink(
    opened: MainWindowDriver, tmp_path: Path
) -> None:
    opened.press("blink")  # the added map and the truth
    assert opened.document.blink is not None
    opened.window.layer_commands.add(tmp_path / "mine.ccp4")
    opened.window.close_now()
    assert not opened.workbench.runner.busy
