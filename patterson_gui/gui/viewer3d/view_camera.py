"""The point of view of one 3D view on a unit cell."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from patterson_gui.gui.rendering.camera import CameraState, facing_view, standard_view
from patterson_gui.gui.rendering.scene_cell import CellScene
from patterson_gui.gui.viewer3d.viewport import Viewport


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
        """Look at the whole cell from the standard side. It stays whole when the view changes
        its size, until the user moves it."""
        if self._cell is not None:
            size = (self._viewport.width(), self._viewport.height())
            self._standard = standard_view(self._cell.corners, size)
            self._move(self._standard)

    def _resized(self) -> None:
        if self.state == self._standard:
            self.reset()

    def _move(self, camera: CameraState) -> None:
        if camera != self.state:
            self._viewport.set_camera(camera)
            self.changed.emit(camera)
