"""The Predict button. While a prediction runs it shows the progress and cancels."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from patterson_gui.app.predict import PredictState
from patterson_gui.crystal.prediction import Progress
from patterson_gui.gui.widgets.job_button import JobButton
from patterson_gui.gui.widgets.plain_text import plain_tip

READY = "Predict density"
WIDEST = "Cancel · 100 % · R 0.888"


class PredictButton(JobButton):
    """Emits what a click means now: predict or cancel."""

    predict_clicked = pyqtSignal()
    cancel_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(READY, WIDEST, parent)
        self._state = PredictState.IDLE
        self.key = ""  # for the tooltip: ` (Ctrl+Return)`
        self.clicked.connect(self._click)

    def show_state(
        self,
        state: PredictState,
        progress: Progress | None,
        blocked: str | None,
        how: str = "",
    ) -> None:
        """Show what a click does and how, the progress, or why no prediction can start."""
        self._state = state
        running = progress is not None and state is PredictState.RUNNING
        self.set_fraction(progress.fraction if progress is not None and running else None)
        if state is PredictState.RUNNING:
            self.setText(running_text(progress))
            self.setToolTip("Click to stop the prediction; the best map so far is kept")
        elif state is PredictState.STOPPING:
            self.setText("Stopping…")
            self.setToolTip("The prediction stops after the current step")
        else:
            self.setText(READY)
            what = f"Find the density from the amplitudes alone{self.key}"
            self.setToolTip(plain_tip(blocked or (f"{what}\n{how}" if how else what)))
        ready = state is PredictState.IDLE and blocked is None
        self.setEnabled(ready or state is PredictState.RUNNING)

    def _click(self) -> None:
        if self._state is PredictState.RUNNING:
            self.cancel_clicked.emit()
        elif self._state is PredictState.IDLE:
            self.predict_clicked.emit()


def running_text(progress: Progress | None) -> str:
    """What the button says while it runs."""
    if progress is None:
        return "Cancel · starting"
    words = ["Cancel", f"{100 * progress.fraction:.0f} %"]
    if progress.best_r is not None:
        words.append(f"R {progress.best_r:.3f}")
    return " · ".join(words)
