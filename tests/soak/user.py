"""A user with a seed: what it can do, how often, and how it comes back to the same state."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PyQt6.QtWidgets import QApplication

from patterson_gui.app.predict import PredictState
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.gui.viewer3d.viewport import Viewport
from patterson_gui.gui.window.main_window import MainWindow
from tests.soak import hands

SIZE = (1280, 800)
MOST_WAIT = 120.0  # s until what was told to stop has stopped, on a busy machine


@dataclass
class User:
    """One window, and the files that the user opens and writes.

    Attributes
    ----------
    files : can be opened; `bad` cannot.
    folder : to write into.
    dataset : a small data set.
    """

    window: MainWindow
    random: Random
    files: list[Path]
    bad: Path
    folder: Path
    dataset: Path

    def viewport(self) -> Viewport | None:
        """One of the pictures that can be seen, of both windows; None while there is none."""
        windows = [self.window, self.window.explorer.window]
        ports = [port for w in windows if w is not None for port in hands.visible(w, Viewport)]
        return self.random.choice(ports) if ports else None

    def press(self, name: str) -> bool:
        """Trigger an action as its menu entry does, if it is enabled."""
        action = self.window.window_actions[name]
        if action.isEnabled():
            action.trigger()
        return action.isEnabled()

    def answer(self) -> None:
        """Answer all questions and close all dialogs."""
        hands.answer_dialogs(self.random, self.folder, self.files)

    @property
    def idle(self) -> bool:
        window = self.window
        drawn = window.views.settled and window.section_presenter.settled
        return drawn and not window.workbench.runner.busy

    def return_to_start(self) -> None:
        """Stop and close everything, and open the example.

        Raises
        ------
        TimeoutError : something did not stop.
        """
        window, workbench = self.window, self.window.workbench
        for _ in range(5):
            self.answer()
        if workbench.training.active:
            workbench.training.kill()
        if workbench.predicting.state is not PredictState.IDLE:
            workbench.predicting.cancel()
        if workbench.solving.state is not SolveState.IDLE:
            workbench.solving.cancel()
        for job in workbench.runner.unfinished():
            workbench.runner.cancel(job)
        if window.explorer.window is not None:
            window.explorer.window.close()
        self._wait("stop")
        if workbench.datasets.data is not None:
            workbench.datasets.close()
        window.showNormal()
        window.resize(*SIZE)
        if window.views.maximised is not None:
            window.views.toggle_maximised(window.views.maximised)
        window.tables.setCurrentIndex(0)
        workbench.open_example()
        self._wait("open the example")
        window.toasts.clear()
        QApplication.processEvents()

    def _wait(self, what: str) -> None:
        if not hands.wait_until(lambda: self.idle, MOST_WAIT):
            names = [job.name for job in self.window.workbench.runner.unfinished()]
            raise TimeoutError(f"did not {what} in {MOST_WAIT:.0f} s: {names}")


Action = Callable[[User], None]
