"""The layers panel: visibility, level and style of each map; visibility of atoms and peaks."""

from collections.abc import Collection, Mapping

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.document.view_state import LAYER_NAMES, MAP_LAYERS, Layer, LayerKey
from patterson_gui.app.solving.drawn_model import EXTENT_WORDS, Extent

STEPS_PER_RMSD = 20
LEVEL_WIDTH = 104
HIGHEST_RMSD = {LayerKey.PATTERSON: 30.0}
HIGHEST_DENSITY_RMSD = 12.0
ABSENT = {
    LayerKey.PATTERSON: "Open a file to see its Patterson map.",
    LayerKey.PREDICTED: "Press Predict density to fill this view.",
    LayerKey.TRUE: "A true density needs a model.",
    LayerKey.DENSITY: "Open a map file, or solve a structure, to see it here.",
    LayerKey.DIFFERENCE: "A difference map needs a solved structure.",
    LayerKey.COMPARED: "Choose two predictions in the list to compare them.",
    LayerKey.MODEL: "Open a structure to see its atoms.",
    LayerKey.ATOMS: "Atoms are built where the predicted density resolves them.",
    LayerKey.PEAKS: "Peaks are found in the Patterson map.",
}


class Swatch(QWidget):
    """A dot in the layer's colour; None: an empty place of the same size."""

    def __init__(self, colour: str | None) -> None:
        super().__init__()
        self._colour = QColor(colour) if colour is not None else QColor(0, 0, 0, 0)
        self.setFixedSize(16, 16)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        colour = QColor(self._colour)
        if not self.isEnabled():
            colour.setAlphaF(0.35 * colour.alphaF())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(3, 3, 10, 10)


class LayerRow(QWidget):
    """One layer: shown or not, and for a map its level and style."""

    visible_changed = pyqtSignal(bool)
    level_changed = pyqtSignal(float)
    style_changed = pyqtSignal(str)

    def __init__(self, key: LayerKey, colour: str | None) -> None:
        super().__init__()
        self.key = key
        self.shown = QCheckBox(LAYER_NAMES[key])
        self.shown.toggled.connect(self.visible_changed)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.swatch = Swatch(colour)
        grid.addWidget(self.swatch, 0, 0)
        grid.addWidget(self.shown, 0, 1)
        self.level: QDoubleSpinBox | None = None
        self.slider: QSlider | None = None
        self.surface: QToolButton | None = None
        if key in MAP_LAYERS:
            self._add_level(grid)

    def _add_level(self, grid: QGridLayout) -> None:
        name = LAYER_NAMES[self.key]
        highest = HIGHEST_RMSD.get(self.key, HIGHEST_DENSITY_RMSD)
        level = QDoubleSpinBox()
        level.setRange(0.1, highest * 10)
        level.setSingleStep(0.1)
        level.setDecimals(2)
        level.setSuffix(" rmsd")
        level.setAccessibleName(f"Contour level of the {name} map")
        level.setToolTip("Contour level, in units of the map's rmsd")
        level.setKeyboardTracking(False)
        level.setFixedWidth(LEVEL_WIDTH)
        level.valueChanged.connect(self._spun)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(STEPS_PER_RMSD // 4, round(highest * STEPS_PER_RMSD))
        slider.setAccessibleName(f"Contour level of the {name} map")
        slider.valueChanged.connect(self._slid)
        surface = QToolButton()
        surface.setCheckable(True)
        surface.setObjectName("framed")  # drawn with a frame
        surface.setText("Surface")
        surface.setToolTip("Show a surface instead of chicken wire")
        surface.toggled.connect(lambda on: self.style_changed.emit("surface" if on else "wire"))
        grid.addWidget(surface, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(slider, 1, 1)
        grid.addWidget(level, 1, 2)
        self.level, self.slider, self.surface = level, slider, surface

    def show_layer(self, layer: Layer, rmsd: float | None) -> None:
        """Show the state; emits nothing."""
        blockers = [
            QSignalBlocker(w)
            for w in (self.shown, self.level, self.slider, self.surface)
            if w is not None
        ]
        self.shown.setChecked(layer.visible)
        if self.level is not None and self.slider is not None and rmsd is not None:
            self.level.setValue(rmsd)
            self.slider.setValue(round(rmsd * STEPS_PER_RMSD))
        if self.surface is not None:
            self.surface.setChecked(layer.style == "surface")
        del blockers

    def set_available(self, available: bool) -> None:
        """Whether there is something to show; if not, the tooltip says what would."""
        self.setEnabled(available)
        self.setToolTip("" if available else ABSENT[self.key])

    def _slid(self, value: int) -> None:
        self.level_changed.emit(value / STEPS_PER_RMSD)

    def _spun(self, value: float) -> None:
        self.level_changed.emit(value)


class LayersPanel(QWidget):
    """All layers."""

    visible_changed = pyqtSignal(object, bool)
    level_changed = pyqtSignal(object, float)
    style_changed = pyqtSignal(object, str)
    aligned_changed = pyqtSignal(bool)
    extent_changed = pyqtSignal(object)  # Extent

    def __init__(self, colours: Mapping[LayerKey, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        self.rows: dict[LayerKey, LayerRow] = {}
        for key in LayerKey:
            row = LayerRow(key, colours.get(key))
            row.visible_changed.connect(lambda on, k=key: self.visible_changed.emit(k, on))
            row.level_changed.connect(lambda level, k=key: self.level_changed.emit(k, level))
            row.style_changed.connect(lambda style, k=key: self.style_changed.emit(k, style))
            layout.addWidget(row)
            self.rows[key] = row
            if key is LayerKey.PREDICTED:
                layout.addLayout(self._aligned_row())
            if key is LayerKey.MODEL:
                layout.addLayout(self._extent_row())
        layout.addStretch(1)
        self.show_rows({LayerKey.PATTERSON, LayerKey.PREDICTED, LayerKey.TRUE})
        self.show_aligned(on=True, possible=False)

    def _aligned_row(self) -> QHBoxLayout:
        self.aligned = QCheckBox("Show aligned to the truth")
        self.aligned.toggled.connect(self.aligned_changed)
        row = QHBoxLayout()
        row.addSpacing(24)
        row.addWidget(self.aligned)
        return row

    def _extent_row(self) -> QHBoxLayout:
        self.extent = QComboBox()
        for extent, words in EXTENT_WORDS.items():
            self.extent.addItem(words, extent)
        self.extent.setToolTip("How much of the crystal is drawn")
        self.extent.currentIndexChanged.connect(
            lambda _index: self.extent_changed.emit(self.extent.currentData())
        )
        row = QHBoxLayout()
        row.addSpacing(24)
        row.addWidget(self.extent, 1)
        return row

    def show_extent(self, extent: Extent, possible: bool) -> None:
        """How much of a solved crystal is drawn; possible only with a solution."""
        blocker = QSignalBlocker(self.extent)
        self.extent.setCurrentIndex(self.extent.findData(extent))
        del blocker
        self.extent.setEnabled(possible)

    def show_rows(self, maps: Collection[LayerKey]) -> None:
        """Which maps have a row; the built atoms and their alignment belong to the prediction."""
        for key in MAP_LAYERS:
            self.rows[key].setVisible(key in maps)
        predicted = LayerKey.PREDICTED in maps
        self.rows[LayerKey.ATOMS].setVisible(predicted)
        self.aligned.setVisible(predicted)
        self.extent.setVisible(not predicted)

    def show_aligned(self, on: bool, possible: bool) -> None:
        """Whether the predicted map is moved onto the truth; possible only with a truth."""
        blocker = QSignalBlocker(self.aligned)
        self.aligned.setChecked(on)
        del blocker
        self.aligned.setEnabled(possible)
        self.aligned.setToolTip(
            "Amplitudes determine neither origin nor hand: for display, the predicted map is "
            "shifted, and inverted where necessary, to match the truth"
            if possible
            else "There is no true map to align the prediction to."
        )
