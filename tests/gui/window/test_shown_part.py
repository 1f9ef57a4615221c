"""The main window: the part of the crystal that is drawn, points of view, going to a place."""

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QDialog

from patterson_gui.app.document.shown_part import ShownPart
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.place import BoundsDialog, GoToDialog
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def drawn(driver: MainWindowDriver, kind: MapKind) -> np.ndarray:
    """(n, 3) fractional places of the chicken wire of a view."""
    driver.wait_until_idle()
    view = driver.window.views.view(kind)
    contour = view.contours.contour
    assert contour is not None
    density = contour.request.density
    used = contour.mesh.vertices[contour.mesh.lines.ravel()]
    return np.asarray(used @ np.linalg.inv(density.orthogonalization).T)


def dialog_of(driver: MainWindowDriver, kind: type[QDialog]) -> QDialog:
    return next(one for one in driver.window.findChildren(kind) if one.isVisible())


def test_bounds_are_typed_undone_and_given_up_with_the_crystal(driver: MainWindowDriver) -> None:
    driver.open_example()
    assert drawn(driver, MapKind.PATTERSON).min() > -0.05
    driver.press("bounds")
    dialog = dialog_of(driver, BoundsDialog)
    assert isinstance(dialog, BoundsDialog)
    dialog.set_all(-0.5, 0.5)
    driver.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    places = drawn(driver, MapKind.PATTERSON)
    assert places.min() < -0.05
    assert places.max() < 0.55
    driver.press("undo")
    assert driver.document.shown_part.is_cell
    driver.press("redo")
    assert driver.document.shown_part.lower == (-0.5, -0.5, -0.5)
    driver.open_example()
    assert driver.document.shown_part == ShownPart()


def test_empty_bounds_are_refused_in_the_dialog(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.press("bounds")
    dialog = dialog_of(driver, BoundsDialog)
    assert isinstance(dialog, BoundsDialog)
    dialog.lower_boxes[1].setValue(1.5)
    dialog.accept()
    assert dialog.isVisible()
    assert driver.document.shown_part.is_cell
    dialog.reject()


def test_keys_change_the_radius_about_the_cursor(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.window.activateWindow()
    driver.wait(driver.window.isActiveWindow)
    driver.qtbot.keyClick(driver.window, Qt.Key.Key_BracketLeft)
    assert driver.document.shown_part.radius == 15.0
    assert driver.document.cursor is not None  # put into the middle of the view
    for _ in range(4):
        driver.qtbot.keyClick(driver.window, Qt.Key.Key_BracketLeft)
    radius = driver.document.shown_part.radius
    assert radius == 6.0
    views = driver.window.views
    density = views.view(MapKind.TRUE).density
    assert density is not None
    for place in (driver.document.cursor, (0.4, 0.45, 0.55)):
        views.set_cursor(place)
        driver.document.set_cursor(place)
        middle = np.array(place) @ density.orthogonalization.T
        away = drawn(driver, MapKind.TRUE) @ density.orthogonalization.T - middle
        assert np.linalg.norm(away, axis=1).max() <= radius


def test_copies_of_the_model_fill_the_bounds(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.wait_until_idle()
    view = driver.window.views.view(MapKind.TRUE)
    scene = view._scene.model
    assert scene is not None
    once = len(scene.atoms.positions)
    driver.window.workbench.changes.set_shown_part(
        ShownPart((0.0, 0.0, 0.0), (2.0, 1.0, 1.0), copies=True)
    )
    driver.wait_until_idle()
    assert view._scene.model is not None
    assert len(view._scene.model.atoms.positions) == 2 * once  # P 1, two cells
    assert driver.window.window_actions["copies"].isChecked()


@pytest.mark.parametrize("axis", ["a", "b", "c", "a_star", "b_star", "c_star"])
def test_looks_along_every_axis(driver: MainWindowDriver, axis: str) -> None:
    driver.open_example()
    driver.press(f"along_{axis}")
    density = driver.document.truth
    assert density is not None
    rows = density.orthogonalization.T
    rows = np.linalg.inv(rows).T if axis.endswith("star") else rows
    towards = rows["abc".index(axis[0])]
    for view in driver.window.views.views:
        seen = view.camera.state.matrix @ towards
        assert seen[2] == pytest.approx(np.linalg.norm(towards))


def test_goes_to_a_typed_place(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.press("go_to")
    dialog = dialog_of(driver, GoToDialog)
    assert isinstance(dialog, GoToDialog)
    dialog.field.clear()
    driver.qtbot.keyClicks(dialog.field, "1/4 0.5")
    driver.qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    driver.qtbot.keyClicks(dialog.field, " 0.75")
    driver.qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    assert driver.document.cursor == pytest.approx((0.25, 0.5, 0.75))
    truth = driver.document.truth
    assert truth is not None
    place = np.array([0.25, 0.5, 0.75]) @ truth.orthogonalization.T
    for view in driver.window.views.views:
        assert view.camera.state.target == pytest.approx(place)


def test_nothing_of_it_is_offered_before_a_file_is_open(driver: MainWindowDriver) -> None:
    actions = driver.window.window_actions
    for name in ("bounds", "copies", "radius_smaller", "radius_larger", "go_to", "along_a"):
        assert not actions[name].isEnabled()
        assert actions[name].toolTip() == "Open a file first."


def test_keys_make_and_move_a_slab_that_is_undone(driver: MainWindowDriver) -> None:
    assert not driver.window.window_actions["slab_thinner"].isEnabled()
    driver.open_example()
    driver.window.activateWindow()
    driver.wait(driver.window.isActiveWindow)
    assert not driver.window.window_actions["slab_nearer"].isEnabled()
    driver.qtbot.keyClick(driver.window, Qt.Key.Key_BraceLeft)
    assert driver.document.shown_part.slab == (10.0, 10.0)
    driver.qtbot.keyClick(driver.window, Qt.Key.Key_BraceLeft)
    driver.qtbot.keyClick(
        driver.window, Qt.Key.Key_BracketLeft, Qt.KeyboardModifier.ControlModifier
    )
    assert driver.document.shown_part.slab == (11.25, 3.75)
    view = driver.window.views.view(MapKind.TRUE)
    driver.wait_until_idle()
    assert view.viewport.scene.slab == (11.25, 3.75)
    driver.press("undo")
    assert driver.document.shown_part.slab is None
    driver.press("redo")
    driver.press("whole_depth")
    assert driver.document.shown_part.slab is None


def test_a_slab_that_holds_no_density_shows_none(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.press("slab_thinner")
    view = driver.window.views.view(MapKind.TRUE)
    driver.wait_until_idle()
    inside = view.grab_image()
    driver.workbench.changes.set_shown_part(ShownPart(slab=(200.0, -150.0)))
    driver.wait_until_idle()
    empty = view.grab_image()
    assert colours(inside) > 3 * colours(empty)


def colours(image: QImage) -> int:
    """How many different colours a picture has."""
    return len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())})
