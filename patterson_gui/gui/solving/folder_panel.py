"""The tab of a folder whose data sets are solved: a row for each crystal."""

from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.tables.rows_table import RowsTable
from patterson_gui.io.solution.report.words import number

HEAD = ("Data set", "Verdict", "Space group", "Formula", "R1", "CPU s", "Reason")
TIPS = ("Double-click to open it here.",)


class FolderPanel(QWidget):
    """Shows the rows of a screening.

    Signals
    -------
    stop_clicked, report_clicked
    opened(row) : of the data set that was double-clicked, as `show_rows` got it.
    """

    stop_clicked = pyqtSignal()
    report_clicked = pyqtSignal()
    opened = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Mapping[str, Any], ...] = ()
        self.words = PlainLabel()
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the folder")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setMaximumWidth(240)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Finished crystals are kept; solve the folder again to continue")
        self.stop.clicked.connect(self.stop_clicked)
        self.report = QPushButton("Open report")
        self.report.setToolTip("The table with pictures, in your web browser")
        self.report.clicked.connect(self.report_clicked)
        self.table = RowsTable(HEAD, TIPS, numbers=(4, 5))
        self.table.setAccessibleName("Data sets of the folder")
        self.table.cellDoubleClicked.connect(lambda row, _column: self.opened.emit(self._rows[row]))
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.words)
        bar.addWidget(self.bar)
        bar.addStretch(1)
        bar.addWidget(self.stop)
        bar.addWidget(self.report)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)

    def show_rows(
        self,
        folder: str,
        rows: Sequence[Mapping[str, Any]],
        done: int,
        total: int,
        *,
        running: bool,
        report: bool,
    ) -> None:
        """Show the finished crystals of a folder, and how far it is."""
        self._rows = tuple(rows)
        where = f"{folder}: {done} of {total} crystals" if total else f"{folder}: looking for data"
        self.words.setText(where if running else f"{folder}: {len(rows)} crystals")
        self.bar.setVisible(running)
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)
        self.stop.setVisible(running)
        self.report.setEnabled(report)
        self.table.set_rows([cells(row) for row in rows])


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A crystal as the texts of its row."""
    return (
        str(row.get("name") or ""),
        str(row.get("verdict") or ""),
        str(row.get("space_group") or "–"),
        str(row.get("formula") or "–"),
        number(row.get("r1"), 3),
        number(row.get("seconds"), 1),
        str(row.get("reason") or ""),
    )
