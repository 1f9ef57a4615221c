"""The Predict button. While a prediction runs it shows the progress and cancels."""

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QPushButton, QWidget

from patterson_gui.app.predict import PredictState
from patterson_gui.crystal.prediction import Progress

BAR_HEIGHT = 4
READY = "Predict density"
WIDEST = "Cancel · 100 % · R 0.888"


class PredictButton(QPushButton):
    """Emits what a click means now: predict or cancel."""

    predict_clicked = pyqtSignal()
    cancel_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(READY, parent)
        self.setObjectName("primary")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._state = PredictState.IDLE
        self._fraction: float | None = None
        # The text changes while it runs; with a fixed width the toolbar does not move.
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(WIDEST) + 48)
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
        self._fraction = progress.fraction if progress and state is PredictState.RUNNING else None
        if state is PredictState.RUNNING:
            self.setText(running_text(progress))
            self.setToolTip("Click to stop the prediction; the last result is kept")
        elif state is PredictState.STOPPING:
            self.setText("Stopping…")
            self.setToolTip("The prediction stops after the current step")
        else:
            self.setText(READY)
            what = "Find the density from the amplitudes alone (Ctrl+Return)"
            self.setToolTip(blocked or (f"{what}\n{how}" if how else what))
        ready = state is PredictState.IDLE and blocked is None
        self.setEnabled(ready or state is PredictState.RUNNING)
        self.update()

    def _click(self) -> None:
        if self._state is PredictState.RUNNING:
            self.cancel_clicked.emit()
        elif self._state is PredictState.IDLE:
            self.predict_clicked.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self._fraction is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(8, self.height() - BAR_HEIGHT - 2, self.width() - 16, BAR_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255, 70))
        painter.drawRoundedRect(track, 2, 2)
        track.setWidth(track.width() * min(max(self._fraction, 0.0), 1.0))
        painter.setBrush(QColor(255, 255, 255, 230))
        painter.drawRoundedRect(track, 2, 2)


def running_text(progress: Progress | None) -> str:
    """What the button says while it runs."""
    if progress is None:
        return "Cancel · starting"
    words = ["Cancel", f"{100 * progress.fraction:.0f} %"]
    if progress.best_r is not None:
        words.append(f"R {progress.best_r:.3f}")
    return " · ".join(words)
