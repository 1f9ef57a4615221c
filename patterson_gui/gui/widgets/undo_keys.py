"""Let the keys of undo and redo reach the window from fields in which nothing is being typed.

Text fields keep these keys for their own text, also when they hold a value that was taken already.
"""

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

_KEYS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class UndoKeys(QObject):
    """An event filter for the number fields of a window."""

    def watch(self, window: QWidget) -> None:
        """Watch all number fields that the window has now."""
        fields = [*window.findChildren(QDoubleSpinBox), *window.findChildren(QSpinBox)]
        for field in fields:
            field.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if (
            event is not None
            and event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and isinstance(watched, QDoubleSpinBox | QSpinBox)
            and any(event.matches(key) for key in _KEYS)
            and watched.valueFromText(watched.text()) == watched.value()
        ):
            event.ignore()
            return True
        return False
