"""The log: notices and jobs, one line each, with the time."""

from datetime import datetime

from PyQt6.QtWidgets import QPlainTextEdit, QWidget

from patterson_gui.app.jobs.jobs import Job, JobState

MOST_LINES = 2000


class LogPanel(QPlainTextEdit):
    """Read-only text; new lines are added at the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setMaximumBlockCount(MOST_LINES)
        self.setPlaceholderText("Messages and jobs are listed here.")

    def add(self, text: str) -> None:
        self.appendPlainText(f"{datetime.now():%H:%M:%S}  {text}")

    def add_job(self, job: Job) -> None:
        """Note the start and the end of a job; quiet jobs are left out."""
        if job.quiet:
            return
        if job.state is JobState.RUNNING and job.progress is None:
            self.add(f"{job.name} …")
        elif job.state is JobState.DONE:
            self.add(f"{job.name}: done in {job.seconds:.1f} s")
        elif job.state is JobState.CANCELLED:
            self.add(f"{job.name}: cancelled")
