"""Find the moments at which the window did not respond, and what it did then."""

import sys
import threading
import time
import traceback
from dataclasses import dataclass

from PyQt6.QtCore import QObject, Qt, QTimer

LIMIT = 0.3  # s without a response
_TICK_MS = 20
_LOOK = 0.02  # s between two looks of the watchdog


@dataclass(frozen=True)
class Stall:
    """A time without events.

    Attributes
    ----------
    action : what the user did.
    seconds, cpu : its length, and how long the GUI thread computed in it.
    stack : of the GUI thread, when the limit was passed.
    """

    action: str
    seconds: float
    cpu: float
    stack: str

    @property
    def place(self) -> str:
        """Innermost line of the stack that is the program's own."""
        own = [line for line in self.stack.splitlines() if "patterson_gui" in line]
        return own[-1].strip() if own else "Qt"


class StallWatch(QObject):
    """A timer in the GUI thread, and a thread that looks whether it ticks.

    Attributes
    ----------
    action : what the user does now; None leaves the time out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.stalls: list[Stall] = []
        self._gui = threading.main_thread().ident or 0
        # The time of the processor that a thread has used can be read from itself only on Windows.
        self._clock = getattr(time, "pthread_getcpuclockid", lambda _thread: None)(self._gui)
        self._stack = ""
        self._last = (time.monotonic(), self._cpu(), self.action)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="soak: watchdog", daemon=True)
        self._thread.start()

    def begin(self, action: str | None) -> None:
        """Another action begins."""
        self._tick()
        self.action = action

    def end(self) -> None:
        self._timer.stop()
        self._ended.set()
        self._thread.join()

    def _cpu(self) -> float:
        return 0.0 if self._clock is None else time.clock_gettime(self._clock)

    def _tick(self) -> None:
        now, cpu = time.monotonic(), self._cpu()
        before, cpu_before, _ = self._last
        seconds = now - before - _TICK_MS / 1000
        if seconds > LIMIT and self.action is not None:
            self.stalls.append(Stall(self.action, seconds, cpu - cpu_before, self._stack))
        self._stack = ""
        self._last = (now, cpu, self.action)

    def _look(self) -> None:
        while not self._ended.wait(_LOOK):
            late = time.monotonic() - self._last[0] > LIMIT
            if late and not self._stack and self.action is not None:
                frame = sys._current_frames().get(self._gui)
                if frame is not None:
                    self._stack = "".join(traceback.format_stack(frame))
                del frame  # it keeps the variables of every call on the stack
