"""Show why a job failed, in a dialog whose text can be copied."""

from typing import Any

from PyQt6.QtWidgets import QWidget

from patterson_gui.app.jobs.jobs import Job
from patterson_gui.app.jobs.words import ended_words
from patterson_gui.gui.widgets.messages.details import DetailsDialog


def show_failure(job: Job[Any], above: QWidget) -> None:
    """Open the dialog for a job that has failed."""
    failure = job.failure
    if failure is not None:
        details = f"{job.name}: {ended_words(job)}\n\n{failure.details or ''}".rstrip()
        DetailsDialog(failure.sentence, details, above.window()).open()
