"""A popup periodic table to choose an element from."""

from bisect import bisect

import gemmi
from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QGridLayout, QToolButton, QWidget

from patterson_gui.crystal.colours import element_colour
from patterson_gui.crystal.material import MOST_NUMBER
from patterson_gui.gui.widgets.not_none import not_none

SIDE = 28
F_BLOCK_ROW = 8  # below the others, after an empty row
_FIRST = (1, 3, 11, 19, 37, 55, 87, 119)  # atomic number of each period's first element


def place_of(number: int) -> tuple[int, int]:
    """Row and column of an element, from 0; the f block is below the rest."""
    for first, row in ((57, F_BLOCK_ROW), (89, F_BLOCK_ROW + 1)):
        if first <= number < first + 14:
            return row, number - first + 2
    period = bisect(_FIRST, number) - 1
    column, length = number - _FIRST[period], _FIRST[period + 1] - _FIRST[period]
    left = 1 if length == 2 else 2
    return period, column if column < left else column + 18 - length


class PeriodicTable(QFrame):
    """Closes when an element is chosen, and emits its atomic number."""

    chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("hints")  # a raised frame
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 8, 8, 8)
        grid.setSpacing(2)
        grid.setRowMinimumHeight(F_BLOCK_ROW - 1, 8)
        self.buttons: dict[int, QToolButton] = {}
        for number in range(1, MOST_NUMBER + 1):
            element = gemmi.Element(number)
            button = QToolButton()
            button.setObjectName("element")
            button.setText(element.name)
            button.setFixedSize(SIDE, SIDE)
            button.setToolTip(f"{element.name}, {number}")
            colour = element_colour(element.name)
            button.setStyleSheet(f"padding: 0; border-bottom: 3px solid {colour};")
            button.clicked.connect(lambda _on=False, z=number: self._choose(z))
            grid.addWidget(button, *place_of(number))
            self.buttons[number] = button

    def show_below(self, widget: QWidget) -> None:
        """Open below a widget, or above it where there is no room."""
        self.adjustSize()
        corner = widget.mapToGlobal(QPoint(0, widget.height() + 4))
        room = not_none(widget.screen()).availableGeometry()
        if corner.y() + self.height() > room.bottom():
            corner.setY(widget.mapToGlobal(QPoint(0, 0)).y() - self.height() - 4)
        corner.setX(max(room.left(), min(corner.x(), room.right() - self.width())))
        self.move(corner)
        self.show()

    def _choose(self, number: int) -> None:
        self.hide()
        self.chosen.emit(number)
