"""The frames of a turntable: the views through one turn about an axis."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.gui.figures.view_pictures import (
    Panel,
    ViewSnapshot,
    draw_picture,
    pixels_of,
    reach_of,
)
from patterson_gui.gui.rendering.render_thread import RenderThread
from patterson_gui.gui.widgets.theme import Theme
from patterson_gui.io.figures.settings import PicturePart, TurntablePart

_CELL = {"a": 0, "b": 1, "c": 2}
_LOOKS = 36  # angles at which it is looked how much room a turn needs


def axis_of(view: ViewSnapshot, name: str) -> NDArray[np.float64]:
    """The axis of a turntable in one view, (3,) in Cartesian axes of the crystal.

    That of the cell, or of the screen where a view has no cell.
    """
    axes = view.marks.axes
    if name in _CELL and axes is not None:
        return axes[_CELL[name]]
    return np.asarray(view.camera.matrix[0 if name == "screen-x" else 1])


def with_room_to_turn(views: Sequence[ViewSnapshot], name: str) -> list[ViewSnapshot]:
    """The views with as much room as their scenes need through the whole turn; those that show a
    part of a scene keep theirs."""
    roomy = []
    for view in views:
        axis = axis_of(view, name)
        angles = np.linspace(0, 2 * np.pi, _LOOKS, endpoint=False)
        cameras = [view.camera.spun(axis, float(angle)) for angle in angles]
        reach = np.array([reach_of(view.scene, camera, view.on_screen) for camera in cameras])
        whole = reach[0] <= np.array(view.on_screen)
        width, height = np.where(whole, reach.max(axis=0), view.size)
        roomy.append(replace(view, size=(float(width), float(height))))
    return roomy


def draw_frames(
    thread: RenderThread,
    panels: Sequence[Panel],
    picture: PicturePart,
    turntable: TurntablePart,
    look: Theme,
    step: Callable[[int, int], object],
) -> Iterator[NDArray[np.uint8]]:
    """The frames of one turn, (height, width, 3) each, drawn one after another. The last is one
    step before the first, so that a repeated animation goes on smoothly.

    Parameters
    ----------
    step : called before each frame with the number of finished frames and of all; it may raise.
    """
    for number in range(turntable.frames):
        step(number, turntable.frames)
        angle = 2 * np.pi * number / turntable.frames
        there = [
            replace(panel, camera=panel.camera.spun(axis_of(panel.view, turntable.axis), angle))
            for panel in panels
        ]
        yield pixels_of(draw_picture(thread, there, picture, look))
