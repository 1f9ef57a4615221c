"""The panel of a solution: verdict and figures, and tabs with atoms, space groups, tries, data."""

from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.document.statistics import Rows
from patterson_gui.app.solving.tables import (
    GROUP_HEAD,
    GROUP_TIPS,
    TRY_HEAD,
    TRY_TIPS,
    data_notes,
    data_rows,
    group_rows,
    try_rows,
)
from patterson_gui.crystal.solution import (
    RefinementFigures,
    SolveVerdict,
    SpaceGroupCandidate,
    Start,
)
from patterson_gui.gui.solving.atoms_tab import AtomsTab
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.labels import Readout, format_number, set_property, text_label
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.scrolled import Disclosure
from patterson_gui.gui.widgets.tables.rows_table import RowsTable

LEAST_WIDTH = 376
NAME_WIDTH = 136  # of the statistics; longer names wrap
VERDICTS: Mapping[SolveVerdict, tuple[str, str]] = {
    "solved": ("Solved", "good"),
    "probably": ("Probably solved", "warning"),
    "not solved": ("Not solved", "error"),
}
UNSOLVED = "Not solved yet"


class SolutionPanel(QWidget):
    """Shows a solution, also one that is running.

    Signals
    -------
    refine_clicked, undo_clicked, redo_clicked, save_clicked
    try_clicked(number) : of a try, to see its map; −1: the model again.
    group_clicked(name) : refine in this space group.
    """

    refine_clicked = pyqtSignal()
    undo_clicked = pyqtSignal()
    redo_clicked = pyqtSignal()
    save_clicked = pyqtSignal()
    try_clicked = pyqtSignal(int)
    group_clicked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict = PlainLabel(UNSOLVED)
        self.verdict.setFont(theme.readout_font())
        self.reason = text_label("")
        self.advice = text_label("", dim=True)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the solution")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setRange(0, 1000)
        self.r1 = Readout("R1")
        self.r1.setToolTip("Σ||Fo| − |Fc|| / Σ|Fo| of the reflections above 2σ(I)")
        self.wr2 = Readout("wR2")
        self.wr2.setToolTip("√(Σ w (Fo² − Fc²)² / Σ w (Fo²)²) of all reflections")
        self.goof = Readout("Goodness of fit")
        self.goof.setToolTip("Near 1 where the weights suit the data")
        self._figures = QWidget()
        self._make_buttons()
        self.atoms = AtomsTab()
        self.groups = RowsTable(GROUP_HEAD, GROUP_TIPS, numbers=(1, 2, 3))
        self.tries = RowsTable(TRY_HEAD, TRY_TIPS, numbers=(0, 1, 2, 3))
        self.groups.setAccessibleName("Space groups that were tried")
        self.tries.setAccessibleName("Tries from random phases")
        self.data = QScrollArea()
        self.data.setWidgetResizable(True)
        self._candidates: tuple[SpaceGroupCandidate, ...] = ()
        self._starts: tuple[Start, ...] = ()
        self._group = ""
        self._can_refine = False
        self._lay_out()
        self.setMinimumWidth(LEAST_WIDTH)
        self.show_data(None)
        self.show_tries((), None)
        self.show_groups((), "")

    # ------------------------------------------------------------------ making
    def _make_buttons(self) -> None:
        self.refine = QPushButton("Refine")
        self.refine.setToolTip("Refine the model against the data")
        self.refine.clicked.connect(self.refine_clicked)
        self.undo, self.redo = QToolButton(), QToolButton()
        for button, text, signal in (
            (self.undo, "Undo", self.undo_clicked),
            (self.redo, "Redo", self.redo_clicked),
        ):
            button.setObjectName("framed")
            button.setText(text)
            button.setMinimumHeight(26)
            button.clicked.connect(signal)
        self.save = QPushButton("Save…")
        self.save.clicked.connect(self.save_clicked)
        self.refine_in = QPushButton("Refine in this group")
        self.refine_in.setToolTip(
            "Refine in the selected space group; the results in all groups are kept"
        )
        self.refine_in.clicked.connect(self._refine_in)
        self.model_again = QPushButton("Show the model")
        self.model_again.setToolTip("Show the model with its maps again")
        self.model_again.clicked.connect(lambda: self.try_clicked.emit(-1))

    def _lay_out(self) -> None:
        readouts = QGridLayout()
        readouts.setSpacing(theme.GRID)
        for column, readout in enumerate((self.r1, self.wr2, self.goof)):
            readouts.addWidget(readout, 0, column)
            readouts.setColumnStretch(column, 1)
        inside = QVBoxLayout(self._figures)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GRID)
        inside.addLayout(readouts)
        facts = QWidget()
        self._facts = QFormLayout(facts)
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._facts.setHorizontalSpacing(2 * theme.GRID)
        self._facts.setVerticalSpacing(4)
        self.details = Disclosure("Details", facts)
        inside.addWidget(self.details)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        buttons.addWidget(self.refine)
        buttons.addWidget(self.undo)
        buttons.addWidget(self.redo)
        buttons.addStretch(1)
        buttons.addWidget(self.save)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.atoms, "Atoms")
        self.tabs.addTab(self._group_page(), "Space groups")
        self.tabs.addTab(self._try_page(), "Tries")
        self.tabs.addTab(self.data, "Data")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, 0)
        layout.setSpacing(theme.GRID)
        for widget in (self.verdict, self.reason, self.bar, self.advice, self._figures):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addWidget(self.tabs, 1)

    def _group_page(self) -> QWidget:
        self.group_words = text_label("", dim=True)
        self.groups.itemSelectionChanged.connect(self._show_refine_in)
        self.groups.cellDoubleClicked.connect(lambda _row, _column: self._refine_in())
        return _page(self.group_words, self.refine_in, self.groups)

    def _try_page(self) -> QWidget:
        self.try_words = text_label("", dim=True)
        self.tries.row_clicked.connect(lambda row: self.try_clicked.emit(self._starts[row].number))
        return _page(self.try_words, self.model_again, self.tries)

    # ------------------------------------------------------------------ verdict and figures
    def show_verdict(self, title: str, kind: str, reason: str, advice: str) -> None:
        """Say whether it is solved; `kind` is "good", "warning", "error" or ""."""
        self.verdict.setText(title)
        for name in ("good", "warning", "error"):
            set_property(self.verdict, name, name == kind)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))

    def show_progress(self, fraction: float | None) -> None:
        """How far it is (0..1); None: nothing runs."""
        self.bar.setVisible(fraction is not None)
        self.bar.setValue(round(1000 * min(max(fraction or 0.0, 0.0), 1.0)))

    def show_figures(
        self, figures: RefinementFigures | None, rows: Rows = (), *, outdated: bool = False
    ) -> None:
        """R1, wR2, goodness of fit, and rows below them; None: no model is refined yet.

        `outdated` : they belong to the model before it was corrected.
        """
        self._figures.setVisible(figures is not None)
        for readout in (self.r1, self.wr2, self.goof):
            readout.set_dim(outdated)
        if figures is None:
            return
        self.r1.set(format_number(figures.r1, 3))
        self.wr2.set(format_number(figures.wr2, 3))
        self.goof.set(format_number(figures.goof, 2))
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for name, value in rows:
            self._facts.addRow(_dim(name), text_label(value, dim=outdated))

    # ------------------------------------------------------------------ tabs
    def show_tries(self, starts: Sequence[Start], shown: int | None, model: bool = False) -> None:
        """The tries; `shown` is the number of the one whose map is on the screen."""
        self._starts = tuple(starts)
        self.tries.set_rows(
            try_rows(starts), marked=[i for i, start in enumerate(starts) if start.solved]
        )
        numbers = [start.number for start in starts]
        self.tries.choose_row(numbers.index(shown) if shown in numbers else None)
        self.try_words.setText(
            f"The map of try {shown} is shown. Its origin and hand are arbitrary."
            if shown is not None
            else "Click a try to see its map. In bold: R is far below that of random phases."
            if starts
            else "The tries appear here while the structure is being solved."
        )
        self.model_again.setVisible(model and shown is not None)

    def show_groups(self, candidates: Sequence[SpaceGroupCandidate], present: str) -> None:
        """The space groups; `present` is that of the model on the screen."""
        self._candidates, self._group = tuple(candidates), present
        marked = [i for i, row in enumerate(candidates) if row.name == present]
        tips = [row.reason for row in candidates]
        self.groups.set_rows(group_rows(candidates), marked=marked, tips=tips)
        self.group_words.setText(
            "Best first; the group of the model is in bold. Select a group to see why."
            if candidates
            else "The space groups appear here once the phases are known."
        )
        self._show_refine_in()

    def show_data(self, data: Mapping[str, Any] | None) -> None:
        """Statistics of the measurements."""
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, theme.GRID, theme.GRID, theme.GRID)
        if data is None:
            layout.addWidget(text_label("Statistics of the intensities appear here.", dim=True))
        else:
            for note in data_notes(data):
                warning = text_label(note)
                warning.setProperty("warning", True)
                layout.addWidget(warning)
            for heading, rows in data_rows(data):
                layout.addWidget(_group(heading, rows))
        layout.addStretch(1)
        self.data.setWidget(inner)

    def set_editing(self, can_refine: bool, can_undo: bool, can_redo: bool) -> None:
        """Which buttons can be used now."""
        self.refine.setEnabled(can_refine)
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)
        self._can_refine = can_refine
        self._show_refine_in()

    def show_save(self, blocked: str | None) -> None:
        """Whether the solution can be saved, or why not."""
        self.save.setEnabled(blocked is None)
        self.save.setToolTip(
            blocked or "SHELX files, CIF, maps, PDB and MTZ for Coot, and a report, in a folder"
        )

    def show_tab(self, widget: QWidget) -> None:
        """Bring the tab of a table to the front."""
        for i in range(self.tabs.count()):
            page = self.tabs.widget(i)
            if page is widget or (page is not None and page.isAncestorOf(widget)):
                self.tabs.setCurrentIndex(i)

    def text(self) -> str:
        """Everything that is written on labels of the panel, what is folded too."""
        folded = self.details.content
        return "\n".join(
            label.text()
            for label in self.findChildren(QLabel)
            if label.isVisibleTo(folded if folded.isAncestorOf(label) else self)
        )

    # ------------------------------------------------------------------ parts
    def _chosen_group(self) -> str:
        rows = self.groups.chosen_rows()
        return self._candidates[rows[0]].name if rows and rows[0] < len(self._candidates) else ""

    def _show_refine_in(self) -> None:
        name = self._chosen_group()
        chosen = next((row for row in self._candidates if row.name == name), None)
        if chosen is not None:
            self.group_words.setText(f"{chosen.name}: {chosen.reason or 'no reason was noted'}.")
        self.refine_in.setEnabled(self._can_refine and bool(name) and name != self._group)

    def _refine_in(self) -> None:
        if self.refine_in.isEnabled():
            self.group_clicked.emit(self._chosen_group())


def _dim(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setObjectName("dim")
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    return label


def _group(heading: str, rows: Rows) -> QWidget:
    box = QWidget()
    form = QFormLayout(box)
    form.setContentsMargins(0, 0, 0, theme.GRID)
    form.setHorizontalSpacing(2 * theme.GRID)
    form.setVerticalSpacing(4)
    if heading:
        label = PlainLabel(heading)
        label.setObjectName("heading")
        form.addRow(label)
    for name, value in rows:
        words = _dim(name)
        words.setWordWrap(True)
        words.setFixedWidth(NAME_WIDTH)
        form.addRow(words, text_label(value))
    return box


def _page(words: QLabel, button: QPushButton, table: QWidget) -> QWidget:
    """A page of a tab: words and a button above a table."""
    page = QWidget()
    bar = QHBoxLayout()
    bar.addWidget(words, 1)
    bar.addWidget(button)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, theme.GRID, 0, 0)
    layout.addLayout(bar)
    layout.addWidget(table, 1)
    return page
