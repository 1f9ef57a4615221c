"""Messages over the window, and the details of unexpected errors."""

import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PyQt6.QtGui import QEnterEvent
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from patterson_gui import __version__
from patterson_gui.gui.widgets.messages import toast as one_toast
from patterson_gui.gui.widgets.messages import toasts
from patterson_gui.gui.widgets.messages.details import DetailsDialog
from patterson_gui.gui.widgets.messages.toasts import ToastArea

pytestmark = pytest.mark.gui

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    widget.resize(800, 500)
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def area(window: QWidget) -> ToastArea:
    return ToastArea(window)


def texts(area: ToastArea) -> list[str]:
    return [toast.text for toast in area.toasts]


def shown(area: ToastArea) -> list[str]:
    return [toast.text for toast in area.toasts if toast.isVisible()]


def test_a_message_lies_wholly_within_the_window_and_names_what_happened(
    window: QWidget, area: ToastArea, qtbot: QtBot
) -> None:
    area.add("Saved map.ccp4 in a folder with a rather long name " * 4)
    (toast,) = area.toasts
    qtbot.waitUntil(toast.isVisible)
    assert QRect(QPoint(0, 0), window.size()).contains(area.geometry())
    assert area.height() >= toast.heightForWidth(area.width())
    assert toast.details_button is None
    assert toast.copy_button is None


def test_a_plain_message_disappears_and_an_error_stays(
    area: ToastArea, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_toast, "SECONDS", 0.05)
    area.add("Saved.")
    area.add("The file is empty: choose another.", error=True)
    qtbot.waitUntil(lambda: len(area.toasts) == 1)
    assert area.toasts[0].error
    qtbot.mouseClick(area.toasts[0].close_button, LEFT)
    assert area.toasts == []
    assert not area.isVisible()


def test_no_message_disappears_while_the_mouse_is_over_one(
    area: ToastArea, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_toast, "SECONDS", 0.1)
    for number in range(2):
        area.add(f"Saved map {number}.")
    QApplication.sendEvent(area, QEnterEvent(QPointF(), QPointF(), QPointF()))
    qtbot.wait(250)
    assert len(area.toasts) == 2
    QApplication.sendEvent(area, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: area.toasts == [])


def test_a_long_notice_stays_longer_than_a_short_one(area: ToastArea) -> None:
    area.add("Saved.")
    area.add("The data of this file were scaled by groups of reflections. " * 5)
    short, long = area.toasts
    assert long._timer.remainingTime() > short._timer.remainingTime() + 5000


def test_details_show_the_traceback_and_copy_it(area: ToastArea, qtbot: QtBot) -> None:
    area.add("It failed.", error=True, details="Traceback: line 1")
    button = area.toasts[0].details_button
    assert button is not None
    qtbot.mouseClick(button, LEFT)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, DetailsDialog))
    copy = next(b for b in dialog.findChildren(type(button)) if b.text() == "Copy")
    qtbot.mouseClick(copy, LEFT)
    assert "Traceback: line 1" in QApplication.clipboard().text()
    dialog.close()


@pytest.mark.parametrize("details", [None, "Traceback: line 1"])
def test_copies_an_error_with_its_details_and_the_version(
    area: ToastArea, qtbot: QtBot, details: str | None
) -> None:
    area.add("x.mtz holds no amplitudes.", error=True, details=details)
    button = area.toasts[0].copy_button
    assert button is not None
    qtbot.mouseClick(button, LEFT)
    copied = QApplication.clipboard().text()
    assert copied.startswith("x.mtz holds no amplitudes.\n")
    assert (details or "") in copied
    assert f"patterson_gui {__version__}" in copied
    assert button.text() == "Copied"


def test_a_repeated_message_is_shown_once_as_the_newest_and_says_how_often(
    area: ToastArea,
) -> None:
    for text in ("The same.", "Another.", "The same.", "The same."):
        area.add(text, error=True)
    assert texts(area) == ["Another.", "The same."]
    assert area.toasts[1].times == 3


def test_no_error_is_lost_where_many_come_at_once(area: ToastArea, qtbot: QtBot) -> None:
    for i in range(10):
        area.add(f"Message {i}", error=True)
    assert len(area.toasts) == 10
    assert shown(area) == [f"Message {i}" for i in range(6, 10)]
    assert area.count.text() == f"{toasts.SHOWN_AT_ONCE} of 10 messages"
    qtbot.mouseClick(area.toasts[-1].close_button, LEFT)
    assert shown(area) == [f"Message {i}" for i in range(5, 9)]


def test_all_messages_are_listed_within_the_window(
    window: QWidget, area: ToastArea, qtbot: QtBot
) -> None:
    for i in range(20):
        area.add(f"Message {i}", error=True)
    qtbot.mouseClick(area.show_all, LEFT)
    assert len(shown(area)) == 20
    assert QRect(QPoint(0, 0), window.size()).contains(area.geometry())
    bar = area._scroll.verticalScrollBar()
    assert bar.maximum() > 0
    assert bar.value() == bar.maximum()  # the newest is in sight
    window.resize(400, 300)
    assert QRect(QPoint(0, 0), window.size()).contains(area.geometry())
    qtbot.mouseClick(area.show_all, LEFT)
    assert len(shown(area)) == toasts.SHOWN_AT_ONCE


def test_several_messages_are_closed_at_once(area: ToastArea, qtbot: QtBot) -> None:
    for number in range(3):
        area.add(f"File {number} is damaged.", error=True)
    assert area.close_all.isVisible()
    assert not area.show_all.isVisible()
    qtbot.mouseClick(area.close_all, LEFT)
    assert area.toasts == []
    area.add("One.", error=True)
    assert not area.close_all.isVisible()


def test_the_newest_message_is_closed_first(area: ToastArea) -> None:
    for number in range(3):
        area.add(f"File {number} is damaged.", error=True)
    area.close_newest()
    assert texts(area) == ["File 0 is damaged.", "File 1 is damaged."]
