"""The table of Patterson peaks: order, filters, the next and the previous peak."""

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.gui.panels.peaks import ON_ANY, ON_NONE, PeaksPanel

pytestmark = pytest.mark.gui
PEAKS = (
    Peak(90.0, 30.0, (0.0, 0.0, 0.0), 0.0, 1, is_origin=True),
    Peak(20.0, 9.0, (0.5, 0.2, 0.3), 20.0, 4, harker=("½, v, w",)),
    Peak(15.0, 6.0, (0.2, 0.3, 0.1), 12.0, 8),
    Peak(10.0, 4.0, (0.1, 0.5, 0.3), 25.0, 4, harker=("u, ½, w",)),
)


@pytest.fixture
def panel(qtbot: QtBot) -> PeaksPanel:
    panel = PeaksPanel()
    qtbot.addWidget(panel)
    panel.set_peaks(PEAKS, "e²/Å³")
    panel.show()
    return panel


def names(panel: PeaksPanel) -> list[str]:
    rows = panel.rows
    return [str(rows.data(rows.index(i, 0))) for i in range(rows.rowCount())]


def test_columns_are_sorted_by_number_not_by_text(panel: PeaksPanel) -> None:
    assert names(panel) == ["origin", "1", "2", "3"]
    panel.table.sortByColumn(6, Qt.SortOrder.AscendingOrder)  # length
    assert names(panel) == ["origin", "2", "1", "3"]
    panel.table.sortByColumn(6, Qt.SortOrder.DescendingOrder)
    assert names(panel) == ["3", "1", "2", "origin"]


def test_filters_by_height_length_and_harker_section(panel: PeaksPanel) -> None:
    panel.least.setValue(5.0)
    assert names(panel) == ["origin", "1", "2"]
    panel.longest.setValue(15.0)
    assert names(panel) == ["origin", "2"]
    panel.least.setValue(0.0)
    panel.longest.setValue(0.0)
    for key, left in ((ON_ANY, ["1", "3"]), (ON_NONE, ["2"]), ("u, ½, w", ["3"])):
        panel.harker.setCurrentIndex(panel.harker.findData(key))
        assert names(panel) == left


def test_a_choice_of_a_section_stays_while_the_section_is_there(panel: PeaksPanel) -> None:
    panel.harker.setCurrentIndex(panel.harker.findData("u, ½, w"))
    panel.set_peaks(PEAKS[:1] + PEAKS[3:], "")
    assert names(panel) == ["1"]
    panel.set_peaks(PEAKS[:3], "")
    assert names(panel) == ["origin", "1", "2"]
    panel.set_peaks(PEAKS[2:3], "")
    assert not panel.harker.isVisible()


def test_steps_follow_the_order_of_the_table(panel: PeaksPanel, qtbot: QtBot) -> None:
    went: list[tuple[float, ...]] = []
    panel.peak_chosen.connect(went.append)
    panel.table.sortByColumn(6, Qt.SortOrder.DescendingOrder)
    for by in (1, 1, -1, -1):
        went.clear()
        panel.step(by)
    assert went[-1] == PEAKS[0].frac  # from the first line back to the last
    assert panel.table.currentIndex().row() == 3


def test_chosen_peaks_are_those_of_the_lines_that_are_seen(panel: PeaksPanel) -> None:
    panel.table.sortByColumn(6, Qt.SortOrder.DescendingOrder)
    panel.table.selectRow(0)
    assert panel.chosen() == (PEAKS[3].frac,)
