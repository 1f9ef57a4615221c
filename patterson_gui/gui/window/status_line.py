"""The line below the window: the cursor and the map values there, the predicted map's frame, and
the jobs that run."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QStatusBar

from patterson_gui.app.document.cursor import cursor_text
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.recent import RecentJobs
from patterson_gui.gui.jobs.status_entry import JobsEntry
from patterson_gui.gui.widgets.plain_text import PlainLabel


class StatusLine(QStatusBar):
    """Shows a document; the text can be selected and copied."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.cursor_line = PlainLabel()
        self.cursor_line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.cursor_line.setContentsMargins(8, 0, 0, 0)
        self.frame_line = PlainLabel()
        self.frame_line.setContentsMargins(0, 0, 8, 0)
        self.addWidget(self.cursor_line, 1)
        self.jobs = JobsEntry(RecentJobs())
        self.addPermanentWidget(self.frame_line)
        self.addPermanentWidget(self.jobs)

    def show_cursor(self) -> None:
        """The cursor's place, and the values of all maps there."""
        self.cursor_line.setText(cursor_text(self._document))

    def show_frame(self) -> None:
        """Whether the predicted map is aligned to the truth."""
        self.frame_line.setText(
            ""
            if self._document.prediction is None
            else "Predicted map aligned to the truth"
            if self._document.displayed_is_aligned
            else "Predicted map: origin and hand not aligned"
        )
