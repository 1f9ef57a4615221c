"""The panel of heavy-atom sites: find them, make them from peaks, edit, save and remove them."""

from collections.abc import Callable, Sequence

from PyQt6.QtCore import (
    QSignalBlocker,
    QSortFilterProxyModel,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.sites.sites import ListedSite
from patterson_gui.gui.sites.table import SiteModel
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.tables.model_table import ModelTable

_WIDTHS = (72, 80, 248, 80, 80, 80, 104, 88)
EMPTY = (
    "Heavy-atom sites appear here: find them from differences, or choose Harker peaks in the tab "
    "Peaks and press From peaks."
)
_EMPTY_SHORT = "No sites yet: press Find sites or From peaks."
FIND, STOP = "Find sites…", "Stop"


class SitesPanel(QWidget):
    """A table with buttons above it.

    Signals
    -------
    watched(bool) : the panel came to the front, or left it.
    find_clicked(), stop_clicked(), from_peaks_clicked(), add_clicked(), refine_clicked(),
    phase_clicked(), open_clicked(), save_clicked() : buttons.
    remove_clicked(list) : rows of the sites.
    site_chosen(int) : row of the site in the current line.
    """

    watched = pyqtSignal(bool)
    find_clicked = pyqtSignal()
    stop_clicked = pyqtSignal()
    from_peaks_clicked = pyqtSignal()
    add_clicked = pyqtSignal()
    refine_clicked = pyqtSignal()
    phase_clicked = pyqtSignal()
    open_clicked = pyqtSignal()
    save_clicked = pyqtSignal()
    remove_clicked = pyqtSignal(list)
    site_chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = SiteModel()
        self._sorted = QSortFilterProxyModel()
        self._sorted.setSourceModel(self.model)
        self._make_table()
        self.words = FittingLabel()
        self.find_button = self._button(FIND, self._find_or_stop)
        self.from_peaks = self._button("From peaks…", self.from_peaks_clicked.emit)
        self.add = self._button("At cursor…", self.add_clicked.emit)
        self.refine = self._button("Refine", self.refine_clicked.emit)
        self.phase = self._button("Phase…", self.phase_clicked.emit)
        self.remove = self._button("Remove", self._remove)
        self.open = self._button("Open…", self.open_clicked.emit)
        self.open.setToolTip(
            "Sites of a file in place of the list: PDB, mmCIF, SHELX .res, or a table with "
            "element, x, y, z"
        )
        self.save = self._button("Save…", self.save_clicked.emit)
        # As wide with either text, so that the other buttons stay where they are.
        self.find_button.setMinimumWidth(self.find_button.sizeHint().width())
        bar = QHBoxLayout()
        bar.addWidget(self.words, 1)
        for button in (
            self.find_button, self.from_peaks, self.add, self.refine, self.phase, self.remove,
            self.open, self.save,
        ):  # fmt: skip
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)
        self._running = False
        self.set_sites((), ())
        self.show_words("")

    def _button(self, text: str, call: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda _: call())
        return button

    def _make_table(self) -> None:
        self.table = ModelTable(
            self._sorted, "Heavy-atom sites", self.model.rows_text, widths=_WIDTHS
        )
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        triggers = QAbstractItemView.EditTrigger
        self.table.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.table.header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.row_chosen.connect(self.site_chosen)
        self.table.choice_changed.connect(self._show_removable)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._remove)

    # ------------------------------------------------------------------ showing
    def set_sites(self, listed: Sequence[ListedSite], labels: Sequence[str]) -> None:
        """Show these sites, in the order that the user chose."""
        blocker = QSignalBlocker(self.table.selection)
        self.model.set_sites(listed, labels)
        del blocker
        self.save.setEnabled(bool(listed))
        self.save.setToolTip(
            "Save the sites as PDB, SHELX instructions or CSV" if listed else "There are no sites."
        )
        self._show_removable()

    def show_words(self, words: str) -> None:
        """Say what a search found, or what it does; "" where there is nothing to say."""
        n = len(self.model.listed)
        count = f"{n} site{'' if n == 1 else 's'}"
        if words:
            self.words.set_texts(words, f"{words.split(':', maxsplit=1)[0].rstrip('.')}.")
        elif n:
            self.words.set_texts(f"{count}. Click one to mark it and its vectors.", count)
        else:
            self.words.set_texts(EMPTY, _EMPTY_SHORT, "Press Find sites.")
        self.words.setToolTip(words)

    def set_find(self, blocked: str | None, *, running: bool) -> None:
        """Say why no search can begin; while a job about sites runs, the button stops it."""
        self._running = running
        self.find_button.setText(STOP if running else FIND)
        self.find_button.setEnabled(running or blocked is None)
        what = "Stop; the list stays as it is" if running else None
        self.find_button.setToolTip(
            what or blocked or "Find heavy atoms in the differences whose Patterson map is shown"
        )

    def set_from_peaks(self, blocked: str | None) -> None:
        """Say why no site can be made from peaks; None when one can."""
        self.from_peaks.setEnabled(blocked is None)
        self.from_peaks.setToolTip(
            blocked or "The site of one atom from its Harker peaks that are chosen in the tab Peaks"
        )

    def set_refine(self, blocked: str | None) -> None:
        """Say why the sites cannot be refined; None when they can."""
        self.refine.setEnabled(blocked is None)
        self.refine.setToolTip(
            blocked or "Refine coordinates and occupancies of all sites against the differences"
        )

    def set_phase(self, blocked: str | None) -> None:
        """Say why the sites give no phases; None when they do."""
        self.phase.setEnabled(blocked is None)
        self.phase.setToolTip(blocked or "Phases and density from these sites, in both hands")

    def set_add(self, blocked: str | None) -> None:
        """Say why no site can be added at the cursor; None when one can."""
        self.add.setEnabled(blocked is None)
        self.add.setToolTip(blocked or "Add a site at the cursor in a density map")

    def select(self, row: int | None) -> None:
        """Make the line of a site the current one."""
        self.table.choose_row(row)

    def chosen(self) -> list[int]:
        """Rows of the chosen sites, from the top of the table."""
        return self.table.chosen()

    # ------------------------------------------------------------------ the user
    def _find_or_stop(self) -> None:
        (self.stop_clicked if self._running else self.find_clicked).emit()

    def _remove(self) -> None:
        if rows := self.chosen():
            self.remove_clicked.emit(rows)

    def _show_removable(self) -> None:
        chosen = bool(self.chosen())
        self.remove.setEnabled(chosen)
        self.remove.setToolTip(
            "Remove the chosen sites (Del)" if chosen else "Choose sites in the table first."
        )

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.watched.emit(True)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.watched.emit(False)
