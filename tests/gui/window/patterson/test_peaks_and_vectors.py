"""Patterson peaks and interatomic vectors in the main window: tables, marks in the views, keys."""

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from patterson_gui.crystal.maps.density_map import MapKind
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture
def opened(driver: MainWindowDriver) -> MainWindowDriver:
    """The example with the table of vectors in front."""
    driver.open_example()
    driver.window.tables.setCurrentWidget(driver.window.vectors)
    driver.wait(lambda: driver.workbench.vectors.shown is not None)
    driver.lay_out()
    return driver


def click_line(driver: MainWindowDriver, line: int) -> int:
    """Click a line of the table; the row of its vector."""
    panel = driver.window.vectors
    index = panel.table.model().index(line, 0)
    place = panel.table.visualRect(index).center()
    driver.qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    chosen = driver.workbench.vectors.chosen
    assert chosen is not None
    return chosen


def test_the_heaviest_vector_stands_first(opened: MainWindowDriver) -> None:
    shown = opened.workbench.vectors.shown
    assert shown is not None
    row = click_line(opened, 0)
    assert shown.vectors.weight[row] == shown.vectors.weight.max()
    assert "peaks explained" in opened.window.vectors.words.text()


def test_a_click_marks_the_vector_and_its_two_atoms(opened: MainWindowDriver) -> None:
    row = click_line(opened, 1)
    shown = opened.workbench.vectors.shown
    assert shown is not None
    assert opened.document.cursor == pytest.approx(tuple(shown.matches.place[row]))
    one, other = shown.ends(row)
    marks = opened.window.views.view(MapKind.TRUE).marks
    assert marks.ends == pytest.approx(np.array([one, other]) @ marks.axes)
    assert len(opened.window.views.view(MapKind.PATTERSON).marks.vectors)


def test_a_click_on_an_atom_lists_its_vectors(opened: MainWindowDriver) -> None:
    view, shown = opened.window.views.view(MapKind.TRUE), opened.workbench.vectors.shown
    assert shown is not None
    view.cursor_moved.emit(tuple(shown.atoms.frac[0]))
    assert opened.workbench.vectors.atom == 0
    panel = opened.window.vectors
    assert f"of {shown.atoms.labels[0]}" in panel.words.text()
    assert panel.all_atoms.isVisible()
    opened.click(panel.all_atoms)
    assert opened.workbench.vectors.atom is None


def test_marks_go_when_another_table_comes_to_the_front(opened: MainWindowDriver) -> None:
    click_line(opened, 0)
    opened.window.tables.setCurrentWidget(opened.window.peaks)
    opened.lay_out()
    assert opened.window.views.view(MapKind.TRUE).marks.ends is None
    assert len(opened.window.views.view(MapKind.PATTERSON).marks.vectors) == 0


def test_the_keys_go_from_peak_to_peak_and_copies_are_marked(driver: MainWindowDriver) -> None:
    driver.open_example()
    window = driver.window
    window.tables.setCurrentWidget(window.peaks)
    driver.press("next_peak")
    driver.press("next_peak")
    peak = driver.document.peaks[1]
    assert driver.document.cursor == pytest.approx(peak.frac)
    driver.press("previous_peak")
    assert driver.document.cursor == pytest.approx(driver.document.peaks[0].frac)
    marks = window.views.view(MapKind.PATTERSON).marks
    assert len(marks.peaks) == 0  # not shown until somebody asks for them
    window.peaks.copies.click()
    shown = [p for p in driver.document.peaks if not p.is_origin][:50]
    assert len(marks.peaks) == sum(p.multiplicity for p in shown)
    window.peaks.copies.click()
    assert len(marks.peaks) == len(shown)


@pytest.mark.parametrize("column", range(9))
def test_vectors_are_sorted_by_every_column_and_the_chosen_one_stays_chosen(
    opened: MainWindowDriver, column: int
) -> None:
    panel = opened.window.vectors
    rows = panel.table.model()
    assert rows is not None
    panel.table.choose_row(3)
    chosen = opened.workbench.vectors.chosen
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        panel.table.sortByColumn(column, order)
        texts = [rows.index(row, column).data() for row in range(rows.rowCount())]
        if column:
            numbers = [float(text) for text in texts if text != "–"]
            descending = order == Qt.SortOrder.DescendingOrder
            assert numbers == sorted(numbers, reverse=descending)
            assert texts[len(numbers) :] == ["–"] * (len(texts) - len(numbers))
        assert [int(panel.model.listed[row]) for row in panel.table.chosen()] == [chosen]
    assert len(set(panel.model.listed.tolist())) == rows.rowCount() > 10
