"""One map in three dimensions, with its title and its contour level.

A pure view: it is told what to show and tells what the user does. Contouring and drawing
happen in other threads; the last picture stands until the next is there.
"""

from functools import partial

import gemmi
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PyQt6.QtCore import QEvent, QSize, pyqtSignal
from PyQt6.QtGui import QImage, QResizeEvent
from PyQt6.QtWidgets import QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from patterson_gui.app.colours import MAP_COLOURS
from patterson_gui.crystal.maps.boxes import Box, box_about
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.gui.rendering.camera import CameraState, standard_view
from patterson_gui.gui.rendering.contouring import Contour, ContourRequest, compute_contour
from patterson_gui.gui.rendering.map_scene import MapScene
from patterson_gui.gui.rendering.scene_model import ModelScene, model_scene
from patterson_gui.gui.threads.background import background
from patterson_gui.gui.viewer3d.levels import LOWEST_LEVEL, level_text, stepped
from patterson_gui.gui.viewer3d.overlay import Marks
from patterson_gui.gui.viewer3d.picking import density_on_ray, nearest_point
from patterson_gui.gui.viewer3d.view_frame import EmptyPage, ViewHeader
from patterson_gui.gui.viewer3d.viewport import Viewport
from patterson_gui.gui.widgets import theme


class MapView(QWidget):
    """A map with its unit cell, and over it a model, peaks and a cursor.

    Signals
    -------
    level_changed(float) : by the user, in rmsd.
    cursor_moved(object) : the user picked a place, fractional (u, v, w).
    camera_changed(object) : by the user, a `CameraState`.
    empty_clicked : the button of the empty view.
    maximise_clicked : the title was double-clicked, or its button pressed.
    """

    level_changed = pyqtSignal(float)
    cursor_moved = pyqtSignal(object)
    camera_changed = pyqtSignal(object)
    empty_clicked = pyqtSignal()
    maximise_clicked = pyqtSignal()

    def __init__(
        self, title: str = "", kind: MapKind | None = None, parent: QWidget | None = None
    ) -> None:
        """`kind` gives the title its colour while there is no map."""
        super().__init__(parent)
        self._kind = kind
        self._map: DensityMap | None = None
        self._rmsd: float | None = None
        self._highest = np.inf  # of the map, in rmsd, once it is known
        self._level = 2.5
        self._colour: str | None = None
        self._scene = MapScene()
        self._generation = 0
        self._box = Box()  # how much of the crystal is drawn
        self._contoured = 0  # the generation that the contour shown answers
        self._structure: gemmi.Structure | None = None
        self._standard: CameraState | None = None
        self._peaks = np.zeros((0, 3))
        self._labels: tuple[str, ...] = ()
        self._cursor: NDArray[np.float64] | None = None

        self.viewport = Viewport()
        self.header = ViewHeader(title)
        self._empty = EmptyPage()
        self._busy = QLabel(self.viewport)
        self._busy.setObjectName("view-busy")
        self._busy.hide()
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.viewport)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(pages, 1)

        self.viewport.camera_changed.connect(self.camera_changed)
        self.viewport.wheel_turned.connect(self.step_level)
        self.viewport.level_key.connect(self.step_level)
        self.viewport.clicked.connect(self._pick)
        self.viewport.zoomed.connect(self._fit_wire)
        self.viewport.resized.connect(self._resized)
        self.viewport.failed.connect(self._show_page)
        self._empty.clicked.connect(self.empty_clicked)
        self.header.maximise.connect(self.maximise_clicked)
        self._show_colour()
        self._show_page()

    # ------------------------------------------------------------------ what is shown
    def set_title(self, title: str) -> None:
        self.header.title.setText(title)

    @property
    def title(self) -> str:
        return self.header.title.text()

    @property
    def readout(self) -> str:
        """The contour level as it is written."""
        return self.header.readout.text()

    @property
    def words(self) -> str:
        """What stands in place of a picture; empty where there is one."""
        return "" if self.shows_map else self._empty.label.text()

    @property
    def empty_button(self) -> QPushButton:
        return self._empty.button

    @property
    def density(self) -> DensityMap | None:
        return self._map

    def set_map(self, density: DensityMap | None) -> None:
        """Show a map; None: none. The point of view stays while the cell is the same."""
        if density is self._map:
            return
        earlier = self._map
        self._map = density
        known = None if density is None else density.__dict__.get("rmsd")
        self._rmsd = known  # a cached property: never computed here, large maps take a while
        self._highest = np.inf
        if density is None:
            self._drop_contour()
        else:
            if earlier is None or earlier.kind is not density.kind:
                self._drop_contour()
            if self._set_cell(density.cell):
                self._drop_contour()
            self._contour()
        self._show_colour()
        self._show_page()
        self._show_readout()
        self._show_scene()

    def set_map_visible(self, visible: bool) -> None:
        """Show or hide the map and leave the rest."""
        self._scene.map_visible = visible
        self._show_scene()

    @property
    def level(self) -> float:
        """The contour level, rmsd."""
        return self._level

    def set_level(self, rmsd: float) -> None:
        rmsd = max(float(rmsd), LOWEST_LEVEL)
        if rmsd != self._level:
            self._level = rmsd
            self._show_readout()
            self._contour()

    def step_level(self, steps: float) -> None:
        """As the wheel does; tells `level_changed`."""
        if self._map is None:
            return
        level = stepped(self._level, steps, self._highest)
        if level != self._level:
            self.set_level(level)
            self.level_changed.emit(level)

    def set_style(self, style: str) -> None:
        """'wire' or 'surface'."""
        if style not in ("wire", "surface"):
            raise ValueError(f"a map is drawn as wire or surface, not as {style!r}")
        self._scene.style = style
        self._show_scene()

    def set_colour(self, colour: str | None) -> None:
        """'#rrggbb'; None: that of the map's kind."""
        self._colour = colour
        self._show_colour()
        self._show_scene()

    def set_model(self, structure: gemmi.Structure | None) -> None:
        """Show an atomic model, moved by whole cell edges into the cell that is drawn."""
        if structure is self._structure:
            return
        self._structure = structure
        if structure is not None and self._map is None and structure.cell.is_crystal():
            self._set_cell(structure.cell)
        self._read_model()
        self._show_page()

    @property
    def model(self) -> gemmi.Structure | None:
        """The atomic model that is shown, or is being made ready."""
        return self._structure

    def _read_model(self) -> None:
        """Atoms and bonds of a large model take a while: not in the GUI thread."""
        structure, cell = self._structure, self._scene.cell
        if structure is None:
            self._scene.model = None
            self._fit_box()
            self._show_scene()
            return
        axes = None if cell is None else cell.axes
        work = partial(model_scene, structure, axes)
        background().request((id(self), "model"), work, self._take_model)

    def _take_model(self, model: ModelScene) -> None:
        if model.structure is self._structure:
            self._scene.model = model
            self._fit_box()
            self._show_scene()

    def _fit_box(self) -> None:
        """Draw the map as far as the model reaches out of the cell."""
        cell, model = self._scene.cell, self._scene.model
        box = Box()
        if cell is not None and model is not None:
            box = box_about(model.atoms.positions, cell.axes)
        if box != self._box:
            self._box = box
            self._contour()

    def set_peaks(self, frac: ArrayLike | None, labels: tuple[str, ...] | list[str] = ()) -> None:
        """Mark (n, 3) fractional places; the first of them are named by `labels`."""
        self._peaks = np.zeros((0, 3)) if frac is None else np.array(frac, float).reshape(-1, 3)
        self._labels = tuple(labels)
        self._show_marks()

    def set_cursor(self, frac: ArrayLike | None) -> None:
        """Put the cross at a fractional place; None: nowhere."""
        self._cursor = None if frac is None else np.array(frac, float).reshape(3)
        self._show_marks()

    def set_empty(self, message: str, button_text: str | None = None) -> None:
        """What stands here while there is nothing to see, and the click that changes it."""
        self._empty.set(message, button_text)

    def set_busy(self, text: str | None) -> None:
        """A word on what is being computed for this view; None: nothing is."""
        self._busy.setText(text or "")
        self._busy.setVisible(bool(text))
        self._empty.set_busy(text)
        self._place_busy()

    # ------------------------------------------------------------------ the point of view
    def camera_state(self) -> CameraState:
        return self.viewport.camera

    def set_camera_state(self, state: CameraState) -> None:
        """Follow another view: `camera_changed` is not told."""
        self.viewport.set_camera(state)

    def look_at(self, frac: ArrayLike) -> None:
        """Bring a fractional place to the middle."""
        place = self._cartesian(np.array(frac, float).reshape(1, 3))[0]
        self._go(self.viewport.camera.looking_at(place))

    def reset_view(self) -> None:
        """The whole cell, from the standard side; it then stays whole when the view grows
        or shrinks, until the user moves it."""
        if self._scene.cell is not None:
            size = (self.viewport.width(), self.viewport.height())
            self._standard = standard_view(self._scene.cell.corners, size)
            self._go(self._standard)

    def _resized(self) -> None:
        if self.viewport.camera == self._standard:
            self.reset_view()
        self._fit_wire()

    def _fit_wire(self) -> None:
        if self._scene.fit_wire(self.viewport.points_per_angstrom):
            self._show_scene()

    def _go(self, camera: CameraState) -> None:
        if camera != self.viewport.camera:
            self.viewport.set_camera(camera)
            self.camera_changed.emit(camera)

    def grab_image(self) -> QImage:
        """The view as it is now, drawn afresh and finely, without the title."""
        if self.shows_map:
            image = self.viewport.picture()
            if image is not None:
                return image
        return self._pages.currentWidget().grab().toImage()  # type: ignore[union-attr]

    @property
    def shows_map(self) -> bool:
        """Whether there is a picture, rather than words."""
        return self._pages.currentWidget() is self.viewport

    def set_maximised(self, maximised: bool) -> None:
        """What the button in the title says."""
        self.header.maximised = maximised
        self.header.restyle()

    @property
    def settled(self) -> bool:
        """Whether the picture on the screen shows all that the view was told."""
        if not self.viewport.isVisible():
            return True
        if self._map is not None and self._contoured != self._generation:
            return False
        model = None if self._scene.model is None else self._scene.model.structure
        return model is self._structure and self.viewport.settled

    # ------------------------------------------------------------------ contouring
    @property
    def contour(self) -> Contour | None:
        """What is drawn of the map."""
        return self._scene.contour

    def _contour(self) -> None:
        if self._map is None:
            return
        self._generation += 1
        request = ContourRequest(self._map, self._level, self._generation, self._box)
        background().request(
            (id(self), "map"), partial(compute_contour, request), self._take_contour
        )

    def _take_contour(self, contour: Contour) -> None:
        if contour.request.density is not self._map:
            return
        self._rmsd, self._highest = contour.rmsd, contour.highest
        self._show_readout()
        if contour.request.generation != self._generation:
            return  # the level has moved on; its own contour is on its way
        self._contoured = self._generation
        self._scene.set_contour(contour)
        self._scene.fit_wire(self.viewport.points_per_angstrom)
        self._show_scene()

    def _drop_contour(self) -> None:
        self._generation += 1
        self._scene.set_contour(None)

    # ------------------------------------------------------------------ the scene
    def _set_cell(self, cell: gemmi.UnitCell) -> bool:
        """Take another cell; whether it is another."""
        if not self._scene.set_cell(cell):
            return False
        self.reset_view()
        self._box = Box()
        self._read_model()
        return True

    def _show_scene(self) -> None:
        scene = self._scene.build(self._map_colour())
        if scene is not None:
            self.viewport.set_scene(scene)
            self._show_marks()

    def _map_colour(self) -> str:
        kind = self._kind if self._map is None else self._map.kind
        return self._colour or (theme.current().dim if kind is None else MAP_COLOURS[kind])

    def _show_marks(self) -> None:
        cell = self._scene.cell
        if cell is None:
            return
        peaks = self._cartesian(self._peaks) if len(self._peaks) else None
        cursor = None if self._cursor is None else self._cartesian(self._cursor[None])[0]
        self.viewport.set_marks(Marks(cell.axes, peaks, self._labels, cursor))

    def _cartesian(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        cell = self._scene.cell
        return frac if cell is None else frac @ cell.axes

    # ------------------------------------------------------------------ title and pages
    def _show_readout(self) -> None:
        self.header.readout.setText(
            "" if self._map is None else level_text(self._map, self._level, self._rmsd)
        )

    def _show_colour(self) -> None:
        self.header.dot.set_colour(self._map_colour())

    def _show_page(self) -> None:
        failure = self.viewport.failure
        shows = self._map is not None or self._structure is not None
        self._empty.set_failure(failure)
        self._pages.setCurrentWidget(self.viewport if shows and failure is None else self._empty)

    def _place_busy(self) -> None:
        self._busy.adjustSize()
        self._busy.move(8, 8)

    def _pick(self, x: float, y: float) -> None:
        """Tell the place of the mark, the atom or the density that was clicked."""
        cell, model = self._scene.cell, self._scene.model
        if cell is None:
            return
        camera = self.viewport.camera
        size = (self.viewport.width(), self.viewport.height())
        marks = self._cartesian(self._peaks)
        atoms = np.zeros((0, 3)) if model is None else model.atoms.positions
        points = np.concatenate([marks, atoms])
        hit = nearest_point(points, camera, x, y, size)
        if hit is not None:
            frac = points[hit] @ np.linalg.inv(cell.axes)
        elif self._map is not None and self._rmsd is not None and self._scene.map_visible:
            level = self._level * self._rmsd
            found = density_on_ray(
                self._map, level, camera, x, y, size, self._box.lower, self._box.upper
            )
            if found is None:
                return
            frac = found
        else:
            return
        self.set_cursor(frac)
        u, v, w = (float(value) for value in frac)
        self.cursor_moved.emit((u, v, w))

    # ------------------------------------------------------------------ Qt's events
    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.header.restyle()
            self._empty.restyle()
            self._scene.restyle()
            self._show_colour()
            self._show_scene()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._place_busy()

    def sizeHint(self) -> QSize:
        return QSize(420, 480)
