"""Collect unreachable Python objects in the GUI thread only, between events.

Python's own collection starts in whichever thread allocates, at any line. It can then delete a
closed window in a worker thread, or while C++ runs a method of one of the window's children:
both end in a segmentation fault.
"""

import gc

from PyQt6.QtCore import QObject, QTimer

CHECK_MS = 500


class GarbageCollection(QObject):
    """Takes the place of Python's automatic collection until `end` is called.

    A timer looks how many objects were made since the last collection, and collects the
    generations that are due by Python's own thresholds.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(collect_what_is_due)
        self._timer.start(CHECK_MS)

    def end(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.enable()


def collect_what_is_due() -> None:
    """Collect the oldest generation that passed its threshold, and those younger."""
    counts, limits = gc.get_count(), gc.get_threshold()
    due = [g for g in range(3) if 0 < limits[g] < counts[g]]
    if due:
        gc.collect(due[-1])
