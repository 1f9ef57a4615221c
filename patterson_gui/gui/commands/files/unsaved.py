"""Ask about predictions, structures and sites that no file has, before they go."""

import math
from collections.abc import Callable, Sequence

from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.dialogs.ask import Answer, Ask
from patterson_gui.io.file_names import file_stem

SITE_FILTERS = ("PDB (*.pdb)", "SHELX instructions (*.res)", "CSV (*.csv)")


class UnsavedQuestions:
    """Asks to save or discard, first predictions, then a structure, then heavy-atom sites."""

    def __init__(self, workbench: Workbench, saver: Saver, ask: Ask) -> None:
        self._workbench = workbench
        self._saver = saver
        self._ask = ask

    def ask_before(self, what: str, then: Callable[[], object]) -> None:
        """Ask, if anything is unsaved, and call `then` unless the user cancels.

        what : what the user does, in words such as "open 1aba.pdb".
        """
        predictions = self._workbench.unsaved_predictions
        if predictions:
            self._ask_about_predictions(predictions, what, then)
        elif self._workbench.unsaved_solution:
            self._ask_about_solution(what, then)
        elif self._workbench.unsaved_sites:
            self._ask_about_sites(what, then)
        else:
            then()

    def _ask_about_predictions(
        self, unsaved: Sequence[KeptPrediction], what: str, then: Callable[[], object]
    ) -> None:
        name, n = self._name, len(unsaved)

        def go_on() -> None:
            self.ask_before(what, then)

        def discard() -> None:
            for item in unsaved:
                self._workbench.predicting.kept.give_up(item)
            go_on()

        def save() -> None:
            if n == 1:
                self._ask.save_file(
                    "Save the prediction", self._saver.suggested_name("bundle"),
                    ("Prediction bundle (*.pgz)",),
                    lambda path: self._saver.save_prediction(path, unsaved[0], go_on),
                )  # fmt: skip
            else:
                self._ask.folder(
                    "Save the predictions in a folder", f"{file_stem(name)}-predictions",
                    lambda folder: self._saver.save_predictions(folder, unsaved, go_on),
                )  # fmt: skip

        if n == 1:
            text = f"The prediction of {name} is not saved."
            r = unsaved[0].prediction.r_factor
            figure = f"It has R {r:.3f}. " if math.isfinite(r) else ""
            more = f"{figure}Save it before you {what}?"
        else:
            text = f"{n} predictions of {name} are not saved."
            more = f"Save them before you {what}?"
        self._ask.question(text, more, [("Save…", save), ("Discard", discard)], stay="Cancel")

    def _ask_about_solution(self, what: str, then: Callable[[], object]) -> None:
        solving = self._workbench.solving

        def go_on() -> None:
            self.ask_before(what, then)

        def discard() -> None:
            solving.mark_saved(solving.solution, solving.model.state)
            go_on()

        def save() -> None:
            self._ask.folder(
                "Save the solution in a folder", self._saver.suggested_name("solution"),
                lambda folder: self._saver.save_solution(folder, go_on),
            )  # fmt: skip

        blocked = solving.save_blocked()
        answers: list[Answer] = [("Discard", discard)]
        if blocked is None:
            answers.insert(0, ("Save…", save))
        self._ask.question(
            f"The structure of {self._name} is not saved.",
            blocked or f"Save it before you {what}?",
            answers,
            stay="Cancel",
        )

    def _ask_about_sites(self, what: str, then: Callable[[], object]) -> None:
        sites = self._workbench.sites
        n = len(sites)

        def discard() -> None:
            sites.mark_saved(sites.state)
            self.ask_before(what, then)

        def save() -> None:
            self._ask.save_file(
                "Save the sites", self._saver.suggested_name("sites"), SITE_FILTERS,
                lambda path: self._saver.save_sites(path, lambda: self.ask_before(what, then)),
            )  # fmt: skip

        listed = "heavy-atom site is" if n == 1 else "heavy-atom sites are"
        self._ask.question(
            f"{n} {listed} not saved.",
            f"Save {'it' if n == 1 else 'them'} before you {what}?",
            [("Save…", save), ("Discard", discard)],
            stay="Cancel",
        )

    @property
    def _name(self) -> str:
        crystal = self._workbench.document.crystal
        return "the open crystal" if crystal is None or not crystal.name else crystal.name
