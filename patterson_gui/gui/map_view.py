"""One map in three dimensions, with its title and its contour level.

A pure view: it is told what to show and tells what the user does. Contouring and drawing
happen in other threads; the last picture stands until the next is there.
"""

import gemmi
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.colours import MAP_COLOURS
from patterson_gui.crystal.density import DensityMap, MapKind
from patterson_gui.gui import theme
from patterson_gui.gui.camera import CameraState, standard_view
from patterson_gui.gui.icons import icon
from patterson_gui.gui.levels import LOWEST_LEVEL, level_text, stepped
from patterson_gui.gui.mesh_worker import Contour, Wish, mesh_worker
from patterson_gui.gui.overlay import Marks
from patterson_gui.gui.picking import density_on_ray, nearest_point
from patterson_gui.gui.scene import Ball, Geometry, Part, Scene, Shape
from patterson_gui.gui.scene_cell import CellScene, cell_scene
from patterson_gui.gui.scene_model import Atoms, model_parts, read_atoms
from patterson_gui.gui.viewport import Viewport

WIDEST_HEADER = "Predicted 0.000 e²/Å³ (00.00 rmsd)"
WIRE_WIDTH = 1.2
LEAST_MESH_POINTS = 3.0  # a wire of narrower meshes on the screen is drawn sparser
SURFACE_OPACITY_OVER_MODEL = 0.6


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
        self._map_visible = True
        self._rmsd: float | None = None
        self._highest = np.inf  # of the map, in rmsd, once it is known
        self._level = 2.5
        self._style = "wire"
        self._colour: str | None = None
        self._generation = 0
        self._contoured = 0  # the generation that the mesh answers
        self.contour: Contour | None = None
        self._geometries: dict[tuple[str, int], Geometry] = {}
        self._sparseness = 0  # which of the mesh's wires is drawn
        self._cell: CellScene | None = None
        self._cell_source: gemmi.UnitCell | None = None
        self._standard: CameraState | None = None
        self._atoms: Atoms | None = None
        self._model_parts: tuple[Part, ...] = ()
        self._peaks = np.zeros((0, 3))
        self._labels: tuple[str, ...] = ()
        self._cursor: NDArray[np.float64] | None = None

        self.viewport = Viewport()
        self.header = _Header(title)
        self._empty = _EmptyPage()
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
            self._drop_mesh()
        else:
            if earlier is None or earlier.kind is not density.kind:
                self._drop_mesh()
            if self._set_cell(density.cell):
                self._drop_mesh()
            self._contour()
        self._show_colour()
        self._show_page()
        self._show_readout()
        self._show_scene()

    def set_map_visible(self, visible: bool) -> None:
        """Show or hide the map and leave the rest."""
        if visible != self._map_visible:
            self._map_visible = visible
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
        self._style = style
        self._show_scene()

    def set_colour(self, colour: str | None) -> None:
        """'#rrggbb'; None: that of the map's kind."""
        self._colour = colour
        self._show_colour()
        self._show_scene()

    def set_model(self, structure: gemmi.Structure | None) -> None:
        """Show an atomic model, moved by whole cell edges into the cell that is drawn."""
        if structure is not None and self._map is None and structure.cell.is_crystal():
            self._set_cell(structure.cell)
        if structure is None:
            self._atoms, self._model_parts = None, ()
        else:
            axes = None if self._cell is None else self._cell.axes
            self._atoms = read_atoms(structure).moved_into(axes)
            self._model_parts = model_parts(self._atoms)
        self._show_page()
        self._show_scene()

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
        if self._cell is not None:
            size = (self.viewport.width(), self.viewport.height())
            self._standard = standard_view(self._cell.corners, size)
            self._go(self._standard)

    def _resized(self) -> None:
        if self.viewport.camera == self._standard:
            self.reset_view()
        self._fit_wire()

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
        self.header.dress()

    @property
    def settled(self) -> bool:
        """Whether the picture on the screen shows all that the view was told."""
        if not self.viewport.isVisible():
            return True
        waits = self._map is not None and self._contoured != self._generation
        return not waits and self.viewport.settled

    # ------------------------------------------------------------------ contouring
    def _contour(self) -> None:
        if self._map is None:
            return
        self._generation += 1
        wish = Wish(self._map, self._level, self._generation)
        mesh_worker().request(id(self), wish, self._take_contour)

    def _take_contour(self, wish: Wish, contour: Contour) -> None:
        if wish.density is not self._map:
            return
        self._rmsd, self._highest = contour.rmsd, contour.highest
        self._show_readout()
        if wish.generation != self._generation:
            return  # the level has moved on; its own contour is on its way
        self.contour = contour
        self._contoured = wish.generation
        self._geometries.clear()
        self._fit_wire()
        self._show_scene()

    def _drop_mesh(self) -> None:
        self._generation += 1
        self.contour = None
        self._geometries.clear()

    # ------------------------------------------------------------------ the scene
    def _set_cell(self, cell: gemmi.UnitCell) -> bool:
        """Take another cell; whether it is another."""
        if self._cell_source is not None and self._cell_source.parameters == cell.parameters:
            return False
        self._cell_source = gemmi.UnitCell(*cell.parameters)
        self._cell = cell_scene(self._cell_source, theme.current())
        self.reset_view()
        return True

    def _show_scene(self) -> None:
        look = theme.current()
        if self._cell is None:
            return
        parts = self._cell.parts + self._model_parts
        ball = matter = Ball.about(self._cell.corners)
        if self._atoms is not None and len(self._atoms.positions):
            matter = Ball.about(self._atoms.positions)
            ball = ball.and_more(matter)  # a model may lie outside the cell
        contour = self.contour
        if contour is not None and self._map_visible and not contour.mesh.is_empty:
            parts += (self._map_part(contour),)
            matter = contour.ball
        self.viewport.set_scene(Scene(parts, ball, matter, theme.rgb(look.view)))
        self._show_marks()

    def _map_part(self, contour: Contour) -> Part:
        mesh, key = contour.mesh, (self._style, self._sparseness)
        if key not in self._geometries:
            if self._style == "wire":
                lines = mesh.lines[: mesh.wires[self._sparseness]]
                self._geometries[key] = Geometry(Shape.LINES, mesh.vertices, lines)
            else:
                self._geometries[key] = Geometry(
                    Shape.TRIANGLES, mesh.vertices, mesh.faces, mesh.normals
                )
        see_through = self._style == "surface" and bool(self._model_parts)
        return Part(
            self._geometries[key],
            theme.rgb(theme.legible(self._map_colour())),
            WIRE_WIDTH,
            SURFACE_OPACITY_OVER_MODEL if see_through else 1.0,
        )

    def _fit_wire(self) -> None:
        """Draw as many of the wire's planes as can be told apart at this distance."""
        contour = self.contour
        if contour is None:
            return
        width = contour.spacing * self.viewport.points_per_angstrom
        sparseness = sum(width < LEAST_MESH_POINTS / n for n in (1, 2))
        if sparseness != self._sparseness:
            self._sparseness = sparseness
            if self._style == "wire":
                self._show_scene()

    def _map_colour(self) -> str:
        kind = self._kind if self._map is None else self._map.kind
        return self._colour or (theme.current().dim if kind is None else MAP_COLOURS[kind])

    def _show_marks(self) -> None:
        if self._cell is None:
            return
        peaks = self._cartesian(self._peaks) if len(self._peaks) else None
        cursor = None if self._cursor is None else self._cartesian(self._cursor[None])[0]
        self.viewport.set_marks(Marks(self._cell.axes, peaks, self._labels, cursor))

    def _cartesian(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        return frac if self._cell is None else frac @ self._cell.axes

    # ------------------------------------------------------------------ title and pages
    def _show_readout(self) -> None:
        self.header.readout.setText(
            "" if self._map is None else level_text(self._map, self._level, self._rmsd)
        )

    def _show_colour(self) -> None:
        self.header.dot.set_colour(self._map_colour())

    def _show_page(self) -> None:
        failure = self.viewport.failure
        shows = self._map is not None or bool(self._model_parts)
        self._empty.set_failure(failure)
        self._pages.setCurrentWidget(self.viewport if shows and failure is None else self._empty)

    def _place_busy(self) -> None:
        self._busy.adjustSize()
        self._busy.move(8, 8)

    def _pick(self, x: float, y: float) -> None:
        """Tell the place of the mark, the atom or the density that was clicked."""
        if self._cell is None:
            return
        camera = self.viewport.camera
        size = (self.viewport.width(), self.viewport.height())
        marks = self._cartesian(self._peaks)
        atoms = np.zeros((0, 3)) if self._atoms is None else self._atoms.positions
        points = np.concatenate([marks, atoms])
        hit = nearest_point(points, camera, x, y, size)
        if hit is not None:
            frac = points[hit] @ np.linalg.inv(self._cell.axes)
        elif self._map is not None and self._rmsd is not None and self._map_visible:
            level = self._level * self._rmsd
            found = density_on_ray(self._map, level, camera, x, y, size)
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
            self.header.dress()
            self._empty.dress()
            if self._cell_source is not None:
                self._cell = cell_scene(self._cell_source, theme.current())
            self._show_colour()
            self._show_scene()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._place_busy()

    def sizeHint(self) -> QSize:
        return QSize(420, 480)


class _Dot(QWidget):
    """The map's colour beside its title."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(10, 10)
        self._colour = QColor("grey")

    def set_colour(self, colour: str) -> None:
        self._colour = QColor(colour)
        self.update()

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawEllipse(self.rect())


class _Header(QFrame):
    """Colour, title, contour level, and the button that gives one view all the room."""

    maximise = pyqtSignal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("view-header")
        self.maximised = False
        self.dot = _Dot()
        self.title = QLabel(title)
        self.title.setObjectName("view-title")
        self.title.setToolTip("Double-click to give this view all the room")
        self.readout = QLabel()
        self.readout.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.readout.setFont(theme.tabular_font())
        self.readout.setToolTip("Contour level: turn the wheel over the map, or press + and −")
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = QToolButton()
        self.button.setAutoRaise(True)
        self.button.setIconSize(QSize(16, 16))
        self.button.setToolTip("Give this view all the room, or share it again")
        self.button.clicked.connect(self.maximise)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 2, 4, 2)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(2, 1)
        self._grid.addWidget(self.dot, 0, 0)
        self._grid.addWidget(self.title, 0, 1)
        self._grid.addWidget(self.button, 0, 3)
        self._narrow: bool | None = None
        self._place_readout(narrow=False)
        self.dress()

    def _place_readout(self, narrow: bool) -> None:
        """Beside the title, or below it where both do not fit."""
        if narrow is self._narrow:
            return
        self._narrow = narrow
        self._grid.removeWidget(self.readout)
        side = Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag.AlignRight
        self.readout.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        if narrow:
            self._grid.addWidget(self.readout, 1, 1, 1, 3)
        else:
            self._grid.addWidget(self.readout, 0, 2)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        # By the longest that may stand there, so that views of one width look alike.
        needed = self.fontMetrics().horizontalAdvance(WIDEST_HEADER) + 96
        self._place_readout(narrow=self.width() < needed)

    def dress(self) -> None:
        name = "restore" if self.maximised else "maximise"
        self.button.setIcon(icon(name, theme.current().dim))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.maximise.emit()


class _EmptyPage(QWidget):
    """Says what would fill the view, and offers the click that does."""

    clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("view-empty")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._message = ""
        self._button_text: str | None = None
        self._busy: str | None = None
        self._failure: str | None = None
        self.label = QLabel()
        self.label.setObjectName("dim")
        self.label.setWordWrap(True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton()
        self.button.clicked.connect(self.clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 32, 32, 32)
        layout.setSpacing(16)
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
        layout.addWidget(self.picture)
        layout.addWidget(self.label)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self._show()

    def set(self, message: str, button_text: str | None) -> None:
        self._message, self._button_text = message, button_text
        self._show()

    def set_busy(self, text: str | None) -> None:
        self._busy = text
        self._show()

    def set_failure(self, failure: str | None) -> None:
        self._failure = failure
        self._show()

    def dress(self) -> None:
        name = "warning" if self._failure else "map"
        self.picture.setPixmap(icon(name, theme.current().border).pixmap(56, 56))

    def _show(self) -> None:
        self.dress()
        self.label.setText(self._failure or self._busy or self._message)
        plain = self._failure is None and not self._busy
        self.button.setText(self._button_text or "")
        self.button.setVisible(plain and bool(self._button_text))
