"""Files dropped on a window."""

from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from patterson_gui.gui.widgets.dropped_files import NO_LOCAL_FILE, DroppedFiles

pytestmark = pytest.mark.gui

COPY, LEFT, NO_KEYS = (
    Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
)  # fmt: skip


class _Received:
    """A window that collects what its drops emit."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        drops = DroppedFiles(self.window)
        self.dropped: list[Path] = []
        self.refused: list[str] = []
        self.ignored: list[str] = []
        drops.dropped.connect(self.dropped.append)
        drops.refused.connect(self.refused.append)
        drops.ignored.connect(self.ignored.append)

    def drop(self, *urls: QUrl) -> None:
        data = QMimeData()
        data.setUrls(list(urls))
        enter = QDragEnterEvent(QPoint(5, 5), COPY, data, LEFT, NO_KEYS)
        QApplication.sendEvent(self.window, enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(5, 5), COPY, data, LEFT, NO_KEYS)
        QApplication.sendEvent(self.window, drop)


def test_emits_the_path_of_a_dropped_file(qtbot: QtBot, tmp_path: Path) -> None:
    received = _Received(qtbot)
    received.drop(QUrl.fromLocalFile(str(tmp_path / "a b.pdb")))
    assert received.dropped == [tmp_path / "a b.pdb"]
    assert (received.refused, received.ignored) == ([], [])


def test_opens_the_first_of_several_files_and_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    received = _Received(qtbot)
    received.drop(*(QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a.pdb", "b.pdb")))
    assert received.dropped == [tmp_path / "a.pdb"]
    assert received.ignored == ["One file at a time: a.pdb is opened."]


def test_refuses_what_is_not_a_local_file(qtbot: QtBot) -> None:
    received = _Received(qtbot)
    received.drop(QUrl("https://example.org/a.pdb"))
    assert received.dropped == []
    assert received.refused == [NO_LOCAL_FILE]


def test_does_not_accept_dragged_text(qtbot: QtBot) -> None:
    received = _Received(qtbot)
    data = QMimeData()
    data.setText("1yjp")
    enter = QDragEnterEvent(QPoint(5, 5), COPY, data, LEFT, NO_KEYS)
    enter.ignore()
    QApplication.sendEvent(received.window, enter)
    assert not enter.isAccepted()
