"""What is encoded: the crystal's name, cell and atoms, and the tools to edit them."""

from PyQt6.QtCore import QEvent, QSignalBlocker, QSize, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import SampleKind
from patterson_gui.gui.explorer.atoms_table import AtomsTable
from patterson_gui.gui.explorer.periodic_table import PeriodicTable
from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.not_none import not_none

KIND_WORDS: tuple[tuple[SampleKind, str, str], ...] = (
    ("crystal", "One unit cell", "The atoms of one cell in the middle of the cube, nothing around"),
    ("lattice", "Window on the crystal", "The crystal as it goes on through the cube"),
)


class CrystalPanel(QWidget):
    """Tells what the user wants; shows what it is given.

    Signals
    -------
    element_wanted(rows, text), coordinate_wanted(row, axis, value, frac)
    refused(str) : what was typed is no number; a sentence.
    step_wanted(int) : undo (−1) or redo (1).
    kind_chosen(SampleKind), row_chosen(int)
    """

    element_wanted = pyqtSignal(list, str)
    coordinate_wanted = pyqtSignal(int, int, float, bool)
    refused = pyqtSignal(str)
    step_wanted = pyqtSignal(int)
    kind_chosen = pyqtSignal(str)
    row_chosen = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.kind = QComboBox()
        for value, text, _ in KIND_WORDS:
            self.kind.addItem(text, value)
        self.kind.setAccessibleName("What of a crystal is encoded")
        self.kind.setToolTip("\n".join(f"{text}: {tip}" for _, text, tip in KIND_WORDS))
        self.kind.activated.connect(lambda row: self.kind_chosen.emit(self.kind.itemData(row)))
        self.name = text_label("")
        self.name.setObjectName("view-title")
        self.facts = text_label("", dim=True)
        self.table = AtomsTable()
        self.atoms = self.table.atoms
        self.atoms.element_typed.connect(lambda row, text: self.element_wanted.emit([row], text))
        self.atoms.coordinate_typed.connect(self._coordinate)
        selection = not_none(self.table.selectionModel())
        selection.currentRowChanged.connect(lambda now, _before: self.row_chosen.emit(now.row()))
        selection.selectionChanged.connect(lambda *_: self._show_tools())
        self._periodic: PeriodicTable | None = None
        self._make_tools()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addWidget(self.kind)
        layout.addWidget(self.name)
        layout.addWidget(self.facts)
        layout.addWidget(self.table, 1)
        layout.addLayout(self._tools)
        self.show_crystal(None, edited=False, undo=False, redo=False)

    def _make_tools(self) -> None:
        self.element = QPushButton("Element…")
        self.element.setToolTip("Choose another element for the selected atoms")
        self.element.clicked.connect(self._choose_element)
        self.frac = QToolButton()
        self.frac.setObjectName("framed")
        self.frac.setToolTip("Fractional coordinates, or ångströms")
        self.frac.clicked.connect(self._other_coordinates)
        self.undo, self.redo = QToolButton(), QToolButton()
        for button, tip, by, key in (
            (self.undo, "Undo the edit", -1, QKeySequence.StandardKey.Undo),
            (self.redo, "Redo the edit", 1, QKeySequence.StandardKey.Redo),
        ):
            button.setObjectName("framed")
            button.setIconSize(QSize(16, 16))
            shortcut = QShortcut(QKeySequence(key), self)
            button.setToolTip(f"{tip} ({shortcut.key().toString()})")
            button.clicked.connect(lambda _on=False, by=by: self.step_wanted.emit(by))
            shortcut.activated.connect(button.click)
        self._tools = QHBoxLayout()
        self._tools.setSpacing(8)
        self._tools.addWidget(self.element)
        self._tools.addWidget(self.frac)
        self._tools.addStretch(1)
        self._tools.addWidget(self.undo)
        self._tools.addWidget(self.redo)
        self._dress()

    # ------------------------------------------------------------------ showing
    def show_crystal(
        self, material: Material | None, *, edited: bool, undo: bool, redo: bool
    ) -> None:
        """A crystal and what can be done with it."""
        self.undo.setEnabled(undo)
        self.redo.setEnabled(redo)
        self.atoms.set_material(material)
        if material is None:
            self.name.setText("No crystal yet")
            self.facts.setText("Open one with the buttons above.")
        else:
            label = material.label + (", edited" if edited else "")
            self.name.setText(label)
            self.facts.setText(facts_of(material))
        self._show_tools()

    def show_kind(self, kind: SampleKind) -> None:
        blocker = QSignalBlocker(self.kind)
        self.kind.setCurrentIndex([value for value, *_ in KIND_WORDS].index(kind))
        del blocker

    def choose_row(self, row: int) -> None:
        """Select an atom, as where it was picked in a view."""
        self.table.selectRow(row)
        self.table.scrollTo(self.atoms.index(row, 0))

    def _show_tools(self) -> None:
        chosen = self.table.chosen()
        self.element.setEnabled(bool(chosen))
        self.frac.setText("Å" if self.atoms.frac else "x y z")
        self.frac.setEnabled(self.atoms.material is not None)

    # ------------------------------------------------------------------ asking
    def _coordinate(self, row: int, axis: int, text: str) -> None:
        try:
            value = float(text.replace("−", "-").replace(",", "."))
        except ValueError:
            self.refused.emit(f"“{text}” is no number: type a coordinate, as 0.25.")
            return
        material = self.atoms.material
        frac = self.atoms.frac and material is not None and material.lattice is not None
        self.coordinate_wanted.emit(row, axis, value, frac)

    def _choose_element(self) -> None:
        if self._periodic is None:
            self._periodic = PeriodicTable(self)
            self._periodic.chosen.connect(
                lambda number: self.element_wanted.emit(self.table.chosen(), str(number))
            )
        self._periodic.show_below(self.element)

    def _other_coordinates(self) -> None:
        chosen = self.table.chosen()
        self.atoms.set_frac(not self.atoms.frac)
        if chosen:
            self.choose_row(chosen[0])
        self._show_tools()

    def _dress(self) -> None:
        self.undo.setIcon(icon("undo"))
        self.redo.setIcon(icon("redo"))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._dress()


def facts_of(material: Material) -> str:
    """Formula, atoms and cell in a line or two."""
    n = len(material)
    first = f"{material.formula} · {n} atom{'' if n == 1 else 's'}"
    cell = material.cell
    if cell is None:
        return f"{first}\nno lattice"
    edges = "  ".join(f"{x:.2f}" for x in cell.parameters[:3])
    angles = "  ".join(f"{x:.0f}°" for x in cell.parameters[3:])
    return f"{first}\n{edges} Å,  {angles}"
