"""How up to three views share the middle of the window: side by side, one beside two, or stacked.

The automatic choice makes the smallest view as large as it can be: a cell fills about a square.
"""

from enum import StrEnum

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QSplitter, QWidget

HEADER = 40  # of a view, pixels
CLEARLY = 1.15  # how much larger the smallest view must become before the arrangement changes


class Arrangement(StrEnum):
    SIDE_BY_SIDE = "side by side"
    ONE_AND_TWO = "one and two"
    STACKED = "stacked"


def smallest(arrangement: Arrangement, n: int, width: int, height: int) -> int:
    """The edge of the largest square that fits into every one of n views."""
    if arrangement is Arrangement.SIDE_BY_SIDE:
        return min(width // n, height - HEADER)
    if arrangement is Arrangement.STACKED:
        return min(width, height // n - HEADER)
    rows = max(1, n - 1)
    return min(width // min(n, 2), height // rows - HEADER)


def best_arrangement(n: int, width: int, height: int, present: Arrangement) -> Arrangement:
    """The arrangement with the largest smallest view; the present one unless another is clearly
    better, so that nothing jumps while the window is resized."""
    if n < 2:
        return present
    sizes = {arrangement: smallest(arrangement, n, width, height) for arrangement in Arrangement}
    best = max(sizes, key=lambda arrangement: sizes[arrangement])
    return best if sizes[best] > CLEARLY * sizes[present] else present


class ViewSplitter(QSplitter):
    """Three widgets with handles between them; the last two lie in a splitter of their own, so that
    no widget changes its parent with the arrangement."""

    def __init__(self, first: QWidget, second: QWidget, third: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._all = (first, second, third)
        self._inner = QSplitter(Qt.Orientation.Horizontal)
        for splitter, widgets in ((self, (first, self._inner)), (self._inner, (second, third))):
            splitter.setChildrenCollapsible(False)
            for widget in widgets:
                splitter.addWidget(widget)
        self.arrangement = Arrangement.SIDE_BY_SIDE

    def show_only(self, shown: tuple[QWidget, ...], arrangement: Arrangement) -> None:
        """Show some of the widgets in an arrangement, of equal size or one as large as two."""
        self.arrangement = arrangement
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        stacked = arrangement is Arrangement.STACKED
        self.setOrientation(down if stacked else across)
        both = self._all[0] in shown
        inner = across if arrangement is Arrangement.SIDE_BY_SIDE or not (both or stacked) else down
        self._inner.setOrientation(inner)
        for widget in self._all:
            widget.setVisible(widget in shown)
        behind = sum(widget in shown for widget in self._all[1:])
        self._inner.setVisible(behind > 0)
        length = self.height() if stacked else self.width()
        parts = 1 + (1 if arrangement is Arrangement.ONE_AND_TWO else behind)
        if both and behind:
            self.setSizes([length // parts, length - length // parts])
        for number in range(2):
            self.setStretchFactor(number, parts - 1 if number else 1)
        inside = self._inner.height() if inner is down else self._inner.width()
        self._inner.setSizes([inside // 2, inside - inside // 2])
