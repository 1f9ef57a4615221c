"""The model of a solution with the corrections of the user, each a step that can be undone."""

from collections.abc import Callable, Collection
from dataclasses import replace

from psygnal import Signal

from patterson_gui.app.history.steps import History
from patterson_gui.app.solving import model_edits
from patterson_gui.app.solving.present import ModelState
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.errors import UserError


class CorrectedModel:
    """Takes corrections while nothing runs, and refined models when they come.

    Attributes
    ----------
    state : the model as it is now; None where there is none.
    in_groups : the last refined model in each space group.
    """

    changed = Signal()  # another model, by a correction, a refinement, undo or redo

    def __init__(
        self, history: History, idle: Callable[[], bool], tell: Callable[[str], object]
    ) -> None:
        """`idle` : whether corrections are taken; `tell` : says why one is impossible."""
        self._history = history
        self._idle = idle
        self._tell = tell
        self.forget()

    def forget(self) -> None:
        """Another crystal is open."""
        self.begin(None)

    def begin(self, state: ModelState | None, *, refined: bool = False) -> None:
        """This is the model of a solution; `refined` : in its space group. Emits nothing."""
        self.state = state
        self._first = state  # before all corrections
        self.in_groups: dict[str, ModelState] = {}
        if state is not None and refined:
            self.in_groups[state.group] = state

    @property
    def corrected(self) -> bool:
        """Whether the model is another than the solution had."""
        return self.state is not self._first

    # ------------------------------------------------------------------ corrections
    def set_element(self, rows: Collection[int], element: str) -> None:
        """Give atoms another element."""
        self._edit(
            f"Change to {element}",
            lambda state: model_edits.with_element(state.model, rows, element),
        )

    def delete_atoms(self, rows: Collection[int]) -> None:
        """Remove atoms, and hydrogen atoms that ride on them."""
        name = "Delete an atom" if len(rows) == 1 else f"Delete {len(rows)} atoms"
        self._edit(name, lambda state: model_edits.without(state.model, rows))

    def add_atom(self, element: str, frac: tuple[float, float, float]) -> None:
        """Add an atom at a place, or at its image nearest to the model."""
        self._edit(
            f"Add {element}",
            lambda state: model_edits.with_atom(
                state.model, element, frac, state.structure.merged.cell, state.structure.spacegroup
            ),
        )

    def _edit(self, name: str, change: Callable[[ModelState], AsymmetricUnit]) -> None:
        state = self.state
        if state is None or not self._idle():
            return
        try:
            model = change(state)
        except UserError as error:
            self._tell(str(error))
            return
        if model is not state.model:
            self._step(name, replace(state, model=model))

    # ------------------------------------------------------------------ refined models
    def take(self, state: ModelState) -> None:
        """A refined model becomes the present one."""
        before = self.state
        self.in_groups[state.group] = state
        if before is None:
            self._first = state
            self._set(state)
        else:
            other_group = before.group != state.group
            self._step(f"Structure in {state.group}" if other_group else "Refinement", state)

    def _step(self, name: str, state: ModelState) -> None:
        """Make a model the present one, so that this can be undone."""
        before = self.state
        self._history.add(name, lambda: self._set(before), lambda: self._set(state))
        self._set(state)

    def _set(self, state: ModelState | None) -> None:
        self.state = state
        self.changed.emit()
