"""The tabs below the views: peaks, statistics, training, jobs, log, and a data set while open."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QTabWidget, QWidget


class Tables(QTabWidget):
    """Emits `room_wanted` when a tab is brought to the front and should be seen whole."""

    room_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tables")
        self.setDocumentMode(True)

    def show_tab(self, widget: QWidget) -> None:
        """Bring a tab to the front, with room for all of it."""
        self.setCurrentWidget(widget)
        self.room_wanted.emit()

    def remove(self, widget: QWidget) -> None:
        """Take a tab out and delete its widget."""
        self.removeTab(self.indexOf(widget))
        widget.deleteLater()
