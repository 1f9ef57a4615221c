"""A running or finished solution: its evidence in the panel, its model linked with the views."""

from patterson_gui.app.solving.live import step_words
from patterson_gui.app.solving.model_edits import nearest_image
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.app.solving.tables import AtomRow, atom_rows, edit_words, figure_rows
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.solution import SolveVerdict
from patterson_gui.gui.solving.solution_panel import UNSOLVED, VERDICTS, SolutionPanel
from patterson_gui.gui.viewer3d.linked_views import LinkedViews

_NEAR = 0.6  # Å: an atom closer to the cursor was clicked
_USUAL = ("C", "N", "O", "F", "P", "S", "Cl", "Br", "I")
READY = "Press Solve structure to find phases, space group and atoms, and to refine the model."
STOPPED = "Solving was stopped before it was finished, so there is no verdict."
CHANGED = (
    "The figures and maps belong to the model before your corrections. Press Refine to calculate "
    "them for this one."
)


class SolvingPresenter:
    """Joins the solution of a workbench to its panel and to the views."""

    def __init__(self, workbench: Workbench, views: LinkedViews, panel: SolutionPanel) -> None:
        self._workbench = workbench
        self._document = workbench.document
        self._solving = workbench.solving
        self._views = views
        self._panel = panel
        self._data_shown: object = self  # nothing yet
        self._elements: tuple[str, ...] = ()
        self._step = ""  # of a running solution, whose tab was brought to the front
        self._rows_of: tuple[object, ...] = ()
        self._solving.changed.connect(self.show)
        workbench.history.changed.connect(self._show_editing)
        self._solving.progressed.connect(self.show)
        self._document.cursor_changed.connect(self._take_cursor)
        panel.try_clicked.connect(self._show_try)
        panel.group_clicked.connect(self._solving.refine_in)
        panel.atoms.row_chosen.connect(self._look_at)
        panel.atoms.element_chosen.connect(self._set_element)
        panel.atoms.delete_clicked.connect(self._delete)
        panel.atoms.add_clicked.connect(self._add)
        self.show()

    def stop_listening(self) -> None:
        """The window closes."""
        self._solving.changed.disconnect(self.show)
        self._workbench.history.changed.disconnect(self._show_editing)
        self._solving.progressed.disconnect(self.show)
        self._document.cursor_changed.disconnect(self._take_cursor)

    # ------------------------------------------------------------------ showing
    def show(self) -> None:
        """Show everything as it is now."""
        solving, panel = self._solving, self._panel
        self._show_verdict()
        drawing = solving.drawing
        panel.show_tries(solving.starts, drawing.shown_try, model=drawing.presented is not None)
        panel.show_groups(solving.candidates, self._group())
        if solving.data is not self._data_shown:
            self._data_shown = solving.data
            panel.show_data(solving.data)
        self._show_model()
        idle = solving.state is SolveState.IDLE
        self._show_editing()
        panel.show_save(solving.save_blocked() if idle else "Wait until it is finished.")
        self._show_cursor()
        self._bring_tab_forward()

    def _show_editing(self) -> None:
        solving, workbench = self._solving, self._workbench
        idle = solving.state is SolveState.IDLE
        self._panel.set_editing(
            idle and solving.model.state is not None,
            workbench.undo_blocked() is None,
            workbench.redo_blocked() is None,
        )

    def _group(self) -> str:
        state, presented = self._solving.model.state, self._solving.drawing.presented
        if state is not None:
            return state.group
        return "" if presented is None else presented.state.group

    def _show_verdict(self) -> None:
        solving, panel = self._solving, self._panel
        solution, progress, state = solving.solution, solving.progress, solving.model.state
        running = solving.state is not SolveState.IDLE
        panel.show_progress((progress.fraction if progress else 0.0) if running else None)
        if running:
            words = "" if progress is None else step_words(progress)
            title = "Stopping…" if solving.state is SolveState.STOPPING else solving.doing
            panel.show_verdict(title[:1].upper() + title[1:], "", words, "")
        elif state is not None and state.edited:
            panel.show_verdict("Changed model", "warning", CHANGED, "")
        elif state is not None and state.judgement is not None:
            self._show_judgement(*state.judgement)
        elif solution is not None and state is None:
            self._show_judgement(solution.verdict, solution.reason, solution.advice)
        else:
            stopped = progress is not None or state is not None
            reason = solving.blocked() or (STOPPED if stopped else READY)
            panel.show_verdict("Stopped" if stopped else UNSOLVED, "", reason, "")

    def _show_judgement(self, verdict: SolveVerdict, reason: str, advice: str) -> None:
        title, kind = VERDICTS[verdict]
        self._panel.show_verdict(title, kind, reason, f"Next: {advice}" if advice else "")

    def _show_model(self) -> None:
        solving, panel = self._solving, self._panel
        presented, state = solving.drawing.presented, solving.model.state
        shown = (presented, state)
        if shown == self._rows_of:
            return
        self._rows_of = shown
        if presented is None:
            panel.show_figures(None)
            panel.atoms.set_rows(())
            return
        panel.show_figures(
            presented.state.structure.figures, figure_rows(presented),
            outdated=presented.state.edited,
        )  # fmt: skip
        panel.atoms.set_rows(atom_rows(presented), edit_words(presented.state))
        elements = tuple(dict.fromkeys((*presented.state.model.elements, *self._known(), *_USUAL)))
        if elements != self._elements:
            self._elements = elements
            panel.atoms.set_elements(elements)

    def _known(self) -> tuple[str, ...]:
        solution = self._solving.solution
        contents = None if solution is None else solution.contents
        return () if contents is None else contents.elements

    def _bring_tab_forward(self) -> None:
        """While solving, show the newest evidence: data, tries, space groups, atoms."""
        solving, panel = self._solving, self._panel
        progress = solving.progress
        running = solving.state is SolveState.RUNNING and solving.doing == "solving"
        step = ""
        if running and progress is not None:
            if progress.structure is not None:
                step = "atoms"
            elif progress.candidates is not None:
                step = "groups"
            elif progress.starts is not None:
                step = "tries"
        elif solving.solution is not None:
            step = "atoms" if solving.model.state is not None else "tries"
        elif solving.measured is not None and progress is None:
            step = "data"
        if step and step != self._step:
            self._step = step
            panel.show_tab(
                {"data": panel.data, "tries": panel.tries, "groups": panel.groups}.get(
                    step, panel.atoms
                )
            )

    # ------------------------------------------------------------------ what the user does
    def _show_try(self, number: int) -> None:
        self._solving.show_try(None if number < 0 else number)

    def _look_at(self, row: AtomRow) -> None:
        """Put the cursor on an atom, as it is drawn, and bring it to the middle."""
        self._document.set_cursor(row.frac)
        self._views.look_at(row.frac)
        self._views.set_cursor(row.frac)

    def _set_element(self, rows: list[AtomRow], element: str) -> None:
        atoms = [row.row for row in rows if row.row is not None]
        if atoms:
            self._solving.model.set_element(atoms, element)
        for row in rows:
            if row.row is None:
                self._solving.model.add_atom(element, row.frac)
        self._rows_of = ()
        self._show_model()  # what was typed may have been refused

    def _delete(self, rows: list[AtomRow]) -> None:
        self._solving.model.delete_atoms([row.row for row in rows if row.row is not None])

    def _add(self, element: str) -> None:
        if self._document.cursor is not None:
            self._solving.model.add_atom(element, self._document.cursor)

    def _take_cursor(self) -> None:
        """Choose the atom that was clicked in a view."""
        self._show_cursor()
        presented, cursor = self._solving.drawing.presented, self._document.cursor
        if presented is None or cursor is None or presented.state is not self._solving.model.state:
            return
        structure, model = presented.state.structure, presented.state.model
        cell, group = structure.merged.cell, structure.spacegroup
        _, distance, atom = nearest_image(cursor, model.frac, cell, group)
        if atom is not None and distance < _NEAR:
            self._panel.atoms.choose_atom(model.labels[atom])

    def _show_cursor(self) -> None:
        solving = self._solving
        idle = solving.state is SolveState.IDLE and solving.model.state is not None
        self._panel.atoms.set_editing(idle, self._document.cursor is not None)
