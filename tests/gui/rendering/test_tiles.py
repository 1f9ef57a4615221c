"""Pictures rendered in tiles: the same as in one piece, also with a transparent background."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from patterson_gui.errors import Cancelled
from patterson_gui.gui.rendering.camera import standard_view
from patterson_gui.gui.rendering.render_thread import render_thread
from patterson_gui.gui.rendering.scene import (
    BoundingSphere,
    FrameRequest,
    Geometry,
    Part,
    Scene,
    Shape,
)
from patterson_gui.gui.rendering.tiles import render_tiled

pytestmark = pytest.mark.gui

CORNERS = np.array(list(np.ndindex(2, 2, 2))) * 12.0
CAMERA = standard_view(CORNERS)
BACKGROUND = (0.2, 0.4, 0.1)


def scene() -> Scene:
    """Wide lines along and across, fogged, and a surface that is seen through."""
    edges = np.array([(0, 1), (0, 2), (0, 4), (7, 3), (7, 5), (7, 6), (0, 7)], np.uint32)
    lines = Geometry(Shape.LINES, CORNERS.astype(np.float32), edges)
    faces = np.array([(0, 1, 2), (1, 3, 2), (4, 5, 6)], np.uint32)
    normals = np.repeat(CAMERA.matrix[2:3], 8, axis=0).astype(np.float32)
    surface = Geometry(Shape.TRIANGLES, CORNERS.astype(np.float32), faces, normals)
    bounds = BoundingSphere((6.0, 6.0, 6.0), 11.0)
    parts = (
        Part(lines, (0.9, 0.1, 0.1), width=5.0),
        Part(surface, (0.1, 0.2, 0.9), opacity=0.5, fog=0.0),
    )
    return Scene(parts, bounds, bounds, BACKGROUND)


def pixels(image: QImage) -> NDArray[np.int64]:
    """(h, w, 4) red, green, blue, alpha; not premultiplied."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    shape = (image.height(), image.width(), 4)
    return np.frombuffer(bits, np.uint8).reshape(shape).astype(int)


def test_tiles_make_the_same_picture_as_one_frame(qtbot: QtBot) -> None:
    frame = FrameRequest(scene(), CAMERA, (330, 240), ratio=2.0)
    whole, tiled = (
        render_tiled(render_thread(), frame, edge=1000),
        render_tiled(render_thread(), frame, edge=70),
    )
    assert whole is not None
    assert tiled is not None
    assert (tiled.width(), tiled.height()) == (330, 240)
    differ = np.abs(pixels(whole) - pixels(tiled)).max(axis=-1)
    # Edges of lines may fall on other samples of a pixel; whole lines would not.
    assert (differ > 40).mean() < 0.002
    assert len(np.unique(pixels(whole).reshape(-1, 4), axis=0)) > 20


def test_a_picture_is_larger_than_a_frame_buffer_may_be(qtbot: QtBot) -> None:
    image = render_tiled(render_thread(), FrameRequest(scene(), CAMERA, (20_000, 8), ratio=0.1))
    assert image is not None
    assert image.width() == 20_000


def test_a_clear_picture_on_a_colour_is_the_picture_with_that_background(qtbot: QtBot) -> None:
    frame = FrameRequest(scene(), CAMERA, (200, 160))
    solid = render_tiled(render_thread(), frame)
    clear = render_tiled(render_thread(), replace(frame, clear=True))
    assert solid is not None
    assert clear is not None
    alpha = pixels(clear)[..., 3]
    assert alpha.min() == 0
    assert alpha.max() > 200
    assert ((alpha > 20) & (alpha < 180)).any()  # the fog and the surface are seen through
    on_colour = QImage(200, 160, QImage.Format.Format_RGB32)
    on_colour.fill(QColor.fromRgbF(*BACKGROUND))
    with QPainter(on_colour) as painter:
        painter.drawImage(0, 0, clear)
    differ = np.abs(pixels(on_colour) - pixels(solid)).max(axis=-1)
    assert (differ > 6).mean() < 0.002  # edges may fall on other samples of a pixel


def test_rendering_in_tiles_can_be_stopped(qtbot: QtBot) -> None:
    finished = []

    def step(done: int, total: int) -> None:
        finished.append((done, total))
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        render_tiled(render_thread(), FrameRequest(scene(), CAMERA, (64, 64)), 16, step)
    assert finished == [(0, 16), (1, 16), (2, 16)]


@pytest.mark.parametrize("width", [3.0, 12.0, 40.0])
def test_lines_of_figures_are_as_wide_as_they_should_be(qtbot: QtBot, width: float) -> None:
    """Drivers limit the width of lines; figures must not depend on that."""
    middle, up = np.array(CAMERA.target), CAMERA.matrix[1]
    ends = np.array([middle - 4 * up, middle + 4 * up]).astype(np.float32)
    line = Geometry(Shape.LINES, ends, np.array([[0, 1]], np.uint32))
    bounds = BoundingSphere((6.0, 6.0, 6.0), 11.0)
    upright = Scene((Part(line, (0.0, 0.0, 0.0), width, fog=0.0),), bounds, bounds, (1.0,) * 3)
    image = render_tiled(render_thread(), FrameRequest(upright, CAMERA, (200, 200)), edge=64)
    assert image is not None
    row = pixels(image)[100, :, 0]
    assert (255 - row).sum() / 255 == pytest.approx(width, abs=0.6)
    dark = np.flatnonzero(row < 128)
    assert dark.mean() == pytest.approx(99.5, abs=1.0)


def test_lines_that_meet_leave_no_gap(qtbot: QtBot) -> None:
    middle = np.array(CAMERA.target)
    right, up = CAMERA.matrix[:2]
    corner = np.array([middle - 4 * right, middle, middle + 4 * up]).astype(np.float32)
    lines = Geometry(Shape.LINES, corner, np.array([[0, 1], [1, 2]], np.uint32))
    bounds = BoundingSphere((6.0, 6.0, 6.0), 11.0)
    scene = Scene((Part(lines, (0.0, 0.0, 0.0), 30.0, fog=0.0),), bounds, bounds, (1.0,) * 3)
    image = render_tiled(render_thread(), FrameRequest(scene, CAMERA, (200, 200)))
    assert image is not None
    # The outer corner of the bend, to the right below the point where the lines meet.
    assert pixels(image)[110, 110, 0] < 30
