"""Choose the part of the crystal that is drawn and its slab, look along an axis, go to a place."""

from dataclasses import replace
from functools import partial

import numpy as np

from patterson_gui.app.document.shown_part import Bounds, ShownPart
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.place import BoundsDialog, GoToDialog
from patterson_gui.gui.viewer3d.linked_views import LinkedViews

AXES = {"a": "a", "b": "b", "c": "c", "a_star": "a*", "b_star": "b*", "c_star": "c*"}
_NOTHING = "Open a file first."
_NO_SLAB = "Everything is drawn: make a slab first, by View ▸ Part of the crystal ▸ Thinner slab."


class ShownPartCommands:
    """Bounds, radius, copies, slab and points of view of one window."""

    def __init__(self, context: CommandContext, views: LinkedViews) -> None:
        self._context = context
        self._document = context.workbench.document
        self._views = views

    def connect(self) -> None:
        """Connect the actions."""
        actions = self._context.actions
        for name, axis in AXES.items():
            actions.on(f"along_{name}", partial(self._views.look_along, axis))
        actions.on("radius_smaller", partial(self.change_radius, -1))
        actions.on("radius_larger", partial(self.change_radius, 1))
        actions.on("slab_thinner", lambda: self._set_part(self._part.with_slab_changed(-1)))
        actions.on("slab_thicker", lambda: self._set_part(self._part.with_slab_changed(1)))
        actions.on("slab_nearer", lambda: self._set_part(self._part.with_slab_moved(1)))
        actions.on("slab_farther", lambda: self._set_part(self._part.with_slab_moved(-1)))
        actions.on("whole_depth", lambda: self._set(slab=None))
        actions.on("bounds", self.ask_bounds)
        actions.on("go_to", self.ask_place)
        actions["copies"].triggered.connect(lambda on: self._set(copies=on))
        self._document.shown_part_changed.connect(self.show_enabled)
        self._document.crystal_changed.connect(self.show_enabled)
        self.show_enabled()

    def show_enabled(self) -> None:
        """Enable the actions, and tick the copies."""
        actions, part = self._context.actions, self._document.shown_part
        blocked = _NOTHING if self._document.crystal is None else None
        names = [f"along_{name}" for name in AXES]
        names += ["radius_smaller", "radius_larger", "bounds", "go_to", "copies", "slab_thinner"]
        for name in names:
            actions.set_blocked(name, blocked)
        for name in ("slab_thicker", "slab_nearer", "slab_farther", "whole_depth"):
            actions.set_blocked(name, blocked or (_NO_SLAB if part.slab is None else None))
        if blocked is None and part.radius is None:
            actions.set_blocked("radius_larger", "The maps are drawn everywhere in their bounds.")
        actions["copies"].setChecked(part.copies)

    def change_radius(self, steps: int) -> None:
        """A larger or smaller radius. Without a cursor, it is put into the middle of the view."""
        document = self._document
        part = document.shown_part.with_radius_changed(steps, self._context.settings.first_radius)
        if part.radius is not None and document.cursor is None and document.crystal is not None:
            target = np.array(self._views.views[0].camera.state.target)
            to_frac = np.array(document.crystal.cell.frac.mat.tolist())
            u, v, w = (float(x) for x in to_frac @ target)
            document.set_cursor((u, v, w))
        self._context.workbench.changes.set_shown_part(part)

    def ask_bounds(self) -> None:
        """Ask for the bounds."""
        dialog = BoundsDialog(self._document.shown_part, self._context.ask.parent)
        dialog.chosen.connect(self._set_bounds)
        dialog.open()

    def ask_place(self) -> None:
        """Ask for a place, and bring it to the middle of the views."""
        dialog = GoToDialog(self._document.cursor, self._context.ask.parent)
        dialog.chosen.connect(self._go_to)
        dialog.open()

    def _go_to(self, place: Bounds) -> None:
        if self._document.crystal is not None:
            self._views.set_cursor(place)
            self._views.look_at(place)
            self._document.set_cursor(place)

    def _set_bounds(self, lower: Bounds, upper: Bounds) -> None:
        if self._document.crystal is not None:
            self._set(lower=lower, upper=upper)

    @property
    def _part(self) -> ShownPart:
        return self._document.shown_part

    def _set(self, **what: object) -> None:
        part: ShownPart = replace(self._part, **what)  # type: ignore[arg-type]
        self._set_part(part)

    def _set_part(self, part: ShownPart) -> None:
        self._context.workbench.changes.set_shown_part(part)
