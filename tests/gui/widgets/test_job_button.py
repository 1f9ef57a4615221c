"""Buttons that start something long: a double click starts it and does not stop it."""

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from patterson_gui.app.predict import PredictState
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.gui.prediction.predict_button import PredictButton
from patterson_gui.gui.solving.solve_button import SolveButton
from patterson_gui.gui.widgets.job_button import JobButton

pytestmark = pytest.mark.gui


def _predict_button(events: list[str]) -> JobButton:
    button = PredictButton()
    button.predict_clicked.connect(lambda: events.append("start"))
    button.predict_clicked.connect(lambda: button.show_state(PredictState.RUNNING, None, None))
    button.cancel_clicked.connect(lambda: events.append("stop"))
    button.show_state(PredictState.IDLE, None, None)
    return button


def _solve_button(events: list[str]) -> JobButton:
    button = SolveButton()
    button.solve_clicked.connect(lambda: events.append("start"))
    button.solve_clicked.connect(lambda: button.show_state(SolveState.RUNNING, None, None))
    button.stop_clicked.connect(lambda: events.append("stop"))
    button.show_state(SolveState.IDLE, None, None)
    return button


@pytest.mark.parametrize("make", [_predict_button, _solve_button])
def test_a_double_click_starts_and_does_not_stop(
    qtbot: QtBot, make: Callable[[list[str]], JobButton]
) -> None:
    events: list[str] = []
    button = make(events)
    qtbot.addWidget(button)
    button.show()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    # What follows the first click of a double click.
    qtbot.mouseDClick(button, Qt.MouseButton.LeftButton)
    qtbot.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert "stop" not in events
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert events == ["start", "stop"]
