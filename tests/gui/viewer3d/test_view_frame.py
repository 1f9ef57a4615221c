"""The title bar of a 3D view: where the contour level is written, and how much of it."""

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.gui.viewer3d.view_frame import ViewHeader

pytestmark = pytest.mark.gui

LEVEL = ("0.667 e/Å³ (2.5 rmsd)", "0.667 e/Å³")


@pytest.fixture
def header(qtbot: QtBot) -> ViewHeader:
    made = ViewHeader("Predicted")
    qtbot.addWidget(made)
    made.readout.set_texts(*LEVEL)
    made.show()
    return made


def set_width(header: ViewHeader, width: int) -> None:
    header.setFixedWidth(width)
    header.adjustSize()
    QApplication.processEvents()


def test_the_level_is_beside_the_title_in_a_view_of_a_third_of_a_usual_window(
    header: ViewHeader,
) -> None:
    set_width(header, 296)
    assert header.readout.text() == LEVEL[0]
    assert header.readout.geometry().left() > header.title.geometry().right()


def test_the_level_is_below_the_title_in_a_narrow_view_and_clear_of_the_border(
    header: ViewHeader,
) -> None:
    set_width(header, 150)
    assert header.readout.text() == LEVEL[1]
    assert header.title.width() >= header.title.sizeHint().width()
    assert header.readout.geometry().top() > header.title.geometry().bottom()
    assert header.height() - header.readout.geometry().bottom() > 8


def test_the_level_is_in_the_same_place_in_views_of_the_same_width(
    header: ViewHeader, qtbot: QtBot
) -> None:
    other = ViewHeader("True")
    qtbot.addWidget(other)
    other.readout.set_texts("1.0 rmsd")
    other.show()
    for width in (200, 240, 280, 320):
        set_width(header, width)
        set_width(other, width)
        assert header.readout.geometry().top() == other.readout.geometry().top()
