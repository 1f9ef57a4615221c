"""The longest time that the window did not respond: the longest gap between timer ticks."""

import time

from PyQt6.QtCore import QObject, Qt, QTimer

INTERVAL_MS = 5


class Heartbeat(QObject):
    """Ticks in the GUI thread and keeps the gaps by which each tick came late.

    A gap is what a user would feel as a stall: the time between two ticks less the
    timer's own interval.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._last = 0.0
        self._gaps_ms: list[float] = []

    def start(self) -> None:
        """Begin a new measurement."""
        self._gaps_ms.clear()
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> float:
        """End the measurement; return the longest gap in ms, including the last one."""
        self._tick()
        self._timer.stop()
        return self.longest_gap_ms

    @property
    def longest_gap_ms(self) -> float:
        return max(self._gaps_ms, default=0.0)

    @property
    def ticks(self) -> int:
        return len(self._gaps_ms)

    def gaps_over(self, limit_ms: float) -> list[float]:
        """All gaps longer than `limit_ms`, longest first."""
        return sorted((gap for gap in self._gaps_ms if gap > limit_ms), reverse=True)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._gaps_ms.append(max(0.0, (now - self._last) * 1000 - INTERVAL_MS))
        self._last = now
