"""The table of unique peaks of a map; a click on a row shows the peak in the view."""

import math
from collections.abc import Sequence

from PyQt6.QtCore import (
    QSignalBlocker,
    QSortFilterProxyModel,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.crystal.maps.nearest_atoms import NearestAtom
from patterson_gui.crystal.maps.peak_columns import PEAK_COLUMNS, numbers
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.tables.column_model import ColumnModel, Index
from patterson_gui.gui.widgets.tables.model_table import ModelTable

HARKER_COLUMN = 1 + len(PEAK_COLUMNS)
LENGTH_COLUMN = 1 + [column.key for column in PEAK_COLUMNS].index("length_A")
LEAST_WORDS = 64  # room for the shortest line of text and the gaps between widgets
WIDTHS = (52, 100, 96, 52, 52, 52, 76, 84)  # the last column takes the rest
ALL_PEAKS, ON_ANY, ON_NONE = "all", "any", "none"


class PeakModel(ColumnModel):
    """The peaks as rows. Those of a density have the nearest atom in place of Harker sections, and
    its distance in place of the length of a vector."""

    def __init__(self) -> None:
        super().__init__(2 + len(PEAK_COLUMNS), left={HARKER_COLUMN})
        self.peaks: tuple[Peak, ...] = ()
        self.near: tuple[NearestAtom | None, ...] | None = None
        self._units = ""

    def set_peaks(
        self,
        peaks: Sequence[Peak],
        units: str,
        near: Sequence[NearestAtom | None] | None = None,
    ) -> None:
        """`near` : the nearest atom of each peak of a density, None for those of a Patterson."""
        self.beginResetModel()
        self.peaks = tuple(peaks)
        self.near = None if near is None else tuple(near)
        self._units = units
        self.endResetModel()

    def count(self) -> int:
        return len(self.peaks)

    def heading(self, column: int) -> str:
        if column == HARKER_COLUMN:
            return "Harker sections" if self.near is None else "Nearest atom"
        if column == LENGTH_COLUMN and self.near is not None:
            return "To atom, Å"
        return PEAK_COLUMNS[column - 1].heading_in(self._units) if column else "#"

    def text(self, row: int, column: int) -> str:
        return self.texts(row)[column]

    def order(self, row: int, column: int) -> float | str:
        if column == HARKER_COLUMN:
            return self._last(row)
        if column == LENGTH_COLUMN:
            return self.length(row)
        return float(row) if column == 0 else PEAK_COLUMNS[column - 1].value(self.peaks[row])

    def row_tip(self, row: int) -> str | None:
        origin = "The origin peak: the vectors from every atom to itself."
        return origin if self.peaks[row].is_origin else None

    def texts(self, row: int) -> tuple[str, ...]:
        """The cells of a row. A peak has the number that the view and files give it."""
        peak = self.peaks[row]
        name = "origin" if peak.is_origin else str(numbers(self.peaks)[row])
        cells = [column.text(peak) for column in PEAK_COLUMNS]
        if self.near is not None:
            length = self.length(row)
            cells[LENGTH_COLUMN - 1] = f"{length:.2f}" if math.isfinite(length) else "–"
        return (name, *cells, self._last(row))

    def length(self, row: int) -> float:
        """Å: the length of the vector, or from a peak of a density to the nearest atom; infinite
        where there is none near."""
        if self.near is None:
            return self.peaks[row].length_A
        atom = self.near[row]
        return math.inf if atom is None else atom.distance

    def _last(self, row: int) -> str:
        if self.near is None:
            return "; ".join(self.peaks[row].harker)
        atom = self.near[row]
        return "–" if atom is None else atom.label


class PeakFilter(QSortFilterProxyModel):
    """The rows in the order that the user chose, without those that are filtered out."""

    def __init__(self, peaks: PeakModel) -> None:
        super().__init__()
        self._model = peaks
        self._least, self._longest, self._harker = 0.0, 0.0, ALL_PEAKS
        self.setSourceModel(peaks)

    def set_limits(self, least: float, longest: float, harker: str) -> None:
        """Show peaks of at least `least` rmsd, or holes as deep, with vectors (or distances to an
        atom) up to `longest` Å (0: any), and on the Harker section `harker`, `ALL_PEAKS`, `ON_NONE`
        or `ON_ANY`."""
        self._least, self._longest, self._harker = least, longest, harker
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        peak = self._model.peaks[row]
        if abs(peak.rmsd) < self._least:
            return False
        if self._longest and self._model.length(row) > self._longest:
            return False
        if self._harker == ALL_PEAKS:
            return True
        if self._harker == ON_NONE:
            return not peak.harker and not peak.is_origin
        return bool(peak.harker) if self._harker == ON_ANY else self._harker in peak.harker


class PeaksPanel(QWidget):
    """The table with a line of text above it.

    Signals
    -------
    watched(bool) : the table is seen now, or no longer.
    map_chosen(LayerKey) : the peaks of another map are wanted.
    """

    watched = pyqtSignal(bool)
    map_chosen = pyqtSignal(object)
    peak_chosen = pyqtSignal(object)  # (u, v, w)
    save_clicked = pyqtSignal()
    copies_toggled = pyqtSignal(bool)
    solve_clicked = pyqtSignal(object)  # ((u, v, w), ...) of the chosen rows

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PeakModel()
        self.rows = PeakFilter(self.model)
        self.table = ModelTable(self.rows, "Peaks", self._text_of, WIDTHS)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.table.header.setStretchLastSection(True)
        self.selection = self.table.selection
        self.table.row_chosen.connect(self._choose)
        self._words = FittingLabel()  # the panel may be narrow
        self._solve = QPushButton("Solve from these peaks")
        self._solve.clicked.connect(lambda: self.solve_clicked.emit(self.chosen()))
        self._blocked: str | None = "Open measured reflections first."
        self.table.choice_changed.connect(self._show_solvable)
        self._save = QPushButton("Save table…")
        self._save.clicked.connect(self.save_clicked)
        self.map = QComboBox()
        self.map.setAccessibleName("Map of the peaks")
        self.map.setToolTip("The map whose peaks are listed")
        self.map.activated.connect(lambda: self.map_chosen.emit(self.map.currentData()))
        self._map_name = ""
        self._filters = QWidget()
        filters = QHBoxLayout(self._filters)
        filters.setContentsMargins(0, 0, 0, 0)
        for widget in self._make_filters():
            filters.addWidget(widget)
        self._bar = bar = QGridLayout()
        for column, widget in ((0, self.map), (1, self._words), (3, self._solve), (4, self._save)):
            bar.addWidget(widget, 0, column)
        bar.setColumnStretch(1, 1)
        self._narrow: bool | None = None
        self._place_filters(narrow=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)
        self.set_peaks((), "")

    def _place_filters(self, *, narrow: bool) -> None:
        """Put the filters beside the other widgets, or below them where the panel is narrow."""
        if narrow is self._narrow:
            return
        self._narrow = narrow
        self._bar.removeWidget(self._filters)
        if narrow:
            self._bar.addWidget(self._filters, 1, 0, 1, 5, Qt.AlignmentFlag.AlignLeft)
        else:
            self._bar.addWidget(self._filters, 0, 2)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        beside = (self.map, self._filters, self._solve, self._save)
        needed = sum(w.sizeHint().width() for w in beside if w.isVisibleTo(self))
        self._place_filters(narrow=self.width() < needed + LEAST_WORDS)

    def _make_filters(self) -> tuple[QWidget, ...]:
        self.least, self.longest = QDoubleSpinBox(), QDoubleSpinBox()
        self.least.setRange(0.0, 99.0)
        self.least.setSingleStep(0.5)
        self.least.setDecimals(1)
        self.least.setPrefix("≥ ")
        self.least.setSuffix(" rmsd")
        self.least.setToolTip("Peaks at least this high")
        self.least.setAccessibleName("Least height")
        self.longest.setRange(0.0, 999.0)
        self.longest.setDecimals(1)
        self.longest.setSpecialValueText("any length")
        self.longest.setPrefix("≤ ")
        self.longest.setSuffix(" Å")
        self.longest.setToolTip("Vectors no longer than this; 0 for any length")
        self.longest.setAccessibleName("Largest length")
        self.harker = QComboBox()
        self.harker.setToolTip("Peaks on a Harker section")
        self.harker.setAccessibleName("Harker section")
        self.copies = QCheckBox("Copies")
        self.copies.setToolTip("Mark every symmetry copy of a peak in the view")
        self.copies.toggled.connect(self.copies_toggled)
        self.least.valueChanged.connect(self._filter)
        self.longest.valueChanged.connect(self._filter)
        self.harker.currentIndexChanged.connect(self._filter)
        return self.least, self.longest, self.harker, self.copies

    def _filter(self) -> None:
        self.rows.set_limits(
            self.least.value(), self.longest.value(), self.harker.currentData() or ALL_PEAKS
        )
        self._show_words()

    def _fill_harker(self) -> None:
        """Offer the sections that hold a peak, and keep the choice where it is still there."""
        chosen = self.harker.currentData()
        labels = dict.fromkeys(label for peak in self.model.peaks for label in peak.harker)
        blocker = QSignalBlocker(self.harker)
        self.harker.clear()
        for name, key in (("All peaks", ALL_PEAKS), *((label, label) for label in sorted(labels))):
            self.harker.addItem(name, key)
        if labels:
            self.harker.insertItem(1, "On Harker sections", ON_ANY)
            self.harker.insertItem(2, "On none", ON_NONE)
        self.harker.setCurrentIndex(max(0, self.harker.findData(chosen)))
        self.harker.setVisible(bool(labels))
        del blocker

    def set_copies(self, shown: bool) -> None:
        """Tell whether symmetry copies are marked."""
        blocker = QSignalBlocker(self.copies)
        self.copies.setChecked(shown)
        del blocker

    def step(self, by: int) -> None:
        """Go `by` lines down in the table, and show that peak."""
        if not self.rows.rowCount():
            return
        current = self.table.currentIndex()
        row = current.row() + by if current.isValid() else 0
        self.table.selectRow(row % self.rows.rowCount())
        self._choose(self.rows.mapToSource(self.table.currentIndex()).row())

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.watched.emit(True)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.watched.emit(False)

    def set_maps(self, maps: Sequence[tuple[str, object]], chosen: object) -> None:
        """Offer maps, as names and keys; one alone is not offered."""
        blocker = QSignalBlocker(self.map)
        self.map.clear()
        for name, key in maps:
            self.map.addItem(name, key)
        self.map.setCurrentIndex(max(0, self.map.findData(chosen)))
        self.map.setVisible(len(maps) > 1)
        self._map_name = self.map.currentText()
        del blocker
        self._show_words()

    def set_peaks(
        self,
        peaks: Sequence[Peak],
        units: str,
        near: Sequence[NearestAtom | None] | None = None,
    ) -> None:
        """Show these; the first may be the origin peak. `near` : of the peaks of a density, the
        nearest atoms."""
        headings = (self.model.near is None) != (near is None)
        self.model.set_peaks(peaks, units, near)
        if headings:
            last = self.model.columnCount() - 1
            self.model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, last)
            tip = "Vectors no longer than this; 0 for any length"
            self.longest.setToolTip(
                tip if near is None else "Peaks no farther than this from an atom; 0 for all"
            )
            self.longest.setSpecialValueText("any length" if near is None else "any distance")
        self.copies.setVisible(near is None)
        self._solve.setVisible(near is None)
        self._fill_harker()
        self._filter()
        self._save.setEnabled(bool(peaks))
        self._show_solvable()

    def _show_words(self) -> None:
        peaks = self.model.peaks
        if self.model.near is not None:
            self._show_words_of_density()
            return
        if not peaks:
            self._words.set_texts("Patterson peaks appear here when a file is open.")
            return
        n = sum(not peak.is_origin for peak in peaks)
        shown = [self.rows.mapToSource(self.rows.index(i, 0)).row() for i in self._lines()]
        listed = sum(not peaks[row].is_origin for row in shown)
        short = f"{n} unique Patterson peak{'' if n == 1 else 's'} besides the origin"
        if listed < n:
            self._words.set_texts(f"{listed} of {short}", f"{listed} of {n} peaks")
        else:
            self._words.set_texts(f"{short}. Click a row to show the peak.", short, f"{n} peaks")

    def _show_words_of_density(self) -> None:
        n, listed = len(self.model.peaks), len(self._lines())
        what = f"peak{'' if n == 1 else 's'} of the map “{self._map_name}”"
        if not n:
            self._words.set_texts(f"No {what} yet.", "No peaks yet.")
        elif listed < n:
            self._words.set_texts(f"{listed} of {n} {what}", f"{listed} of {n} peaks")
        else:
            self._words.set_texts(f"{n} {what}. Click a row to show the peak.", f"{n} peaks")

    def _lines(self) -> range:
        return range(self.rows.rowCount())

    def chosen(self) -> tuple[tuple[float, float, float], ...]:
        """u v w of the chosen rows from the top of the table, without the origin peak; of Patterson
        peaks alone."""
        if self.model.near is not None:
            return ()
        peaks = (self.model.peaks[row] for row in self.table.chosen())
        return tuple(peak.frac for peak in peaks if not peak.is_origin)

    @property
    def lists_density(self) -> bool:
        """Whether the peaks are those of a density."""
        return self.model.near is not None

    def set_solvable(self, blocked: str | None) -> None:
        """Say why nothing can be solved now; None when it can."""
        self._blocked = blocked
        self._show_solvable()

    def _show_solvable(self) -> None:
        what = (
            "Solve the structure; the first tries begin from the Patterson map superposed on "
            "itself at the chosen peaks"
        )
        reason = self._blocked or (None if self.chosen() else "Choose peaks in the table first.")
        self._solve.setEnabled(reason is None)
        self._solve.setToolTip(reason or what)

    def _text_of(self, rows: Sequence[int]) -> str:
        """Rows of the table, tab-separated."""
        return "\n".join("\t".join(self.model.texts(row)) for row in rows)

    def _choose(self, row: int) -> None:
        self.peak_chosen.emit(tuple(float(x) for x in self.model.peaks[row].frac))
