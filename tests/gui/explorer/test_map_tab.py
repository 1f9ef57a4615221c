"""The map of the known crystals: its points, directions and colours."""

import numpy as np
import pytest
from PyQt6.QtCore import QPointF

from tests.gui.explorer.conftest import ExplorerDriver
from tests.gui.main_window_driver import WAIT

pytestmark = pytest.mark.gui


def test_the_map_names_its_points_and_a_click_opens_one(two_crystals: ExplorerDriver) -> None:
    window = two_crystals.window
    window.tabs.setCurrentWidget(window.map)
    two_crystals.wait_until_idle()
    plot = window.map.map
    assert plot._here is not None
    assert plot._line is not None
    known = two_crystals.explorer.known_crystals.map
    assert known is not None
    row = 4
    box = plot.plot.getPlotItem().vb
    place = box.mapViewToScene(QPointF(*known.coordinates[row, :2]))
    assert plot.hit(place.x(), place.y()) == row
    assert plot._name(row) == "Br4K4  mp-5"
    plot.plot.scene().sigMouseMoved.emit(place)
    far = box.mapViewToScene(QPointF(50, 50))
    assert plot.hit(far.x(), far.y()) is None
    plot.chosen.emit(row)
    two_crystals.wait_until_idle()
    assert window.crystal.name.text() == "Br4K4 mp-5"


def test_the_map_shows_the_chosen_directions_and_colours(driver: ExplorerDriver) -> None:
    tab = driver.window.map
    driver.window.tabs.setCurrentWidget(tab)
    for row in range(tab.colour.count()):
        tab.colour.setCurrentIndex(row)
        tab.colour.activated.emit(row)
    assert "Å³" in tab.bar.text()
    tab.up.setCurrentIndex(2)
    tab.up.activated.emit(2)
    known = driver.explorer.known_crystals.map
    assert known is not None
    assert np.array_equal(tab.map._places, known.coordinates[:, [0, 2]])
    driver.wait_until_idle()


def test_the_points_are_drawn_when_the_tab_is_first_open(driver: ExplorerDriver) -> None:
    tab = driver.window.map
    driver.wait_until_idle()
    assert tab.across.count() > 0
    assert len(tab.map._dots.points()) == 0
    driver.window.tabs.setCurrentWidget(tab)
    known = driver.explorer.known_crystals.map
    assert known is not None
    assert len(tab.map._dots.points()) == len(known)


def test_the_map_says_that_known_crystals_are_being_encoded(unopened: ExplorerDriver) -> None:
    unopened.crystals.coder.go.clear()
    unopened.open()
    tab = unopened.window.map
    unopened.qtbot.waitUntil(lambda: "being encoded" in tab.waiting.text(), timeout=WAIT)
    assert unopened.window.neighbour_words.text() == tab.waiting.text()
    unopened.crystals.coder.go.set()
    unopened.wait_until_idle()
    assert tab.waiting.text() == ""
