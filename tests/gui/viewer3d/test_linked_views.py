"""The three linked views: camera, cursor and levels."""

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.gui.viewer3d.map_view import MapView
from tests.gui.scenes import blob

pytestmark = pytest.mark.gui

PATTERSON, PREDICTED, TRUE = MapKind.PATTERSON, MapKind.PREDICTED, MapKind.TRUE


@pytest.fixture
def views(qtbot: QtBot) -> LinkedViews:
    made = LinkedViews()
    qtbot.addWidget(made)
    made.resize(900, 400)
    for kind in (PATTERSON, PREDICTED, TRUE):
        made.view(kind).set_map(blob(kind=kind))
    made.show()
    qtbot.waitUntil(lambda: made.settled)
    return made


def wheel(view: MapView, steps: int) -> None:
    event = QWheelEvent(
        QPointF(60, 60), QPointF(60, 60), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport, event)


def test_views_share_a_camera_while_linked(views: LinkedViews) -> None:
    patterson, predicted, true = views.views
    predicted.camera.look_at((0.2, 0.3, 0.4))
    assert patterson.camera.state == true.camera.state == predicted.camera.state
    views.set_links(camera=False, cursor=True, levels=True)
    true.camera.look_at((0.9, 0.9, 0.9))
    assert predicted.camera.state != true.camera.state
    views.set_links(camera=True, cursor=True, levels=True)
    assert patterson.camera.state == predicted.camera.state == true.camera.state


def test_views_share_a_cursor_while_linked(qtbot: QtBot, views: LinkedViews) -> None:
    predicted = views.view(PREDICTED)

    def click() -> None:
        size = (predicted.viewport.width(), predicted.viewport.height())
        x, y, _ = predicted.camera.state.project(np.array([6.0, 6.0, 6.0]), size)[0]
        place = QPoint(int(x), int(y))
        qtbot.mouseClick(predicted.viewport, Qt.MouseButton.LeftButton, pos=place)

    with qtbot.waitSignal(views.cursor_moved) as moved:
        click()
    assert moved.args[0] == pytest.approx((0.5, 0.5, 0.5), abs=0.03)
    assert all(v.viewport.marks.cursor is not None for v in views.views)
    views.set_cursor(None)
    views.set_links(camera=True, cursor=False, levels=True)
    click()
    assert [v.viewport.marks.cursor is None for v in views.views] == [True, False, True]


def test_links_levels_of_densities_but_not_of_the_patterson(
    views: LinkedViews,
) -> None:
    patterson, predicted, true = views.views
    patterson.set_level(3.0)
    predicted.set_level(2.5)
    emitted: list[tuple[MapKind, float]] = []
    views.level_changed.connect(lambda kind, rmsd: emitted.append((kind, rmsd)))
    wheel(predicted, 2)
    assert [v.level for v in views.views] == pytest.approx([3.0, 2.7, 2.7])
    wheel(patterson, 1)
    assert [v.level for v in views.views] == pytest.approx([3.1, 2.7, 2.7])
    views.set_links(camera=True, cursor=True, levels=False)
    wheel(true, -1)
    assert [v.level for v in views.views] == pytest.approx([3.1, 2.7, 2.6])
    assert [kind for kind, _ in emitted] == [PREDICTED, TRUE, PATTERSON, TRUE]


def test_emits_a_changed_link_once(qtbot: QtBot, views: LinkedViews) -> None:
    with qtbot.waitSignal(views.links_changed) as emitted:
        views.set_links(camera=False, cursor=True, levels=True)
    assert emitted.args == [False, True, True]
    with qtbot.assertNotEmitted(views.links_changed):
        views.set_links(camera=False, cursor=True, levels=True)


def test_a_double_click_on_a_title_enlarges_its_view(qtbot: QtBot, views: LinkedViews) -> None:
    title = views.view(TRUE).header
    qtbot.mouseDClick(title, Qt.MouseButton.LeftButton)
    assert views.maximised is TRUE
    assert [v.isVisible() for v in views.views] == [False, False, True]
    qtbot.mouseDClick(title, Qt.MouseButton.LeftButton)
    assert views.maximised is None
    assert all(v.isVisible() for v in views.views)
    views.set_shown({PATTERSON, TRUE})
    assert [v.isVisible() for v in views.views] == [True, False, True]


def test_shows_an_opened_map_in_the_third_view(qtbot: QtBot, views: LinkedViews) -> None:
    third = views.view(MapKind.DENSITY)
    assert third is views.view(TRUE)
    third.set_map(blob(kind=MapKind.DENSITY))
    qtbot.waitUntil(lambda: views.settled)
    with qtbot.waitSignal(views.level_changed) as emitted:
        wheel(third, 1)
    assert emitted.args[0] is MapKind.DENSITY


def test_a_screenshot_shows_all_three_views(qtbot: QtBot, views: LinkedViews) -> None:
    image = views.screenshot()
    assert (image.width(), image.height()) == (900, 400)
    for view in views.views:
        corner = view.viewport.mapTo(views, QPoint(0, 0))
        part = image.copy(corner.x(), corner.y(), view.viewport.width(), view.viewport.height())
        colours = {part.pixel(x, y) for x in range(0, part.width(), 3)
                   for y in range(0, part.height(), 3)}  # fmt: skip
        assert len(colours) > 20


def test_an_empty_view_emits_its_kind_when_its_button_is_clicked(qtbot: QtBot) -> None:
    views = LinkedViews()
    qtbot.addWidget(views)
    views.show()
    views.view(PREDICTED).set_empty("Nothing yet.", "Predict density")
    with qtbot.waitSignal(views.empty_clicked) as emitted:
        qtbot.mouseClick(views.view(PREDICTED).page.button, Qt.MouseButton.LeftButton)
    assert emitted.args == [PREDICTED]
