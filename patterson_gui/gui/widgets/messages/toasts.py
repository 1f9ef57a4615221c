"""Messages stacked over the lower right corner of a window, the newest at the bottom.

Notices close by themselves, but not while the mouse is over the messages. Errors stay until the
user closes them. Of many messages the newest few are shown; a line below tells how many there are,
shows all of them in a list that scrolls, or closes them.
"""

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QEnterEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from patterson_gui.gui.widgets.messages.toast import Toast
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel

SHOWN_AT_ONCE = 4
WIDTH = 440
MARGIN = 16
GAP = 8


class ToastArea(QFrame):
    """The messages of one window; it covers no more of `over` than they need.

    Signals
    -------
    changed : a message came or was closed.
    """

    changed = pyqtSignal()

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("toasts")
        self.setAccessibleName("Messages")
        self._over = over
        self.toasts: list[Toast] = []
        self._all_shown = False
        self._inside = QWidget()
        self._inside.setObjectName("toasts-inside")
        self._scroll = QScrollArea()
        self._scroll.setObjectName("toasts-scroll")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self._make_summary())
        self.hide()
        over.installEventFilter(self)

    def _make_summary(self) -> QWidget:
        self.summary = QFrame()
        self.summary.setObjectName("toasts-summary")
        self.summary.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.count = PlainLabel()
        self.count.setObjectName("dim")
        self.show_all = QPushButton("Show all")
        self.show_all.clicked.connect(self._toggle)
        self.close_all = QPushButton("Close all")
        self.close_all.clicked.connect(self.clear)
        row = QHBoxLayout(self.summary)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.count, 1)
        row.addWidget(self.show_all)
        row.addWidget(self.close_all)
        return self.summary

    # ------------------------------------------------------------------ messages
    def add(self, text: str, *, error: bool = False, details: str | None = None) -> None:
        """Show a message. One that is there already becomes the newest and tells how often it
        came."""
        same = next((t for t in self.toasts if (t.text, t.error) == (text, error)), None)
        if same is not None:
            self.toasts.remove(same)
            same.repeat()
            toast = same
        else:
            toast = Toast(text, error, details, self._inside)
            toast.closed.connect(self._remove)
        self.toasts.append(toast)
        if self.underMouse():
            toast.pause()
        self._arrange()
        self.changed.emit()

    def clear(self) -> None:
        """Close all messages."""
        closed, self.toasts[:] = list(self.toasts), []
        self._take_away(*closed)

    def close_newest(self) -> None:
        """Close the message at the bottom."""
        if self.toasts:
            self.toasts[-1].dismiss()

    def _remove(self, toast: Toast) -> None:
        if toast in self.toasts:
            self.toasts.remove(toast)
            self._take_away(toast)

    def _take_away(self, *closed: Toast) -> None:
        """Delete closed messages, and arrange those that are left."""
        for toast in closed:
            toast.hide()
            toast.deleteLater()
        self._arrange()
        self.changed.emit()

    def _toggle(self) -> None:
        self._all_shown = not self._all_shown
        self._arrange()

    # ------------------------------------------------------------------ reading
    def enterEvent(self, event: QEnterEvent | None) -> None:
        """Let no message go, nor the others move, while the mouse is over one of them."""
        for toast in self.toasts:
            toast.pause()

    def leaveEvent(self, event: QEvent | None) -> None:
        for toast in self.toasts:
            toast.go_on()

    # ------------------------------------------------------------------ places
    def _arrange(self) -> None:
        """Show what fits, as wide and high as it needs, in the corner."""
        number = len(self.toasts)
        if not number:
            self._all_shown = False
            self.hide()
            return
        hidden = max(0, number - SHOWN_AT_ONCE)
        for place, toast in enumerate(self.toasts):
            toast.setVisible(self._all_shown or place >= hidden)
        self.summary.setVisible(number > 1)
        shown = number if self._all_shown else number - hidden
        self.count.setText(
            f"{number} messages" if shown == number else f"{shown} of {number} messages"
        )
        self.show_all.setVisible(hidden > 0)
        self.show_all.setText("Show fewer" if self._all_shown else "Show all")
        area = self._over.rect()
        width = min(WIDTH, max(200, area.width() - 2 * MARGIN))
        below = self.summary.sizeHint().height() + GAP if number > 1 else 0
        room = area.height() - 2 * MARGIN - below
        bar = not_none(self._scroll.verticalScrollBar())
        needed = self._place(width)
        if needed > room:
            needed = self._place(width - bar.sizeHint().width() - 4)
        height = max(40, min(needed, room)) + below
        self.setGeometry(
            area.right() - MARGIN - width, area.bottom() - MARGIN - height, width, height
        )
        self.show()
        self.raise_()
        not_none(self.layout()).activate()
        bar.setValue(bar.maximum())

    def _place(self, width: int) -> int:
        """Put the shown messages below one another, each as high as it needs at this width; return
        their height together. A layout would give labels that wrap the height of a narrow one."""
        top = 0
        for toast in self.toasts if self._all_shown else self.toasts[-SHOWN_AT_ONCE:]:
            height = max(toast.heightForWidth(width), 40)
            toast.setGeometry(0, top, width, height)
            top += height + GAP
        self._inside.resize(width, top - GAP)
        return top - GAP

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self._over and event is not None and event.type() == QEvent.Type.Resize:
            self._arrange()
        return False
