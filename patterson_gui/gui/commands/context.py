"""What every group of commands gets from the window it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass

from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.predict import PredictState
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.settings import Settings, SettingsStore
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.commands.actions.window_actions import WindowActions
from patterson_gui.gui.commands.files.unsaved import UnsavedQuestions
from patterson_gui.gui.dialogs.ask import Ask


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
        if self.workbench.site_work.running:
            self.ask.question(
                "A job about heavy atoms is running.",
                f"{self.workbench.site_work.doing} has to be stopped to {what}.",
                [(f"Stop it and {what}", go_on)],
                stay="Keep going",
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
        UnsavedQuestions(self.workbench, self.saver, self.ask).ask_before(what, then)
