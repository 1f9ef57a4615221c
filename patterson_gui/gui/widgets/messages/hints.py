"""Three hints for the first start, in one line that can be closed for good."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from patterson_gui.gui.widgets.plain_text import PlainLabel

HINTS = (
    "Drag to rotate a map, turn the wheel to set its level",
    "Press Predict density to recover the phases",
    "Drop a structure, reflections or a map here to open it",
)


class HintBar(QFrame):
    """The hints side by side, with a button to close them."""

    dismissed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hints")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 8, 4)
        layout.setSpacing(24)
        for number, hint in enumerate(HINTS, start=1):
            label = PlainLabel(f"<b>{number}</b>&nbsp; {hint}")
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setWordWrap(True)
            layout.addWidget(label, 1)
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setToolTip("Close the hints; Help ▸ Show hints brings them back")
        close.clicked.connect(self._dismiss)
        self.close_button = close
        layout.addWidget(close)

    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()
