"""What the window does about training: dialogs, the panel, the validation example, the closing."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QFileDialog, QMessageBox

from patterson_gui.app.datasets.pages import spaced
from patterson_gui.app.document.view_state import LayerKey, layer_of
from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.training.progress import duration_words
from patterson_gui.app.training.run_folders import suggested_run_folder
from patterson_gui.app.training.training import TrainingState
from patterson_gui.errors import UserError
from patterson_gui.gui.dialogs.train import TrainDialog, values_of
from patterson_gui.gui.panels.training import TrainingPanel
from patterson_gui.gui.viewer3d.linked_views import KINDS
from patterson_gui.gui.viewer3d.validation_views import ValidationViews
from patterson_gui.io.training.events import Estimate
from patterson_gui.io.training.run_folder import RunFolder
from patterson_gui.io.training.settings import TrainingSettings

if TYPE_CHECKING:
    from patterson_gui.gui.window.main_window import MainWindow


class TrainingCommands:
    """Belongs to one window."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._workbench = window.workbench
        self._training = window.workbench.training
        self.panel = TrainingPanel()
        self.views: ValidationViews | None = None  # made when first looked at
        self._dialog: TrainDialog | None = None
        self._question: QMessageBox | None = None
        self._close_at_end = False

    def connect(self) -> None:
        """Join actions, panel and training."""
        actions, panel, training = self._window.window_actions, self.panel, self._training
        for name, call in (
            ("train", self.train),
            ("resume_run", self.choose_run),
            ("pause_training", self._pause_or_go_on),
            ("stop_training", training.stop),
        ):
            actions.on(name, call)
        actions["show_example"].triggered.connect(self.show_example)
        panel.train_clicked.connect(self.train)
        panel.resume_run_clicked.connect(self.choose_run)
        panel.continue_clicked.connect(self._continue)
        panel.pause_clicked.connect(training.pause)
        panel.go_on_clicked.connect(training.resume)
        panel.stop_clicked.connect(training.stop)
        panel.end_clicked.connect(training.kill)
        panel.example_clicked.connect(self.show_example)
        training.changed.connect(self._show_state)
        training.progressed.connect(self._show_progress)
        training.recorded.connect(self._show_records)
        training.example_changed.connect(self._show_maps)
        self._workbench.document.crystal_changed.connect(self._crystal_changed)
        self._workbench.document.links_changed.connect(self._show_links)
        self._show_state()

    def stop_listening(self) -> None:
        """The window closes: nothing the training tells may reach it."""
        training = self._training
        for signal in (
            training.changed, training.progressed, training.recorded, training.example_changed,
        ):  # fmt: skip
            signal.disconnect()

    # ------------------------------------------------------------------ choosing
    def train(self) -> None:
        """Ask how; where a training runs, show that one instead."""
        if self._refused():
            return
        data = self._workbench.datasets.data
        path = None if data is None else data.path
        self._open_dialog({"data": path, "output": suggested_run_folder(path)}, resume=False)

    def choose_run(self) -> None:
        """Ask for the folder of a run to go on with."""
        if self._refused():
            return
        dialog = QFileDialog(self._window, "Resume the run in this folder")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(str(suggested_run_folder(None).parent))
        dialog.fileSelected.connect(lambda name: self.resume_run(Path(name)))
        dialog.open()

    def resume_run(self, folder: Path) -> None:
        """Ask how to go on with the run in a folder."""

        def work(context: JobContext) -> TrainingSettings:
            run = RunFolder(folder)
            if not run.holds_a_run():
                raise UserError(
                    f"{folder} holds no training: choose the folder that a training has written."
                )
            return run.read_settings()

        self._workbench.runner.submit(
            f"Reading the run {folder.name}", work, lane=Lane.FILES, key="run", quiet=True,
            on_done=lambda settings: self._open_dialog(values_of(settings), resume=True),
            on_failed=self._workbench.jobs.tell_failure,
        )  # fmt: skip

    def _continue(self) -> None:
        settings = self._training.settings
        if settings is not None and not self._refused():
            self.resume_run(settings.output)

    def _refused(self) -> bool:
        reason = self._training.blocked()
        if reason is not None:
            self.show_panel()
            self._workbench.jobs.tell(reason)
        return reason is not None

    def _open_dialog(self, values: dict[str, Any], resume: bool) -> None:
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        dialog = TrainDialog(values, resume, self._window)
        self._dialog = dialog

        def estimated(answer: Estimate) -> None:
            if self._dialog is dialog:
                dialog.show_cost(answer.sentence, answer.memory > answer.memory_available > 0)

        def failed(failure: Failure) -> None:
            if self._dialog is dialog:
                dialog.show_cost(failure.sentence, error=True)

        def found(names: list[str]) -> None:
            if self._dialog is dialog:
                dialog.set_architectures(names)

        def closed(_result: int) -> None:
            self._dialog = None

        def start(settings: TrainingSettings) -> None:
            self._training.start(settings, resume)
            self.show_panel()

        dialog.estimate_wanted.connect(
            lambda settings: self._training.estimator.estimate(settings, estimated, failed)
        )
        dialog.estimate_unwanted.connect(self._training.estimator.cancel)
        dialog.finished.connect(closed)
        dialog.chosen.connect(start)
        services = self._workbench.services
        # Naming the networks loads torch the first time: never in this thread.
        self._workbench.runner.submit(
            "Looking for architectures", lambda context: services.architectures(),
            lane=Lane.PREVIEW, key="architectures", quiet=True, on_done=found,
        )  # fmt: skip
        dialog.show()

    def show_panel(self) -> None:
        """Bring the panel to the front."""
        self._window.tables.show_tab(self.panel)

    # ------------------------------------------------------------------ running
    def _pause_or_go_on(self) -> None:
        training = self._training
        if training.state is TrainingState.PAUSED:
            training.resume()
        else:
            training.pause()

    def _show_state(self) -> None:
        training, actions = self._training, self._window.window_actions
        state, settings = training.state, training.settings
        name = "" if settings is None else settings.model_name
        self.panel.set_state(state.value, name, self._state_words())
        self._show_machine()
        self._show_progress()
        self._show_example_choice()
        none_runs = None if training.active else "No training is running."
        going = state in (TrainingState.RUNNING, TrainingState.PAUSED)
        actions.set_blocked("pause_training", None if going else none_runs or "Not now.")
        actions["pause_training"].setText(
            "&Go on training" if state is TrainingState.PAUSED else "&Pause the training"
        )
        actions.set_blocked("stop_training", none_runs)
        actions["resume_run"].setEnabled(not training.active)
        if not training.active and self._close_at_end:
            self._window.close()

    def _state_words(self) -> str:
        training = self._training
        progress, settings, state = training.progress, training.settings, training.state
        if settings is None:
            return ""
        if state is TrainingState.IDLE:
            return "" if training.end is None else training.end.sentence
        if state is TrainingState.STOPPING:
            return "Stopping: a checkpoint is written…"
        if state is TrainingState.STARTING or progress is None:
            return "Reading the data set and building the network…"
        where = f"epoch {progress.epoch} of {settings.epochs}"
        if state is TrainingState.PAUSED:
            return f"Paused in {where}"
        judging = progress.phase == "validation"
        loss = f", loss {progress.loss:.3g}" if math.isfinite(progress.loss) else ""
        return f"Judging after {where}" if judging else f"Training: {where}{loss}"

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
        self.panel.set_progress(training.fraction, " · ".join(pace))
        self.panel.state_words.setText(self._state_words())
        button = self._window.window_actions["train"]
        percent = f"{100 * training.fraction:.0f} %"
        button.setIconText(f"Training {percent}" if training.active else "Train…")

    def _show_machine(self) -> None:
        started = self._training.started
        if started is None:
            self.panel.set_machine("")
            return
        size = f"{spaced(started.parameters)} weights"
        examples = f"{spaced(started.training_examples)} examples to learn from"
        self.panel.set_machine(f"{started.network}, {size}; {examples}; {started.device}")

    def _show_records(self) -> None:
        self.panel.set_records(self._training.records)

    # ------------------------------------------------------------------ the validation example
    @property
    def example_shown(self) -> bool:
        """Whether the views show the validation example in place of the crystal."""
        return self.views is not None and not self.views.isHidden()

    def show_example(self, on: bool) -> None:
        """The validation example in the views, or the open crystal again."""
        if on and self.views is None:
            self.views = self._make_views()
        self._window.centre.replace_views(on)
        self._show_maps()
        self._show_example_choice()

    def _make_views(self) -> ValidationViews:
        views = ValidationViews()
        views.hide()
        views.back_clicked.connect(lambda: self.show_example(False))
        self._window.centre.add_replacement(views)
        self._window.window_actions.on("reset_view", views.views.reset_view)
        self.views = views
        document = self._workbench.document
        views.views.level_changed.connect(
            lambda kind, rmsd: document.set_level(layer_of(kind), rmsd)
        )
        document.layer_changed.connect(self._show_layer)
        for key in LayerKey:
            self._show_layer(key)
        self._show_links()
        self._name_way_back()
        return views

    def _show_maps(self) -> None:
        example, views = self._training.example, self.views
        self._show_example_choice()
        if views is None or views.isHidden():
            return
        if example is None:
            views.clear()
            return
        words = f"Validation example <b>{example.name}</b> after epoch {example.epoch}: "
        words += f"r {example.r:.3f}"
        views.set_maps(words, example.patterson, example.predicted, example.true)

    def _show_example_choice(self) -> None:
        there, shown = self._training.example is not None, self.example_shown
        self.panel.set_example(there, shown)
        action = self._window.window_actions["show_example"]
        action.setChecked(shown)
        self._window.window_actions.set_blocked(
            "show_example",
            None if there or shown else "A training has one after its first epoch.",
        )

    def _show_links(self) -> None:
        if self.views is not None:
            links = self._workbench.document.links
            self.views.views.set_links(
                camera=links.camera, cursor=links.cursor, levels=links.levels
            )

    def _show_layer(self, key: LayerKey) -> None:
        """Levels, styles and which maps are to be seen are those of the crystal's views."""
        if self.views is None:
            return
        layers = self._workbench.document.layers
        for kind in KINDS:
            if layer_of(kind) is key:
                view, layer = self.views.views.view(kind), layers[key]
                density = view.density
                level = layer.level
                view.set_level(level.value if density is None else level.in_rmsd(density))
                view.set_style(layer.style)
        self.views.views.set_shown([k for k in KINDS if layers[layer_of(k)].visible])

    def _crystal_changed(self) -> None:
        """What was opened is what is to be seen."""
        self._name_way_back()
        if self.example_shown:
            self.show_example(False)

    def _name_way_back(self) -> None:
        crystal = self._workbench.document.crystal
        if self.views is not None:
            self.views.set_way_back("" if crystal is None else crystal.name)

    # ------------------------------------------------------------------ closing
    def holds_close(self) -> bool:
        """Whether the window must stay for now; the user is asked what shall be."""
        training = self._training
        if not training.active:
            return False
        if self._question is not None:
            self._question.raise_()
        elif training.state is TrainingState.STOPPING:
            self._ask(
                "The training is still writing its checkpoint.",
                "The checkpoint before stays in any case.",
                ("End it at once and close", training.kill),
                ("Close when it is written", lambda: None),
            )
        else:
            name = "" if training.settings is None else training.settings.model_name
            self._ask(
                f"“{name}” is being trained.",
                "A stopped training can be resumed from its checkpoint at any time.",
                ("Stop with a checkpoint and close", training.stop),
                ("Close when it is done", lambda: None),
            )
        return True

    def _ask(
        self, text: str, more: str, first: tuple[str, Callable[[], object]],
        second: tuple[str, Callable[[], object]],
    ) -> None:  # fmt: skip
        """Two ways to close, and a third answer that keeps the window open."""
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self._window.windowTitle())
        box.setText(text)
        box.setInformativeText(more)
        answers: dict[QAbstractButton | None, Callable[[], object]] = {
            box.addButton(words, QMessageBox.ButtonRole.AcceptRole): call
            for words, call in (first, second)
        }
        stay = box.addButton("Keep working", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)

        def answered(_result: int) -> None:
            self._question = None
            call = answers.get(box.clickedButton())
            self._close_at_end = call is not None
            if call is not None:
                call()
                self._show_state()  # it may have ended while the question stood there

        box.finished.connect(answered)
        self._question = box
        box.open()
