"""Close the window on Ctrl-C and SIGTERM.

Python's signal handlers run only while Python code runs, and Qt's event loop runs none while
the window is idle. So the signal's number is sent through a socket that the loop watches.
"""

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

from PyQt6.QtCore import QSocketNotifier
from PyQt6.sip import voidptr

SIGNALS = (signal.SIGINT, signal.SIGTERM)
KILLED_BY = 128  # plus the number of the signal: the exit status that shells expect


class TerminalSignals:
    """Calls `close` in the GUI thread at the first signal; a second one ends the program at
    once. Make it in the main thread, which is the GUI thread."""

    def __init__(self, close: Callable[[], object]) -> None:
        self._close = close
        self.received: int | None = None
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        watched = voidptr(self._reader.fileno())
        self._notifier = QSocketNotifier(watched, QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._take)
        self._before: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _do_nothing)

    @property
    def exit_status(self) -> int | None:
        """The exit status, where a signal ended the program."""
        return None if self.received is None else KILLED_BY + self.received

    def remove(self) -> None:
        """Restore the former signal handlers."""
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        self._reader.close()
        self._writer.close()

    def _take(self) -> None:
        numbers = [n for n in self._reader.recv(64) if n in SIGNALS]
        if not numbers or self.received is not None:
            return
        self.received = numbers[0]
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        self._close()


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Python writes the number to the socket only for signals that have a Python handler."""
