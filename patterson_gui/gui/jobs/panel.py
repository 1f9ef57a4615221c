"""The tab with all jobs: running, waiting and finished, with the reasons of failures."""

from typing import Any

from PyQt6.QtCore import QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from patterson_gui.app.jobs.jobs import Job, JobState
from patterson_gui.app.jobs.words import far_words, reason_words, seconds_words, state_words
from patterson_gui.gui.jobs.details import show_failure
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import plain_tip

MOST_ROWS = 200
ROW_HEIGHT = 32
NAME, STATE, PROGRESS, TIME, BUTTON = range(5)  # columns
BAR_WIDTH = 120


class JobsPanel(QTreeWidget):
    """One line per job, newest first; a running one can be cancelled here."""

    cancel_clicked = pyqtSignal(object)  # Job

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Jobs")
        self.setHeaderLabels(["Job", "State", "Progress, or why it failed", "Time", ""])
        not_none(self.headerItem()).setTextAlignment(TIME, Qt.AlignmentFlag.AlignRight)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        header = not_none(self.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(PROGRESS, QHeaderView.ResizeMode.Stretch)
        for column, width in ((NAME, 280), (STATE, 88), (TIME, 88), (BUTTON, 96)):
            header.resizeSection(column, width)
        self._rows: dict[Job[Any], QTreeWidgetItem] = {}
        self._progress: dict[Job[Any], _ProgressCell] = {}
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
        row.setText(STATE, state_words(job))
        cell = self._progress.get(job)
        if cell is not None:
            cell.show_job(job)
        button = self.itemWidget(row, BUTTON)
        if button is not None:
            button.setEnabled(not job.cancel_requested)
        if job.is_finished:
            self._show_end(job, row)
        self._show_time(job, row)
        running = any(j.state is JobState.RUNNING for j in self._rows)
        if running != self._clock.isActive():
            self._clock.start() if running else self._clock.stop()

    def _show_end(self, job: Job[Any], row: QTreeWidgetItem) -> None:
        if self._progress.pop(job, None) is None:
            return
        self.removeItemWidget(row, PROGRESS)
        self.removeItemWidget(row, BUTTON)
        if job.failure is not None:
            row.setText(PROGRESS, reason_words(job))
            for column in (NAME, STATE, PROGRESS):
                row.setToolTip(column, plain_tip(job.failure.sentence))
            button = QToolButton()
            button.setObjectName("framed")
            button.setText("Details…")
            button.setAccessibleName(f"Details of {job.name}")
            button.clicked.connect(lambda: show_failure(job, self))
            self.setItemWidget(row, BUTTON, button)

    def _add(self, job: Job[Any]) -> QTreeWidgetItem:
        row = QTreeWidgetItem([job.name, "", "", "", ""])
        row.setToolTip(NAME, plain_tip(job.name))
        row.setTextAlignment(TIME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.setSizeHint(NAME, QSize(0, ROW_HEIGHT))
        self.insertTopLevelItem(0, row)
        cell = _ProgressCell(job)
        self.setItemWidget(row, PROGRESS, cell)
        self._progress[job] = cell
        button = QToolButton()
        button.setObjectName("framed")
        button.setText("Cancel")
        button.setAccessibleName(f"Cancel {job.name}")
        button.clicked.connect(lambda: self.cancel_clicked.emit(job))
        self.setItemWidget(row, BUTTON, button)
        self._rows[job] = row
        if len(self._rows) > MOST_ROWS:
            oldest = next(iter(self._rows))
            self._progress.pop(oldest, None)
            self.takeTopLevelItem(self.indexOfTopLevelItem(self._rows.pop(oldest)))
        return row

    def _show_times(self) -> None:
        for job, row in self._rows.items():
            if job.state is JobState.RUNNING:
                self._show_time(job, row)
                self._progress[job].show_job(job)

    @staticmethod
    def _show_time(job: Job[Any], row: QTreeWidgetItem) -> None:
        row.setText(TIME, seconds_words(job.seconds) if job.start_time is not None else "")


class _ProgressCell(QWidget):
    """A bar, and beside it how far the job is and what it does."""

    def __init__(self, job: Job[Any]) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(BAR_WIDTH, 8)
        self.bar.setAccessibleName(f"Progress of {job.name}")
        self.words = FittingLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addWidget(self.words, 1)

    def show_job(self, job: Job[Any]) -> None:
        if job.progress is None:
            return
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * job.progress.fraction))
        parts = [words for words in (far_words(job), reason_words(job)) if words]
        self.words.set_texts(" · ".join(parts))
        self.setToolTip(plain_tip("\n".join(parts)))
