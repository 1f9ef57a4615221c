"""The atoms of a solution: their evidence, and buttons that correct them."""

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QMenu,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.solving.tables import ATOM_HEAD, ATOM_TIPS, AtomRow
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.tables.rows_table import RowsTable

ELEMENT_COLUMN = 1
NOTHING = "The atoms appear here when the structure is solved."


class AtomsTab(QWidget):
    """The table of atoms and difference peaks.

    Signals
    -------
    element_chosen(rows, element) : for these `AtomRow`s.
    delete_clicked(rows)
    add_clicked(element) : at the cursor.
    row_chosen(row) : an `AtomRow`, to be shown in the views.
    """

    element_chosen = pyqtSignal(object, str)
    delete_clicked = pyqtSignal(object)
    add_clicked = pyqtSignal(str)
    row_chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._rows: tuple[AtomRow, ...] = ()
        super().__init__(parent)
        self.table = RowsTable(ATOM_HEAD, ATOM_TIPS, numbers=(2,), several=True)
        self.table.setAccessibleName("Atoms of the model")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.table.row_clicked.connect(lambda row: self.row_chosen.emit(self._rows[row]))
        self.table.itemSelectionChanged.connect(self._show_enabled)
        self.table.itemChanged.connect(self._typed)
        self.element = self._button(
            "Element", "Change the element of the selected atoms, or turn selected peaks into atoms"
        )
        self.delete = self._button("Delete", "Delete the selected atoms (Del)")
        self.add = self._button("Add at cursor", "Add an atom at the cursor in the maps")
        self.delete.clicked.connect(self._delete)
        key = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        key.setContext(Qt.ShortcutContext.WidgetShortcut)
        key.activated.connect(self._delete)
        self.words = text_label(NOTHING, dim=True)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        for button in (self.element, self.delete, self.add):
            bar.addWidget(button)
        bar.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.words)
        layout.addWidget(self.table, 1)
        self._can_add = False
        self._enabled = False
        self.set_elements(())
        self._show_enabled()

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("framed")
        button.setText(text)
        button.setToolTip(tip)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return button

    def set_elements(self, elements: Sequence[str]) -> None:
        """The elements that the menus offer; others are typed into the table."""
        for button, call in (
            (self.element, self._choose_element),
            (self.add, self.add_clicked.emit),
        ):
            menu = QMenu(button)
            for element in elements:
                action = menu.addAction(element)
                if action is not None:
                    action.triggered.connect(lambda _on=False, e=element, c=call: c(e))
            old = button.menu()
            button.setMenu(menu)
            if old is not None:
                old.deleteLater()

    def set_rows(self, rows: Sequence[AtomRow], words: str = "") -> None:
        """Show these atoms and peaks; `words` stand above them."""
        chosen = [self._rows[i].label for i in self.table.chosen_rows() if i < len(self._rows)]
        self._rows = tuple(rows)
        self.table.set_rows(
            [row.cells for row in rows],
            tips=[row.tip for row in rows],
            editable=lambda _row, column: column == ELEMENT_COLUMN,
        )
        self._dim_peaks()
        kept = next((i for i, row in enumerate(rows) if row.label in chosen), None)
        self.table.choose_row(kept)
        self.words.setText(words or ("" if rows else NOTHING))
        self.words.setVisible(bool(self.words.text()))
        self._show_enabled()

    def set_editing(self, enabled: bool, can_add: bool) -> None:
        """Whether the model may be corrected now, and whether the cursor is somewhere."""
        self._enabled, self._can_add = enabled, can_add
        self._show_enabled()

    def choose_atom(self, label: str | None) -> None:
        """Choose the row of an atom that was clicked in a view."""
        row = next((i for i, r in enumerate(self._rows) if r.label == label), None)
        self.table.choose_row(row)
        self._show_enabled()

    def text(self) -> str:
        """What stands above the table."""
        labels = self.findChildren(QLabel)
        return "\n".join(label.text() for label in labels if label.isVisibleTo(self))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._dim_peaks()

    def _dim_peaks(self) -> None:
        self.table.dim_rows([i for i, row in enumerate(self._rows) if row.row is None])

    @property
    def rows(self) -> tuple[AtomRow, ...]:
        """What is shown."""
        return self._rows

    def _chosen(self) -> list[AtomRow]:
        return [self._rows[i] for i in self.table.chosen_rows() if i < len(self._rows)]

    def _show_enabled(self) -> None:
        chosen = self._chosen()
        self.element.setEnabled(self._enabled and bool(chosen))
        self.delete.setEnabled(self._enabled and any(row.row is not None for row in chosen))
        self.add.setEnabled(self._enabled and self._can_add)
        self.add.setToolTip(
            "Add an atom at the cursor in the maps"
            if self._can_add
            else "First click in a map where the atom belongs."
        )

    def _choose_element(self, element: str) -> None:
        if chosen := self._chosen():
            self.element_chosen.emit(chosen, element)

    def _delete(self) -> None:
        if self._enabled and (chosen := self._chosen()):
            self.delete_clicked.emit(chosen)

    def _typed(self, item: QTableWidgetItem) -> None:
        row = self._rows[item.row()]
        self.table.forget()  # the text may be refused
        if item.column() == ELEMENT_COLUMN and item.text().strip() != row.element:
            self.element_chosen.emit([row], item.text())
