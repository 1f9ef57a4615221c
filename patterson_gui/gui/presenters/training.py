"""Shows the state and progress of a training in its panel."""

import math

from patterson_gui.app.datasets.pages import spaced
from patterson_gui.app.jobs.words import duration_words
from patterson_gui.app.training.training import Training, TrainingState
from patterson_gui.gui.panels.training import TrainingPanel


class TrainingPresenter:
    """Connects one training with the panel of one window."""

    def __init__(self, training: Training, panel: TrainingPanel) -> None:
        self._training = training
        self._panel = panel

    def connect(self) -> None:
        """Follow the training, and show its present state."""
        training = self._training
        training.changed.connect(self._show_state)
        training.progressed.connect(self._show_progress)
        training.recorded.connect(self._show_records)
        self._show_state()

    def stop_listening(self) -> None:
        """The window closes."""
        training = self._training
        training.changed.disconnect(self._show_state)
        training.progressed.disconnect(self._show_progress)
        training.recorded.disconnect(self._show_records)

    def _show_state(self) -> None:
        training = self._training
        name = "" if training.settings is None else training.settings.model_name
        self._panel.set_state(training.state.value, name, self._state_words())
        self._show_machine()
        self._show_progress()

    def _state_words(self) -> str:
        training = self._training
        progress, settings, state = training.progress, training.settings, training.state
        if settings is None:
            return ""
        if state is TrainingState.IDLE:
            return "" if training.end is None else training.end.sentence
        if state is TrainingState.STOPPING:
            return "Stopping: writing a checkpoint…"
        if state is TrainingState.STARTING or progress is None:
            return "Reading the data set and building the network…"
        where = f"epoch {progress.epoch} of {settings.epochs}"
        if state is TrainingState.PAUSED:
            return f"Paused in {where}"
        loss = f", loss {progress.loss:.3g}" if math.isfinite(progress.loss) else ""
        validating = progress.phase == "validation"
        return f"Validating after {where}" if validating else f"Training: {where}{loss}"

    def _show_progress(self) -> None:
        training = self._training
        progress, pace = training.progress, []
        if progress is not None:
            if math.isfinite(progress.samples_per_s):
                digits = 0 if progress.samples_per_s >= 10 else 1
                pace.append(f"{progress.samples_per_s:.{digits}f} examples/s")
            pace.append(f"{duration_words(progress.seconds)} so far")
            left = training.seconds_left
            if left is not None and training.active:
                pace.append(f"about {duration_words(left)} left")
        self._panel.set_progress(training.fraction, " · ".join(pace))
        self._panel.state_words.setText(self._state_words())

    def _show_machine(self) -> None:
        started = self._training.started
        if started is None:
            self._panel.set_machine("")
            return
        size = f"{spaced(started.parameters)} weights"
        examples = f"{spaced(started.training_examples)} training examples"
        self._panel.set_machine(f"{started.network}, {size}; {examples}; {started.device}")

    def _show_records(self) -> None:
        self._panel.set_records(self._training.records)
