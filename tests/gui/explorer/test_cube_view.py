"""The two 3D views of the cube share camera, level and chosen atom."""

import pytest

from tests.gui.explorer.conftest import ExplorerDriver

pytestmark = pytest.mark.gui


def test_both_views_share_camera_and_level(driver: ExplorerDriver) -> None:
    views = driver.window.views
    views.encoded.contours.step(3)
    assert views.decoded.level == views.encoded.level
    assert driver.window.level_words.text() == f"{views.level:.2f} rmsd"
    driver.window.level.setValue(80)
    assert views.encoded.level == views.decoded.level == 4.0
    turned = views.encoded.camera.state.turned(0.4, 0.1)
    views.encoded.viewport._move_to(turned)
    assert views.decoded.camera.state == turned
    driver.click(driver.window.home)
    assert views.encoded.camera.state != turned
    driver.wait_until_idle()


def test_view_and_table_select_the_same_atom(
    driver: ExplorerDriver,
) -> None:
    window = driver.window
    encoded = driver.explorer.encoding.encoded
    assert encoded is not None
    window.views.encoded.cursor_moved.emit(tuple(encoded.place(5) / 10))
    assert window.crystal.table.chosen() == [5]
    window.crystal.choose_row(2)
    cursor = window.views.encoded.viewport.marks.cursor
    assert cursor is not None
    assert cursor == pytest.approx(encoded.place(2), abs=1e-4)
