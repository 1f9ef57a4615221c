"""Short messages in the lower right corner of the window.

A plain message disappears after some seconds; an error stays until it is closed. An
unexpected error has a button "Details" with the traceback, which can be copied.
"""

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFontDatabase
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel

SHOWN_AT_ONCE = 4
SECONDS = 7.0  # how long a plain message stays
WIDTH = 440
MARGIN = 16


class DetailsDialog(QDialog):
    """A traceback, with a button to copy it."""

    def __init__(self, sentence: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Details of the error")
        self.resize(720, 420)
        text = QPlainTextEdit(f"{sentence}\n\n{details}")
        text.setReadOnly(True)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = not_none(buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole))
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: copy_text(text.toPlainText()))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(buttons)


class Toast(QFrame):
    """One message."""

    closed = pyqtSignal(object)
    all_closed = pyqtSignal()

    def __init__(self, text: str, error: bool, details: str | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setProperty("error", error)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = text
        self.details = details
        self.error = error
        label = PlainLabel(text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        close = QToolButton()
        close.setObjectName("toast-close")
        close.setText("✕")
        close.setToolTip("Close this message")
        close.setAutoRaise(True)
        close.clicked.connect(self.dismiss)
        self.close_button = close
        self.details_button: QPushButton | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(label, 1)
        if details is not None:
            self.details_button = QPushButton("Details")
            self.details_button.clicked.connect(self.show_details)
            layout.addWidget(self.details_button, 0, Qt.AlignmentFlag.AlignTop)
        self.close_all = QPushButton("Close all")
        self.close_all.setVisible(False)
        self.close_all.clicked.connect(self.all_closed)
        layout.addWidget(self.close_all, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        if not error:
            self._timer.start(int(SECONDS * 1000))

    def show_details(self) -> None:
        dialog = DetailsDialog(self.text, self.details or "", self.window())
        dialog.open()

    def dismiss(self) -> None:
        self._timer.stop()
        self.closed.emit(self)

    def enterEvent(self, event: object) -> None:
        """Do not remove a message while the mouse is over it."""
        self._timer.stop()

    def leaveEvent(self, event: object) -> None:
        if not self.error:
            self._timer.start(int(SECONDS * 500))


class ToastArea(QObject):
    """Stacks messages over the lower right corner of a widget."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.toasts: list[Toast] = []
        over.installEventFilter(self)

    def add(self, text: str, *, error: bool = False, details: str | None = None) -> None:
        """Show a message, unless the same one is shown already."""
        if any(toast.text == text for toast in self.toasts):
            return
        toast = Toast(text, error, details, self._over)
        toast.closed.connect(self._remove)
        toast.all_closed.connect(self.clear)
        self.toasts.append(toast)
        while len(self.toasts) > SHOWN_AT_ONCE:
            self._remove(self.toasts[0])
        toast.show()
        self._arrange()

    def clear(self) -> None:
        for toast in list(self.toasts):
            self._remove(toast)

    def _remove(self, toast: Toast) -> None:
        if toast in self.toasts:
            self.toasts.remove(toast)
            toast.hide()
            toast.deleteLater()
            self._arrange()

    def _arrange(self) -> None:
        area = self._over.rect()
        width = min(WIDTH, max(200, area.width() - 2 * MARGIN))
        bottom = area.bottom() - MARGIN
        for toast in reversed(self.toasts):
            newest = toast is self.toasts[-1]
            toast.close_all.setVisible(newest and len(self.toasts) > 1)
            height = max(toast.heightForWidth(width), 40)
            toast.setGeometry(area.right() - MARGIN - width, bottom - height, width, height)
            toast.raise_()
            bottom -= height + 8

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self._over and event is not None and event.type() == QEvent.Type.Resize:
            self._arrange()
        return False
