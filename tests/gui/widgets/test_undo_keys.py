"""The keys of undo in number fields."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QDoubleSpinBox, QMainWindow
from pytestqt.qtbot import QtBot

from patterson_gui.gui.widgets.undo_keys import UndoKeys

pytestmark = pytest.mark.gui


def test_undo_reaches_the_window_once_a_typed_value_is_taken(qtbot: QtBot) -> None:
    window, field = QMainWindow(), QDoubleSpinBox()
    qtbot.addWidget(window)
    field.setKeyboardTracking(False)
    window.setCentralWidget(field)
    undone: list[int] = []
    action = QAction("Undo", window)
    action.setShortcut(QKeySequence.StandardKey.Undo)
    action.triggered.connect(lambda: undone.append(1))
    window.addAction(action)
    UndoKeys(window).watch(window)
    window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)

    def undo() -> None:
        qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    field.selectAll()
    qtbot.keyClicks(field, "7.5")
    undo()
    assert undone == []  # it takes back what is being typed
    assert field.value() == 0.0
    field.selectAll()
    qtbot.keyClicks(field, "7.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.value() == 7.5
    undo()
    assert undone == [1]
