"""The table of unique Patterson peaks; a click on a row shows the peak in the view."""

from collections.abc import Sequence

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.crystal.maps.peak_columns import PEAK_COLUMNS, numbers
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.not_none import not_none

Index = QModelIndex


class PeakModel(QAbstractTableModel):
    """The peaks as rows."""

    def __init__(self) -> None:
        super().__init__()
        self.peaks: tuple[Peak, ...] = ()
        self._units = ""

    def set_peaks(self, peaks: Sequence[Peak], units: str) -> None:
        self.beginResetModel()
        self.peaks = tuple(peaks)
        self._units = units
        self.endResetModel()

    def rowCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.peaks)

    def columnCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1 + len(PEAK_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return PEAK_COLUMNS[section - 1].heading_in(self._units) if section else "#"

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and self.peaks[index.row()].is_origin:
            return "The origin peak: the vectors from every atom to itself."
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self.texts(index.row())[index.column()]

    def texts(self, row: int) -> tuple[str, ...]:
        """The cells of a row. A peak has the number that the view and files give it."""
        peak = self.peaks[row]
        name = "origin" if peak.is_origin else str(numbers(self.peaks)[row])
        return (name, *(column.text(peak) for column in PEAK_COLUMNS))


class PeaksPanel(QWidget):
    """The table with a line of text above it."""

    peak_chosen = pyqtSignal(object)  # (u, v, w)
    save_clicked = pyqtSignal()
    solve_clicked = pyqtSignal(object)  # ((u, v, w), ...) of the chosen rows

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PeakModel()
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        rows = not_none(self.table.verticalHeader())
        rows.hide()
        rows.setDefaultSectionSize(24)
        header = not_none(self.table.horizontalHeader())
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.selection = not_none(self.table.selectionModel())
        self.selection.currentRowChanged.connect(self._choose)
        self.table.clicked.connect(self._choose)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_rows)
        self._words = FittingLabel()  # the panel may be narrow
        self._solve = QPushButton("Solve from these peaks")
        self._solve.clicked.connect(lambda: self.solve_clicked.emit(self.chosen()))
        self._blocked: str | None = "Open measured reflections first."
        self.selection.selectionChanged.connect(self._show_solvable)
        self._save = QPushButton("Save table…")
        self._save.clicked.connect(self.save_clicked)
        bar = QHBoxLayout()
        bar.addWidget(self._words, 1)
        bar.addWidget(self._solve)
        bar.addWidget(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)
        self.set_peaks((), "")

    def set_peaks(self, peaks: Sequence[Peak], units: str) -> None:
        """Show these; the first may be the origin peak."""
        self.model.set_peaks(peaks, units)
        n = sum(not peak.is_origin for peak in peaks)
        self._save.setEnabled(bool(peaks))
        self._show_solvable()
        if peaks:
            short = f"{n} unique Patterson peak{'' if n == 1 else 's'} besides the origin"
            self._words.set_texts(
                f"{short}, highest first. Click a row to show the peak.",
                f"{short}, highest first",
                short,
            )
        else:
            self._words.set_texts("Patterson peaks appear here when a file is open.")

    def chosen(self) -> tuple[tuple[float, float, float], ...]:
        """u v w of the chosen rows from the top of the table, without the origin peak."""
        rows = sorted(i.row() for i in self.selection.selectedRows())
        return tuple(p.frac for p in (self.model.peaks[r] for r in rows) if not p.is_origin)

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

    def copy_rows(self) -> None:
        """Copy the chosen rows, tab-separated."""
        rows = sorted(i.row() for i in self.selection.selectedRows())
        lines = ["\t".join(self.model.texts(row)) for row in rows]
        copy_text("\n".join(lines))

    def _choose(self, index: Index, _previous: Index | None = None) -> None:
        if index.isValid() and index.row() < len(self.model.peaks):
            self.peak_chosen.emit(tuple(float(x) for x in self.model.peaks[index.row()].frac))
