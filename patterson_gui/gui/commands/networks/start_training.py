"""Ask how to train or resume, show the cost meanwhile, and start the training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog

from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.training.run_folders import suggested_run_folder
from patterson_gui.errors import UserError
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.train.dialog import TrainDialog
from patterson_gui.gui.dialogs.train.form import values_of
from patterson_gui.io.training.events import Estimate
from patterson_gui.io.training.run_folder import RunFolder
from patterson_gui.io.training.settings import TrainingSettings

_OF_ONE_RUN = frozenset({"output", "name", "initial_weights"})


class StartTraining:
    """The dialogs of one window that start a training; at most one is open."""

    def __init__(self, context: CommandContext, show_panel: Callable[[], None]) -> None:
        """`show_panel` brings the panel of the training to the front."""
        self._context = context
        self._workbench = context.workbench
        self._training = context.workbench.training
        self._show_panel = show_panel
        self._dialog: TrainDialog | None = None

    def train(self) -> None:
        """Ask for the settings; where a training runs, show that one instead."""
        if self._refused():
            return
        data = self._workbench.datasets.data
        values = self._last_values()
        if data is not None:
            values["data"] = data.path
        values["output"] = suggested_run_folder(values.get("data"))
        self._open_dialog(values, resume=False)

    def _last_values(self) -> dict[str, Any]:
        """The settings of the training that was started last, but for those of one run alone."""
        last = self._context.settings.training
        if last is None:
            return {}
        values = {key: v for key, v in values_of(last).items() if key not in _OF_ONE_RUN}
        if not last.data.is_file():
            del values["data"]
        return values

    def choose_run(self) -> None:
        """Ask for the folder of a run to resume."""
        if self._refused():
            return
        dialog = QFileDialog(self._context.ask.parent, "Resume the run in this folder")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(str(suggested_run_folder(None).parent))
        dialog.fileSelected.connect(lambda name: self.resume_run(Path(name)))
        dialog.open()

    def resume_last(self) -> None:
        """Ask for the settings to resume the training that ended last."""
        settings = self._training.settings
        if settings is not None and not self._refused():
            self.resume_run(settings.output)

    def resume_run(self, folder: Path) -> None:
        """Ask for the settings to resume the run in a folder."""

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

    def _refused(self) -> bool:
        """Whether another training runs; if so, show it and say so."""
        reason = self._training.blocked()
        if reason is not None:
            self._show_panel()
            self._workbench.jobs.tell(reason)
        return reason is not None

    # ------------------------------------------------------------------ the dialog
    def _open_dialog(self, values: dict[str, Any], resume: bool) -> None:
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        dialog = TrainDialog(values, resume, self._context.ask.parent)
        self._dialog = dialog

        def closed(_result: int) -> None:
            self._dialog = None

        def start(settings: TrainingSettings) -> None:
            if not resume:
                self._context.settings.training = settings
                self._context.store.save()
            self._training.start(settings, resume)
            self._show_panel()

        dialog.estimate_wanted.connect(lambda settings: self._estimate(dialog, settings))
        dialog.estimate_unwanted.connect(self._training.estimator.cancel)
        dialog.finished.connect(closed)
        dialog.chosen.connect(start)
        self._find_architectures(dialog)
        dialog.show()

    def _estimate(self, dialog: TrainDialog, settings: TrainingSettings) -> None:
        def done(answer: Estimate) -> None:
            if self._dialog is dialog:
                dialog.show_cost(answer.sentence, answer.memory > answer.memory_available > 0)

        def failed(failure: Failure) -> None:
            if self._dialog is dialog:
                dialog.show_cost(failure.sentence, error=True)

        self._training.estimator.estimate(settings, done, failed)

    def _find_architectures(self, dialog: TrainDialog) -> None:
        """List the networks in a job: the first time, this loads torch."""

        def done(names: list[str]) -> None:
            if self._dialog is dialog:
                dialog.set_architectures(names)

        services = self._workbench.services
        self._workbench.runner.submit(
            "Looking for architectures", lambda context: services.architectures(),
            lane=Lane.PREVIEW, key="architectures", quiet=True, on_done=done,
        )  # fmt: skip
