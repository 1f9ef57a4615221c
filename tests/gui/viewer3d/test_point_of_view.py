"""Turning, moving and zooming a single 3D view, and clicks in it."""

import gemmi
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.gui.viewer3d.map_view import MapView
from tests.gui.scenes import TRICLINIC, blob
from tests.gui.viewer3d.conftest import settle, wheel

pytestmark = pytest.mark.gui


def test_dragging_turns_shift_moves_and_ctrl_wheel_zooms(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    emitted: list[object] = []
    view.camera_changed.connect(emitted.append)
    before = view.camera.state
    drag(qtbot, view, Qt.KeyboardModifier.NoModifier)
    turned = view.camera.state
    assert turned.rotation != before.rotation
    assert (turned.target, turned.span) == (before.target, before.span)
    drag(qtbot, view, Qt.KeyboardModifier.ShiftModifier)
    moved = view.camera.state
    assert moved.target != turned.target
    assert (moved.rotation, moved.span) == (turned.rotation, turned.span)
    level = view.level
    wheel(view, 2, Qt.KeyboardModifier.ControlModifier)
    assert view.camera.state.span < moved.span
    assert view.level == level
    assert emitted[-1] == view.camera.state


def drag(qtbot: QtBot, view: MapView, modifier: Qt.KeyboardModifier) -> None:
    """Drag the mouse. QTest's own mouse moves have neither buttons nor modifier keys."""
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QMouseEvent

    port, left, none = view.viewport, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, x, button, buttons in (
        (QEvent.Type.MouseButtonPress, 100, left, left),
        (QEvent.Type.MouseMove, 130, none, left),
        (QEvent.Type.MouseMove, 160, none, left),
        (QEvent.Type.MouseButtonRelease, 160, left, none),
    ):
        place = QPointF(x, 100)
        event = QMouseEvent(kind, place, port.mapToGlobal(place), button, buttons, modifier)
        QApplication.sendEvent(port, event)


def test_looks_at_a_place_and_back_at_the_whole_cell(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob(cell=TRICLINIC))
    whole = view.camera.state
    with qtbot.waitSignal(view.camera_changed):
        view.camera.look_at((0.25, 0.5, 0.75))
    expected = TRICLINIC.orthogonalize(gemmi.Fractional(0.25, 0.5, 0.75)).tolist()
    assert view.camera.state.target == pytest.approx(expected)
    view.camera.reset()
    assert view.camera.state == whole


def test_the_whole_cell_stays_whole_when_the_window_changes_until_it_is_moved(
    qtbot: QtBot, view: MapView
) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    first = view.camera.state
    view.resize(300, 600)
    qtbot.waitUntil(lambda: view.camera.state != first)
    settle(qtbot, view)
    view.camera.look_at((0.2, 0.2, 0.2))
    moved = view.camera.state
    view.resize(500, 400)
    settle(qtbot, view)
    assert view.camera.state == moved


def test_keeps_the_camera_until_the_cell_changes(view: MapView) -> None:
    view.set_map(blob())
    view.camera.look_at((0.1, 0.1, 0.1))
    kept = view.camera.state
    view.set_map(blob((0.2, 0.2, 0.2)))
    assert view.camera.state == kept
    view.set_map(blob(cell=TRICLINIC))
    assert view.camera.state != kept


def test_a_click_on_density_puts_the_cursor_there(qtbot: QtBot, view: MapView) -> None:
    place = np.array([0.3, 0.6, 0.5])
    view.set_map(blob(tuple(place)))
    settle(qtbot, view)
    size = (view.viewport.width(), view.viewport.height())
    x, y, _ = view.camera.state.project(place * 12.0, size)[0]
    with qtbot.waitSignal(view.cursor_moved) as picked:
        qtbot.mouseClick(view.viewport, Qt.MouseButton.LeftButton, pos=QPoint(int(x), int(y)))
    assert picked.args[0] == pytest.approx(place, abs=0.04)
    with qtbot.assertNotEmitted(view.cursor_moved):
        qtbot.mouseClick(view.viewport, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))


@pytest.mark.parametrize("kind", ["peaks", "sites"])
def test_a_click_on_a_mark_puts_the_cursor_exactly_there(
    qtbot: QtBot, view: MapView, kind: str
) -> None:
    view.set_map(blob())
    mark = view.marks.set_peaks if kind == "peaks" else view.marks.set_sites
    mark([(0.9, 0.1, 0.2)], ["1"])
    settle(qtbot, view)
    size = (view.viewport.width(), view.viewport.height())
    x, y, _ = view.camera.state.project(np.array([0.9, 0.1, 0.2]) * 12.0, size)[0]
    with qtbot.waitSignal(view.cursor_moved) as picked:
        qtbot.mouseClick(view.viewport, Qt.MouseButton.LeftButton, pos=QPoint(int(x), int(y)))
    assert picked.args[0] == pytest.approx((0.9, 0.1, 0.2))
