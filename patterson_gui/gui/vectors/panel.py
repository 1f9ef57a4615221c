"""The panel of interatomic vectors: of which model, which ones, and how they meet the peaks."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.vectors.vectors import (
    KIND_NAMES,
    SOURCE_NAMES,
    ModelVectors,
    VectorView,
)
from patterson_gui.gui.vectors.table import SortedByModel, VectorModel
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.tables.model_table import ModelTable

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
        self._sorted = SortedByModel()
        self._sorted.setSourceModel(self.model)
        self.table = ModelTable(
            self._sorted, "Interatomic vectors", self.model.texts, widths=_WIDTHS
        )
        self.table.sortByColumn(_WEIGHT, Qt.SortOrder.DescendingOrder)
        self.table.header.setStretchLastSection(False)
        self.table.header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.row_chosen.connect(self._choose)
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
        self.table.choose_row(listed.index(row) if row in listed else None)

    # ------------------------------------------------------------------ the user
    def _choose(self, row: int) -> None:
        self.vector_chosen.emit(int(self.model.listed[row]))

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
