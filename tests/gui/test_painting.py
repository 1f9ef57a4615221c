"""Painters end with the event in which they paint, whatever happens.

Qt ends the program when a painter lives on: it is then ended while the next picture is painted, or
in another thread.
"""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from patterson_gui.gui.rendering.camera import CameraState
from patterson_gui.gui.rendering.scene import FrameRequest, Scene
from patterson_gui.gui.viewer3d import overlay, viewport
from patterson_gui.gui.viewer3d.viewport import Viewport

SIZE = (200, 200)
GUI = Path(viewport.__file__).parents[1]


def test_every_painter_is_ended_by_a_with_statement() -> None:
    for path in GUI.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        ended = {
            item.context_expr
            for node in ast.walk(tree)
            if isinstance(node, ast.With)
            for item in node.items
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "QPainter" or node in ended, f"{path.name}:{node.lineno}"


@pytest.fixture
def port(qtbot: QtBot) -> Viewport:
    """A view with a picture on the screen."""
    port = Viewport()
    qtbot.addWidget(port)
    port.resize(*SIZE)
    with qtbot.waitExposed(port):
        port.show()
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    port._show(FrameRequest(Scene(), CameraState(), SIZE), image, 0.0)
    return port


@pytest.mark.gui
@pytest.mark.parametrize("fails", [False, True])
def test_the_painter_of_a_view_ends_while_others_keep_its_variables(
    port: Viewport, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """As a traceback does, and a thread that looks at the stack of this one."""
    kept: list[Any] = []

    def keep(painter: QPainter, *_others: object, **_how: object) -> None:
        frame: Any = sys._getframe()
        while frame is not None:
            kept.append(frame)
            frame = frame.f_back
        kept.append(painter)
        assert painter.isActive()
        if fails:
            raise ValueError("nothing can be painted")

    # No longer than for one picture: the view is painted again whenever its screen wants it.
    with monkeypatch.context() as patched, qtbot.captureExceptions() as errors:
        patched.setattr(overlay, "paint", keep)
        port.repaint()
    painters = [thing for thing in kept if isinstance(thing, QPainter)]
    assert len(painters) == 1
    assert not painters[0].isActive()
    assert len(errors) == fails
