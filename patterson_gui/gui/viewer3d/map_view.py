"""One map in three dimensions, with its title and its contour level.

A pure view: it is told what to show and emits what the user does. Contouring and drawing
happen in other threads; the last picture stays until the next one is there.
"""

from collections.abc import Sequence
from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import ArrayLike
from PyQt6.QtCore import QEvent, QSize, pyqtSignal
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from patterson_gui.crystal.colours import CORRELATION_COLOURS
from patterson_gui.crystal.maps.boxes import Box
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.gui.rendering.camera import Slab
from patterson_gui.gui.rendering.map_scene import MapScene
from patterson_gui.gui.rendering.scene import Scene
from patterson_gui.gui.viewer3d.layers.blinking import Blinking
from patterson_gui.gui.viewer3d.layers.colour_legend import Legend
from patterson_gui.gui.viewer3d.layers.drawn_layers import DrawnLayer, DrawnLayers
from patterson_gui.gui.viewer3d.layers.map_part import PartChoice
from patterson_gui.gui.viewer3d.level_popover import LevelPopover
from patterson_gui.gui.viewer3d.map_contour import Colouring, MapContour
from patterson_gui.gui.viewer3d.model_loader import ModelLoader
from patterson_gui.gui.viewer3d.picking import density_on_ray, nearest_point
from patterson_gui.gui.viewer3d.view_camera import ViewCamera
from patterson_gui.gui.viewer3d.view_frame import EmptyPage, ViewHeader, ViewPages
from patterson_gui.gui.viewer3d.view_marks import ViewMarks
from patterson_gui.gui.viewer3d.viewport import Viewport
from patterson_gui.gui.widgets import theme

LEAST_WIDTH = 144  # points; room for most titles, so that views of a narrow window are equal


class MapView(QWidget):
    """A map with its unit cell, and over it a model, further layers, peaks and a cursor.

    Signals
    -------
    level_changed(float) : by the user, in rmsd.
    cursor_moved(object) : the user picked a place, fractional (u, v, w).
    camera_changed(object) : by the user, a `CameraState`.
    empty_clicked : the button of the empty view.
    maximise_clicked : the title was double-clicked, or its button pressed.

    Attributes
    ----------
    header : title, level readout and the button that maximises.
    page : what is shown while there is no map.
    viewport : the picture.
    camera, contours, layers, blinking, marks : the parts that do the work.
    """

    level_changed = pyqtSignal(float)
    cursor_moved = pyqtSignal(object)
    camera_changed = pyqtSignal(object)
    empty_clicked = pyqtSignal()
    maximise_clicked = pyqtSignal()

    def __init__(
        self,
        title: str = "",
        kind: MapKind | None = None,
        parent: QWidget | None = None,
        *,
        scene: MapScene | None = None,
        box: Box | None = None,
        axis_names: str = "abc",
    ) -> None:
        """`kind` gives the title its colour while there is no map. `box` is the part of the
        crystal that is drawn; None: the cell, and more where a model reaches out of it."""
        super().__init__(parent)
        self._kind = kind
        self._chosen = PartChoice(box)
        self._fit_next = False  # whether to look at the next model as a whole
        self._in_place = False  # whether the model is not moved into the cell
        self._carbon: str | None = None  # colour of the carbon atoms of the model
        self._scene = scene or MapScene()
        self.viewport = Viewport()
        self.viewport.setAccessibleName(f"View {title}")
        self.viewport.setAccessibleDescription(
            "The arrow keys turn the map, plus and minus change its level."
        )
        self.header = ViewHeader(title)
        self.page = EmptyPage()
        self.camera = ViewCamera(self.viewport)
        self.marks = ViewMarks(self.viewport, axis_names)
        self.contours = MapContour(box or Box(), self)
        self._model = ModelLoader(self)
        self.layers = DrawnLayers(self)
        self.blinking = Blinking(self.viewport)
        self._pages = ViewPages(self.page, self.viewport)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._pages, 1)
        self._connect()
        self._show_colour()
        self._show_page()

    def _connect(self) -> None:
        self.camera.changed.connect(self.camera_changed)
        self.contours.level_stepped.connect(self.level_changed)
        self.contours.changed.connect(self._take_contour)
        self.contours.readout_changed.connect(self._show_readout)
        self._model.loaded.connect(self._take_model)
        self.layers.changed.connect(self._take_layers)
        self.blinking.turned.connect(self._take_blinked)
        self.viewport.wheel_turned.connect(self.contours.step)
        self.viewport.level_key.connect(self.contours.step)
        self.viewport.clicked.connect(self._pick)
        self.viewport.zoomed.connect(self._fit_wire)
        self.viewport.resized.connect(self._fit_wire)
        self.viewport.failed.connect(self._show_page)
        self.page.clicked.connect(self.empty_clicked)
        self.header.maximise.connect(self.maximise_clicked)
        self.header.level_clicked.connect(self.open_level)

    # ------------------------------------------------------------------ map and level
    @property
    def density(self) -> DensityMap | None:
        """The map that is shown."""
        return self.contours.density

    def set_map(self, density: DensityMap | None) -> None:
        """Show a map; None: none. The point of view stays while the cell is the same."""
        if density is self.density:
            return
        for popover in self.findChildren(LevelPopover):
            popover.close()  # its histogram is that of the map before
        other_cell = density is not None and self._set_cell(density.cell)
        self.contours.set_density(density, same_cell=not other_cell)
        self._show_legend()
        self._show_colour()
        self._show_page()
        self._show_scene()

    @property
    def level(self) -> float:
        """The contour level, rmsd."""
        return self.contours.level

    def set_level(self, rmsd: float) -> None:
        """Contour at this level; `level_changed` is not emitted."""
        self.contours.set_level(rmsd)

    def open_level(self) -> None:
        """Show the level on the histogram of the map, to be dragged or typed."""
        if self.density is not None:
            popover = LevelPopover(self.density, self.level, self._colour, self)
            popover.level_chosen.connect(self.contours.choose)
            popover.open_below(self.header)

    def set_colouring(self, colouring: Colouring | None) -> None:
        """Colour the map by correlations, with a legend; None: in its own colour."""
        self.contours.set_colouring(colouring)
        self._show_legend()

    def set_style(self, style: str) -> None:
        """'wire' or 'surface'."""
        if style not in ("wire", "surface"):
            raise ValueError(f"a map is drawn as wire or surface, not as {style!r}")
        if style != self._scene.style:
            self._scene.style = style
            self._show_scene()

    # ------------------------------------------------------------------ model and marks
    @property
    def model(self) -> gemmi.Structure | None:
        """The atomic model that is shown, or is being read."""
        return self._model.structure

    def set_model(
        self,
        structure: gemmi.Structure | None,
        *,
        in_place: bool = False,
        carbon: str | None = None,
    ) -> None:
        """Show an atomic model, moved by whole cell edges into the cell that is drawn.

        `in_place` : not moved; `carbon` : '#rrggbb' of carbon atoms; None: the usual colour.
        """
        if structure is self.model:
            return
        self._in_place, self._carbon = in_place, carbon
        if structure is not None and self.density is None and structure.cell.is_crystal():
            self._set_cell(structure.cell)
        self._read_model(structure)
        self._show_page()

    def set_layers(self, layers: Sequence[DrawnLayer]) -> None:
        """Draw these maps and models too, in the part of the crystal that is drawn."""
        if tuple(layers) == self.layers.layers:
            return
        if layers and self.density is None and self.model is None:
            self._set_cell(layers[0].content.cell)
        self.layers.set_layers(layers)
        self._show_page()
        self._show_readout()

    def look_at_next_model(self) -> None:
        """Look at the atoms of the model that is set next, from their flat side."""
        self._fit_next = True

    def set_reach(self, reach: float | None) -> None:
        """Draw the map only within `reach` Å of the model's atoms; None: everywhere."""
        if reach != self._chosen.reach:
            self._chosen.reach = reach
            self._show_part()

    def set_part(
        self, box: Box, radius: float | None, *, copies: bool, slab: Slab | None = None
    ) -> None:
        """Draw the map in a box, or within `radius` Å of the cursor, and the model once or all its
        symmetry copies in the box; of both only what lies in a slab."""
        before = self._chosen
        other_model = copies != before.copies or (copies and box != before.box)
        self._chosen = replace(before, box=box, radius=radius, copies=copies)
        self.camera.set_box(box)
        if slab != self._scene.slab:
            self._scene.slab = slab
            self._show_scene()
        if other_model:
            self._read_model(self.model)
        self._show_part()

    def set_cursor(self, frac: ArrayLike | None) -> None:
        """Put the cross at a fractional place; None: nowhere."""
        self.marks.set_cursor(frac)
        if self._chosen.radius is not None:
            self._show_part()

    # ------------------------------------------------------------------ words and pictures
    def set_empty(self, message: str, button_text: str | None = None) -> None:
        """What to say while there is nothing to see, and the button that changes it."""
        self.page.set(message, button_text)

    def set_busy(self, text: str | None) -> None:
        """Say what is being computed for this view; None: nothing."""
        self._pages.set_busy(text)

    @property
    def shows_map(self) -> bool:
        """Whether there is a picture, rather than words."""
        return self._pages.shows_picture

    @property
    def settled(self) -> bool:
        """Whether the picture on the screen shows everything the view was told."""
        if not self.viewport.isVisible():
            return True
        parts = (self.contours, self._model, self.layers, self.blinking.layers, self.viewport)
        return all(part.settled for part in parts)

    def grab_image(self) -> QImage:
        """A new, fine picture of the view as it is now, without the title."""
        return self._pages.grab_image()

    def scene_in(self, look: theme.Theme, points_per_angstrom: float | None = None) -> Scene | None:
        """The scene as it is now, in the colours of a theme; None while there is no cell.

        points_per_angstrom : of the picture, by which the planes of the wire are chosen; None: as
            on the screen.
        """
        here = self.viewport.points_per_angstrom
        with theme.using(look):
            self._scene.restyle()
            self._scene.fit_wire(points_per_angstrom or here)
            scene = self._scene.build(self._colour)
        self._scene.restyle()
        self._scene.fit_wire(here)
        return scene

    @property
    def look(self) -> tuple[str, str]:
        """The style of the map, 'wire' or 'surface', and its colour, '#rrggbb'."""
        return self._scene.style, self._colour

    # ------------------------------------------------------------------ the scene
    def _set_cell(self, cell: gemmi.UnitCell) -> bool:
        """Draw another cell; return whether it differs from the one before."""
        if not self._scene.set_cell(cell) or self._scene.cell is None:
            return False
        self.marks.axes = self._scene.cell.axes
        self.contours.box = self._chosen.fixed or Box()
        self.camera.set_cell(self._scene.cell)
        self._read_model(self.model)
        return True

    def _read_model(self, structure: gemmi.Structure | None) -> None:
        cell = self._scene.cell
        copies = self._chosen.copies and not self._in_place and cell is not None
        self._model.read(
            structure,
            None if cell is None or self._in_place else cell.axes,
            self._chosen.box if copies else None,
            self._carbon,
        )
        self._place_layers()

    def _place_layers(self) -> None:
        cell = self._scene.cell
        self.layers.set_place(
            None if cell is None else cell.axes,
            self._chosen.box if self._chosen.copies else None,
        )

    def _take_model(self) -> None:
        """Draw another model, and the map as far as the model reaches out of the cell."""
        self._scene.model = self._model.scene
        if self._scene.model is not None and self._fit_next:
            self._fit_next = False
            self.camera.show_points(self._scene.model.atoms.positions)
        self._show_part()
        self._show_scene()

    def _show_part(self) -> None:
        """Draw the maps in the part of the crystal that was chosen."""
        cell, model = self._scene.cell, self._scene.model
        if self._chosen.fixed is not None:
            return
        axes = None if cell is None else cell.axes
        atoms = None if model is None else model.atoms.positions
        part = self._chosen.of(axes, atoms, self.marks.cursor)
        self.contours.set_box(part.box, part.atoms, part.reach, beyond=part.beyond)
        self.layers.set_part(part)
        self.blinking.layers.set_part(part)

    def _take_blinked(self) -> None:
        self._scene.blinked = self.blinking.scene
        self._scene.fit_wire(self.viewport.points_per_angstrom)
        self._show_scene()

    def _take_layers(self) -> None:
        self._scene.layers = self.layers.scenes
        self._scene.fit_wire(self.viewport.points_per_angstrom)
        self._show_scene()

    def _take_contour(self) -> None:
        self._scene.set_contour(self.contours.contour)
        self._scene.fit_wire(self.viewport.points_per_angstrom)
        self._show_scene()

    def _show_legend(self) -> None:
        """Show the legend of the colours, where the map has them."""
        chosen = self.contours.colouring
        self.marks.set_legend(None if chosen is None else Legend(chosen.words, CORRELATION_COLOURS))

    def _fit_wire(self) -> None:
        if self._scene.fit_wire(self.viewport.points_per_angstrom):
            self._show_scene()

    def _show_scene(self) -> None:
        scene = self._scene.build(self._colour)
        if scene is not None:
            contour = self.contours.contour
            draft = contour is not None and contour.request.is_draft
            self.viewport.set_scene(scene, is_draft=draft)
            self.marks.show()

    @property
    def _colour(self) -> str:
        """Of the map, '#rrggbb'."""
        kind = self._kind if self.density is None else self.density.kind
        return theme.current().dim if kind is None else theme.maps().maps[kind]

    def _show_colour(self) -> None:
        """Show the colour of the map beside its title; of a difference map, that of each sign."""
        two = self.density is not None and self.density.kind is MapKind.DIFFERENCE
        self.header.dot.set_colours(self._colour, *((theme.maps().below,) if two else ()))

    def _show_readout(self) -> None:
        """Show the level, or that what is seen is not the map of this view."""
        alone = self.density is None and self.layers.layers
        self.header.readout.set_texts(*(("added layers",) if alone else self.contours.texts))

    def _show_page(self) -> None:
        shows = self.density is not None or self.model is not None or bool(self.layers.layers)
        self._pages.show_picture(shows)

    def _pick(self, x: float, y: float) -> None:
        """Put the cursor on the mark, the atom or the density that was clicked."""
        cell, model, contours = self._scene.cell, self._scene.model, self.contours
        if cell is None:
            return
        atoms = np.zeros((0, 3)) if model is None else model.atoms.positions
        points = np.concatenate([self.marks.peaks, self.marks.sites, atoms, self.layers.atoms])
        camera, size = self.camera.state, (self.viewport.width(), self.viewport.height())
        hit = nearest_point(points, camera, x, y, size, self._scene.slab)
        frac = None
        if hit is not None:
            frac = points[hit] @ np.linalg.inv(cell.axes)
        elif contours.density is not None and contours.rmsd is not None:
            level, box = contours.level * contours.rmsd, contours.box
            frac = density_on_ray(
                contours.density, level, camera, x, y, size, box.lower, box.upper, self._scene.slab
            )
        if frac is not None:
            self.set_cursor(frac)
            u, v, w = (float(value) for value in frac)
            self.cursor_moved.emit((u, v, w))

    # ------------------------------------------------------------------ Qt's events
    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.header.restyle()
            self.page.restyle()
            self._scene.restyle()
            self._show_colour()
            self._show_scene()

    def sizeHint(self) -> QSize:
        return QSize(420, 480)

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint().expandedTo(QSize(LEAST_WIDTH, 0))
