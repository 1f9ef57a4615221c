"""Mouse and keys: what a user can do with any widget, by real events."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMainWindow,
    QMenu,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QSlider,
    QTabBar,
    QToolButton,
    QWidget,
)

T = TypeVar("T", bound=QWidget)
LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
_KINDS = (QCheckBox, QRadioButton, QSlider, QAbstractSpinBox, QComboBox, QTabBar, QToolButton,
          QPushButton, QAbstractItemView, QLineEdit)  # fmt: skip


def wait(seconds: float) -> None:
    """Let the window work."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wait_until(done: Callable[[], bool], most: float) -> bool:
    """Wait until something holds; False if it does not within `most` seconds."""
    end = time.monotonic() + most
    while not done():
        if time.monotonic() > end:
            return False
        wait(0.03)
    return True


def visible(parent: QWidget, kind: type[T]) -> list[T]:
    """The visible and enabled widgets of a kind."""
    return [w for w in parent.findChildren(kind) if w.isVisible() and w.isEnabled()]


def drag(
    widget: QWidget, steps: Sequence[QPoint], button: Qt.MouseButton, keys: Qt.KeyboardModifier
) -> None:
    """Press the mouse in the middle, move it, release it."""
    place = widget.rect().center()
    QTest.mousePress(widget, button, keys, place)
    for step in steps:
        place = place + step
        move(widget, place, button, keys)
        wait(0.01)
    QTest.mouseRelease(widget, button, keys, place)


def move(widget: QWidget, place: QPoint, button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
    """Move the mouse with a button down, which QTest cannot."""
    at = QPointF(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, QPointF(widget.mapToGlobal(place)),
        Qt.MouseButton.NoButton, button, keys,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def turn_wheel(widget: QWidget, steps: int, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle, widget.mapToGlobal(middle), QPoint(0, 0), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def drop(window: QWidget, path: Path) -> None:
    """Drop a file on a window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, place = Qt.DropAction.CopyAction, QPoint(400, 300)
    QApplication.sendEvent(window, QDragEnterEvent(place, copy, data, LEFT, NO_KEYS))
    QApplication.sendEvent(window, QDropEvent(QPointF(place), copy, data, LEFT, NO_KEYS))


# ---------------------------------------------------------------------- any widget
def poke(parent: QWidget, random: Random, avoid: Sequence[str] = ()) -> str:
    """Use one of the visible controls of a widget; return what it was.

    `avoid` : texts of buttons that are left alone.
    """
    found = [w for kind in _KINDS for w in visible(parent, kind) if _may_be_used(w, avoid)]
    if not found:
        return ""
    widget = random.choice(found)
    _use(widget, random)
    return type(widget).__name__


def _may_be_used(widget: QWidget, avoid: Sequence[str]) -> bool:
    text = widget.text().replace("&", "") if isinstance(widget, QAbstractButton) else ""
    inside = isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox)
    return not inside and text not in avoid and not widget.visibleRegion().isEmpty()


def _use(widget: QWidget, random: Random) -> None:
    close_menus_soon()
    keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
    if isinstance(widget, QSlider | QAbstractSpinBox):
        for _ in range(random.randint(1, 4)):
            QTest.keyClick(widget, random.choice(keys))
    elif isinstance(widget, QComboBox):
        QTest.keyClick(widget, random.choice(keys[:2]))
    elif isinstance(widget, QTabBar):
        QTest.mouseClick(
            widget, LEFT, NO_KEYS, widget.tabRect(random.randrange(widget.count() or 1)).center()
        )
    elif isinstance(widget, QAbstractItemView):
        port = widget.viewport()
        if port is not None:
            place = QPoint(
                random.randrange(max(1, port.width())), random.randrange(max(1, port.height()))
            )
            QTest.mouseClick(port, LEFT, NO_KEYS, place)
    elif isinstance(widget, QLineEdit):
        QTest.keyClicks(widget, random.choice(("1", "2.5", "C6 H6", "x", "")))
        QTest.keyClick(widget, random.choice((Qt.Key.Key_Backspace, Qt.Key.Key_Tab)))
    else:
        place = (
            QPoint(8, widget.height() // 2)
            if isinstance(widget, QCheckBox | QRadioButton)
            else QPoint()
        )
        QTest.mouseClick(widget, LEFT, NO_KEYS, place)


def close_menus_soon() -> None:
    """A menu of a button waits in an event loop of its own until it is closed."""

    def close() -> None:
        popup = QApplication.activePopupWidget()
        if popup is not None:
            QTest.keyClick(popup, Qt.Key.Key_Escape)
            QTimer.singleShot(100, close)

    QTimer.singleShot(150, close)


# ---------------------------------------------------------------------- windows and dialogs
def dialogs() -> list[QWidget]:
    """Open dialogs, menus that hang, and questions: every window but the two large ones."""
    return [
        w
        for w in QApplication.topLevelWidgets()
        if w.isVisible() and not isinstance(w, QMainWindow) and isinstance(w, QDialog | QMenu)
    ]


def answer_dialogs(random: Random, folder: Path, paths: Sequence[Path]) -> list[str]:
    """Use every open dialog a little, then close it in one way or another."""
    seen = []
    for _ in range(6):
        left = dialogs()
        if not left:
            break
        dialog = left[-1]
        seen.append(type(dialog).__name__)
        _answer(dialog, random, folder, paths)
        wait(0.05)
    for dialog in dialogs():  # one that does not close by itself
        if not sip.isdeleted(dialog):
            dialog.close()
    return seen


def _answer(dialog: QWidget, random: Random, folder: Path, paths: Sequence[Path]) -> None:
    if isinstance(dialog, QMenu):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    elif isinstance(dialog, QFileDialog):
        _answer_file_dialog(dialog, random, folder, paths)
    elif isinstance(dialog, QMessageBox):
        QTest.mouseClick(random.choice(dialog.buttons()), LEFT)
    else:
        for _ in range(random.randint(0, 3)):
            poke(dialog, random, avoid=("Install", "Remove", "Start", "OK", "Cancel", "Close"))
            wait(0.05)
            if sip.isdeleted(dialog) or not dialog.isVisible():
                return
        accepted = isinstance(dialog, QDialog) and random.random() < 0.4
        QTest.keyClick(dialog, Qt.Key.Key_Return if accepted else Qt.Key.Key_Escape)


def _answer_file_dialog(
    dialog: QFileDialog, random: Random, folder: Path, paths: Sequence[Path]
) -> None:
    """Type a path and press Return, or Escape."""
    line = next(iter(visible(dialog, QLineEdit)), None)
    if line is None or random.random() < 0.25:
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        return
    if dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave:
        suffix = dialog.defaultSuffix()
        path = folder / f"saved{random.randrange(10**9)}{'.' if suffix else ''}{suffix}"
    elif dialog.fileMode() == QFileDialog.FileMode.Directory:
        path = folder
    else:
        path = random.choice(paths)
    line.selectAll()
    QTest.keyClicks(line, str(path))
    QTest.keyClick(line, Qt.Key.Key_Return)
