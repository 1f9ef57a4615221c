"""Train a network: start, pause, resume, stop, and what happens to a training on closing."""

from collections.abc import Callable

from patterson_gui.app.training.training import TrainingState
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.commands.networks.start_training import StartTraining
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.panels.training import TrainingPanel
from patterson_gui.gui.presenters.training import TrainingPresenter
from patterson_gui.gui.presenters.validation_example import ValidationExamplePresenter
from patterson_gui.gui.viewer3d.central_area import CentralArea


class TrainingCommands:
    """Commands of one window.

    Attributes
    ----------
    panel : the tab with curves and buttons.
    example : the validation example in the views.
    """

    def __init__(self, context: CommandContext, tables: Tables, centre: CentralArea) -> None:
        """`tables` : holds the panel; `centre` : shows the validation example."""
        self._context = context
        self._training = context.workbench.training
        self._tables = tables
        self.panel = TrainingPanel()
        self._start = StartTraining(context, self.show_panel)
        self._presenter = TrainingPresenter(self._training, self.panel)
        self.example = ValidationExamplePresenter(context.workbench, self.panel, centre)
        self._close_at_end = False

    def connect(self) -> None:
        """Connect actions, panel and training."""
        actions, panel, training = self._context.actions, self.panel, self._training
        for name, call in (
            ("train", self._start.train),
            ("resume_run", self._start.choose_run),
            ("pause_training", self._pause_or_resume),
            ("stop_training", training.stop),
            ("reset_view", self.example.reset_view),
        ):
            actions.on(name, call)
        panel.train_clicked.connect(self._start.train)
        panel.resume_run_clicked.connect(self._start.choose_run)
        panel.continue_clicked.connect(self._start.resume_last)
        panel.pause_clicked.connect(training.pause)
        panel.resume_clicked.connect(training.resume)
        panel.stop_clicked.connect(training.stop)
        panel.kill_clicked.connect(training.kill)
        actions["show_example"].triggered.connect(self.example.show)
        self.example.choice_changed.connect(self._show_example_enabled)
        self._presenter.connect()
        self.example.connect()
        training.changed.connect(self._show_enabled)
        training.progressed.connect(self._show_percent)
        training.changed.connect(self._close_if_ended)
        self._show_enabled()

    def stop_listening(self) -> None:
        """The window closes."""
        for call in (self._show_enabled, self._close_if_ended):
            self._training.changed.disconnect(call)
        self._training.progressed.disconnect(self._show_percent)
        self._presenter.stop_listening()
        self.example.stop_listening()

    def train(self) -> None:
        """Ask for the settings of a training."""
        self._start.train()

    def show_panel(self) -> None:
        """Bring the panel to the front."""
        self._tables.show_tab(self.panel)

    def _pause_or_resume(self) -> None:
        if self._training.state is TrainingState.PAUSED:
            self._training.resume()
        else:
            self._training.pause()

    # ------------------------------------------------------------------ menu and toolbar
    def _show_enabled(self) -> None:
        training, actions = self._training, self._context.actions
        state = training.state
        none_runs = None if training.active else "No training is running."
        can_pause = state in (TrainingState.RUNNING, TrainingState.PAUSED)
        actions.set_blocked(
            "pause_training",
            None if can_pause else none_runs or "The training is starting or stopping.",
        )
        actions["pause_training"].setText(
            "&Resume the training" if state is TrainingState.PAUSED else "&Pause the training"
        )
        actions.set_blocked("stop_training", none_runs)
        actions["resume_run"].setEnabled(not training.active)
        self._show_percent()

    def _show_percent(self) -> None:
        training = self._training
        text = f"Training {100 * training.fraction:.0f} %" if training.active else "Train…"
        self._context.actions["train"].setIconText(text)

    def _show_example_enabled(self, there: bool, shown: bool) -> None:
        actions = self._context.actions
        actions["show_example"].setChecked(shown)
        actions.set_blocked(
            "show_example",
            None if there or shown else "Available after the first epoch of a training.",
        )

    # ------------------------------------------------------------------ closing the window
    def holds_close(self) -> bool:
        """Whether a training keeps the window open; if so, ask what to do with it."""
        training, ask = self._training, self._context.ask
        if not training.active:
            return False
        if training.state is TrainingState.STOPPING:
            ask.question(
                "The training is still writing its checkpoint.",
                "The previous checkpoint is kept in any case.",
                [
                    ("Stop now and close", lambda: self._close_after(training.kill)),
                    ("Close when it is written", lambda: self._close_after(None)),
                ],
                stayed=self._stay,
            )
        else:
            name = "" if training.settings is None else training.settings.model_name
            ask.question(
                f"“{name}” is being trained.",
                "A stopped training can be resumed from its checkpoint at any time.",
                [
                    ("Stop with a checkpoint and close", lambda: self._close_after(training.stop)),
                    ("Close when it is done", lambda: self._close_after(None)),
                ],
                stayed=self._stay,
            )
        return True

    def _close_after(self, end: Callable[[], object] | None) -> None:
        """Close the window once the training has ended; `end` ends it."""
        self._close_at_end = True
        if end is not None:
            end()
        self._close_if_ended()  # it may have ended while the question was open

    def _stay(self) -> None:
        self._close_at_end = False

    def _close_if_ended(self) -> None:
        if self._close_at_end and not self._training.active:
            self._context.ask.parent.close()
