"""Render pictures of any size, tile by tile, so that no frame buffer is too large."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil

from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtGui import QImage, QPainter

from patterson_gui.gui.rendering.render_thread import RenderThread
from patterson_gui.gui.rendering.scene import FrameRequest

TILE = 1024  # pixels along an edge
_SECONDS = 300.0  # for one tile


def render_tiled(
    thread: RenderThread,
    frame: FrameRequest,
    edge: int = TILE,
    step: Callable[[int, int], object] = lambda done, total: None,
    *,
    onto: QImage | None = None,
    corner: tuple[int, int] = (0, 0),
) -> QImage | None:
    """The picture of a frame of any size; None where there is no OpenGL. The caller waits.

    Call it in any thread but the render thread. Pictures of the views are rendered between the
    tiles.

    Parameters
    ----------
    step : called before each tile and at the end with the number of finished tiles and of all; it
        may raise to stop.
    onto, corner : a picture to render into, and where in it; None: a new one. No large copy is made
        then, which would hold up other threads.
    """
    kinds = QImage.Format
    kind = kinds.Format_ARGB32_Premultiplied if frame.clear else kinds.Format_RGB32
    picture = QImage(*frame.size, kind) if onto is None else onto
    # OpenGL leaves out lines that run outside a tile, also where their width reaches into it.
    widest = max((part.width for part in frame.scene.parts), default=0.0)
    margin = ceil(widest * frame.ratio) + 1
    tiles = list(_tiles(*frame.size, edge))
    for number, (left, top, width, height) in enumerate(tiles):
        step(number, len(tiles))
        around = (left - margin, top - margin, width + 2 * margin, height + 2 * margin)
        image = thread.render_now(replace(frame, tile=around), _SECONDS)
        if image is None:
            return None
        image.setDevicePixelRatio(1.0)
        with QPainter(picture) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(
                QPoint(corner[0] + left, corner[1] + top),
                image,
                QRect(margin, margin, width, height),
            )
    step(len(tiles), len(tiles))
    return picture


def _tiles(width: int, height: int, edge: int) -> Iterator[tuple[int, int, int, int]]:
    for top in range(0, height, edge):
        for left in range(0, width, edge):
            yield left, top, min(edge, width - left), min(edge, height - top)
