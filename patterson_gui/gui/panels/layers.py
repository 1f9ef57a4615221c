"""The layers panel: visibility, level and style of each map; visibility of atoms and peaks; maps
and models that the user added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QSignalBlocker, QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.document.added_layers import AddedLayer
from patterson_gui.app.document.view_state import LAYER_NAMES, MAP_LAYERS, LayerKey, layer_of
from patterson_gui.app.solving.drawn_model import EXTENT_WORDS, Extent
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.panels.layer_row import LayerRow
from patterson_gui.gui.widgets import theme

HIGHEST_PATTERSON_RMSD, HIGHEST_DENSITY_RMSD = 30.0, 12.0
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


@dataclass(frozen=True)
class AddedRow:
    """What the row of an added layer shows: its level in rmsd (None: no map) and in units of the
    map, whether there is anything to draw at this moment, and the kind of the map."""

    layer: AddedLayer
    rmsd: float | None
    units: str
    available: bool
    kind: MapKind | None = None


def _highest(kind: MapKind | None) -> float:
    return HIGHEST_PATTERSON_RMSD if kind is MapKind.PATTERSON else HIGHEST_DENSITY_RMSD


class LayersPanel(QWidget):
    """All layers.

    Signals
    -------
    visible_changed, level_changed, style_changed, menu_wanted : with a `LayerKey`, or the key of an
        added layer, an int.
    room_wanted : a row was added.
    """

    visible_changed = pyqtSignal(object, bool)
    level_changed = pyqtSignal(object, float)
    style_changed = pyqtSignal(object, str)
    menu_wanted = pyqtSignal(object, object)  # and QPoint
    aligned_changed = pyqtSignal(bool)
    extent_changed = pyqtSignal(object)  # Extent
    add_clicked = pyqtSignal()
    room_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        self.rows: dict[LayerKey, LayerRow] = {}
        self.added_rows: dict[int, LayerRow] = {}
        self._has_new_row = False
        for key in LayerKey:
            self.rows[key] = self._fixed_row(key)
            if key in MAP_LAYERS:
                layout.addWidget(self.rows[key])
            if key is LayerKey.PREDICTED:
                layout.addLayout(self._aligned_row())
        layout.addLayout(self._atoms_rows())
        self._added = QVBoxLayout()
        self._added.setSpacing(4)
        layout.addLayout(self._added)
        self.add_button = QPushButton("Add a map or model…")
        self.add_button.setToolTip("Draw a map or a model of a file over the open crystal")
        self.add_button.clicked.connect(self.add_clicked)
        layout.addWidget(self.add_button)
        layout.addStretch(1)
        self._show_colours()
        self.show_rows({LayerKey.PATTERSON, LayerKey.PREDICTED, LayerKey.TRUE})
        self.show_aligned(on=True, possible=False)

    def _fixed_row(self, key: LayerKey) -> LayerRow:
        kind = MapKind.PATTERSON if key is LayerKey.PATTERSON else None
        highest = _highest(kind) if key in MAP_LAYERS else None
        row = LayerRow(LAYER_NAMES[key], highest=highest, menu=highest is not None)
        self._connect(row, key)
        return row

    def _show_colours(self) -> None:
        """Show the colours that maps have now."""
        palette = theme.maps()
        for kind, colour in palette.maps.items():
            below = (palette.below,) if kind is MapKind.DIFFERENCE else ()
            self.rows[layer_of(kind)].set_colours(colour, *below)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._show_colours()

    def _connect(self, row: LayerRow, key: LayerKey | int) -> None:
        row.visible_changed.connect(lambda on: self.visible_changed.emit(key, on))
        row.level_changed.connect(lambda level: self.level_changed.emit(key, level))
        row.style_changed.connect(lambda style: self.style_changed.emit(key, style))
        row.menu_wanted.connect(lambda place: self.menu_wanted.emit(key, place))

    def _aligned_row(self) -> QHBoxLayout:
        self.aligned = QCheckBox("Show aligned to the truth")
        self.aligned.toggled.connect(self.aligned_changed)
        row = QHBoxLayout()
        row.addSpacing(18)
        row.addWidget(self.aligned)
        return row

    def _atoms_rows(self) -> QVBoxLayout:
        """Model and peaks side by side, with the built atoms or the extent below."""
        self.extent = QComboBox()
        for extent, words in EXTENT_WORDS.items():
            self.extent.addItem(words, extent)
        self.extent.setToolTip("How much of the crystal is drawn")
        self.extent.setAccessibleName("Extent of the model")
        self.extent.currentIndexChanged.connect(
            lambda _index: self.extent_changed.emit(self.extent.currentData())
        )
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.rows[LayerKey.MODEL], 1)
        first.addWidget(self.rows[LayerKey.PEAKS], 1)
        second.addWidget(self.rows[LayerKey.ATOMS])
        second.addWidget(self.extent, 1)
        rows = QVBoxLayout()
        rows.setSpacing(4)
        rows.addLayout(first)
        rows.addLayout(second)
        return rows

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

    def set_available(self, key: LayerKey, available: bool) -> None:
        """Whether there is something to show; if not, the tooltip says what would."""
        self.rows[key].set_available(available, ABSENT[key])

    def show_added(self, rows: Sequence[AddedRow]) -> None:
        """Show a row for each added layer, in their order."""
        keys = [row.layer.key for row in rows]
        for key in [key for key in self.added_rows if key not in keys]:
            gone = self.added_rows.pop(key)
            self._added.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for number, shown in enumerate(rows):
            layer = shown.layer
            row = self.added_rows.get(layer.key)
            if row is None:
                highest = _highest(shown.kind) if layer.is_map else None
                row = self.added_rows[layer.key] = LayerRow(layer.name, highest=highest, menu=True)
                self._connect(row, layer.key)
                self._has_new_row = True
                QTimer.singleShot(0, self.room_wanted.emit)
            if self._added.indexOf(row) != number:
                self._added.removeWidget(row)
                self._added.insertWidget(number, row)
                row.show()  # now, so that the panel knows the height it needs
            row.set_name(layer.name)
            below = (theme.maps().below,) if shown.kind is MapKind.DIFFERENCE else ()
            row.set_colours(layer.colour, *below)
            row.show_state(layer.visible, layer.style, shown.rmsd, shown.units)
            row.set_available(shown.available, "There is no such map at this moment.")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Scroll to the last rows, where a new one is."""
        super().resizeEvent(event)
        if self._has_new_row:
            self._has_new_row = False
            above = self.parentWidget()
            while above is not None and not isinstance(above, QScrollArea):
                above = above.parentWidget()
            if above is not None:
                above.ensureVisible(0, self.height())

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
