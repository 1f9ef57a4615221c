"""Statistics of data and maps, selectable for copying."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QFormLayout, QGroupBox, QHBoxLayout, QScrollArea, QWidget

from patterson_gui.app.document.statistics import Rows
from patterson_gui.gui.widgets.plain_text import PlainLabel


class StatisticsPanel(QScrollArea):
    """Groups of (name, value) rows side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._groups: tuple[tuple[str, Rows], ...] = ()
        self._stale = True
        self._rebuild()

    def set_groups(self, groups: Sequence[tuple[str, Rows]]) -> None:
        """Show these groups: (heading, rows). They are built when the panel is visible."""
        self._groups = tuple(groups)
        self._stale = True
        if self.isVisible():
            self._rebuild()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if self._stale:
            self._rebuild()

    def _rebuild(self) -> None:
        groups = self._groups
        self._stale = False
        inner = QWidget()
        layout = QHBoxLayout(inner)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(16)
        for heading, rows in groups:
            layout.addWidget(self._group(heading, rows), 0, Qt.AlignmentFlag.AlignTop)
        if not groups:
            layout.addWidget(
                PlainLabel("Statistics of data and maps appear here when a file is open.")
            )
        layout.addStretch(1)
        self.setWidget(inner)

    @staticmethod
    def _group(heading: str, rows: Rows) -> QGroupBox:
        box = QGroupBox(heading)
        form = QFormLayout(box)
        form.setVerticalSpacing(4)
        form.setHorizontalSpacing(16)
        for name, value in rows:
            label = PlainLabel(name)
            label.setObjectName("dim")
            shown = PlainLabel(value)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            shown.setWordWrap(len(value) > 48)
            shown.setMaximumWidth(360)
            form.addRow(label, shown)
        return box
