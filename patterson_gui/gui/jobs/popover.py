"""The list of jobs above the status bar: those that run, and the last that have ended."""

from typing import Any

from PyQt6.QtCore import QPoint, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.jobs.jobs import Job, JobState
from patterson_gui.app.jobs.recent import RecentJobs
from patterson_gui.app.jobs.words import ended_words, reason_words
from patterson_gui.gui.jobs.details import show_failure
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.labels import FittingLabel, set_property, text_label
from patterson_gui.gui.widgets.messages.details import error_report
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel, plain_tip

WIDTH = 440
MOST_ENDED = 12
MOST_HEIGHT = 480


class JobsPopover(QFrame):
    """Closes by a click beside it or by Esc.

    Signals
    -------
    cancel_clicked(Job), all_clicked()
    """

    cancel_clicked = pyqtSignal(object)
    all_clicked = pyqtSignal()

    def __init__(self, jobs: RecentJobs, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Running and finished jobs")
        self._jobs = jobs
        self.rows: list[JobRow] = []
        self._place = QPoint()  # of the lower right corner, on the screen
        self._empty = text_label("No jobs yet.", dim=True)
        self._empty.setContentsMargins(8, 8, 8, 8)
        inside = QWidget()
        self._stack = QVBoxLayout(inside)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSpacing(0)
        self._stack.addWidget(self._empty)
        self._scroll = QScrollArea()
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(inside)
        self.all = QPushButton("All jobs")
        self.all.setToolTip("Show the tab with all jobs")
        self.all.clicked.connect(self._show_all)
        below = QHBoxLayout()
        below.setContentsMargins(8, 8, 8, 0)
        below.addStretch(1)
        below.addWidget(self.all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(0)
        layout.addWidget(self._scroll, 1)
        layout.addLayout(below)
        self.setFixedWidth(WIDTH)
        self._fit_later = QTimer(self)
        self._fit_later.setSingleShot(True)
        self._fit_later.timeout.connect(self._fit)

    def open_above(self, entry: QWidget) -> None:
        """Show the list with its lower right corner above a widget."""
        corner = QPoint(entry.width(), -4)
        self._place = entry.mapToGlobal(corner)
        self._fit()
        self.show()
        self.show_jobs()

    def show_jobs(self) -> None:
        """Show jobs that came or ended, if the list is open."""
        if not self.isVisible():
            return
        wanted = [*self._jobs.unfinished, *self._jobs.ended(MOST_ENDED)]
        if [row.job for row in self.rows] != wanted:
            kept = {row.job: row for row in self.rows}
            self.rows = [kept.pop(job) if job in kept else self._row(job) for job in wanted]
            for row in kept.values():
                self._stack.removeWidget(row)
                row.hide()
                row.deleteLater()
            for place, row in enumerate(self.rows):
                self._stack.insertWidget(place, row)
                row.show()
        self._empty.setVisible(not self.rows)
        for row in self.rows:
            row.show_job()
        self._fit_later.start(0)  # new rows get their style, and so their size, once drawn

    def show_progress(self) -> None:
        """Show how far the running jobs are, if the list is open."""
        if self.isVisible():
            for row in self.rows:
                if not row.job.is_finished:
                    row.show_job()

    def _row(self, job: Job[Any]) -> "JobRow":
        row = JobRow(job)
        row.cancel.clicked.connect(lambda: self.cancel_clicked.emit(job))
        row.details.clicked.connect(lambda: self._show_details(job))
        return row

    def _show_details(self, job: Job[Any]) -> None:
        self.close()
        show_failure(job, not_none(self.parentWidget()))

    def _show_all(self) -> None:
        self.close()
        self.all_clicked.emit()

    def _fit(self) -> None:
        """As high as the list needs, above the status bar."""
        inside = not_none(self._scroll.widget())
        self._stack.activate()
        needed = inside.sizeHint().height()
        if self._stack.hasHeightForWidth():  # a sentence of a failure is in the list
            needed = self._stack.totalHeightForWidth(WIDTH - 16)
        height = min(needed + self.all.sizeHint().height() + 32, MOST_HEIGHT)
        self.setFixedHeight(height)
        self.move(self._place.x() - WIDTH, self._place.y() - height)


class JobRow(QFrame):
    """One job in two lines: its name and how it stands; what it does, or why it failed."""

    def __init__(self, job: Job[Any]) -> None:
        super().__init__()
        self.job = job
        self.setObjectName("job-row")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.name = FittingLabel()
        self.name.set_texts(job.name)
        self.name.setToolTip(plain_tip(job.name))
        self.state = PlainLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName(f"Progress of {job.name}")
        self.reason: QLabel = text_label("", dim=True)
        self.cancel = QPushButton("Cancel")
        self.cancel.setAccessibleName(f"Cancel {job.name}")
        self.details = QPushButton("Details…")
        self.details.setAccessibleName(f"Details of {job.name}")
        self.copy = QPushButton("Copy details")
        self.copy.setAccessibleName(f"Copy details of {job.name}")
        self.copy.clicked.connect(self._copy)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(8)
        second.setSpacing(8)
        first.addWidget(self.name, 1)
        first.addWidget(self.state)
        second.addWidget(self.reason, 1)
        for button in (self.cancel, self.copy, self.details):
            second.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addWidget(self.bar)
        layout.addLayout(second)
        self.show_job()

    def show_job(self) -> None:
        """Show the job as it stands now."""
        job = self.job
        self.state.setText(ended_words(job))
        failed = job.state is JobState.FAILED
        for name in ("error", "dim"):
            set_property(self.state, name, failed if name == "error" else not failed)
        running = job.state is JobState.RUNNING
        self.bar.setVisible(running)
        self.bar.setRange(0, 0 if job.progress is None else 1000)
        if job.progress is not None:
            self.bar.setValue(round(1000 * job.progress.fraction))
        self.reason.setText(reason_words(job))
        self.reason.setVisible(bool(self.reason.text()) or not job.is_finished)
        self.cancel.setVisible(not job.is_finished)
        self.cancel.setEnabled(not job.cancel_requested)
        self.copy.setVisible(failed)
        self.details.setVisible(failed)

    def _copy(self) -> None:
        failure = self.job.failure
        if failure is not None:
            copy_text(error_report(f"{self.job.name}: {failure.sentence}", failure.details))
            self.copy.setText("Copied")
