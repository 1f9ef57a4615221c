"""The level on the histogram of a map: dragged, clicked, typed in rmsd, units, % of the origin."""

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication, QDoubleSpinBox
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.viewer3d.level_popover import LevelPopover
from patterson_gui.gui.viewer3d.levels import HIGHEST_SHARE
from patterson_gui.gui.viewer3d.map_view import MapView
from tests.gui.scenes import blob
from tests.gui.viewer3d.conftest import settle

pytestmark = pytest.mark.gui


def open_popover(qtbot: QtBot, view: MapView) -> LevelPopover:
    """By a click on the level in the title of the view."""
    place = view.header.readout.geometry().center()
    qtbot.mouseClick(view.header, Qt.MouseButton.LeftButton, pos=place)
    popover = QApplication.activePopupWidget()
    assert isinstance(popover, LevelPopover)
    qtbot.waitUntil(popover.rmsd.isEnabled)
    return popover


def type_into(qtbot: QtBot, field: QDoubleSpinBox, text: str) -> None:
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_opening_it_changes_nothing(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    with qtbot.assertNotEmitted(view.level_changed):
        popover = open_popover(qtbot, view)
    assert view.level == 2.5
    assert popover.rmsd.value() == 2.5
    assert popover.units.value() == pytest.approx(2.5 * blob().rmsd, rel=0.02)
    assert not popover.percent.isVisible()
    popover.close()


def test_a_level_is_dragged_and_stays_below_the_highest_value(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    popover = open_popover(qtbot, view)
    highest = HIGHEST_SHARE * blob().grid.max() / blob().rmsd
    for wanted, level in ((4.0, 4.0), (1e3, highest), (-5.0, 0.2)):
        popover.plot.line.setValue(wanted)
        with qtbot.waitSignal(view.level_changed):
            popover.plot.line.sigDragged.emit(popover.plot.line)
        assert view.level == pytest.approx(level, abs=0.01)
        assert popover.rmsd.value() == pytest.approx(level, abs=0.01)
    popover.close()


def test_a_click_in_the_histogram_puts_the_level_there(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    popover = open_popover(qtbot, view)
    plot = popover.plot.plot
    box = plot.getPlotItem().vb
    place = plot.mapFromScene(
        box.mapViewToScene(box.mapSceneToView(box.sceneBoundingRect().center()))
    )
    expected = box.mapSceneToView(plot.mapToScene(place)).x()
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    qtbot.waitUntil(lambda: view.level == pytest.approx(expected, abs=0.02))
    popover.close()


def test_a_level_is_typed_in_each_unit(qtbot: QtBot, view: MapView) -> None:
    density = blob((0.0, 0.0, 0.0), MapKind.PATTERSON, width=0.6)
    view.set_map(density)
    settle(qtbot, view)
    popover = open_popover(qtbot, view)
    assert popover.percent.isVisible()
    type_into(qtbot, popover.rmsd, "3.00")
    assert view.level == pytest.approx(3.0)
    type_into(qtbot, popover.units, f"{4.0 * density.rmsd:.6f}")
    assert view.level == pytest.approx(4.0, rel=0.02)
    type_into(qtbot, popover.percent, "50")
    assert view.level == pytest.approx(0.5 * density.grid[0, 0, 0] / density.rmsd, rel=1e-3)
    assert view.contours.rmsd is not None
    popover.close()


def test_a_view_without_a_map_opens_none(qtbot: QtBot, view: MapView) -> None:
    view.open_level()
    assert QApplication.activePopupWidget() is None


def test_it_closes_when_the_view_shows_another_map(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    open_popover(qtbot, view)
    view.set_map(blob((0.2, 0.2, 0.2)))
    assert QApplication.activePopupWidget() is None
    assert view.level == 2.5
