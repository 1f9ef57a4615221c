"""Fixtures: one 3D view, on the screen. What a user does with it: wheel, waiting."""

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.threads.background import background
from patterson_gui.gui.viewer3d.map_view import MapView


@pytest.fixture
def view(qtbot: QtBot) -> MapView:
    made = MapView("Predicted", MapKind.PREDICTED)
    qtbot.addWidget(made)
    made.resize(420, 460)
    made.show()
    return made


@pytest.fixture
def at_once() -> Iterator[None]:
    """Compute contours at once, in the calling thread."""
    worker = background()
    worker.synchronous = True
    yield
    worker.synchronous = False


def settle(qtbot: QtBot, view: MapView) -> None:
    qtbot.waitUntil(lambda: view.settled)


def wheel(view: MapView, steps: int, modifiers: Qt.KeyboardModifier | None = None) -> None:
    event = QWheelEvent(
        QPointF(100, 100), QPointF(100, 100), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, modifiers or Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport, event)
