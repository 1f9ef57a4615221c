"""Turntables: one turn, everything in the picture at every angle."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import Cancelled
from patterson_gui.gui.figures.paper import look_of
from patterson_gui.gui.figures.turntable import axis_of, draw_frames, with_room_to_turn
from patterson_gui.gui.figures.view_pictures import ViewSnapshot, fit_panels, snapshots
from patterson_gui.gui.rendering.render_thread import render_thread
from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.io.figures.settings import PicturePart, TurntablePart
from tests.gui.scenes import TRICLINIC, blob

pytestmark = pytest.mark.gui

PICTURE = PicturePart(
    width=200, height=160, background="white", titles=False, axes=False, marks=False
)


@pytest.fixture
def views(qtbot: QtBot) -> LinkedViews:
    made = LinkedViews()
    qtbot.addWidget(made)
    made.resize(700, 420)
    made.show()
    made.view(MapKind.PATTERSON).set_map(blob(kind=MapKind.PATTERSON, cell=TRICLINIC))
    qtbot.waitUntil(lambda: made.settled)
    return made


def frames(
    taken: list[ViewSnapshot], turntable: TurntablePart, stop_at: int | None = None
) -> list[NDArray[np.uint8]]:
    panels, picture = fit_panels(with_room_to_turn(taken, turntable.axis), PICTURE)

    def step(done: int, total: int) -> None:
        assert total == turntable.frames
        if done == stop_at:
            raise Cancelled

    drawn = draw_frames(render_thread(), panels, picture, turntable, look_of("white"), step)
    return list(drawn)


@pytest.mark.parametrize("axis", ["screen-y", "screen-x", "a", "b", "c"])
def test_the_cell_stays_in_the_picture_at_every_angle(views: LinkedViews, axis: str) -> None:
    turntable = TurntablePart.model_validate({"frames": 8, "axis": axis})
    taken = snapshots(views, PICTURE)
    panels, picture = fit_panels(with_room_to_turn(taken, axis), PICTURE)
    drawn = frames(taken, turntable)
    assert len(drawn) == 8
    for frame in drawn:
        assert frame.shape == (160, 200, 3)
        border = np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]])
        assert (border == 255).all()
    assert all((one != other).any() for one, other in pairwise(drawn))
    (panel,) = panels
    assert panel.view.marks.axes is not None
    corners = np.array(list(np.ndindex(2, 2, 2))) @ panel.view.marks.axes
    for angle in np.linspace(0, 2 * np.pi, 60):
        camera = panel.camera.spun(axis_of(panel.view, axis), float(angle))
        seen = camera.project(corners, panel.size)[:, :2]
        room = np.minimum(seen.min(axis=0), (np.array(panel.size) - seen).min(axis=0))
        assert (room > np.array([30, 55]) * picture.scale).all()


def test_a_turn_about_an_axis_of_the_cell_leaves_it_where_it_is(views: LinkedViews) -> None:
    (view,) = snapshots(views, PICTURE)
    assert view.marks.axes is not None
    for axis, name in zip(view.marks.axes, "abc", strict=True):
        spun = view.camera.spun(axis_of(view, name), 1.1)
        np.testing.assert_allclose(spun.matrix @ axis, view.camera.matrix @ axis, atol=1e-9)


def test_drawing_can_be_stopped_between_two_frames(views: LinkedViews) -> None:
    with pytest.raises(Cancelled):
        frames(snapshots(views, PICTURE), TurntablePart(frames=5), stop_at=2)
