"""The table of heavy-atom sites: order, editing, removing, what the buttons say."""

import math

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from patterson_gui.app.sites.sites import ListedSite, SiteField
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.gui.sites.panel import SitesPanel

pytestmark = pytest.mark.gui
SITES = (
    ListedSite(HeavySite("Au", (0.1, 0.2, 0.3), 1.0, 0.0, 60.0), "search"),
    ListedSite(HeavySite("Hg", (0.4, 0.1, 0.6), 0.5, 0.0, math.nan), "Harker peaks"),
    ListedSite(HeavySite("Au", (0.2, 0.7, 0.9), 0.8, 0.0, 120.0), "search"),
)
LABELS = ("Au1", "Hg1", "Au2")


@pytest.fixture
def panel(qtbot: QtBot) -> SitesPanel:
    panel = SitesPanel()
    panel.resize(900, 240)
    qtbot.addWidget(panel)
    panel.set_sites(SITES, LABELS)
    panel.show()
    return panel


def names(panel: SitesPanel) -> list[str]:
    rows = panel.table.model()
    return [str(rows.data(rows.index(i, 0))) for i in range(rows.rowCount())]


def test_columns_are_sorted_by_number(panel: SitesPanel) -> None:
    assert names(panel) == ["Au1", "Hg1", "Au2"]
    panel.table.sortByColumn(7, Qt.SortOrder.DescendingOrder)  # score; those without come last
    assert names(panel) == ["Au2", "Au1", "Hg1"]
    panel.table.sortByColumn(4, Qt.SortOrder.AscendingOrder)
    assert names(panel) == ["Hg1", "Au1", "Au2"]


def test_a_cell_is_edited_by_double_click_in_a_sorted_table(
    panel: SitesPanel, qtbot: QtBot
) -> None:
    panel.table.sortByColumn(7, Qt.SortOrder.DescendingOrder)
    index = panel.table.model().index(0, 4)
    place = panel.table.visualRect(index).center()
    port = panel.table.viewport()
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(port, Qt.MouseButton.LeftButton, pos=place)
    editor = panel.table.findChild(QLineEdit)
    assert editor.text() == "0.7000"
    editor.setText("0.65")
    with qtbot.waitSignal(panel.model.edited) as edited:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert edited.args == [2, SiteField.Y, "0.65"]


def test_a_cell_that_is_left_as_it_was_is_no_edit(panel: SitesPanel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.model.edited):
        assert not panel.model.setData(panel.model.index(0, 3), "0.1000")
    assert not panel.model.flags(panel.model.index(0, 0)) & Qt.ItemFlag.ItemIsEditable
    assert not panel.model.flags(panel.model.index(0, 2)) & Qt.ItemFlag.ItemIsEditable


def test_the_delete_key_removes_the_chosen_sites(panel: SitesPanel, qtbot: QtBot) -> None:
    assert not panel.remove.isEnabled()
    panel.table.sortByColumn(7, Qt.SortOrder.DescendingOrder)
    panel.table.selectRow(2)
    panel.activateWindow()
    panel.table.setFocus()
    qtbot.waitUntil(panel.table.hasFocus)
    assert panel.remove.isEnabled()
    with qtbot.waitSignal(panel.remove_clicked) as removed:
        qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert removed.args == [[1]]


def test_the_buttons_say_why_they_are_off(panel: SitesPanel) -> None:
    panel.set_find("Choose differences.", running=False)
    assert not panel.find_button.isEnabled()
    assert panel.find_button.toolTip() == "Choose differences."
    panel.set_find("Choose differences.", running=True)
    assert panel.find_button.isEnabled()
    assert panel.find_button.text() == "Stop"
    panel.set_sites((), ())
    panel.show_words("")
    assert not panel.save.isEnabled()
    assert "Find sites" in panel.words.text() or "find them" in panel.words.text()


def test_rows_are_copied_with_headings(panel: SitesPanel) -> None:
    assert panel.model.rows_text([1]) == (
        "Site\tElement\tFrom\tx\ty\tz\tOccupancy\tScore\n"
        "Hg1\tHg\tHarker peaks\t0.4000\t0.1000\t0.6000\t0.50\t–"
    )
