"""One message over the window: a notice that closes by itself, or an error that stays."""

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.messages.details import DetailsDialog, error_report
from patterson_gui.gui.widgets.plain_text import PlainLabel

SECONDS = 7.0  # how long a short notice stays
LONG_TEXT, SECONDS_PER_LETTER = 90, 0.05  # a longer text stays longer
COPIED_SECONDS = 1.5


class Toast(QFrame):
    """Text with a button that closes it; an error can be copied, its traceback shown.

    Attributes
    ----------
    times : how often the same message came.
    """

    closed = pyqtSignal(object)

    def __init__(
        self, text: str, error: bool, details: str | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setProperty("error", error)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(f"{'Error' if error else 'Message'}: {text}")
        self.text = text
        self.details = details
        self.error = error
        self.times = 1
        self._label = PlainLabel(text)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        close = QToolButton()
        close.setObjectName("toast-close")
        close.setText("✕")
        close.setToolTip("Close this message")
        close.setAccessibleName("Close this message")
        close.setAutoRaise(True)
        close.clicked.connect(self.dismiss)
        self.close_button = close
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._label, 1)
        first.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(first)
        self.details_button: QPushButton | None = None
        self.copy_button: QPushButton | None = None
        if error:
            layout.addLayout(self._error_buttons())
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self._remaining = 0
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.timeout.connect(self._offer_copy)
        if not error:
            self._timer.start(self._whole_time())

    def _error_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        copy = QPushButton("Copy details")
        copy.setToolTip("Copy the message, its details and the versions of the program")
        copy.clicked.connect(self.copy)
        self.copy_button = copy
        row.addWidget(copy)
        if self.details is not None:
            show = QPushButton("Details…")
            show.setToolTip("Show where in the program the error occurred")
            show.clicked.connect(self.show_details)
            self.details_button = show
            row.addWidget(show)
        row.addStretch(1)
        return row

    def repeat(self) -> None:
        """The same message came again: say how often, and show a notice from its start."""
        self.times += 1
        self._label.setText(f"{self.text} ({self.times}\u00a0times)")
        if not self.error:
            self._timer.start(self._whole_time())

    def copy(self) -> None:
        """Copy the message with what others need to know about it."""
        copy_text(error_report(self.text, self.details))
        button = self.copy_button
        if button is not None:
            button.setText("Copied")
            self._copied.start(int(COPIED_SECONDS * 1000))

    def _offer_copy(self) -> None:
        if self.copy_button is not None:
            self.copy_button.setText("Copy details")

    def show_details(self) -> None:
        DetailsDialog(self.text, self.details or "", self.window()).open()

    def dismiss(self) -> None:
        self._timer.stop()
        self.closed.emit(self)

    # ------------------------------------------------------------------ the time of a notice
    def pause(self) -> None:
        """Stay for as long as somebody reads."""
        if self._timer.isActive():
            self._remaining = self._timer.remainingTime()
            self._timer.stop()

    def go_on(self) -> None:
        """Close after the rest of the time, and not at once after a pause."""
        if not self.error and not self._timer.isActive():
            self._timer.start(max(self._remaining, int(SECONDS * 500)))

    def _whole_time(self) -> int:
        """How long a notice stays, ms."""
        longer = max(0, len(self.text) - LONG_TEXT) * SECONDS_PER_LETTER
        return int((SECONDS + longer) * 1000)
