"""Messages over the window, and the details of unexpected errors."""

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from patterson_gui.gui.widgets.messages import toasts
from patterson_gui.gui.widgets.messages.toasts import DetailsDialog, ToastArea

pytestmark = pytest.mark.gui


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    widget.resize(800, 500)
    qtbot.addWidget(widget)
    widget.show()
    return widget


def test_a_message_lies_wholly_within_the_window_and_names_what_happened(
    window: QWidget, qtbot: QtBot
) -> None:
    area = ToastArea(window)
    area.add("Saved map.ccp4 in a folder with a rather long name " * 4)
    (toast,) = area.toasts
    qtbot.waitUntil(toast.isVisible)
    assert QRect(QPoint(0, 0), window.size()).contains(toast.geometry())
    assert toast.details_button is None


def test_a_plain_message_disappears_and_an_error_stays(
    window: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toasts, "SECONDS", 0.05)
    area = ToastArea(window)
    area.add("Saved.")
    area.add("The file is empty: choose another.", error=True)
    qtbot.waitUntil(lambda: len(area.toasts) == 1)
    assert area.toasts[0].error
    qtbot.mouseClick(area.toasts[0].close_button, Qt.MouseButton.LeftButton)
    assert area.toasts == []


def test_details_show_the_traceback_and_copy_it(window: QWidget, qtbot: QtBot) -> None:
    area = ToastArea(window)
    area.add("It failed.", error=True, details="Traceback: line 1")
    button = area.toasts[0].details_button
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, DetailsDialog))
    copy = next(b for b in dialog.findChildren(type(button)) if b.text() == "Copy")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert "Traceback: line 1" in QApplication.clipboard().text()
    dialog.close()


def test_repeated_messages_are_shown_once_and_the_stack_is_limited(window: QWidget) -> None:
    area = ToastArea(window)
    for _ in range(3):
        area.add("The same.", error=True)
    assert len(area.toasts) == 1
    for i in range(10):
        area.add(f"Message {i}", error=True)
    assert len(area.toasts) == toasts.SHOWN_AT_ONCE


def test_several_messages_are_closed_at_once(window: QWidget, qtbot: QtBot) -> None:
    area = ToastArea(window)
    for number in range(3):
        area.add(f"File {number} is damaged.", error=True)
    shown = [toast for toast in area.toasts if toast.close_all.isVisible()]
    assert shown == area.toasts[-1:]
    qtbot.mouseClick(shown[0].close_all, Qt.MouseButton.LeftButton)
    assert area.toasts == []
    area.add("One.", error=True)
    assert not area.toasts[0].close_all.isVisible()
