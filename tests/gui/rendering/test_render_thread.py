"""Pictures rendered in the render thread."""

import gc
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from patterson_gui.gui.rendering.camera import standard_view
from patterson_gui.gui.rendering.render_thread import RenderThread, render_thread
from patterson_gui.gui.rendering.scene import (
    BoundingSphere,
    FrameRequest,
    Geometry,
    Part,
    Scene,
    Shape,
)

pytestmark = pytest.mark.gui

CORNERS = np.array(list(np.ndindex(2, 2, 2))) * 12.0
CAMERA = standard_view(CORNERS)
SIZE = (320, 240)


def pixels(image: QImage) -> NDArray[np.uint8]:
    """(h, w, 3) red, green, blue."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def triangle(at: tuple[float, float, float], size: float = 1.0) -> Geometry:
    """A small triangle that faces the viewer in the standard view."""
    aside = CAMERA.matrix[:2]
    points = np.array(at) + size * np.array([-aside[0] - aside[1], aside[0] - aside[1], aside[1]])
    normals = np.repeat(CAMERA.matrix[2:3], 3, axis=0)
    return Geometry(
        Shape.TRIANGLES,
        points.astype(np.float32),
        np.array([[0, 1, 2]], np.uint32),
        normals.astype(np.float32),
    )


def frame_of(*parts: Part) -> FrameRequest:
    bounds = BoundingSphere((6.0, 6.0, 6.0), 11.0)
    return FrameRequest(Scene(parts, bounds, bounds, (1.0, 1.0, 1.0)), CAMERA, SIZE)


@pytest.mark.parametrize("place", [(10.0, 1.0, 2.0), (1.0, 10.0, 2.0), (1.0, 2.0, 10.0)])
def test_draws_points_where_the_camera_projects_them(
    qtbot: QtBot, place: tuple[float, float, float]
) -> None:
    image = render_thread().render_now(frame_of(Part(triangle(place), (0.9, 0.0, 0.0), fog=0.0)))
    assert image is not None
    picture = pixels(image).astype(int)
    y, x = np.nonzero(picture[..., 0] - picture[..., 1] > 80)
    expected = CAMERA.project(np.array(place), SIZE)[0]
    assert x.mean() == pytest.approx(expected[0], abs=2.0)
    # The middle of a triangle lies a sixth of its height below that of its box.
    assert y.mean() == pytest.approx(expected[1], abs=8.0)


def test_near_parts_hide_far_ones_and_fog_makes_far_ones_paler(qtbot: QtBot) -> None:
    eye, direction = CAMERA.ray(160, 120, SIZE)
    near, far = (eye + (CAMERA.distance + z) * direction for z in (-5.0, 5.0))
    red = Part(triangle(tuple(near), 0.7), (0.8, 0.0, 0.0))
    blue = Part(triangle(tuple(far), 2.0), (0.0, 0.0, 0.8))
    for order in ((red, blue), (blue, red)):
        image = render_thread().render_now(frame_of(*order))
        assert image is not None
        picture = pixels(image).astype(int)
        assert picture[120, 160, 0] > picture[120, 160, 2] + 60
    alone = render_thread().render_now(frame_of(blue))
    clear = render_thread().render_now(frame_of(replace(blue, fog=0.0)))
    assert alone is not None
    assert clear is not None
    assert pixels(alone)[120, 160, 0] > pixels(clear)[120, 160, 0] + 40


def test_a_transparent_surface_shows_what_is_inside(qtbot: QtBot) -> None:
    eye, direction = CAMERA.ray(160, 120, SIZE)
    front = Part(triangle(tuple(eye + (CAMERA.distance - 3) * direction), 3.0), (0.5,) * 3)
    inside = Part(triangle(tuple(eye + CAMERA.distance * direction), 1.0), (0.9, 0.0, 0.0))
    opaque = render_thread().render_now(frame_of(front, inside))
    through = render_thread().render_now(frame_of(replace(front, opacity=0.5), inside))
    assert opaque is not None
    assert through is not None
    redness = [int(p[120, 160, 0]) - int(p[120, 160, 1]) for p in map(pixels, (opaque, through))]
    assert redness[0] < 10
    assert redness[1] > 40


def test_lines_are_drawn_with_the_colours_of_their_points(qtbot: QtBot) -> None:
    ends = np.array([[6, 1, 6], [6, 11, 6]], np.float32)
    colours = np.array([[1, 0, 0], [0, 0, 1]], np.float32)
    line = Geometry(Shape.LINES, ends, np.array([[0, 1]], np.uint32), colours=colours)
    image = render_thread().render_now(frame_of(Part(line, width=3.0, fog=0.0)))
    assert image is not None
    picture = pixels(image).astype(int)
    (x0, y0, _), (x1, y1, _) = CAMERA.project(ends * 0.9 + 0.6, SIZE)
    red, blue = picture[round(y0), round(x0)], picture[round(y1), round(x1)]
    assert red[0] > red[2]
    assert blue[2] > blue[0]


class _Receiver:
    def __init__(self) -> None:
        self.got: list[object] = []

    def take(self, frame: FrameRequest, image: QImage, seconds: float) -> None:
        self.got.append(frame.token)


def test_renders_the_last_of_many_requests_and_few_others(qtbot: QtBot) -> None:
    receiver = _Receiver()
    frame = frame_of(Part(triangle((6.0, 6.0, 6.0))))
    for n in range(300):
        render_thread().request(1, replace(frame, token=n), receiver.take)
    qtbot.waitUntil(lambda: bool(receiver.got) and receiver.got[-1] == 299)
    assert len(receiver.got) < 150


def test_drops_pictures_of_a_receiver_that_is_gone(qtbot: QtBot) -> None:
    gone, stays = _Receiver(), _Receiver()
    render_thread().request(1, frame_of(), gone.take)
    render_thread().request(2, replace(frame_of(), token="second"), stays.take)
    del gone
    qtbot.waitUntil(lambda: stays.got == ["second"])
    assert render_thread().failure is None


def test_a_driver_error_becomes_a_sentence_and_releases_waiting_callers(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patterson_gui.gui.rendering.opengl_drawer import GraphicsError, OpenGLDrawer

    def refuse(self: OpenGLDrawer, frame: FrameRequest) -> QImage:
        raise GraphicsError("the graphics driver refuses a frame buffer")

    monkeypatch.setattr(OpenGLDrawer, "draw", refuse)
    own = RenderThread()
    try:
        with qtbot.waitSignal(own.failed) as emitted:
            assert own.render_now(frame_of(), timeout=1e6) is None
        assert "refuses a frame buffer" in emitted.args[0]
        assert own.render_now(frame_of()) is None
    finally:
        own.end()


def test_buffers_of_a_geometry_that_is_gone_are_freed_in_the_render_thread(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vispy.gloo import VertexBuffer, gl

    freed: list[str] = []
    deleted: list[int] = []
    delete, delete_buffer = VertexBuffer.delete, gl.glDeleteBuffer

    def noted(buffer: VertexBuffer) -> None:
        freed.append(threading.current_thread().name)
        delete(buffer)

    def counted(number: int) -> None:
        deleted.append(number)
        delete_buffer(number)

    monkeypatch.setattr(VertexBuffer, "delete", noted)
    monkeypatch.setattr(gl, "glDeleteBuffer", counted)
    thread = render_thread()
    frame = frame_of(Part(triangle((6.0, 6.0, 6.0))))
    other = frame_of(Part(triangle((3.0, 3.0, 3.0))))
    assert thread.render_now(frame) is not None
    assert thread.render_now(other) is not None
    freed.clear()
    deleted.clear()
    del frame  # the last that knows this triangle
    gc.collect()
    assert thread.render_now(other) is not None
    assert freed
    assert set(freed) == {"patterson-pool-renderer"}
    assert len(deleted) == 3  # points, normals, indices


def test_frame_buffers_of_earlier_sizes_are_freed(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patterson_gui.gui.rendering import opengl_drawer

    living: list[opengl_drawer.Target] = []
    make, delete = opengl_drawer.Target.__init__, opengl_drawer.Target.delete

    def made(target: opengl_drawer.Target, *arguments: Any) -> None:
        make(target, *arguments)
        living.append(target)

    def deleted(target: opengl_drawer.Target) -> None:
        delete(target)
        living.remove(target)

    monkeypatch.setattr(opengl_drawer.Target, "__init__", made)
    monkeypatch.setattr(opengl_drawer.Target, "delete", deleted)
    own = RenderThread()
    try:
        frame = frame_of(Part(triangle((6.0, 6.0, 6.0))))
        for n in range(8):
            for size in ((400 + n, 300), (1600, 800 + n)):
                assert own.render_now(replace(frame, size=size)) is not None
        kept = [target.size for target in living]
        assert (1600, 807) in kept
        assert (407, 300) in kept
        assert len(kept) < 7
        assert sum(target.size_mb for target in living) <= opengl_drawer.MOST_MB
        before = list(living)
        assert own.render_now(replace(frame, size=(407, 300))) is not None
        assert living == before  # made once
        monkeypatch.setattr(opengl_drawer, "LONGEST_UNUSED", 0.0)  # as if that time had passed
        assert own.render_now(replace(frame, size=(407, 300))) is not None
        assert [target.size for target in living] == [(407, 300)]
    finally:
        own.end()
    assert not living


def test_a_fine_picture_is_given_up_for_a_quick_one_of_the_same_view(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patterson_gui.gui.rendering import opengl_drawer

    monkeypatch.setattr(opengl_drawer, "PIECE", 3)
    one = triangle((6.0, 6.0, 6.0))
    many = replace(one, indices=np.repeat(one.indices, 40, axis=0))
    frame = frame_of(Part(many, (0.0, 0.0, 0.0), opacity=0.5))
    begun, go = threading.Event(), threading.Event()
    draw = opengl_drawer.OpenGLDrawer._draw

    def slow(self: opengl_drawer.OpenGLDrawer, *what: object) -> None:
        begun.set()
        go.wait(10)
        draw(self, *what)  # type: ignore[arg-type]

    monkeypatch.setattr(opengl_drawer.OpenGLDrawer, "_draw", slow)
    receiver, other = _Receiver(), _Receiver()
    render_thread().request(1, replace(frame, token="fine"), receiver.take)
    qtbot.waitUntil(begun.is_set)
    render_thread().request(2, replace(frame, token="of another view"), other.take)
    render_thread().request(1, replace(frame, token="quick", fine=False), receiver.take)
    go.set()
    qtbot.waitUntil(lambda: len(receiver.got) + len(other.got) == 2)
    assert (receiver.got, other.got) == (["quick"], ["of another view"])
    expected = render_thread().render_now(replace(frame, fine=False))
    assert expected is not None
    assert expected.pixelColor(SIZE[0] // 2, SIZE[1] // 2).lightness() < 250


def test_a_geometry_in_pieces_looks_as_one_in_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from patterson_gui.gui.rendering import opengl_drawer

    pictures = []
    for piece in (opengl_drawer.PIECE, 3):
        monkeypatch.setattr(opengl_drawer, "PIECE", piece)
        one, other = triangle((6.0, 6.0, 6.0)), triangle((5.0, 6.0, 7.0))
        both = replace(
            one,
            points=np.concatenate([one.points, other.points]),
            indices=np.concatenate([one.indices, other.indices + np.uint32(len(one.points))]),
            normals=np.concatenate([one.normals, other.normals]),
        )
        pictures.append(render_thread().render_now(frame_of(Part(both, (0.1, 0.5, 0.2)))))
    assert pictures[0] == pictures[1]
