"""3D views of the cube: the encoded density and the decoded one."""

from dataclasses import replace
from functools import partial

import gemmi
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from patterson_gui.crystal.cells import lattice_outline
from patterson_gui.crystal.maps.boxes import Box
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.materials.cube import EDGE, POINTS, Sample
from patterson_gui.crystal.materials.cube_map import cube_structure
from patterson_gui.gui.rendering.camera import CameraState
from patterson_gui.gui.rendering.map_scene import MapScene
from patterson_gui.gui.rendering.scene import Geometry, Part, Shape
from patterson_gui.gui.rendering.scene_cell import CellScene
from patterson_gui.gui.viewer3d.map_view import MapView
from patterson_gui.gui.widgets import theme

# The cube is not periodic: nothing is drawn beyond the last grid point.
CUBE = Box(upper=((POINTS - 1) / POINTS,) * 3)
_UNIT = gemmi.UnitCell(1, 1, 1, 90, 90, 90)


class CubeScene(MapScene):
    """The outline of the cube and the unit cell, with the axes in colour."""

    def __init__(self) -> None:
        super().__init__()
        self._lattice: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    def set_lattice(self, lattice: NDArray[np.float64] | None, origin: NDArray[np.float64]) -> None:
        """Draw a unit cell: rows a, b, c, (3, 3), Å, from `origin` in the cube; None draws none."""
        self._lattice = None if lattice is None else (lattice, origin)
        self.restyle()

    def restyle(self) -> None:
        super().restyle()
        if self.cell is None:
            return
        look = theme.current()
        corners, edges = lattice_outline(_UNIT)
        cube = Geometry(Shape.LINES, (EDGE * corners).astype(np.float32), edges)
        parts = [Part(cube, theme.rgb(look.border), 1.0, fog=0.75)]
        if self._lattice is not None:
            lattice, origin = self._lattice
            points = (corners @ lattice + origin).astype(np.float32)
            from_origin = edges[:, 0] == 0
            outline = Geometry(Shape.LINES, points, edges[~from_origin])
            parts.append(Part(outline, theme.rgb(look.outline), 1.2, fog=0.6))
            for end, colour in zip((4, 2, 1), look.axes, strict=True):
                pair = np.array([[0, end]], dtype=np.uint32)
                parts.append(
                    Part(Geometry(Shape.LINES, points, pair), theme.rgb(colour), 1.8, fog=0.5)
                )
        self.cell = replace(self.cell, parts=tuple(parts))


class CubeView(MapView):
    """A density in the cube, with its atoms and the unit cell."""

    def __init__(self, title: str, kind: MapKind) -> None:
        self._cube_scene = CubeScene()
        super().__init__(title, kind, scene=self._cube_scene, box=CUBE, axis_names="xyz")
        self._sample: Sample | None = None

    @property
    def cell(self) -> CellScene | None:
        """The drawn outlines of cube and unit cell."""
        return self._cube_scene.cell

    def set_sample(self, sample: Sample | None) -> None:
        """Show the atoms and the unit cell of a sample; None: only the density."""
        if sample is self._sample:
            return
        self._sample = sample
        if sample is None:
            self.set_model(None)
            return
        self.set_lattice(sample.lattice, sample.kind == "crystal")
        self.set_model(cube_structure(sample))

    def set_lattice(self, lattice: NDArray[np.float64], centred: bool) -> None:
        """Draw a unit cell around the centre of the cube, or from its corner."""
        middle = np.full(3, EDGE / 2) - lattice.sum(axis=0) / 2
        self._cube_scene.set_lattice(lattice, middle if centred else np.zeros(3))
        self._show_scene()


class CubeViews(QWidget):
    """Both views, with the same camera, level and cursor.

    Signals
    -------
    level_changed(float) : by the user, in rmsd.
    atom_picked(object) : a place in the encoded view, (3,) Å.
    """

    level_changed = pyqtSignal(float)
    atom_picked = pyqtSignal(object)
    empty_clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.encoded = CubeView("Encoded", MapKind.TRUE)
        self.decoded = CubeView("Decoded", MapKind.PREDICTED)
        self._maximised: CubeView | None = None
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        for view in self.views:
            self._splitter.addWidget(view)
            view.level_changed.connect(self._follow_level)
            view.camera_changed.connect(partial(self._follow_camera, view))
            view.cursor_moved.connect(partial(self._follow_cursor, view))
            view.empty_clicked.connect(self.empty_clicked)
            view.maximise_clicked.connect(partial(self._toggle_maximised, view))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)

    @property
    def views(self) -> tuple[CubeView, CubeView]:
        return self.encoded, self.decoded

    @property
    def level(self) -> float:
        """Contour level of both views, in rmsd."""
        return self.decoded.level

    @property
    def settled(self) -> bool:
        """Whether both views show what they were given."""
        return all(view.settled for view in self.views)

    def set_level(self, rmsd: float) -> None:
        for view in self.views:
            view.set_level(rmsd)

    def set_style(self, style: str) -> None:
        """'wire' or 'surface'."""
        for view in self.views:
            view.set_style(style)

    def reset_view(self) -> None:
        for view in self.views:
            view.camera.reset()

    def _follow_level(self, rmsd: float) -> None:
        self.set_level(rmsd)
        self.level_changed.emit(rmsd)

    def _follow_camera(self, leading: CubeView, state: CameraState) -> None:
        for view in self.views:
            if view is not leading:
                view.camera.follow(state)

    def _follow_cursor(self, leading: CubeView, frac: tuple[float, float, float]) -> None:
        for view in self.views:
            if view is not leading:
                view.set_cursor(frac)
        if leading is self.encoded:
            self.atom_picked.emit(EDGE * np.array(frac))

    def _toggle_maximised(self, view: CubeView) -> None:
        self._maximised = None if self._maximised is view else view
        for other in self.views:
            other.setVisible(self._maximised in (None, other))
            other.header.set_maximised(self._maximised is other)
