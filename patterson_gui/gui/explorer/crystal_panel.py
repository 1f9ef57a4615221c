"""The encoded crystal: name, cell, table of atoms, and tools to edit them."""

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
    (
        "crystal",
        "One unit cell",
        "The atoms of one cell at the centre of an empty cube",
    ),
    ("lattice", "Window on the crystal", "A cut through the periodic crystal that fills the cube"),
)


class CrystalPanel(QWidget):
    """Shows a crystal and emits the edits that the user makes.

    Signals
    -------
    element_wanted(rows, text), coordinate_wanted(row, axis, value, frac)
    refused(str) : the typed text is no number; a sentence.
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
        self.kind.setAccessibleName("Part of the crystal that is encoded")
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
        self.element.setToolTip("Change the element of the selected atoms")
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
            button.setAccessibleName(tip)
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
        self._restyle()

    # ------------------------------------------------------------------ showing
    def show_crystal(
        self, material: Material | None, *, edited: bool, undo: bool, redo: bool
    ) -> None:
        """Show a crystal, and enable undo and redo."""
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
        """Select the row of an atom."""
        self.table.selectRow(row)
        self.table.scrollTo(self.atoms.index(row, 0))

    def _show_tools(self) -> None:
        chosen = self.table.chosen()
        self.element.setEnabled(bool(chosen))
        self.frac.setText("Å" if self.atoms.frac else "x y z")
        self.frac.setEnabled(self.atoms.material is not None)

    # ------------------------------------------------------------------ edits
    def _coordinate(self, row: int, axis: int, text: str) -> None:
        try:
            value = float(text.replace("−", "-").replace(",", "."))
        except ValueError:
            self.refused.emit(f"“{text}” is not a number: type a coordinate such as 0.25.")
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

    def _restyle(self) -> None:
        self.undo.setIcon(icon("undo"))
        self.redo.setIcon(icon("redo"))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._restyle()


def facts_of(material: Material) -> str:
    """Formula, number of atoms and cell, in two lines."""
    n = len(material)
    first = f"{material.formula} · {n} atom{'' if n == 1 else 's'}"
    cell = material.cell
    if cell is None:
        return f"{first}\nno lattice"
    edges = "  ".join(f"{x:.2f}" for x in cell.parameters[:3])
    angles = "  ".join(f"{x:.0f}°" for x in cell.parameters[3:])
    return f"{first}\n{edges} Å,  {angles}"
