"""Dialogs about places in the crystal: go to u, v, w; the bounds of the maps."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.document.cursor import place_of
from patterson_gui.app.document.shown_part import LARGEST_BOUND, LEAST_BOUND, Bounds, ShownPart
from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.dialog_buttons import dialog_buttons
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import text_label

# What a button sets: lower and upper bound of every axis.
PRESETS = (
    ("0 to 1", 0.0, 1.0),
    ("−½ to ½", -0.5, 0.5),
    ("0 to 2", 0.0, 2.0),
    ("−1 to 2", -1.0, 2.0),
)


class GoToDialog(QDialog):
    """Emits `chosen` with (u, v, w)."""

    chosen = pyqtSignal(object)

    def __init__(
        self, place: tuple[float, float, float] | None, parent: QWidget | None = None
    ) -> None:
        """`place` : where the cursor is now; None: nowhere."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Go to a place")
        self.field = QLineEdit("" if place is None else "  ".join(f"{x:.4f}" for x in place))
        self.field.setPlaceholderText("0.25  0  1/2")
        self.field.setToolTip("Fractional coordinates; fractions such as 1/2 are allowed")
        self.field.selectAll()
        self._error = text_label("")
        self._error.setProperty("error", True)
        self._error.hide()
        form = form_layout()
        form.addRow("u, v, w", self.field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(self._error)
        layout.addWidget(dialog_buttons(self, QPushButton("Go")))
        self.setMinimumWidth(360)

    def accept(self) -> None:
        try:
            place = place_of(self.field.text())
        except UserError as error:
            self._error.setText(str(error))
            self._error.show()
            self.field.setFocus()
            return
        super().accept()
        self.chosen.emit(place)


class BoundsDialog(QDialog):
    """Emits `chosen` with the lower and the upper bounds along a, b, c, fractional."""

    chosen = pyqtSignal(object, object)

    def __init__(self, part: ShownPart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Bounds of the maps")
        self.lower_boxes = self._boxes("Lower", part.lower)
        self.upper_boxes = self._boxes("Upper", part.upper)
        self._error = text_label("")
        self._error.setProperty("error", True)
        self._error.hide()
        form = form_layout()
        for name, low, high in zip("abc", self.lower_boxes, self.upper_boxes, strict=True):
            form.addRow(f"Along {name}", _row((low, text_label("to"), high)))
        form.addRow("All", self._presets())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        words = "Maps are drawn in this part of the crystal, in cell edges from −1 to 2."
        layout.addWidget(text_label(words))
        layout.addLayout(form)
        layout.addWidget(self._error)
        layout.addWidget(dialog_buttons(self, QPushButton("Show")))

    def _boxes(self, which: str, values: Bounds) -> list[QDoubleSpinBox]:
        names = [f"{which} bound along {axis}" for axis in "abc"]
        return [self._box(name, value) for name, value in zip(names, values, strict=True)]

    def _box(self, name: str, value: float) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(LEAST_BOUND, LARGEST_BOUND)
        box.setSingleStep(0.25)
        box.setDecimals(3)
        box.setValue(value)
        box.setAccessibleName(name)
        return box

    def _presets(self) -> QWidget:
        buttons = []
        for words, low, high in PRESETS:
            button = QPushButton(words)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, a=low, b=high: self.set_all(a, b))
            buttons.append(button)
        return _row(buttons)

    def set_all(self, lower: float, upper: float) -> None:
        """Set the same bounds along every axis."""
        for low, high in zip(self.lower_boxes, self.upper_boxes, strict=True):
            low.setValue(lower)
            high.setValue(upper)

    def accept(self) -> None:
        lower = tuple(box.value() for box in self.lower_boxes)
        upper = tuple(box.value() for box in self.upper_boxes)
        try:
            ShownPart((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))
        except UserError as error:
            self._error.setText(str(error))
            self._error.show()
            return
        super().accept()
        self.chosen.emit(lower, upper)


def _row(widgets: Sequence[QWidget]) -> QWidget:
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return holder
