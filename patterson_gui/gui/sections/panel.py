"""The panel of sections: which map and plane, the drawing, contour levels, slab and range."""

import re
from collections.abc import Sequence
from typing import cast

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.document.sections import SectionChoices
from patterson_gui.app.document.view_state import LAYER_NAMES, LayerKey
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.crystal.sections.planes import HIGHEST, LARGEST_INDEX, LOWEST
from patterson_gui.crystal.sections.sampling import Projection, Slab
from patterson_gui.gui.sections.harker_list import HarkerList
from patterson_gui.gui.sections.view import SectionView
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.plain_text import PlainLabel

AXES = {"u": "u", "v": "v", "w": "w", "hkl": "h k l"}
RANGES = {
    "auto": "Usual",
    "centred": "−½ … ½",
    "cell": "0 … 1",
    "three": "−1 … 2",
}
_BOX = 84  # pixels
_FARTHEST = 99.0  # spacings of h k l
_HKL = re.compile(r"\s*(-?\d{1,2})[\s,]+(-?\d{1,2})[\s,]+(-?\d{1,2})\s*")
HINT = "Wheel: next section. Ctrl+wheel: zoom. Click: put the cursor there."
SHORT_HINT = "Wheel: next section. Click: cursor."
MONTAGE_HINT = "Click a section to enlarge it."


class SectionPanel(QWidget):
    """Emits what is chosen; a presenter shows it.

    Signals
    -------
    changed(object) : a dict of changed fields of `SectionChoices`.
    harker_chosen(object) : a Harker section.
    through_cursor : show the section through the 3D cursor.
    refused(str) : a sentence on what was typed.
    watched(bool) : the panel is seen now, or no longer.
    save_clicked : draw what is shown into a file.
    """

    changed = pyqtSignal(object)
    harker_chosen = pyqtSignal(object)
    through_cursor = pyqtSignal()
    refused = pyqtSignal(str)
    save_clicked = pyqtSignal()
    watched = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.harker = HarkerList()
        self.harker.chosen.connect(self.harker_chosen)
        self.view = SectionView()
        self.readout = FittingLabel()
        self.readout.set_texts(HINT)
        self._make_place()
        self._make_drawing()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.harker)
        layout.addLayout(self._place_row())
        layout.addWidget(self.view, 1)
        layout.addWidget(self.readout)
        for row in self._drawing_rows():
            layout.addLayout(row)
        self.set_maps((), LayerKey.PATTERSON)

    # ------------------------------------------------------------------ making
    def _make_place(self) -> None:
        self.map = QComboBox()
        self.map.setAccessibleName("Map")
        self.map.setToolTip("The map that is cut")
        self.map.activated.connect(lambda: self.changed.emit({"layer": self.map.currentData()}))
        self.axis = QComboBox()
        self.axis.setAccessibleName("Direction of the section")
        self.axis.setToolTip("The coordinate that is constant, or a plane h k l")
        for key, name in AXES.items():
            self.axis.addItem(name, key)
        self.axis.activated.connect(self._axis_chosen)
        self.hkl = QLineEdit("1 1 0")
        self.hkl.setAccessibleName("h k l of the plane")
        self.hkl.setToolTip("Three whole numbers, such as 1 1 0")
        self.hkl.setFixedWidth(64)
        self.hkl.editingFinished.connect(self._hkl_typed)
        self.position = QDoubleSpinBox()
        self.position.setDecimals(4)
        self.position.setKeyboardTracking(False)
        self.position.setAccessibleName("Position of the section")
        self.position.valueChanged.connect(lambda x: self.changed.emit({"position": x}))
        self.to_cursor = QToolButton()
        self.to_cursor.setObjectName("framed")
        self.to_cursor.setText("To cursor")
        self.to_cursor.setToolTip("Show the section through the cursor of the 3D views")
        self.to_cursor.clicked.connect(self.through_cursor)
        self.montage = QToolButton()
        self.montage.setObjectName("framed")
        self.montage.setText("Montage")
        self.montage.setCheckable(True)
        self.montage.setToolTip("Show all sections side by side; click one to enlarge it")
        self.montage.toggled.connect(lambda on: self.changed.emit({"montage": on}))
        self.montage.toggled.connect(lambda: self.show_point(None))

    def _make_drawing(self) -> None:
        self.start, self.step = QDoubleSpinBox(), QDoubleSpinBox()
        for box, name in ((self.start, "First contour level"), (self.step, "Step of levels")):
            box.setKeyboardTracking(False)
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.valueChanged.connect(self._levels_changed)
        self.unit = QComboBox()
        self.unit.setAccessibleName("Unit of the levels")
        self.unit.addItem("rmsd", "rmsd")
        self.unit.addItem("units", "absolute")
        self.unit.activated.connect(self._unit_chosen)
        self.negative = QCheckBox("Negative")
        self.negative.setToolTip("Draw the same levels below zero, dashed")
        self.negative.toggled.connect(self._levels_changed)
        self.thickness = QDoubleSpinBox()
        self.thickness.setRange(0.0, 50.0)
        self.thickness.setSingleStep(0.5)
        self.thickness.setDecimals(1)
        self.thickness.setSuffix(" Å")
        self.thickness.setSpecialValueText("Plane")
        self.thickness.setKeyboardTracking(False)
        self.thickness.setAccessibleName("Thickness of the slab")
        self.thickness.setToolTip("A layer around the plane, instead of the plane alone")
        self.thickness.valueChanged.connect(self._slab_changed)
        self.projection = QComboBox()
        self.projection.setAccessibleName("What is shown of the slab")
        self.projection.addItem("Mean", "mean")
        self.projection.addItem("Maximum", "maximum")
        self.projection.activated.connect(self._slab_changed)
        self.bounds = QComboBox()
        self.bounds.setAccessibleName("Range of the axes")
        self.bounds.setToolTip(
            "The part of the plane that is shown, in fractions of the cell; usually −½ … ½ for a "
            "Patterson map, 0 … 1 for a density"
        )
        for key, name in RANGES.items():
            self.bounds.addItem(name, key)
        self.bounds.activated.connect(
            lambda: self.changed.emit({"bounds": self.bounds.currentData()})
        )
        self.peaks = QCheckBox("Peaks")
        self.peaks.setToolTip(
            "Mark peaks with their number in the table: filled in the section, open near it"
        )
        self.peaks.toggled.connect(lambda on: self.changed.emit({"peaks": on}))
        self.vectors = QCheckBox("Vectors")
        self.vectors.setToolTip(
            "Mark the vectors between the atoms of the tab Vectors, or the sites: filled in the "
            "section, open near it. Click one to choose it"
        )
        self.vectors.toggled.connect(lambda on: self.changed.emit({"vectors": on}))
        self.save = QPushButton("Save drawing…")
        self.save.setToolTip("Draw the section to scale as PDF, SVG or PNG")
        self.save.clicked.connect(self.save_clicked)
        for box in (self.start, self.step, self.thickness):
            box.setFixedWidth(_BOX)
        self.position.setFixedWidth(_BOX + 16)
        for combo in (self.map, self.axis, self.unit, self.projection, self.bounds):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        # Typing or clicking in the settings leaves the keys of the drawing to the drawing.
        for button in (self.to_cursor, self.montage, self.save):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _place_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        for widget in (self.map, self.axis, self.hkl, self.position):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.to_cursor)
        return row

    def _drawing_rows(self) -> list[QHBoxLayout]:
        rows = []
        for widgets in (
            (_label("Levels from"), self.start, _label("step"), self.step, self.unit, None,
             self.negative),
            (_label("Slab"), self.thickness, self.projection, _label("Range"), self.bounds, None,
             self.peaks),
        ):  # fmt: skip
            row = QHBoxLayout()
            row.setSpacing(6)
            for widget in widgets:
                row.addStretch(1) if widget is None else row.addWidget(widget)
            rows.append(row)
        last = QHBoxLayout()
        last.addWidget(self.montage)
        last.addStretch(1)
        last.addWidget(self.vectors)
        last.addWidget(self.save)
        rows.append(last)
        return rows

    # ------------------------------------------------------------------ showing
    def set_maps(self, maps: Sequence[LayerKey], layer: LayerKey) -> None:
        """Offer these maps; without any, the panel cannot be used."""
        with QSignalBlocker(self.map):
            self.map.clear()
            for key in maps:
                self.map.addItem(LAYER_NAMES[key], key)
            self.map.setCurrentIndex(self.map.findData(layer))
        for widget in self._widgets():
            widget.setEnabled(bool(maps))

    def _widgets(self) -> tuple[QWidget, ...]:
        return (
            self.map, self.axis, self.hkl, self.position, self.to_cursor, self.montage, self.start,
            self.step, self.unit, self.negative, self.thickness, self.projection, self.bounds,
            self.peaks, self.vectors, self.save,
        )  # fmt: skip

    def show_choices(
        self,
        choices: SectionChoices,
        density: DensityMap | None,
        levels: ContourLevels,
        step: float,
    ) -> None:
        """Show what is chosen; `levels` and the `step` of the wheel are those of the map."""
        widgets = self._widgets()
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.map.setCurrentIndex(self.map.findData(choices.layer))
        self.axis.setCurrentIndex(self.axis.findData(choices.axis))
        self.hkl.setVisible(choices.axis == "hkl")
        self.hkl.setText(" ".join(map(str, choices.hkl)))
        whole = choices.axis != "hkl"
        low, high = (LOWEST, HIGHEST) if whole else (-_FARTHEST, _FARTHEST)
        self.position.setRange(low, high)
        self.position.setSuffix("" if whole else " d")
        self.position.setSingleStep(step)
        self.position.setToolTip(
            "Fraction of the cell edge"
            if whole
            else "Distance from the origin in spacings of h k l"
        )
        self.position.setValue(choices.position)
        if self.montage.isChecked() != choices.montage:
            self.montage.setChecked(choices.montage)
            self.show_point(None)  # a click does something else now
        self._show_levels(levels, density)
        self.thickness.setValue(choices.slab.thickness)
        self.projection.setCurrentIndex(self.projection.findData(choices.slab.projection))
        self.projection.setEnabled(choices.slab.thickness > 0 and density is not None)
        self.bounds.setCurrentIndex(self.bounds.findData(choices.bounds))
        self.peaks.setChecked(choices.peaks)
        self.peaks.setEnabled(choices.layer is LayerKey.PATTERSON and density is not None)
        self.vectors.setChecked(choices.vectors)
        self.vectors.setEnabled(self.peaks.isEnabled())
        self.harker.mark(choices.harker)
        del blockers

    def _show_levels(self, levels: ContourLevels, density: DensityMap | None) -> None:
        digits = 2
        if levels.unit == "absolute" and density is not None:
            smallest = min(levels.start, levels.step)
            while digits < 8 and round(smallest, digits) < 0.99 * smallest:
                digits += 1
            self.unit.setItemText(1, density.units)
        for box, value in ((self.start, levels.start), (self.step, levels.step)):
            box.setDecimals(digits)
            box.setRange(10.0**-digits, 1e9)
            box.setSingleStep(0.5 if levels.unit == "rmsd" else value / 4)
            box.setValue(value)
        if density is not None:
            self.unit.setItemText(1, density.units)
        self.unit.setCurrentIndex(self.unit.findData(levels.unit))
        self.negative.setChecked(levels.negative)

    def show_point(self, words: tuple[str, ...] | None) -> None:
        """What is under the mouse, longest text first; None: how to use the drawing."""
        hint = (MONTAGE_HINT,) if self.montage.isChecked() else (HINT, SHORT_HINT)
        self.readout.set_texts(*(words or hint))

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.watched.emit(True)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.watched.emit(False)

    # ------------------------------------------------------------------ choosing
    def _axis_chosen(self) -> None:
        self.changed.emit({"axis": self.axis.currentData(), "position": 0.0})

    def _hkl_typed(self) -> None:
        found = _HKL.fullmatch(self.hkl.text())
        hkl = None if found is None else tuple(int(i) for i in found.groups())
        if hkl is None or not any(hkl) or max(map(abs, hkl)) > LARGEST_INDEX:
            self.refused.emit(
                f"“{self.hkl.text()}” is no plane: type three whole numbers up to {LARGEST_INDEX} "
                "that are not all zero, such as 1 1 0."
            )
            self.changed.emit({})  # the text returns to what it was
            return
        self.changed.emit({"hkl": hkl})

    def _levels_changed(self) -> None:
        self.changed.emit(
            {
                "levels": ContourLevels(
                    self.start.value(), self.step.value(), None, self.unit.currentData(),
                    self.negative.isChecked(),
                )
            }
        )  # fmt: skip

    def _unit_chosen(self) -> None:
        self.changed.emit({"level_unit": self.unit.currentData()})

    def _slab_changed(self) -> None:
        projection = cast(Projection, self.projection.currentData())
        self.changed.emit({"slab": Slab(self.thickness.value(), projection)})


def _label(text: str) -> PlainLabel:
    """The name of a setting, in the line of settings."""
    return PlainLabel(text)
