"""The Solve button. While a solution or refinement runs it stops that."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from patterson_gui.app.solving.solving import SolveState
from patterson_gui.crystal.solution import SolveProgress
from patterson_gui.gui.widgets.job_button import JobButton
from patterson_gui.gui.widgets.plain_text import plain_tip

READY = "Solve structure"
AGAIN = "Solve again"
WIDEST = "Stop · Hydrogen atoms · 88 %"


class SolveButton(JobButton):
    """Emits what a click means now: solve or stop."""

    solve_clicked = pyqtSignal()
    stop_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(READY, WIDEST, parent)
        self._state = SolveState.IDLE
        self.key = ""  # for the tooltip: ` (Ctrl+Return)`
        self.clicked.connect(self._click)

    def show_state(
        self,
        state: SolveState,
        progress: SolveProgress | None,
        blocked: str | None,
        how: str = "",
        solved: bool = False,
    ) -> None:
        """Show what a click does and how, the progress, or why nothing can be solved."""
        self._state = state
        running = state is SolveState.RUNNING
        self.set_fraction(progress.fraction if progress and running else None)
        if running:
            self.setText(running_text(progress))
            self.setToolTip("Click to stop; what was found so far stays on the screen")
        elif state is SolveState.STOPPING:
            self.setText("Stopping…")
            self.setToolTip("Solving stops after the current step")
        else:
            self.setText(AGAIN if solved else READY)
            what = f"From the intensities to a refined structure in its space group{self.key}"
            self.setToolTip(plain_tip(blocked or (f"{what}\n{how}" if how else what)))
        self.setEnabled(running or (state is SolveState.IDLE and blocked is None))

    def _click(self) -> None:
        if self._state is SolveState.RUNNING:
            self.stop_clicked.emit()
        elif self._state is SolveState.IDLE:
            self.solve_clicked.emit()


def running_text(progress: SolveProgress | None) -> str:
    """What the button says while it runs."""
    if progress is None:
        return "Stop · starting"
    return f"Stop · {progress.step} · {100 * progress.fraction:.0f} %"
