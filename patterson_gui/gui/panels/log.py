"""The tab with the log: messages, errors and jobs, filtered by level and by words."""

from PyQt6.QtCore import QEvent
from PyQt6.QtGui import QColor, QFontDatabase, QTextCharFormat, QTextCursor
from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.jobs.jobs import Job
from patterson_gui.app.jobs.log import Log, LogEntry, LogFilter, LogLevel
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel

MOST_LINES = 20_000  # an entry with a traceback has many
CHOICES = (
    ("Messages, errors and jobs", LogLevel.JOB),
    ("Messages and errors", LogLevel.MESSAGE),
    ("Errors", LogLevel.ERROR),
)


class LogPanel(QWidget):
    """New entries come at the end. The text stays where it is unless its end is in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._log = Log()
        self._filter = LogFilter()
        self._n_shown = 0
        self.level = QComboBox()
        self.level.setAccessibleName("Which entries of the log are shown")
        for words, level in CHOICES:
            self.level.addItem(words, level)
        self.level.currentIndexChanged.connect(self._change_filter)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filter by words")
        self.words.setAccessibleName("Words that entries of the log must hold")
        self.words.setClearButtonEnabled(True)
        self.words.setFixedWidth(240)
        self.words.textChanged.connect(self._change_filter)
        self.count = PlainLabel()
        self.count.setObjectName("dim")
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the entries that are shown")
        self.copy.setAccessibleName("Copy the log")
        self.copy.clicked.connect(lambda: copy_text(self.text.toPlainText()))
        self.empty = QPushButton("Clear")
        self.empty.setToolTip("Remove all entries, also those that the filter hides")
        self.empty.setAccessibleName("Clear the log")
        self.empty.clicked.connect(self.clear)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Log")
        self.text.setMaximumBlockCount(MOST_LINES)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setPlaceholderText("Messages and jobs are listed here.")
        bar = QHBoxLayout()
        bar.setSpacing(8)
        for widget in (self.level, self.words):
            bar.addWidget(widget)
        bar.addWidget(self.count, 1)
        for button in (self.copy, self.empty):
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.text, 1)
        self._show_count()

    # ------------------------------------------------------------------ entries
    def add(self, text: str, level: LogLevel = LogLevel.MESSAGE) -> None:
        """Add a message or an error."""
        self._append(self._log.add(text, level))

    def add_job(self, job: Job) -> None:
        """Note the start and the end of a job; quiet jobs are left out."""
        entry = self._log.add_job(job)
        if entry is not None:
            self._append(entry)

    def clear(self) -> None:
        """Forget all entries."""
        self._log.entries.clear()
        self._fill()

    # ------------------------------------------------------------------ showing
    def _append(self, entry: LogEntry) -> None:
        if self._filter.passes(entry):
            self._write([entry])
        self._show_count()

    def _change_filter(self) -> None:
        self._filter = LogFilter(self.level.currentData(), self.words.text())
        self._fill()

    def _fill(self) -> None:
        """Write what passes the filter anew, with its end in sight."""
        self.text.clear()
        self._n_shown = 0
        self._write([entry for entry in self._log.entries if self._filter.passes(entry)])
        self._show_count()

    def _write(self, entries: list[LogEntry]) -> None:
        bar = not_none(self.text.verticalScrollBar())
        at_end = bar.value() >= bar.maximum()
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for entry in entries:
            before = "\n" if self._n_shown else ""
            cursor.insertText(f"{before}{entry.line}", self._format(entry.level))
            self._n_shown += 1
        cursor.endEditBlock()
        if at_end:
            bar.setValue(bar.maximum())

    @staticmethod
    def _format(level: LogLevel) -> QTextCharFormat:
        look, form = theme.current(), QTextCharFormat()
        colours = {LogLevel.JOB: look.dim, LogLevel.MESSAGE: look.text, LogLevel.ERROR: look.error}
        form.setForeground(QColor(colours[level]))
        return form

    def _show_count(self) -> None:
        number = len(self._log.entries)
        hidden = sum(not self._filter.passes(entry) for entry in self._log.entries)
        entries = "1 entry" if number == 1 else f"{number:,} entries"
        self.count.setText(f"{entries}, {hidden:,} hidden" if hidden else entries)
        self.copy.setEnabled(number > hidden)
        self.empty.setEnabled(bool(number))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._fill()  # in the colours of the theme
