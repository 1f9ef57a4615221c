"""The dialog that asks which column of a reflection file to use.

It lists every amplitude and intensity column with its data set and number of reflections.
The first is selected; Return or a double click takes the selected one.
"""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.io.reflections.columns import ColumnChoice


class ColumnsDialog(QDialog):
    """Emits `chosen` with one of the choices."""

    chosen = pyqtSignal(object)  # ColumnChoice

    def __init__(
        self, file_name: str, choices: Sequence[ColumnChoice], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Choose the data")
        self.resize(640, 320)
        self._choices = tuple(choices)
        words = PlainLabel(
            f"{file_name} has several columns of data. Choose the one to use. Intensities are "
            "converted to amplitudes by the method of French & Wilson."
        )
        words.setWordWrap(True)
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Column", "Kind", "Sigma", "Data set", "Reflections"])
        self.list.setRootIsDecorated(False)
        self.list.ensurePolished()  # the height of a row is set when it is added
        for choice in self._choices:
            n = "" if choice.n is None else str(choice.n)
            row = QTreeWidgetItem(
                [choice.label, choice.kind, choice.sigma or "none", choice.dataset, n]
            )
            row.setTextAlignment(4, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.list.addTopLevelItem(row)
        header = not_none(self.list.header())
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        self.list.setCurrentItem(self.list.topLevelItem(0))
        self.list.itemDoubleClicked.connect(self.accept)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(words)
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)

    def accept(self) -> None:
        row = self.list.indexOfTopLevelItem(self.list.currentItem())
        if row >= 0:
            super().accept()
            self.chosen.emit(self._choices[row])
