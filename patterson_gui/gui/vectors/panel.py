"""The panel of interatomic vectors: of which model, which ones, and how they meet the peaks."""

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.vectors.vectors import (
    KIND_NAMES,
    SOURCE_NAMES,
    ModelVectors,
    VectorView,
)
from patterson_gui.gui.vectors.table import ORDER_ROLE, VectorModel
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.not_none import not_none

_WIDTHS = (240, 64, 64, 64, 96, 104, 104, 64, 112)
_WEIGHT = 5  # the column by which rows are sorted at first
_EMPTY = "The vectors between the atoms of a model appear here when a file with atoms is open."


class VectorsPanel(QWidget):
    """A table with two choices above it.

    Signals
    -------
    watched(bool) : the panel came to the front, or left it.
    source_wanted(VectorSource), kind_wanted(VectorKind), all_atoms_wanted() : choices.
    vector_chosen(int) : row of the vector in the current line.
    """

    watched = pyqtSignal(bool)
    source_wanted = pyqtSignal(object)
    kind_wanted = pyqtSignal(object)
    all_atoms_wanted = pyqtSignal()
    vector_chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = VectorModel()
        self._sorted = QSortFilterProxyModel()
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(ORDER_ROLE)
        self._make_table()
        self.words = FittingLabel()
        self.source, self.kind = QComboBox(), QComboBox()
        self.source.setToolTip("The model whose vectors are shown")
        self.source.setAccessibleName("Model")
        self.kind.setToolTip("Which vectors are listed")
        self.kind.setAccessibleName("Vectors")
        for kind, name in KIND_NAMES.items():
            self.kind.addItem(name, kind)
        self.source.activated.connect(lambda _: self.source_wanted.emit(self.source.currentData()))
        self.kind.activated.connect(lambda _: self.kind_wanted.emit(self.kind.currentData()))
        self.all_atoms = QPushButton("All atoms")
        self.all_atoms.setToolTip("List the vectors of all atoms again")
        self.all_atoms.clicked.connect(self.all_atoms_wanted)
        bar = QHBoxLayout()
        bar.addWidget(self.words, 1)
        for widget in (self.all_atoms, self.kind, self.source):
            bar.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)

    def _make_table(self) -> None:
        self.table = QTableView()
        self.table.setModel(self._sorted)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(_WEIGHT, Qt.SortOrder.DescendingOrder)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setAccessibleName("Interatomic vectors")
        rows = not_none(self.table.verticalHeader())
        rows.hide()
        rows.setDefaultSectionSize(24)
        header = not_none(self.table.horizontalHeader())
        header.setHighlightSections(False)
        header.setStretchLastSection(False)
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, width)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._selection = not_none(self.table.selectionModel())
        self._selection.currentRowChanged.connect(self._choose)
        self.table.clicked.connect(self._choose)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy)

    # ------------------------------------------------------------------ showing
    def show_view(self, view: VectorView) -> None:
        """Show the vectors of `view`, and its choices."""
        shown, sources = view.shown, view.sources()
        self.source.clear()
        for source in sources:
            self.source.addItem(SOURCE_NAMES[source], source)
        if shown is not None:
            self.source.setCurrentIndex(self.source.findData(shown.source))
        self.source.setEnabled(len(sources) > 1)
        self.source.setVisible(bool(sources))
        self.kind.setCurrentIndex(self.kind.findData(view.kind))
        self.kind.setVisible(bool(sources))
        self.all_atoms.setVisible(view.atom is not None)
        self.model.set_vectors(shown, view.rows())
        self.words.set_texts(*_words(view, shown))

    def select(self, row: int | None) -> None:
        """Make the line of a vector the current one."""
        listed = self.model.listed.tolist()
        if row is None or row not in listed:
            self._selection.clear()
            return
        index = self._sorted.mapFromSource(self.model.index(listed.index(row), 0))
        if index.row() != self.table.currentIndex().row():
            flags = QItemSelectionModel.SelectionFlag
            self._selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(index)

    # ------------------------------------------------------------------ the user
    def _choose(self, index: QModelIndex, _previous: QModelIndex | None = None) -> None:
        source = self._sorted.mapToSource(index)
        if source.isValid() and source.row() < len(self.model.listed):
            self.vector_chosen.emit(int(self.model.listed[source.row()]))

    def _copy(self) -> None:
        chosen = sorted(self._selection.selectedRows(), key=lambda index: index.row())
        copy_text(self.model.texts([self._sorted.mapToSource(i).row() for i in chosen]))

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.watched.emit(True)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.watched.emit(False)


def _words(view: VectorView, shown: ModelVectors | None) -> tuple[str, ...]:
    """What is shown, longest first."""
    if shown is None:
        return (view.trouble or _EMPTY,)
    n = len(view.rows())
    vectors = f"{n:,} vector{'' if n == 1 else 's'}"
    if view.atom is not None:
        vectors += f" of {shown.atoms.labels[view.atom]}"
    matches, first = shown.matches, shown.numbers.start
    explained = int(matches.explained[1 - first :].sum())
    peaks = len(matches.weight) - (1 - first)
    short = f"{vectors}; {explained} of {peaks} peaks explained"
    near = matches.residual[matches.peak >= 1 - first]
    texts = [short]
    if len(near):
        mean = float((near**2).mean() ** 0.5)
        texts.insert(0, f"{short}, r.m.s. residual {mean:.2f} Å")
    if shown.vectors.left_out:
        texts.insert(0, f"{texts[0]}; {shown.vectors.left_out:,} pairs of light atoms left out")
    return tuple(texts)
