"""The table model of heavy-atom sites: a row for each, most cells of which can be edited."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import Qt, pyqtSignal

from patterson_gui.app.sites.sites import ListedSite, SiteField
from patterson_gui.gui.widgets.tables.column_model import ColumnModel, Index


@dataclass(frozen=True)
class SiteColumn:
    """One column.

    Attributes
    ----------
    heading, tip : shown above the column.
    value : of the cell of a site, by which rows are sorted; NaN where there is none.
    format : of a number.
    field : what the user edits in it; None: nothing.
    """

    heading: str
    tip: str
    value: Callable[[ListedSite], float | str]
    format: str = ""
    field: SiteField | None = None

    def text(self, listed: ListedSite) -> str:
        value = self.value(listed)
        if isinstance(value, str):
            return value
        return format(value, self.format) if math.isfinite(value) else "–"


def _coordinate(axis: int) -> Callable[[ListedSite], float]:
    return lambda listed: listed.site.frac[axis]


_FRACTIONAL = "Fractional coordinate; double click to change it"
SITE_COLUMNS = (
    SiteColumn("Element", "Double click to change it", lambda s: s.site.element, "",
               SiteField.ELEMENT),
    SiteColumn("From", "How the site came into the list", lambda s: s.how),
    SiteColumn("x", _FRACTIONAL, _coordinate(0), ".4f", SiteField.X),
    SiteColumn("y", _FRACTIONAL, _coordinate(1), ".4f", SiteField.Y),
    SiteColumn("z", _FRACTIONAL, _coordinate(2), ".4f", SiteField.Z),
    SiteColumn("Occupancy", "Relative to the strongest site of a search; double click to change it",
               lambda s: s.site.occupancy, ".2f", SiteField.OCCUPANCY),
    SiteColumn("Score", "How much the log-likelihood of the differences falls without the site; "
               "only a search gives it. “?”: the site is uncertain", lambda s: s.site.score, ".1f"),
)  # fmt: skip
_LEFT = {0, 1, 2}  # columns of texts


class SiteModel(ColumnModel):
    """The sites as rows; the first column has their names.

    Signals
    -------
    edited(int, SiteField, str) : the user typed this into the cell of a row.
    """

    edited = pyqtSignal(int, object, str)

    def __init__(self) -> None:
        super().__init__(1 + len(SITE_COLUMNS), left=_LEFT)
        self.listed: tuple[ListedSite, ...] = ()
        self._labels: tuple[str, ...] = ()

    def set_sites(self, listed: Sequence[ListedSite], labels: Sequence[str]) -> None:
        """Show these. Where as many were there before, the chosen rows stay."""
        if len(listed) == len(self.listed):
            self.listed, self._labels = tuple(listed), tuple(labels)
            if listed:
                last = self.index(len(listed) - 1, self.columnCount() - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self.listed, self._labels = tuple(listed), tuple(labels)
        self.endResetModel()

    def count(self) -> int:
        return len(self.listed)

    def heading(self, column: int) -> str:
        return SITE_COLUMNS[column - 1].heading if column else "Site"

    def heading_tip(self, column: int) -> str:
        return SITE_COLUMNS[column - 1].tip if column else "Name of the site in the views"

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and index.column() and SITE_COLUMNS[index.column() - 1].field:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def text(self, row: int, column: int) -> str:
        return self.texts(row)[column]

    def order(self, row: int, column: int) -> float | str:
        if column == 0:
            return float(row)
        value = SITE_COLUMNS[column - 1].value(self.listed[row])
        return value if isinstance(value, str) or math.isfinite(value) else -1e9

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tell what was typed. The list takes it or refuses it, and the table shows the list."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid() or not index.column():
            return False
        field = SITE_COLUMNS[index.column() - 1].field
        text = str(value)
        if field is None or text == self.texts(index.row())[index.column()]:
            return False  # a text that is not changed must not round the number
        self.edited.emit(index.row(), field, text)
        return True

    def row_tip(self, row: int) -> str | None:
        doubt = self.listed[row].site.doubt
        return f"Uncertain. {doubt}" if doubt else None

    def texts(self, row: int) -> tuple[str, ...]:
        """The cells of a row."""
        listed = self.listed[row]
        cells = [column.text(listed) for column in SITE_COLUMNS]
        if listed.site.doubt:
            cells[-1] += " ?"
        return (self._labels[row], *cells)

    def rows_text(self, rows: Sequence[int]) -> str:
        """Rows of the table, tab-separated, with headings."""
        lines = [("Site", *(column.heading for column in SITE_COLUMNS))]
        lines += [self.texts(row) for row in rows]
        return "\n".join("\t".join(cells) for cells in lines)
