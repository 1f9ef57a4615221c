"""List of jobs: running, waiting and finished."""

from typing import Any

from PyQt6.QtCore import QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QProgressBar,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.jobs.jobs import Job, JobState
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import plain_tip

MOST_ROWS = 200
ROW_HEIGHT = 32
PROGRESS, TIME, CANCEL = 2, 3, 4  # columns
WORDS = {
    JobState.WAITING: "waiting",
    JobState.RUNNING: "running",
    JobState.DONE: "done",
    JobState.CANCELLED: "cancelled",
    JobState.FAILED: "failed",
}


class JobsPanel(QTreeWidget):
    """One line per job, newest first; a running one can be cancelled here."""

    cancel_clicked = pyqtSignal(object)  # Job

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels(["Job", "State", "Progress", "Time", ""])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        header = not_none(self.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 96), (2, 160), (3, 72), (4, 88)):
            header.resizeSection(column, width)
        self._rows: dict[Job[Any], QTreeWidgetItem] = {}
        self._bars: dict[Job[Any], QProgressBar] = {}
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._show_times)

    def update_job(self, job: Job[Any]) -> None:
        """Show a job as it stands now. Quiet ones appear only when they fail."""
        if job.quiet and job.state is not JobState.FAILED and job not in self._rows:
            return
        row = self._rows.get(job)
        if row is None:
            row = self._add(job)
        state = "stopping" if job.cancel_requested and not job.is_finished else WORDS[job.state]
        row.setText(1, state)
        if job.failure is not None:
            row.setToolTip(0, plain_tip(job.failure.sentence))
            row.setToolTip(1, plain_tip(job.failure.sentence))
        bar = self._bars.get(job)
        if bar is not None and job.progress is not None:
            bar.setRange(0, 1000)
            bar.setValue(round(1000 * job.progress.fraction))
            bar.setToolTip(plain_tip(job.progress.message))
        button = self.itemWidget(row, CANCEL)
        if button is not None:
            button.setEnabled(not job.cancel_requested)
        if job.is_finished:
            self._bars.pop(job, None)
            self.removeItemWidget(row, PROGRESS)
            self.removeItemWidget(row, CANCEL)
        self._show_time(job, row)
        running = any(j.state is JobState.RUNNING for j in self._rows)
        if running != self._clock.isActive():
            self._clock.start() if running else self._clock.stop()

    def _add(self, job: Job[Any]) -> QTreeWidgetItem:
        row = QTreeWidgetItem([job.name, "", "", "", ""])
        row.setToolTip(0, plain_tip(job.name))
        row.setTextAlignment(TIME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.setSizeHint(0, QSize(0, ROW_HEIGHT))
        self.insertTopLevelItem(0, row)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedHeight(8)
        middle = QWidget()  # a bar alone would stick to the upper edge of its cell
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.addWidget(bar, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setItemWidget(row, PROGRESS, middle)
        self._bars[job] = bar
        button = QToolButton()
        button.setText("Cancel")
        button.clicked.connect(lambda: self.cancel_clicked.emit(job))
        self.setItemWidget(row, CANCEL, button)
        self._rows[job] = row
        if len(self._rows) > MOST_ROWS:
            oldest = next(iter(self._rows))
            self.takeTopLevelItem(self.indexOfTopLevelItem(self._rows.pop(oldest)))
        return row

    def _show_times(self) -> None:
        for job, row in self._rows.items():
            if job.state is JobState.RUNNING:
                self._show_time(job, row)

    @staticmethod
    def _show_time(job: Job[Any], row: QTreeWidgetItem) -> None:
        row.setText(TIME, f"{job.seconds:.1f} s" if job.start_time is not None else "")
