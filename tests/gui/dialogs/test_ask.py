"""Questions over a window."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from patterson_gui.app.settings import Settings
from patterson_gui.gui.dialogs.ask import Ask

pytestmark = pytest.mark.gui


def question_of(window: QWidget) -> QMessageBox:
    (box,) = window.findChildren(QMessageBox)
    return box


def test_calls_only_the_chosen_answer(qtbot: QtBot) -> None:
    window, calls = QWidget(), []
    qtbot.addWidget(window)
    Ask(window, Settings()).question(
        "It runs.",
        "",
        [("Stop", lambda: calls.append("stop")), ("Wait", lambda: calls.append("wait"))],
    )
    box = question_of(window)
    button = next(b for b in box.buttons() if b.text().replace("&", "") == "Wait")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert calls == ["wait"]


def test_escape_chooses_no_answer(qtbot: QtBot) -> None:
    window, calls = QWidget(), []
    qtbot.addWidget(window)
    Ask(window, Settings()).question(
        "It runs.",
        "",
        [("Stop", lambda: calls.append("stop"))],
        stayed=lambda: calls.append("stay"),
    )
    qtbot.keyClick(question_of(window), Qt.Key.Key_Escape)
    assert calls == ["stay"]


def test_asks_one_question_at_a_time(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    ask = Ask(window, Settings())
    ask.question("First?", "", [("Yes", lambda: None)])
    ask.question("Second?", "", [("Yes", lambda: None)])
    box = question_of(window)
    assert box.text() == "First?"
    box.reject()
    qtbot.waitUntil(lambda: not window.findChildren(QMessageBox))
    ask.question("Second?", "", [("Yes", lambda: None)])
    assert question_of(window).text() == "Second?"
    question_of(window).reject()
