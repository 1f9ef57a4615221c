"""The main window: levels, links, layers, peaks, themes."""

import time

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLabel, QMenu, QPushButton

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.about import CITATIONS, AboutDialog
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_the_wheel_changes_the_level_and_the_panel_follows(driver: MainWindowDriver) -> None:
    driver.open_example()
    before = driver.document.layers[LayerKey.TRUE].level.value
    driver.turn_wheel(MapKind.TRUE, 3)
    driver.wait_until_idle()
    level = driver.document.layers[LayerKey.TRUE].level.value
    assert level > before
    row = driver.window.layers.rows[LayerKey.TRUE]
    assert row.level is not None
    assert row.level.value() == pytest.approx(level, abs=0.01)


def test_the_keys_plus_and_minus_change_the_level(driver: MainWindowDriver) -> None:
    driver.open_example()
    port = driver.window.views.view(MapKind.PATTERSON).viewport
    before = driver.document.layers[LayerKey.PATTERSON].level.value
    driver.qtbot.keyClick(port, Qt.Key.Key_Plus)
    assert driver.document.layers[LayerKey.PATTERSON].level.value > before
    driver.qtbot.keyClick(port, Qt.Key.Key_Minus)
    assert driver.document.layers[LayerKey.PATTERSON].level.value == pytest.approx(before)


def test_linked_levels_follow_and_unlinked_ones_do_not(driver: MainWindowDriver) -> None:
    driver.open_example()
    views = driver.window.views
    driver.turn_wheel(MapKind.TRUE, 2)
    assert views.view(MapKind.PREDICTED).level == views.view(MapKind.TRUE).level
    driver.press("link_levels")
    stays = views.view(MapKind.PREDICTED).level
    driver.turn_wheel(MapKind.TRUE, 4)
    assert views.view(MapKind.PREDICTED).level == stays


@pytest.mark.parametrize("name", ["link_camera", "link_cursor", "link_levels", "surfaces"])
def test_the_view_menu_ticks_what_is_on(driver: MainWindowDriver, name: str) -> None:
    action = driver.window.window_actions[name]
    menu = next(w for w in action.associatedObjects() if isinstance(w, QMenu))
    menu.popup(driver.window.pos())
    driver.lay_out()
    entry = menu.actionGeometry(action)
    before = menu.grab(entry).toImage()
    action.toggle()
    assert menu.grab(entry).toImage() != before
    action.toggle()
    assert menu.grab(entry).toImage() == before
    menu.close()


def test_a_click_on_a_peak_centres_the_view_on_it(driver: MainWindowDriver) -> None:
    driver.open_example()
    table = driver.window.peaks.table
    view = driver.window.views.view(MapKind.PATTERSON)
    before = view.camera.state
    place = table.visualRect(driver.window.peaks.model.index(1, 1)).center()
    driver.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.camera.state != before
    assert driver.document.cursor == driver.document.peaks[1].frac
    assert "u " in driver.window.status.cursor_line.text()
    assert "Patterson" in driver.window.status.cursor_line.text()


def test_patterson_settings_are_computed_at_once(driver: MainWindowDriver) -> None:
    driver.open_example()
    first = driver.document.patterson
    driver.window.patterson.remove_origin.click()
    driver.wait(lambda: driver.document.patterson is not first)
    driver.wait_until_idle()
    assert driver.document.patterson_settings.remove_origin
    origin = float(driver.document.patterson.grid[0, 0, 0])
    assert origin < 0.5 * float(first.grid[0, 0, 0])


def test_hides_the_view_of_a_layer_that_is_switched_off(driver: MainWindowDriver) -> None:
    driver.open_example()
    row = driver.window.layers.rows[LayerKey.PATTERSON]
    row.shown.click()
    assert not driver.window.views.view(MapKind.PATTERSON).isVisible()
    row.shown.click()
    assert driver.window.views.view(MapKind.PATTERSON).isVisible()


def test_changing_the_theme_takes_a_tenth_of_a_second(driver: MainWindowDriver) -> None:
    driver.open_example()
    took = []
    for theme in ("light", "dark", "light", "dark"):
        start = time.thread_time()
        driver.press(f"theme_{theme}")
        took.append(time.thread_time() - start)
        driver.wait_until_idle()
    assert min(took) < 0.1, took  # of the processor: other programs do not count


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_changes_the_theme_of_the_open_window(driver: MainWindowDriver, theme: str) -> None:
    driver.open_example()
    driver.press(f"theme_{theme}")
    driver.wait_until_idle()
    assert driver.window.store.settings.theme == theme
    if theme != "system":
        background = driver.window.palette().window().color().lightness()
        assert (background > 128) == (theme == "light")


def test_the_about_box_cites_both_papers(driver: MainWindowDriver) -> None:
    driver.press("about")
    dialog = driver.dialog(AboutDialog)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert all(citation in texts for citation in CITATIONS)
    copy = next(b for b in dialog.findChildren(QPushButton) if "Copy" in b.text())
    driver.click(copy)
    assert "IUCrJ" in QApplication.clipboard().text()
    dialog.close()


def test_peaks_of_a_density_are_listed_with_their_atoms(driver: MainWindowDriver) -> None:
    driver.open_example()
    panel = driver.window.peaks
    panel.map.setFocus()
    driver.qtbot.keyClick(panel.map, Qt.Key.Key_End)
    driver.wait(lambda: panel.lists_density and bool(panel.model.peaks))
    assert panel.map.currentData() is LayerKey.TRUE
    found = driver.workbench.density_peaks.found
    assert found is not None
    driver.window.window_actions["next_peak"].trigger()
    first = panel.model.texts(0)
    assert float(first[6]) < 0.5  # Å to the nearest atom
    assert first[8].startswith("A ")
    assert driver.document.cursor == found.peaks[0].frac
    assert not panel.chosen()  # no vector to find sites from
    panel.least.setValue(8.0)
    assert 0 < panel.rows.rowCount() < len(found.peaks)
    driver.qtbot.keyClick(panel.map, Qt.Key.Key_Up)
    assert not panel.lists_density
