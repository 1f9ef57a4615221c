"""Predict: start and cancel, the settings dialog, the menu behind the Predict button."""

from patterson_gui.app.jobs.jobs import Lane
from patterson_gui.app.predict import PredictState
from patterson_gui.app.settings import PredictionChoices
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.predict_settings import PredictSettingsDialog
from patterson_gui.gui.prediction.predict_button import PredictButton
from patterson_gui.gui.prediction.predict_choices import choices_words
from patterson_gui.gui.prediction.predict_menu import PredictMenu


class PredictionCommands:
    """Predicting in one window."""

    def __init__(self, context: CommandContext, button: PredictButton, menu: PredictMenu) -> None:
        self._context = context
        self._workbench = context.workbench
        self._button = button
        self._menu = menu

    def connect(self) -> None:
        """Connect actions, button and menu."""
        actions, workbench = self._context.actions, self._workbench
        for name, call in (
            ("predict", self.predict),
            ("cancel", self.cancel),
            ("predict_settings", self.choose_settings),
        ):
            actions.on(name, call)
        workbench.networks.changed.connect(self.show_choices)
        self._menu.aboutToShow.connect(workbench.networks.refresh)
        self._menu.chosen.connect(self.take_choices)
        self._button.predict_clicked.connect(self.predict)
        self._button.cancel_clicked.connect(workbench.predicting.cancel)

    def stop_listening(self) -> None:
        """The window closes."""
        self._workbench.networks.changed.disconnect()

    def show_enabled(self) -> None:
        """Disable what cannot be done now; the tooltips say why."""
        actions, predicting = self._context.actions, self._workbench.predicting
        idle = predicting.state is PredictState.IDLE
        actions.set_blocked("predict", self.blocked() if idle else "A prediction is running.")
        solving = self._workbench.solving.state is SolveState.IDLE
        nothing = "Nothing is running." if idle and solving else None
        actions.set_blocked("cancel", nothing)
        self.show_choices()

    def show_running(self) -> None:
        """Show on the button what runs and how far it is."""
        predicting = self._workbench.predicting
        self._button.key = self._context.actions.keys.shown_in_brackets("predict")
        self._button.show_state(
            predicting.state,
            predicting.progress,
            self.blocked(),
            choices_words(self._context.settings.prediction, self.data_d_min),
        )

    def blocked(self) -> str | None:
        """Why no prediction can start now; None when one can."""
        if self._workbench.solving.state is not SolveState.IDLE:
            return "A structure is being solved or refined."
        return self._workbench.predicting.blocked()

    def predict(self) -> None:
        """Start a prediction."""
        if self.blocked() is None:
            self._workbench.predicting.start()

    def cancel(self) -> None:
        """Stop the prediction or the solution that runs."""
        self._workbench.predicting.cancel()
        self._workbench.solving.cancel()

    @property
    def data_d_min(self) -> float | None:
        """High-resolution limit of the open data, Å."""
        crystal = self._workbench.document.crystal
        data = None if crystal is None else crystal.amplitudes
        return None if data is None else data.d_min

    def show_choices(self) -> None:
        """Show in the menu what can be chosen and what is chosen."""
        self._menu.show_choices(
            self._context.settings.prediction, self._workbench.networks.choices, self.data_d_min
        )

    def take_choices(self, choices: PredictionChoices) -> None:
        """Use these choices from now on, and save them in the settings."""
        self._context.settings.prediction = choices
        self._context.store.save()
        self._workbench.networks.refresh()
        self._workbench.predicting.changed.emit()  # the button's tooltip names the choices

    def choose_settings(self) -> None:
        """Show the dialog of the prediction settings."""
        crystal = self._workbench.document.crystal
        content = None if crystal is None else crystal.composition
        networks = self._workbench.networks
        dialog = PredictSettingsDialog(
            self._context.settings.prediction,
            self.data_d_min,
            None if content is None else content.n_atoms,
            networks.choices,
            self._context.ask.parent,
        )
        open_ = [True]

        def show_networks() -> None:
            if open_:
                dialog.set_networks(networks.choices)

        def finished() -> None:
            open_.clear()
            networks.changed.disconnect(show_networks)

        def found(names: list[str]) -> None:
            if open_:
                dialog.set_devices(names)

        networks.changed.connect(show_networks)
        networks.refresh()
        dialog.finished.connect(finished)
        dialog.chosen.connect(self.take_choices)
        services = self._workbench.services
        # Looking for graphics cards loads torch the first time: not in the GUI thread.
        self._workbench.runner.submit(
            "Looking for devices",
            lambda context: services.device_names(),
            lane=Lane.PREVIEW,
            key="devices",
            quiet=True,
            on_done=found,
        )
        dialog.open()
