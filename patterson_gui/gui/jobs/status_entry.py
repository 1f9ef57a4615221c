"""The entry of the status bar that says what runs; a click lists all jobs."""

from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from patterson_gui.app.jobs.jobs import Job
from patterson_gui.app.jobs.recent import RecentJobs
from patterson_gui.app.jobs.words import far_words, state_words
from patterson_gui.gui.jobs.popover import JobsPopover
from patterson_gui.gui.widgets.labels import set_property
from patterson_gui.gui.widgets.plain_text import PlainLabel, plain_tip

CLOCK_MS = 250
NAME_WIDTH = 176  # longer names are cut short
TIP = "List running and finished jobs"


class JobsEntry(QPushButton):
    """The oldest running job: its name, a bar, the time left, and how many more there are.

    Signals
    -------
    cancel_clicked(Job), all_clicked() : of the list.
    """

    cancel_clicked = pyqtSignal(object)
    all_clicked = pyqtSignal()

    def __init__(self, jobs: RecentJobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobs-entry")
        self.setFlat(True)
        self._jobs = jobs
        self.popover = JobsPopover(jobs, self)
        self.popover.cancel_clicked.connect(self.cancel_clicked)
        self.popover.all_clicked.connect(self.all_clicked)
        self.words = PlainLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(96, 8)
        self.bar.setAccessibleName("Progress of the job that runs")
        self.rest = PlainLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(8)
        for widget in (self.words, self.bar, self.rest):
            widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.clicked.connect(self.open_list)
        # Only at its ticks, so that jobs of an instant do not flicker.
        self._clock = QTimer(self)
        self._clock.setInterval(CLOCK_MS)
        self._clock.timeout.connect(self.refresh)
        self.refresh()

    def update_job(self, job: Job[Any]) -> None:
        """A job changed."""
        if self._jobs.take(job):
            self.popover.show_jobs()
            if not self._clock.isActive():
                self._clock.start()

    def refresh(self) -> None:
        """Show what runs now."""
        unfinished, failed = self._jobs.unfinished, len(self._jobs.unread_failures)
        self.bar.setVisible(bool(unfinished))
        self.rest.setVisible(bool(unfinished))
        set_property(self.words, "error", bool(failed) and not unfinished)
        if not unfinished:
            self._clock.stop()
            said = "1 job failed" if failed == 1 else f"{failed} jobs failed" if failed else "Jobs"
            self.words.setText(said)
            self._say(said)
            return
        self.popover.show_progress()
        job = unfinished[0]
        metrics = self.words.fontMetrics()
        elide = Qt.TextElideMode.ElideRight
        self.words.setText(metrics.elidedText(job.name, elide, NAME_WIDTH))
        progress = job.progress
        self.bar.setRange(0, 0 if progress is None else 1000)
        if progress is not None:
            self.bar.setValue(round(1000 * progress.fraction))
        state = state_words(job)
        parts = [far_words(job) or ("" if state == "running" else state)]
        if len(unfinished) > 1:
            parts.append(f"{len(unfinished) - 1} more")
        self.rest.setText(" · ".join(part for part in parts if part))
        self._say(" · ".join([job.name, *(part for part in parts if part)]))

    def _say(self, words: str) -> None:
        self.setAccessibleName(words)
        self.setToolTip(plain_tip(TIP if words == "Jobs" else f"{words}\n{TIP}"))
        self.setMinimumWidth(self.layout().sizeHint().width())  # type: ignore[union-attr]

    def open_list(self) -> None:
        """Show the list above this entry, and count its failures as read."""
        self.popover.open_above(self)
        self._jobs.mark_read()
        self.refresh()
