"""Run the real window without a user, waiting for each step to end."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.jobs.jobs import Job, JobState
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.errors import UserError
from patterson_gui.gui.figures.plots import write_plot
from patterson_gui.io.figures.settings import read_settings
from patterson_gui.io.files import make_folder

if TYPE_CHECKING:
    from patterson_gui.gui.window.main_window import MainWindow

POLL_MS = 20
SETTLE = 0.3  # seconds for the views to draw what they were given last


class Unattended:
    """Steps through a window until `deadline` (time.monotonic)."""

    def __init__(self, window: "MainWindow", deadline: float) -> None:
        self._window = window
        self._workbench = window.workbench
        self._deadline = deadline
        self._trouble: list[str] = []
        self._workbench.notice.connect(self._note)

    def first_light(self, out: Path) -> dict[str, Any]:
        """Example, Patterson, prediction, files, picture; the figures."""
        window, workbench = self._window, self._workbench
        document, save = workbench.document, window.saver
        make_folder(out)
        window.show()
        workbench.open_example()
        self.wait(lambda: document.patterson is not None and bool(document.peaks))
        job = workbench.predicting.start()
        if job is None:
            raise UserError(workbench.predicting.blocked() or "The prediction did not start.")
        self.wait(lambda: job.is_finished)
        if document.crystal is not None and document.crystal.model is not None:
            self.wait(lambda: document.comparison is not None)
        self.wait(lambda: not workbench.runner.busy)
        figures = save.figures()
        if figures is None:
            raise UserError("The prediction has no result.")
        jobs = [
            save.save_map(key, out / f"{key.value}.ccp4")
            for key in (LayerKey.PATTERSON, LayerKey.PREDICTED, LayerKey.TRUE)
            if document.map_of(key) is not None
        ]
        jobs += [
            save.save_phases(out / "phases.mtz"),
            save.save_figures(out / "figures.json"),
            save.save_peaks(out / "patterson-peaks.csv"),
            save.save_bundle(out / "first-light.pgz"),
        ]
        if save.atoms_blocked() is None:
            jobs.append(save.save_atoms(out / "atoms.pdb"))
        self._wait_for(jobs)
        self.settle()
        window.toasts.clear()
        if not window.screenshot().save(str(out / "first-light.png")):
            raise UserError(f"The picture cannot be written into {out}: choose another folder.")
        return figures

    def figure(self, settings: Path, out: Path) -> None:
        """Open the session in the settings of a figure, and make the figure again.

        Raises
        ------
        UserError : the settings cannot be read, or the figure cannot be made from them.
        """
        read = read_settings(settings)
        window = self._window
        if read.plot is not None:
            write_plot(out, read.plot)
            return
        if read.not_again:
            raise UserError(f"The figure cannot be made from {settings.name}: {read.not_again}")
        window.show()
        opening = window.sessions.sessions.open(settings)
        self.wait(lambda: opening.is_finished and not self._workbench.runner.busy)
        self.settle()
        self._wait_for([window.figures.make_again(read, out)])

    def wait(self, until: Callable[[], bool]) -> None:
        """Run the event loop until a condition holds; raise the first error shown meanwhile."""
        loop = QEventLoop()
        timer = QTimer()
        timer.setInterval(POLL_MS)

        def look() -> None:
            if until() or self._trouble or time.monotonic() > self._deadline:
                loop.quit()

        timer.timeout.connect(look)
        timer.start()
        look()
        if not until():
            loop.exec()
        timer.stop()
        if self._trouble:
            raise UserError(self._trouble[0])
        if not until():
            raise UserError("The window did not finish in time: allow more time.")

    def settle(self) -> None:
        """Wait until the views show what the document says."""
        end = time.monotonic() + SETTLE
        self.wait(lambda: time.monotonic() > end and self._window.views.settled)
        QApplication.processEvents()

    def _wait_for(self, jobs: "list[Job[Path] | None]") -> None:
        self.wait(lambda: all(job is None or job.is_finished for job in jobs))
        for job in jobs:
            if job is not None and job.state is JobState.FAILED and job.failure is not None:
                raise UserError(job.failure.sentence)

    def _note(self, notice: Notice) -> None:
        if notice.error:
            self._trouble.append(notice.text)
