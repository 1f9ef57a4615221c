"""Joins the interatomic vectors to their table, and marks them and their atoms in the views."""

from typing import Any

import numpy as np

from patterson_gui.app.document.document import Document
from patterson_gui.app.vectors.vectors import VectorView
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.presenters.cursor import CursorPresenter
from patterson_gui.gui.vectors.panel import VectorsPanel
from patterson_gui.gui.viewer3d.linked_views import LinkedViews

VECTORS_SHOWN = 60  # more cannot be told apart; the table has them all
_DENSITIES = (MapKind.PREDICTED, MapKind.TRUE)


class VectorPresenter:
    """A chosen vector is marked in the view of the Patterson map, and its two atoms in those of
    densities; an atom that is clicked there has its vectors listed alone."""

    def __init__(
        self,
        document: Document,
        vectors: VectorView,
        panel: VectorsPanel,
        views: LinkedViews,
        cursor: CursorPresenter,
    ) -> None:
        self._document, self._vectors, self._panel = document, vectors, panel
        self._views, self._cursor = views, cursor
        vectors.changed.connect(self._show)
        vectors.chosen_changed.connect(self._show_chosen)
        vectors.watched_changed.connect(self._mark)
        panel.watched.connect(self._watch)
        panel.source_wanted.connect(vectors.want)
        panel.kind_wanted.connect(vectors.list_kind)
        panel.all_atoms_wanted.connect(lambda: vectors.list_atom(None))
        panel.vector_chosen.connect(self._choose)
        for kind in _DENSITIES:
            views.view(kind).cursor_moved.connect(self._take_atom)
        self._show()

    def _watch(self, watched: bool) -> None:
        self._vectors.watch(watched)
        self._mark()

    def _show(self) -> None:
        self._panel.show_view(self._vectors)
        self._mark()

    def _mark(self) -> None:
        """Mark the listed vectors in the view of the Patterson map, while their table is seen or
        that of the sites that they belong to."""
        shown = self._vectors.shown if self._vectors.watched else None
        places = None
        if shown is not None:
            places = shown.matches.place[self._vectors.rows()[:VECTORS_SHOWN]]
        self._views.view(MapKind.PATTERSON).marks.set_vectors(places)

    def _choose(self, row: int) -> None:
        shown = self._vectors.shown
        if shown is None:
            return
        self._vectors.choose(row)
        u, v, w = (float(x) for x in shown.matches.place[row])
        self._cursor.go_to((u, v, w))

    def _show_chosen(self) -> None:
        shown, row = self._vectors.shown, self._vectors.chosen
        ends = None
        names: tuple[str, ...] = ()
        if shown is not None and row is not None:
            ends = np.array(shown.ends(row))
            one, other, operation = shown.names(row)
            names = (one, f"{other}′" if operation else other)
        for kind in _DENSITIES:
            self._views.view(kind).marks.set_ends(ends, names)
        self._panel.select(row)

    def _take_atom(self, frac: Any) -> None:
        """List the vectors of the atom that was clicked, while the table is seen."""
        if frac is not None and self._panel.isVisible():
            atom = self._vectors.atom_at([float(x) for x in frac])
            if atom is not None:
                self._vectors.list_atom(atom)
