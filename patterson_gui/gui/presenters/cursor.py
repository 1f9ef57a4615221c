"""Cursor and links: what the views share, and where the user points."""

from typing import Any

from patterson_gui.app.document.document import Document
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.viewer3d.linked_views import LinkedViews


class CursorPresenter:
    """Joins cursor and links of a document to the views."""

    def __init__(self, document: Document, views: LinkedViews) -> None:
        self._document = document
        self._views = views
        document.links_changed.connect(self._show_links)
        document.cursor_changed.connect(self._show_cursor)
        document.shown_part_changed.connect(self._show_part)
        views.cursor_moved.connect(self._take_cursor)
        self._show_links()
        self._show_cursor()
        self._show_part()

    def _show_links(self) -> None:
        links = self._document.links
        self._views.set_links(camera=links.camera, cursor=links.cursor, levels=links.levels)

    def _show_part(self) -> None:
        self._views.set_part(self._document.shown_part)

    def _show_cursor(self) -> None:
        # Without the link only the view that was clicked shows the cursor, set by itself.
        if self._document.links.cursor or self._document.cursor is None:
            self._views.set_cursor(self._document.cursor)

    def _take_cursor(self, frac: Any) -> None:
        if frac is None:
            self._document.set_cursor(None)
            return
        u, v, w = (float(x) for x in frac)
        self._document.set_cursor((u, v, w))

    def go_to(self, frac: tuple[float, float, float]) -> None:
        """Put the cursor at a place, and bring it to the middle of the Patterson's view."""
        view = self._views.view(MapKind.PATTERSON)
        view.set_cursor(frac)
        view.camera.look_at(frac)
        self._document.set_cursor(frac)
