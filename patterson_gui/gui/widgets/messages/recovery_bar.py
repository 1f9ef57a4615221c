"""A bar that offers to restore the session of a program that was killed."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from patterson_gui.gui.widgets.plain_text import PlainLabel


class RecoveryBar(QFrame):
    """A sentence with two buttons; it blocks nothing."""

    restore_clicked = pyqtSignal()
    discard_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hints")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.words = PlainLabel()
        self.words.setWordWrap(True)
        self.restore = QPushButton("Restore")
        self.restore.clicked.connect(self.restore_clicked)
        self.discard = QPushButton("Discard")
        self.discard.setToolTip("Delete what was saved automatically")
        self.discard.clicked.connect(self.discard_clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 4)
        layout.setSpacing(8)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.restore)
        layout.addWidget(self.discard)
        self.hide()

    def offer(self, sentence: str) -> None:
        """Show what can be restored."""
        self.words.setText(sentence)
        self.show()
