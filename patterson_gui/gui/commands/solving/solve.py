"""Solve: start and stop, settings, refine, what is drawn, save the solution."""

from functools import partial

from PyQt6.QtGui import QActionGroup

from patterson_gui.app.predict import PredictState
from patterson_gui.app.solving.choices import SolveChoices
from patterson_gui.app.solving.drawn_model import Extent
from patterson_gui.app.solving.solving import SolveState, Vector
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.solve_settings import SolveSettingsDialog, contents_words
from patterson_gui.gui.solving.solution_panel import SolutionPanel
from patterson_gui.gui.solving.solve_button import SolveButton

RUNNING = "Wait until it is finished, or stop it."


class SolveCommands:
    """Solving in one window."""

    def __init__(self, context: CommandContext, button: SolveButton, panel: SolutionPanel) -> None:
        self._context = context
        self._workbench = context.workbench
        self._solving = context.workbench.solving
        self._button = button
        self._panel = panel
        self._extents = QActionGroup(context.actions.window)

    def connect(self) -> None:
        """Connect actions, button and panel."""
        actions, solving = self._context.actions, self._solving
        for name, call in (
            ("solve", self.solve),
            ("solve_settings", self.choose_settings),
            ("refine", solving.refine),
            ("show_solution", solving.show_again),
            ("save_solution", self.save),
        ):
            actions.on(name, call)
        for extent in Extent:
            action = actions[f"show_{extent}"]
            self._extents.addAction(action)
            action.setChecked(extent is solving.drawing.extent)
            actions.on(f"show_{extent}", partial(solving.drawing.set_extent, extent))
        actions["show_hydrogens"].setChecked(solving.drawing.hydrogens)
        actions["show_hydrogens"].toggled.connect(solving.drawing.set_hydrogens)
        actions["around_atoms"].setChecked(solving.drawing.around)
        actions["around_atoms"].toggled.connect(solving.drawing.set_around)
        self._button.solve_clicked.connect(self.solve)
        self._button.stop_clicked.connect(solving.cancel)
        self._panel.refine_clicked.connect(solving.refine)
        self._panel.undo_clicked.connect(self._workbench.undo)
        self._panel.redo_clicked.connect(self._workbench.redo)
        self._panel.save_clicked.connect(self.save)

    def show_enabled(self) -> None:
        """Disable what cannot be done now; the tooltips say why."""
        actions, solving = self._context.actions, self._solving
        actions.share_key("run", "solve" if solving.is_primary else "predict")
        idle = solving.state is SolveState.IDLE
        model = solving.model.state is not None
        actions.set_blocked("solve", self.start_blocked())
        actions.set_blocked("solve_settings", solving.blocked())
        no_model = "Solve the structure first."
        actions.set_blocked("refine", (None if model else no_model) if idle else RUNNING)
        actions.set_blocked("save_solution", solving.save_blocked() if idle else RUNNING)
        hidden = self._workbench.document.solved is None and model
        actions.set_blocked("show_solution", None if hidden else "No solution is hidden.")
        actions[f"show_{solving.drawing.extent}"].setChecked(True)
        for name in (*(f"show_{extent}" for extent in Extent), "show_hydrogens", "around_atoms"):
            actions.set_blocked(name, None if model else no_model)

    def blocked(self) -> str | None:
        """Why nothing can be solved now; None when it can."""
        if self._workbench.predicting.state is not PredictState.IDLE:
            return "A prediction is running."
        return self._solving.blocked()

    def show_running(self) -> None:
        """Show on the button what runs and how far it is."""
        solving = self._solving
        self._button.key = self._context.actions.keys.shown_in_brackets("solve")
        self._button.show_state(
            solving.state, solving.progress, self.blocked(), self._how(),
            solving.solution is not None,
        )  # fmt: skip

    def _how(self) -> str:
        measured, choices = self._solving.measured, self._solving.choices
        if measured is None:
            return ""
        group = "all space groups" if choices.space_group == "auto" else choices.space_group
        contents = {
            "file": contents_words(measured.contents),
            "formula": choices.formula,
            "elements": choices.elements,
            "unknown": "contents not known",
        }[choices.contents]
        return f"{contents}; {group}"

    def start_blocked(self) -> str | None:
        """Why no solution can be started now; None when it can."""
        return self.blocked() if self._solving.state is SolveState.IDLE else RUNNING

    def solve(self) -> None:
        """Solve the open data; ask first where a solution would be replaced."""
        self.solve_from(())

    def solve_from(self, peaks: tuple[Vector, ...]) -> None:
        """The same from Patterson peaks u v w, fractions of the cell."""
        if self.start_blocked() is not None:
            return
        if not self._solving.model.corrected:
            self._solving.start(peaks)
            return
        self._context.ask.question(
            "Solve again from the beginning?",
            "Your corrections and the structures in other space groups are replaced.",
            [("Solve again", partial(self._solving.start, peaks))],
            stay="Keep them",
        )

    def choose_settings(self) -> None:
        """Show the dialog of the solve settings."""
        measured = self._solving.measured
        if measured is None:
            return
        dialog = SolveSettingsDialog(self._solving.choices, measured, self._context.ask.parent)
        dialog.chosen.connect(self._take_choices)
        dialog.solve_clicked.connect(self.solve)
        dialog.open()

    def _take_choices(self, choices: SolveChoices) -> None:
        self._solving.choices = choices
        self._solving.changed.emit()

    def save(self) -> None:
        """Ask for a folder, and write every file of the solution into it."""
        saver = self._context.saver
        if saver.solution_blocked() is None:
            self._context.ask.folder(
                "Save the solution in a folder",
                saver.suggested_name("solution"),
                saver.save_solution,
            )
