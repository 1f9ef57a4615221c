"""The dialog that takes a fragment out of a protein, the kind of problem of the papers.

It proposes two bonded residues in a 12 Å cube, and shows their model and true density. The
user chooses chain, first and last residue, and a cube or the fragment's extent with a
margin. Errors are shown below the field that causes them, and disable "Use this fragment".
"""

from collections.abc import Sequence

from PyQt6.QtCore import QSignalBlocker, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.fragments import FragmentChoices, FragmentRequest
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.models.residues import ResidueChoice
from patterson_gui.crystal.problem_kinds import B_ISO, CELL_EDGE, D_MIN, MARGIN
from patterson_gui.gui.viewer3d.map_view import MapView
from patterson_gui.gui.widgets.dialog_buttons import dialog_buttons
from patterson_gui.gui.widgets.plain_text import PlainLabel

PREVIEW_DELAY_MS = 200
PREVIEW_LEVEL_RMSD = 2.5
FIELDS_WIDTH = 304
LENGTH_WIDTH = 96


class FragmentDialog(QDialog):
    """Asks for previews by `preview_wanted` and ends with `chosen`."""

    preview_wanted = pyqtSignal(object)  # FragmentRequest
    chosen = pyqtSignal(object)  # Crystal

    def __init__(self, name: str, choices: FragmentChoices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Fragment of {name}")
        self.resize(880, 520)
        self._residues: dict[str, list[ResidueChoice]] = {}
        for run in choices.runs:
            self._residues.setdefault(run.chain, []).extend(run.residues)
        self._fragment: Crystal | None = None
        self._make_fields()
        self._make_preview()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PREVIEW_DELAY_MS)
        self._timer.timeout.connect(self._ask_preview)
        self._lay_out()
        self._propose(choices)
        self._connect()
        self._timer.start(0)

    # ------------------------------------------------------------------ making
    def _make_fields(self) -> None:
        self.chain = QComboBox()
        self.first = QComboBox()
        self.last = QComboBox()
        for box in (self.first, self.last):
            box.setMaxVisibleItems(16)
        self.cube = QRadioButton("Cube of")
        self.extent = QRadioButton("Extent +")
        self.cube.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self.cube)
        group.addButton(self.extent)
        self.edge = self._length(CELL_EDGE, 4.0, 200.0, "Edge of the cube")
        self.margin = self._length(MARGIN, 0.5, 50.0, "Free space to the next copy along each axis")
        self.d_min = self._length(D_MIN, 0.6, 6.0, "Resolution of the calculated amplitudes")
        self.b_iso = QDoubleSpinBox()
        self.b_iso.setRange(0.0, 200.0)
        self.b_iso.setValue(B_ISO)
        self.b_iso.setDecimals(0)
        self.b_iso.setSuffix(" Å²")
        self.b_iso.setFixedWidth(LENGTH_WIDTH)
        self.b_iso.setToolTip("B factor given to every atom")
        self.residue_error = self._error_label()
        self.cell_error = self._error_label()

    @staticmethod
    def _length(value: float, low: float, high: float, tip: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(low, high)
        box.setDecimals(1)
        box.setSingleStep(0.5)
        box.setValue(value)
        box.setSuffix(" Å")
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        box.setFixedWidth(LENGTH_WIDTH)
        return box

    @staticmethod
    def _error_label() -> QLabel:
        label = PlainLabel()
        label.setProperty("error", True)
        label.setWordWrap(True)
        label.hide()
        return label

    def _make_preview(self) -> None:
        self.view = MapView("True density of the fragment")
        self.view.set_empty("The fragment appears here.")
        self.words = PlainLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setMinimumHeight(56)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Chain", self.chain)
        form.addRow("From residue", self.first)
        form.addRow("To residue", self.last)
        form.addRow(self.residue_error)
        for choice, length in ((self.cube, self.edge), (self.extent, self.margin)):
            row = QHBoxLayout()
            row.addWidget(choice, 1)
            row.addWidget(length)
            form.addRow("Cell" if choice is self.cube else "", row)
        form.addRow(self.cell_error)
        form.addRow("Resolution", self.d_min)
        form.addRow("B factor", self.b_iso)
        self.use: QPushButton = QPushButton("Use this fragment")
        self.use.setObjectName("primary")
        buttons = dialog_buttons(self, self.use)
        fields = QWidget()
        fields.setFixedWidth(FIELDS_WIDTH)
        left = QVBoxLayout(fields)
        left.setContentsMargins(0, 0, 0, 0)
        left.addLayout(form)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.view, 1)
        right.addWidget(self.words)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addWidget(fields)
        columns.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(columns, 1)
        layout.addWidget(buttons)

    def _propose(self, choices: FragmentChoices) -> None:
        for name, residues in self._residues.items():
            self.chain.addItem(f"{name or 'unnamed'}  ({len(residues)} residues)", name)
        self.chain.setCurrentIndex(max(0, self.chain.findData(choices.chain)))
        self._fill_residues(choices.first, choices.last)

    def _connect(self) -> None:
        self.chain.currentIndexChanged.connect(lambda: self._fill_residues(None, None))
        self.first.currentIndexChanged.connect(self._keep_length)
        self.last.currentIndexChanged.connect(self._remember_length)
        for box in (self.edge, self.margin, self.d_min, self.b_iso):
            box.valueChanged.connect(self._changed)
        self.cube.toggled.connect(self._changed)
        self._show_enabled()

    # ------------------------------------------------------------------ choosing
    def _fill_residues(self, first: str | None, last: str | None) -> None:
        residues = self._residues.get(self.chain.currentData(), [])
        blockers = [QSignalBlocker(self.first), QSignalBlocker(self.last)]
        for box in (self.first, self.last):
            box.clear()
            for residue in residues:
                lacks = "" if residue.complete else "  (incomplete)"
                box.addItem(f"{residue.seqid}  {residue.name}{lacks}", residue.seqid)
        start = max(0, self.first.findData(first)) if first is not None else _first_pair(residues)
        end = self.last.findData(last) if last is not None else start + 1
        self.first.setCurrentIndex(start)
        self.last.setCurrentIndex(min(max(end, start), len(residues) - 1))
        self._length_chosen = self.last.currentIndex() - start
        del blockers
        self._changed()

    def _keep_length(self) -> None:
        """Move the last residue when the first one changes, so that the length stays."""
        blocker = QSignalBlocker(self.last)
        end = self.first.currentIndex() + max(self._length_chosen, 0)
        self.last.setCurrentIndex(min(end, self.last.count() - 1))
        del blocker
        self._changed()

    def _remember_length(self) -> None:
        self._length_chosen = self.last.currentIndex() - self.first.currentIndex()
        self._changed()

    def request(self) -> FragmentRequest:
        """The request that the fields describe."""
        return FragmentRequest(
            chain=self.chain.currentData() or "",
            first=self.first.currentData() or "",
            last=self.last.currentData() or "",
            cell_edge=self.edge.value() if self.cube.isChecked() else None,
            margin=self.margin.value(),
            b_iso=self.b_iso.value(),
            d_min=self.d_min.value(),
        )

    def _changed(self) -> None:
        self._show_enabled()
        self._fragment = None
        self.use.setEnabled(False)
        self.use.setToolTip("The preview is being computed.")
        if hasattr(self, "_timer"):
            self._timer.start()

    def _show_enabled(self) -> None:
        self.edge.setEnabled(self.cube.isChecked())
        self.margin.setEnabled(self.extent.isChecked())

    def _ask_preview(self) -> None:
        self.preview_wanted.emit(self.request())

    # ------------------------------------------------------------------ answers
    def show_fragment(self, fragment: Crystal) -> None:
        """Show the preview."""
        self._fragment = fragment
        self._show_errors("", "")
        self.words.setText(fragment.provenance)
        self.view.set_map(fragment.truth)
        self.view.set_level(PREVIEW_LEVEL_RMSD)
        self.view.set_model(fragment.model)
        self.use.setEnabled(True)
        self.use.setToolTip("")

    def show_error(self, sentence: str, field: str) -> None:
        """Show an error below the field that causes it."""
        in_cell = field == "cell"
        self._show_errors("" if in_cell else sentence, sentence if in_cell else "")
        self.words.setText("")
        self.use.setEnabled(False)
        self.use.setToolTip(sentence)
        self.view.set_map(None)
        self.view.set_model(None)

    def _show_errors(self, residues: str, cell: str) -> None:
        for label, text in ((self.residue_error, residues), (self.cell_error, cell)):
            label.setText(text)
            label.setVisible(bool(text))

    def accept(self) -> None:
        if self._fragment is None:
            return
        fragment = self._fragment
        super().accept()
        self.chosen.emit(fragment)


def _first_pair(residues: Sequence[ResidueChoice]) -> int:
    """Index of the first of two complete neighbours; 0 where there are none."""
    for i in range(len(residues) - 1):
        if residues[i].complete and residues[i + 1].complete:
            return i
    return 0
