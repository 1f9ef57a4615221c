"""The dialog that asks which maps of a file of map coefficients are shown."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns


class MapColumnsDialog(QDialog):
    """Emits `chosen` with those that were ticked. At first, these are a density and a map of
    differences, where there is one."""

    chosen = pyqtSignal(object)  # tuple[MapColumns, ...]

    def __init__(
        self, file_name: str, choices: Sequence[MapColumns], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Choose the maps")
        self.resize(420, 240)
        self._choices = tuple(choices)
        words = PlainLabel(f"{file_name} has several maps. Choose those to draw.")
        words.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Maps of the file")
        self.list.setSpacing(2)
        first = next((each for each in choices if each.is_difference), None)
        for choice in self._choices:
            kind = "   difference map, ±" if choice.is_difference else ""
            item = QListWidgetItem(f"{choice}{kind}")
            ticked = choice is self._choices[0] or choice is first
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.itemChanged.connect(self._show_enabled)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.add = not_none(buttons.button(QDialogButtonBox.StandardButton.Ok))
        self.add.setText("Add")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(words)
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)

    @property
    def ticked(self) -> tuple[MapColumns, ...]:
        """The maps that are ticked."""
        items = [not_none(self.list.item(row)) for row in range(len(self._choices))]
        pairs = zip(self._choices, items, strict=True)
        return tuple(each for each, item in pairs if item.checkState() is Qt.CheckState.Checked)

    def _show_enabled(self) -> None:
        self.add.setEnabled(bool(self.ticked))

    def accept(self) -> None:
        if self.ticked:
            super().accept()
            self.chosen.emit(self.ticked)
