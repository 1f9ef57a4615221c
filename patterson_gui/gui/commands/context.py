"""What every group of commands gets from the window it belongs to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.predict import PredictState
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.settings import Settings, SettingsStore
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.commands.window_actions import WindowActions
from patterson_gui.gui.dialogs.ask import Answer, Ask
from patterson_gui.io.file_names import file_stem


@dataclass(frozen=True)
class CommandContext:
    """Made once by the main window and handed to each group of commands.

    A group that needs more (a panel, a button) takes that as an argument of its own.

    Attributes
    ----------
    saver : saves what is open.
    viewers : sends to other programs and fetches from them.
    store : the settings and their file.
    actions : the window's actions, by name.
    ask : file dialogs and questions over the window; `ask.parent` is the parent of dialogs.
    show_notice : shows a notice in the window and writes it to the log.
    """

    workbench: Workbench
    saver: Saver
    viewers: Viewers
    store: SettingsStore
    actions: WindowActions
    ask: Ask
    show_notice: Callable[[Notice], None]

    @property
    def settings(self) -> Settings:
        """The settings as they are now; `store.save()` writes them."""
        return self.store.settings

    def unless_busy(self, what: str, then: Callable[[], object]) -> None:
        """Ask before something that would end a running prediction or solution, or lose what is
        not saved; `what` names it in words such as "open 1aba.pdb"."""

        def go_on() -> None:
            self.unless_unsaved(what, then)

        if self.workbench.solving.state is SolveState.RUNNING:
            self.ask.question(
                "A structure is being solved or refined.",
                f"It has to be stopped to {what}.",
                [(f"Stop it and {what}", go_on)],
                stay="Keep solving",
            )
            return
        if self.workbench.predicting.state is not PredictState.RUNNING:
            go_on()
            return
        self.ask.question(
            "A prediction is running.",
            f"It has to be stopped to {what}.",
            [(f"Stop it and {what}", go_on)],
            stay="Keep predicting",
        )

    def unless_unsaved(self, what: str, then: Callable[[], object]) -> None:
        """Ask before something that would lose predictions or a solution that no file has."""
        predictions = self.workbench.unsaved_predictions
        if predictions:
            self._ask_about_predictions(predictions, what, then)
        elif self.workbench.unsaved_solution:
            self._ask_about_solution(what, then)
        else:
            then()

    def _ask_about_predictions(
        self, unsaved: Sequence[KeptPrediction], what: str, then: Callable[[], object]
    ) -> None:
        name, n = self._name, len(unsaved)

        def go_on() -> None:
            self.unless_unsaved(what, then)

        def discard() -> None:
            for item in unsaved:
                self.workbench.predicting.kept.give_up(item)
            go_on()

        def save() -> None:
            if n == 1:
                self.ask.save_file(
                    "Save the prediction", self.saver.suggested_name("bundle"),
                    ("Prediction bundle (*.pgz)",),
                    lambda path: self.saver.save_prediction(path, unsaved[0], go_on),
                )  # fmt: skip
            else:
                self.ask.folder(
                    "Save the predictions in a folder", f"{file_stem(name)}-predictions",
                    lambda folder: self.saver.save_predictions(folder, unsaved, go_on),
                )  # fmt: skip

        if n == 1:
            text = f"The prediction of {name} is not saved."
            more = f"It has R {unsaved[0].prediction.r_factor:.3f}. Save it before you {what}?"
        else:
            text = f"{n} predictions of {name} are not saved."
            more = f"Save them before you {what}?"
        self.ask.question(text, more, [("Save…", save), ("Discard", discard)], stay="Cancel")

    def _ask_about_solution(self, what: str, then: Callable[[], object]) -> None:
        solving = self.workbench.solving

        def go_on() -> None:
            self.unless_unsaved(what, then)

        def discard() -> None:
            solving.mark_saved(solving.solution, solving.model_state)
            go_on()

        def save() -> None:
            self.ask.folder(
                "Save the solution in a folder", self.saver.suggested_name("solution"),
                lambda folder: self.saver.save_solution(folder, go_on),
            )  # fmt: skip

        blocked = solving.save_blocked()
        answers: list[Answer] = [("Discard", discard)]
        if blocked is None:
            answers.insert(0, ("Save…", save))
        self.ask.question(
            f"The structure of {self._name} is not saved.",
            blocked or f"Save it before you {what}?",
            answers,
            stay="Cancel",
        )

    @property
    def _name(self) -> str:
        crystal = self.workbench.document.crystal
        return "the open crystal" if crystal is None or not crystal.name else crystal.name
