"""A button that records the next key that is pressed."""

from PyQt6.QtCore import QEvent, QKeyCombination, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QPushButton

from patterson_gui.gui.widgets.keys import is_modifier, shown_key

WAITING = "Press a key… (Esc: leave it)"
NONE = "No key"


class RecordKeyButton(QPushButton):
    """Shows a key; a click waits for another. Esc, or a click elsewhere, leaves it as it is.

    Signals
    -------
    recorded(str) : the key that was pressed, as portable text.
    """

    recorded = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._keys = ""
        self.waiting = False
        self.setAutoDefault(False)
        self.setMinimumWidth(224)
        self.clicked.connect(self.record)
        self.show_keys("")

    def show_keys(self, keys: str) -> None:
        """Show these keys, as portable text."""
        self._keys = keys
        self._wait(False)

    def record(self) -> None:
        """Wait for a key."""
        self.setFocus()
        self._wait(True)

    def _wait(self, waiting: bool) -> None:
        self.waiting = waiting
        self.setText(WAITING if waiting else shown_key(self._keys) or NONE)

    def event(self, event: QEvent | None) -> bool:
        """While it waits, no shortcut of the window and no Tab takes the key."""
        if self.waiting and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.keyPressEvent(event)
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None or not self.waiting:
            super().keyPressEvent(event)
            return
        event.accept()
        if is_modifier(event.key()) or event.key() == 0:
            return  # more of the key follows
        combination = event.keyCombination()
        self._wait(False)
        if combination.key() == Qt.Key.Key_Escape:
            return
        plain = QKeySequence(combination.key()).toString()
        keys = combination.keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if len(event.text()) == 1 and len(plain) == 1 and not plain.isalnum():
            keys &= ~Qt.KeyboardModifier.ShiftModifier  # Shift is part of "?" and ":"
        text = QKeySequence(QKeyCombination(keys, combination.key())).toString()
        self.recorded.emit(text)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        self._wait(False)
        super().focusOutEvent(event)
