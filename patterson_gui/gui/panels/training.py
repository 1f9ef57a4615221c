"""Panel of a training: state, progress, curves, and buttons to pause, resume and stop."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.panels.training_plots import TrainingPlots
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.scrolled import in_scroll_area
from patterson_gui.io.training.run_folder import EpochRecord

LEFT_WIDTH = 304


class TrainingPanel(QWidget):
    """Words and buttons on the left, the curves on the right.

    Signals
    -------
    train_clicked, resume_run_clicked : shown while no training runs.
    pause_clicked, resume_clicked, stop_clicked, kill_clicked : shown while one runs.
    continue_clicked : resume the training that ended last.
    example_clicked(bool) : show the validation example in the views, or the crystal again.
    """

    train_clicked = pyqtSignal()
    resume_run_clicked = pyqtSignal()
    pause_clicked = pyqtSignal()
    resume_clicked = pyqtSignal()
    stop_clicked = pyqtSignal()
    kill_clicked = pyqtSignal()
    continue_clicked = pyqtSignal()
    example_clicked = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        content = QWidget()
        self._pages = QStackedLayout(content)
        in_scroll_area(self, content)
        self._pages.addWidget(self._make_empty())
        self._pages.addWidget(self._make_live())
        self.set_state("idle", "", "")
        self.set_example(there=False, shown=False)

    def _make_empty(self) -> QWidget:
        page = QWidget()
        words = PlainLabel("The curves of a training appear here.")
        words.setObjectName("dim")
        self.train = QPushButton("Train…")
        self.resume_run = QPushButton("Resume a run…")
        self.train.clicked.connect(self.train_clicked)
        self.resume_run.clicked.connect(self.resume_run_clicked)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.train)
        row.addWidget(self.resume_run)
        row.addStretch(1)
        layout = QVBoxLayout(page)
        layout.setSpacing(16)
        layout.addStretch(1)
        layout.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(row)
        layout.addStretch(1)
        return page

    def _make_live(self) -> QWidget:
        page = QWidget()
        self.name = _words("view-title")
        self.state_words = _words("dim")
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the training")
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.pace = _words("dim")
        self.machine = _words("dim")
        self.r = _words("")
        self.r.setFont(theme.readout_font())
        self.r.setToolTip(
            "Pearson's r of predicted and true density, median over the validation examples: "
            "whole cell, nothing aligned"
        )
        self.best = _words("dim")
        for label in (self.state_words, self.pace, self.machine):
            label.setWordWrap(True)
        figures = QHBoxLayout()
        figures.setSpacing(8)
        figures.addWidget(self.r)
        figures.addWidget(self.best, 1, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self.name)
        column.addWidget(self.state_words)
        column.addWidget(self.bar)
        column.addWidget(self.pace)
        column.addLayout(figures)
        column.addWidget(self.machine)
        column.addStretch(1)
        column.addLayout(self._make_buttons())
        left = QWidget()
        left.setFixedWidth(LEFT_WIDTH)
        left.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        self.plots = TrainingPlots()
        layout = QHBoxLayout(page)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(24)
        layout.addWidget(left)
        layout.addWidget(self.plots, 1)
        return page

    def _make_buttons(self) -> QGridLayout:
        self.pause = QPushButton("Pause")
        self.stop = QPushButton("Stop")
        self.again = QPushButton("Resume")
        self.another = QPushButton("Train…")
        self.example = QPushButton("Show the validation example")
        self.example.setCheckable(True)
        self.pause.clicked.connect(self._pause_or_resume)
        self.stop.clicked.connect(self._stop_or_kill)
        self.again.clicked.connect(self.continue_clicked)
        self.another.clicked.connect(self.train_clicked)
        self.example.clicked.connect(self.example_clicked)
        grid = QGridLayout()
        grid.setSpacing(8)
        grid.addWidget(self.pause, 0, 0)
        grid.addWidget(self.stop, 0, 1)
        grid.addWidget(self.again, 0, 0)
        grid.addWidget(self.another, 0, 1)
        grid.addWidget(self.example, 1, 0, 1, 2)
        return grid

    # ------------------------------------------------------------------ what is shown
    def set_state(self, state: str, name: str, words: str) -> None:
        """`state` : 'idle', 'starting', 'running', 'paused', 'stopping', as of `Training`."""
        self._state = state
        self._pages.setCurrentIndex(1 if name else 0)
        self.name.setText(name)
        self.state_words.setText(words)
        running = state != "idle"
        self.bar.setVisible(running)
        self.pace.setVisible(running)
        for button, there in (
            (self.pause, running),
            (self.stop, running),
            (self.again, not running),
            (self.another, not running),
        ):
            button.setVisible(there)
        self.pause.setText("Resume" if state == "paused" else "Pause")
        self.pause.setEnabled(state in ("running", "paused"))
        stopping = state == "stopping"
        self.stop.setText("Stop now" if stopping else "Stop")
        self.stop.setToolTip(
            "End without waiting for the checkpoint; the previous one is kept"
            if stopping
            else "Write a checkpoint, then end; the training can be resumed"
        )

    def set_progress(self, fraction: float, pace: str) -> None:
        """Show the share done (0 to 1) and the speed."""
        self.bar.setValue(round(1000 * fraction))
        self.pace.setText(pace)

    def set_machine(self, text: str) -> None:
        """Show the device, the network and the sizes."""
        self.machine.setText(text)

    def set_records(self, records: Sequence[EpochRecord]) -> None:
        """Show the curves, and the newest and best correlation."""
        self.plots.set_records(records)
        last = records[-1] if records else None
        best = next((record for record in reversed(records) if record.best), None)
        self.r.setText("" if last is None else f"r {last.val_r_median:.3f}")
        self.best.setText(
            "" if best is None else f"best {best.val_r_median:.3f}, epoch {best.epoch}"
        )

    def set_example(self, there: bool, shown: bool) -> None:
        """Whether there is a validation example, and whether the views show it."""
        self.example.setEnabled(there or shown)
        self.example.setChecked(shown)
        self.example.setText("Back to the open crystal" if shown else "Show the validation example")
        self.example.setToolTip(
            "An example that the network is not trained on, predicted after each epoch"
            if there
            else "Available after the first epoch."
        )

    # ------------------------------------------------------------------ buttons
    def _pause_or_resume(self) -> None:
        (self.resume_clicked if self._state == "paused" else self.pause_clicked).emit()

    def _stop_or_kill(self) -> None:
        (self.kill_clicked if self._state == "stopping" else self.stop_clicked).emit()


def _words(name: str) -> QLabel:
    label = PlainLabel()
    label.setObjectName(name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
