"""The main window: levels, links, layers, peaks, themes."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.about import CITATIONS, AboutDialog
from tests.gui.desk import Desk

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_the_wheel_changes_the_level_and_the_panel_follows(desk: Desk) -> None:
    desk.open_example()
    before = desk.document.layers[LayerKey.TRUE].level.value
    desk.turn_wheel(MapKind.TRUE, 3)
    desk.rest()
    level = desk.document.layers[LayerKey.TRUE].level.value
    assert level > before
    row = desk.window.layers.rows[LayerKey.TRUE]
    assert row.level is not None
    assert row.level.value() == pytest.approx(level, abs=0.01)


def test_the_keys_plus_and_minus_change_the_level(desk: Desk) -> None:
    desk.open_example()
    port = desk.window.views.view(MapKind.PATTERSON).viewport
    before = desk.document.layers[LayerKey.PATTERSON].level.value
    desk.qtbot.keyClick(port, Qt.Key.Key_Plus)
    assert desk.document.layers[LayerKey.PATTERSON].level.value > before
    desk.qtbot.keyClick(port, Qt.Key.Key_Minus)
    assert desk.document.layers[LayerKey.PATTERSON].level.value == pytest.approx(before)


def test_linked_levels_follow_and_unlinked_ones_do_not(desk: Desk) -> None:
    desk.open_example()
    views = desk.window.views
    desk.turn_wheel(MapKind.TRUE, 2)
    assert views.view(MapKind.PREDICTED).level == views.view(MapKind.TRUE).level
    desk.press("link_levels")
    stays = views.view(MapKind.PREDICTED).level
    desk.turn_wheel(MapKind.TRUE, 4)
    assert views.view(MapKind.PREDICTED).level == stays


def test_a_click_on_a_peak_centres_the_view_on_it(desk: Desk) -> None:
    desk.open_example()
    table = desk.window.peaks.table
    view = desk.window.views.view(MapKind.PATTERSON)
    before = view.camera.state
    place = table.visualRect(desk.window.peaks.model.index(1, 1)).center()
    desk.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.camera.state != before
    assert desk.document.cursor == desk.document.peaks[1].frac
    assert "u " in desk.window.status.cursor_line.text()
    assert "Patterson" in desk.window.status.cursor_line.text()


def test_patterson_settings_are_computed_at_once(desk: Desk) -> None:
    desk.open_example()
    first = desk.document.patterson
    desk.window.patterson.remove_origin.click()
    desk.wait(lambda: desk.document.patterson is not first)
    desk.rest()
    assert desk.document.patterson_settings.remove_origin
    origin = float(desk.document.patterson.grid[0, 0, 0])
    assert origin < 0.5 * float(first.grid[0, 0, 0])


def test_hides_the_view_of_a_layer_that_is_switched_off(desk: Desk) -> None:
    desk.open_example()
    row = desk.window.layers.rows[LayerKey.PATTERSON]
    row.shown.click()
    assert not desk.window.views.view(MapKind.PATTERSON).isVisible()
    row.shown.click()
    assert desk.window.views.view(MapKind.PATTERSON).isVisible()


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_changes_the_theme_of_the_open_window(desk: Desk, theme: str) -> None:
    desk.open_example()
    desk.press(f"theme_{theme}")
    desk.rest()
    assert desk.window.store.settings.theme == theme
    if theme != "system":
        background = desk.window.palette().window().color().lightness()
        assert (background > 128) == (theme == "light")


def test_the_about_box_cites_both_papers(desk: Desk) -> None:
    desk.press("about")
    dialog = desk.dialog(AboutDialog)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert all(citation in texts for citation in CITATIONS)
    copy = next(b for b in dialog.findChildren(QPushButton) if "Copy" in b.text())
    desk.click(copy)
    assert "IUCrJ" in QApplication.clipboard().text()
    dialog.close()
