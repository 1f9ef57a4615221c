"""The validation example of a training, in three linked views.

They are shown in place of the open crystal's views.
"""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.gui.viewer3d.linked_views import KINDS, LinkedViews
from patterson_gui.gui.widgets.plain_text import PlainLabel

NOTHING_YET = "The example appears after the first epoch."


class ValidationViews(QWidget):
    """A line that names the example, and the views."""

    back_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = PlainLabel()
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.back = QPushButton()
        self.back.clicked.connect(self.back_clicked)
        bar = QFrame()
        bar.setObjectName("view-header")
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 4, 8, 4)
        row.addWidget(self.words, 1)
        row.addWidget(self.back)
        self.views = LinkedViews()
        for view in self.views.views:
            view.set_empty(NOTHING_YET, "")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self.views, 1)
        self.set_way_back("")

    def set_way_back(self, name: str) -> None:
        """Name on the button what it leads back to."""
        self.back.setText(f"Back to {name}" if name else "Back")
        self.back.setToolTip("The open crystal, as it was left")

    def set_maps(
        self, words: str, patterson: DensityMap, predicted: DensityMap, true: DensityMap
    ) -> None:
        """Show an example; point of view and levels stay."""
        self.words.setText(words)
        for kind, density in zip(KINDS, (patterson, predicted, true), strict=True):
            self.views.view(kind).set_map(density)

    def clear(self) -> None:
        """Nothing has been predicted yet."""
        self.words.setText("Validation example")
        for view in self.views.views:
            view.set_map(None)
