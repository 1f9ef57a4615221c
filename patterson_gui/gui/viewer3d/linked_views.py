"""Three maps: Patterson, predicted, true; side by side, or as the window has room.

Links, each of which can be switched off:

- camera: one point of view;
- cursor: a place picked in one view is marked in all;
- levels: the densities are contoured at the same number of rmsd, which makes maps of
  different scale comparable. The Patterson and a difference map keep levels of their own: they
  are other quantities, and a level that shows their peaks would hide every atom.
"""

from collections.abc import Collection, Mapping
from functools import partial

from numpy.typing import ArrayLike
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QImage, QPainter, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from patterson_gui.app.document.shown_part import ShownPart
from patterson_gui.crystal.maps.boxes import Box
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.rendering.camera import CameraState
from patterson_gui.gui.viewer3d.arrangement import (
    Arrangement,
    ViewSplitter,
    best_arrangement,
)
from patterson_gui.gui.viewer3d.map_view import MapView

KINDS = (MapKind.PATTERSON, MapKind.PREDICTED, MapKind.TRUE)
TITLES = {MapKind.PATTERSON: "Patterson", MapKind.PREDICTED: "Predicted", MapKind.TRUE: "True"}


class LinkedViews(QWidget):
    """The three views with their links.

    Signals
    -------
    level_changed(kind, rmsd) : by the user; emitted for each view that follows, too.
    cursor_moved(frac) : the user picked a place, or None.
    camera_changed(state) : by the user, in any view.
    links_changed(camera, cursor, levels)
    empty_clicked(kind) : the button of an empty view.
    """

    level_changed = pyqtSignal(object, float)
    cursor_moved = pyqtSignal(object)
    camera_changed = pyqtSignal(object)
    links_changed = pyqtSignal(bool, bool, bool)
    empty_clicked = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._camera_linked = self._cursor_linked = self._levels_linked = True
        self._shown: tuple[MapKind, ...] = KINDS
        self._maximised: MapKind | None = None
        self._chosen: Arrangement | None = None  # by the user; None: what suits the window
        self._views = {kind: MapView(TITLES[kind], kind) for kind in KINDS}
        self._splitter = ViewSplitter(*self._views.values())
        for kind, view in self._views.items():
            view.level_changed.connect(partial(self._follow_level, kind))
            view.cursor_moved.connect(partial(self._follow_cursor, kind))
            view.camera_changed.connect(partial(self._follow_camera, kind))
            view.empty_clicked.connect(partial(self.empty_clicked.emit, kind))
            view.maximise_clicked.connect(partial(self.toggle_maximised, kind))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)

    def view(self, kind: MapKind) -> MapView:
        """The view of a kind of map. An opened map and a difference map are shown in place of
        the true one."""
        beside = kind in (MapKind.DENSITY, MapKind.DIFFERENCE)
        return self._views[MapKind.TRUE if beside else kind]

    @property
    def views(self) -> tuple[MapView, ...]:
        """From left to right."""
        return tuple(self._views.values())

    @property
    def by_kind(self) -> Mapping[MapKind, MapView]:
        """The views by the kind of map they are for, from left to right."""
        return self._views

    # ------------------------------------------------------------------ links
    def set_links(self, *, camera: bool, cursor: bool, levels: bool) -> None:
        """Set what the views share. Linking cameras takes that of the first view with a map."""
        before = (self._camera_linked, self._cursor_linked, self._levels_linked)
        self._camera_linked, self._cursor_linked, self._levels_linked = camera, cursor, levels
        if camera and not before[0]:
            leading = next((v for v in self.views if v.density is not None), self.views[0])
            for view in self.views:
                view.camera.follow(leading.camera.state)
        if before != (camera, cursor, levels):
            self.links_changed.emit(camera, cursor, levels)

    def _follow_camera(self, kind: MapKind, state: CameraState) -> None:
        if self._camera_linked:
            for other, view in self._views.items():
                if other is not kind:
                    view.camera.follow(state)
        self.camera_changed.emit(state)

    def _follow_cursor(self, kind: MapKind, frac: ArrayLike | None) -> None:
        if self._cursor_linked:
            for other, view in self._views.items():
                if other is not kind:
                    view.set_cursor(frac)
        self.cursor_moved.emit(frac)

    def _follow_level(self, kind: MapKind, rmsd: float) -> None:
        self.level_changed.emit(self._named(kind), rmsd)
        alone = (MapKind.PATTERSON, MapKind.DIFFERENCE)
        if not self._levels_linked or self._named(kind) in alone:
            return
        for other, view in self._views.items():
            if other is not kind and self._named(other) not in alone and view.level != rmsd:
                view.set_level(rmsd)
                self.level_changed.emit(self._named(other), rmsd)

    def _named(self, kind: MapKind) -> MapKind:
        """The kind of map that is shown in a view; it may be an opened one."""
        density = self._views[kind].density
        return kind if density is None else density.kind

    # ------------------------------------------------------------------ all at once
    def set_cursor(self, frac: ArrayLike | None) -> None:
        for view in self.views:
            view.set_cursor(frac)

    def look_at(self, frac: ArrayLike) -> None:
        """Bring a fractional place to the middle of every view."""
        for view in self.views:
            view.camera.look_at(frac)

    def set_part(self, part: ShownPart) -> None:
        """Draw another part of the crystal. A Patterson map has no copies of the model."""
        box = Box(part.lower, part.upper)
        for view in self.views:
            view.set_part(box, part.radius, copies=part.copies, slab=part.slab)

    def look_along(self, axis: str) -> None:
        """Look along a, b, c, a*, b* or c* in every view."""
        for view in self.views:
            view.camera.look_along(axis)

    def reset_view(self) -> None:
        for view in self.views:
            view.camera.reset()

    @property
    def settled(self) -> bool:
        """Whether every view shows what it was told."""
        return all(view.settled for view in self.views)

    # ------------------------------------------------------------------ which views are shown
    def set_shown(self, kinds: Collection[MapKind]) -> None:
        """Set which views are shown, side by side."""
        self._shown = tuple(kind for kind in KINDS if kind in kinds) or KINDS
        self._maximised = self._maximised if self._maximised in self._shown else None
        self._arrange()

    @property
    def maximised(self) -> MapKind | None:
        """The view that is enlarged, or None."""
        return self._maximised

    def toggle_maximised(self, kind: MapKind) -> None:
        """Enlarge one view, or show all again."""
        self._maximised = None if self._maximised is kind else kind
        self._arrange()

    @property
    def arrangement(self) -> Arrangement:
        """How the views share the room now."""
        return self._splitter.arrangement

    def set_arrangement(self, arrangement: Arrangement | None) -> None:
        """Arrange the views so; None: as suits the window."""
        self._chosen = arrangement
        self._arrange()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self._wanted() is not self._splitter.arrangement:
            self._arrange()

    def _wanted(self) -> Arrangement:
        n = 1 if self._maximised is not None else len(self._shown)
        present = self._splitter.arrangement
        return self._chosen or best_arrangement(n, self.width(), self.height(), present)

    def _arrange(self) -> None:
        shown = self._shown if self._maximised is None else (self._maximised,)
        self._splitter.show_only(tuple(self._views[kind] for kind in shown), self._wanted())
        for kind, view in self._views.items():
            view.header.set_maximised(self._maximised is kind)

    def screenshot(self) -> QImage:
        """A new, fine picture of all views that are shown, with their titles."""
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(self.palette().window().color())
        with QPainter(image) as painter:
            self.render(painter)
            for view in self.views:
                if view.isVisible() and view.shows_map:
                    corner = view.viewport.mapTo(self, view.viewport.rect().topLeft())
                    painter.drawImage(corner, view.grab_image())
        return image
