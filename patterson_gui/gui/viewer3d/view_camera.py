"""The point of view of one 3D view on a unit cell."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from patterson_gui.crystal.maps.boxes import WHOLE_CELL, Box
from patterson_gui.gui.rendering.camera import CameraState, axis_view, facing_view, standard_view
from patterson_gui.gui.rendering.scene_cell import CellScene
from patterson_gui.gui.viewer3d.viewport import Viewport
from patterson_gui.gui.widgets.not_none import not_none


class ViewCamera(QObject):
    """Moves a viewport's camera.

    Signals
    -------
    changed(CameraState) : by the user.
    """

    changed = pyqtSignal(object)

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self._cell: CellScene | None = None
        self._standard: CameraState | None = None
        self._box = WHOLE_CELL
        viewport.camera_changed.connect(self.changed)
        viewport.resized.connect(self._resized)

    @property
    def state(self) -> CameraState:
        """The point of view as it is now."""
        return self._viewport.camera

    def follow(self, state: CameraState) -> None:
        """Take the point of view of another view; emits nothing."""
        self._viewport.set_camera(state)

    def set_cell(self, cell: CellScene) -> None:
        """Look at another cell, whole."""
        self._cell = cell
        self.reset()

    def set_box(self, box: Box) -> None:
        """Look at another part of the crystal, whole."""
        if box != self._box:
            self._box = box
            self.reset()

    def look_at(self, frac: ArrayLike) -> None:
        """Bring a fractional place to the middle."""
        place = np.array(frac, float).reshape(3)
        self._move(self.state.looking_at(place if self._cell is None else place @ self._cell.axes))

    def show_points(self, points: NDArray[np.float64]) -> None:
        """Look at (n, 3) points from their flat side, Cartesian Å."""
        if len(points):
            size = (self._viewport.width(), self._viewport.height())
            self._move(facing_view(points, size))

    def reset(self) -> None:
        """Look at the whole cell, or the bounds, from the standard side. It stays whole when the
        view changes its size, until the user moves it."""
        if self._cell is not None:
            size = (self._viewport.width(), self._viewport.height())
            self._standard = standard_view(self._corners(), size)
            self._move(self._standard)

    def look_along(self, axis: str) -> None:
        """Look at all that is drawn with an axis pointing at the eye: a, b, c, or a*, b*, c*.

        Upwards points c, or along c and c* the axis b.
        """
        if self._cell is None:
            return
        direct = self._cell.axes
        reciprocal = np.linalg.inv(direct).T
        number = "abc".index(axis[0])
        towards = (reciprocal if axis.endswith("*") else direct)[number]
        size = (self._viewport.width(), self._viewport.height())
        self._move(axis_view(towards, direct[1 if number == 2 else 2], self._corners(), size))

    def _corners(self) -> NDArray[np.float64]:
        """(8, 3) of the part of the crystal that is drawn, Cartesian Å."""
        ends = np.array([self._box.lower, self._box.upper])
        steps = np.array(list(np.ndindex(2, 2, 2)))
        frac = np.stack([ends[steps[:, axis], axis] for axis in range(3)], axis=1)
        return np.asarray(frac @ not_none(self._cell).axes)

    def _resized(self) -> None:
        if self.state == self._standard:
            self.reset()

    def _move(self, camera: CameraState) -> None:
        if camera != self.state:
            self._viewport.set_camera(camera)
            self.changed.emit(camera)
