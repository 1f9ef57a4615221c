"""The Predict button: a double click starts a prediction and does not cancel it."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.app.predict import PredictState
from patterson_gui.gui.prediction.predict_button import PredictButton

pytestmark = pytest.mark.gui


def test_a_double_click_starts_and_does_not_cancel(qtbot: QtBot) -> None:
    button = PredictButton()
    qtbot.addWidget(button)
    button.show()
    started, cancelled = [], []
    button.cancel_clicked.connect(lambda: cancelled.append(1))

    def start() -> None:
        started.append(1)
        button.show_state(PredictState.RUNNING, None, None)

    button.predict_clicked.connect(start)
    button.show_state(PredictState.IDLE, None, None)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (len(started), len(cancelled)) == (1, 0)
    qtbot.wait(QApplication.doubleClickInterval() + 50)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (len(started), len(cancelled)) == (1, 1)
