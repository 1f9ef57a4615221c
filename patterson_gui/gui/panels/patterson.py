"""Settings of the Patterson map: what it is of, resolution, origin peak, sharpening.

Every change is computed at once; the old map stays until the new one is there.
"""

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QWidget,
)

from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.crystal.maps.sharpening import SHARPENINGS
from patterson_gui.gui.panels.patterson_source import PattersonSourceRows
from patterson_gui.gui.widgets.plain_text import PlainLabel

LEAST_RANGE = 0.01

_LIMIT_WIDTH = 72


class PattersonPanel(QWidget):
    """Emits complete settings at each change."""

    settings_changed = pyqtSignal(object)  # PattersonSettings

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.d_min, self.d_max = QDoubleSpinBox(), QDoubleSpinBox()
        for limit, decimals, step, which in (
            (self.d_min, 2, 0.1, "smaller"),
            (self.d_max, 1, 1.0, "larger"),
        ):
            limit.setDecimals(decimals)
            limit.setSingleStep(step)
            limit.setSuffix(" Å")
            limit.setRange(0.3, 1000.0)
            limit.setMinimumWidth(_LIMIT_WIDTH)  # two of them fit into the narrow dock
            limit.setToolTip(f"Reflections of {which} d-spacing are left out of the Patterson map")
        self.d_min.setAccessibleName("High-resolution limit")
        self.d_max.setAccessibleName("Low-resolution limit")
        self.remove_origin = QCheckBox("Remove the origin peak")
        self.remove_origin.setToolTip(
            "Subtracts the mean |F|² of each resolution shell, which removes the vectors from "
            "every atom to itself"
        )
        self.sharpen = QComboBox()
        for name, sharpening in SHARPENINGS.items():
            self.sharpen.addItem(sharpening.title, name)
        self.sharpen.setToolTip("Makes the peaks narrower and adds ripples")
        self.b = QDoubleSpinBox()
        self.b.setRange(1.0, 200.0)
        self.b.setDecimals(0)
        self.b.setSingleStep(5.0)
        self.b.setSuffix(" Å²")
        self.b.setToolTip("How much is subtracted from the B factor of every atom")
        limits = QHBoxLayout()
        limits.setSpacing(4)
        limits.addWidget(self.d_max, 1)
        limits.addWidget(PlainLabel("–"))
        limits.addWidget(self.d_min, 1)
        form = QFormLayout(self)
        form.setContentsMargins(8, 8, 8, 8)
        form.setSpacing(8)
        self.source = PattersonSourceRows(form, self)
        form.addRow("Resolution", limits)
        form.addRow("Sharpening", self.sharpen)
        form.addRow("Subtract from B", self.b)
        form.addRow(self.remove_origin)
        self._form = form
        self._data_d_min: float | None = None
        self._data_d_max: float | None = None
        for box in (self.d_min, self.d_max, self.b):
            box.setKeyboardTracking(False)
            box.valueChanged.connect(self._emit)
        self.remove_origin.toggled.connect(self._emit)
        self.sharpen.currentIndexChanged.connect(self._emit)
        self.set_settings(PattersonSettings(), None)

    def set_settings(
        self,
        settings: PattersonSettings,
        data_d_min: float | None,
        data_d_max: float | None = None,
    ) -> None:
        """Show these for data between `data_d_max` and `data_d_min` (Å); None: no data."""
        self._data_d_min, self._data_d_max = data_d_min, data_d_max
        self.setEnabled(data_d_min is not None)
        self.setToolTip("" if data_d_min is not None else "Open a file with amplitudes first.")
        blockers = [
            QSignalBlocker(w)
            for w in (self.d_min, self.d_max, self.remove_origin, self.sharpen, self.b)
        ]
        if data_d_min is not None:
            self.d_min.setRange(data_d_min, max(20.0, data_d_min + LEAST_RANGE))
            self.d_min.setValue(settings.d_min or data_d_min)
            largest = max(data_d_max or 0.0, self.d_min.maximum()) + 0.05  # shown with one decimal
            self.d_max.setRange(round(data_d_min + 0.1, 1), largest)
            self.d_max.setValue(settings.d_max or data_d_max or largest)
        self.remove_origin.setChecked(settings.remove_origin)
        self.sharpen.setCurrentIndex(self.sharpen.findData(settings.sharpen))
        self.b.setValue(settings.b)
        self._form.setRowVisible(self.b, SHARPENINGS[settings.sharpen].takes_b)
        del blockers

    def settings(self) -> PattersonSettings:
        """The settings as they are chosen now."""
        limit = self.d_min.value()
        all_of_it = self._data_d_min is None or limit < self._data_d_min + LEAST_RANGE
        low = self.d_max.value()
        from_the_start = self._data_d_max is None or low > self._data_d_max - 0.051
        return PattersonSettings(
            d_min=None if all_of_it else limit,
            d_max=None if from_the_start else low,
            remove_origin=self.remove_origin.isChecked(),
            sharpen=self.sharpen.currentData(),
            b=self.b.value(),
        )

    def _emit(self) -> None:
        self._form.setRowVisible(self.b, SHARPENINGS[self.sharpen.currentData()].takes_b)
        self.settings_changed.emit(self.settings())
