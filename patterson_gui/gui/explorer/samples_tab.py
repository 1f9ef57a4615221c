"""The Samples tab: draw random latents, and a list of samples and kept latents."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.explorer.crystal_list import Row, RowsTable
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.labels import format_number, text_label
from patterson_gui.gui.widgets.plain_text import PlainLabel

STEPS = 20  # of the slider in one unit of temperature
HIGHEST = 2.0


class SamplesTab(QWidget):
    """Controls to draw a sample, and the list.

    Signals
    -------
    draw_clicked(seed, temperature, around)
    keep_clicked, chosen(int)
    """

    draw_clicked = pyqtSignal(int, float, bool)
    keep_clicked = pyqtSignal()
    chosen = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.around = QRadioButton("Around this crystal")
        self.around.setToolTip("Near the present latent")
        self.prior = QRadioButton("Anywhere")
        self.prior.setToolTip("From the distribution of the crystals in the training set")
        self.around.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self.around)
        group.addButton(self.prior)
        self.seed = QSpinBox()
        self.seed.setRange(0, 999_999)
        self.seed.setValue(1)
        self.seed.setToolTip(
            "The same seed gives the same sample. It increases by one after each sample."
        )
        self.temperature = QSlider(Qt.Orientation.Horizontal)
        self.temperature.setRange(1, round(HIGHEST * STEPS))
        self.temperature.setValue(STEPS // 2)
        self.temperature.setAccessibleName("Temperature of the sample")
        self.temperature.setToolTip(
            "Spread of the samples: 1 as in the training set, smaller is nearer"
        )
        self.degrees = PlainLabel()
        self.degrees.setFont(theme.tabular_font())
        self.temperature.valueChanged.connect(self._show_temperature)
        self.draw = QPushButton("Decode a random sample")
        self.draw.setObjectName("primary")
        self.draw.clicked.connect(self._draw)
        self.keep = QPushButton("Keep this one")
        self.keep.setToolTip("Add the present latent to the list")
        self.keep.clicked.connect(self.keep_clicked)
        self.table = RowsTable(("Latent", "Atoms", "Explained"), frozenset({2}))
        self.table.setAccessibleName("Samples")
        self.table.opened.connect(self.chosen)
        self.table.clicked.connect(lambda index: self.chosen.emit(index.row()))
        self.words = text_label(
            "A random sample may not be a valid crystal: see the checks below.",
            dim=True,
        )
        self._lay_out()
        self._show_temperature()

    def _lay_out(self) -> None:
        where = QHBoxLayout()
        where.addWidget(self.around)
        where.addWidget(self.prior)
        where.addStretch(1)
        heat = QHBoxLayout()
        heat.addWidget(self.temperature, 1)
        heat.addWidget(self.degrees)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Draw", where)
        form.addRow("Temperature", heat)
        form.addRow("Seed", self.seed)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.draw, 1)
        buttons.addWidget(self.keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addLayout(form)
        layout.addLayout(buttons)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.words)

    def set_possible(self, possible: bool) -> None:
        """Enable the buttons: there is a network."""
        self.draw.setEnabled(possible)
        self.keep.setEnabled(possible)

    def set_rows(self, rows: Sequence[Row], chosen: int | None) -> None:
        """Show the list and select a row; None selects none."""
        self.table.set_rows(rows)
        if chosen is not None:
            self.table.selectRow(chosen)

    def _draw(self) -> None:
        temperature = self.temperature.value() / STEPS
        self.draw_clicked.emit(self.seed.value(), temperature, self.around.isChecked())
        self.seed.setValue(self.seed.value() + 1)

    def _show_temperature(self) -> None:
        self.degrees.setText(format_number(self.temperature.value() / STEPS, 2))
