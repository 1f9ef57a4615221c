"""Heavy-atom sites in the main window: found, made from peaks, edited, marked and saved."""

from pathlib import Path

import pytest
from PyQt6.QtCore import QItemSelectionModel, Qt
from PyQt6.QtWidgets import QFileDialog

from patterson_gui.app.sites.from_peaks import PeakSolution
from patterson_gui.app.vectors.vectors import VectorSource
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.commands.solving.sites import solution_words
from patterson_gui.gui.dialogs.sites.add_site import AddSiteDialog
from patterson_gui.gui.dialogs.sites.find_sites import FindSitesDialog
from tests.app.fake_sites import FakeSiteFinder
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]
FOUND = (
    HeavySite("Hg", (0.1, 0.2, 0.3), 1.0, 5.0, 60.0),
    HeavySite("Hg", (0.4, 0.5, 0.6), 0.5, 5.0, 20.0),
)


def finder_of(driver: MainWindowDriver) -> FakeSiteFinder:
    finder = driver.workbench.services.sites.find
    assert isinstance(finder, FakeSiteFinder)
    return finder


def find(driver: MainWindowDriver, element: str) -> None:
    """Press Find sites, type an element and press Return."""
    driver.click(driver.window.sites.find_button)
    dialog = driver.dialog(FindSitesDialog)
    dialog.element.clear()
    driver.qtbot.keyClicks(dialog.element, element)
    driver.qtbot.keyClick(dialog.element, Qt.Key.Key_Return)


def test_sites_are_found_and_marked_with_their_vectors(shown: MainWindowDriver) -> None:
    finder_of(shown).sites = FOUND
    panel = shown.window.sites
    find(shown, "hg")
    shown.wait_until_idle()
    assert shown.workbench.sites.sites == FOUND
    assert panel.words.text().startswith("2 sites")
    assert any("Outliers were left out" in text for text in shown.toasts())
    place = panel.table.visualRect(panel.table.model().index(1, 0)).center()
    shown.qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert shown.workbench.sites.chosen == 1
    shown.wait_until_idle()
    vectors = shown.workbench.vectors
    assert vectors.shown is not None
    assert vectors.shown.source is VectorSource.SITES
    assert vectors.atom == 1
    patterson = shown.window.views.view(MapKind.PATTERSON).marks
    assert len(patterson.vectors) == len(vectors.rows()) > 0
    density = shown.window.views.view(MapKind.TRUE).marks
    assert len(density.sites) == 2
    shown.window.tables.setCurrentWidget(shown.window.peaks)
    shown.lay_out()
    assert len(patterson.vectors) == 0
    assert len(density.sites) == 0


def test_the_dialog_refuses_what_is_no_element(shown: MainWindowDriver) -> None:
    find(shown, "Qq")
    dialog = shown.dialog(FindSitesDialog)
    assert "is not an element" in dialog.element.error.text()
    dialog.reject()
    assert finder_of(shown).calls == []


def test_no_signal_is_said_above_the_table(shown: MainWindowDriver) -> None:
    find(shown, "Hg")
    shown.wait_until_idle()
    assert len(shown.workbench.sites) == 0
    assert shown.window.sites.words.toolTip().startswith("No site stands out")


def test_the_button_stops_a_running_search(shown: MainWindowDriver) -> None:
    finder = finder_of(shown)
    finder.go.clear()
    panel = shown.window.sites
    find(shown, "Hg")
    shown.wait(lambda: "50%" in panel.words.text())
    assert panel.find_button.text() == "Stop"
    shown.click(panel.find_button)
    shown.wait_until_idle()
    assert panel.find_button.text() == "Find sites…"
    assert len(shown.workbench.sites) == 0


def test_edits_and_removals_are_undone(shown: MainWindowDriver) -> None:
    shown.workbench.sites.replace_all(FOUND, "search")
    panel = shown.window.sites
    assert panel.model.setData(panel.model.index(0, 3), "0.15")
    assert shown.workbench.sites.sites[0].frac[0] == 0.15
    panel.model.setData(panel.model.index(0, 3), "far")
    assert any("no coordinate" in text for text in shown.toasts())
    panel.table.selectRow(1)
    shown.click(panel.remove)
    assert shown.workbench.sites.labels() == ("Hg1",)
    shown.press("undo")
    shown.press("undo")
    assert shown.workbench.sites.sites == FOUND


def test_peaks_make_a_site(shown: MainWindowDriver) -> None:
    peaks, panel = shown.window.peaks, shown.window.sites
    assert not panel.from_peaks.isEnabled()
    rows = peaks.rows
    line = next(
        i for i in range(rows.rowCount())
        if peaks.model.peaks[rows.mapToSource(rows.index(i, 0)).row()].harker
    )  # fmt: skip
    flags = QItemSelectionModel.SelectionFlag
    peaks.selection.setCurrentIndex(rows.index(line, 0), flags.ClearAndSelect | flags.Rows)
    assert panel.from_peaks.isEnabled()
    shown.click(panel.from_peaks)
    dialog = shown.dialog(AddSiteDialog)
    assert dialog.list.topLevelItemCount() > 0
    shown.qtbot.keyClicks(dialog.element, "au")
    shown.click(dialog.add)
    (listed,) = shown.workbench.sites.listed
    assert listed.site.element == "Au"
    assert listed.how.startswith("Harker peaks")
    assert shown.workbench.sites.chosen == 0


def test_a_site_is_added_at_the_cursor_and_saved(driver: MainWindowDriver, tmp_path: Path) -> None:
    driver.open_example()
    panel = driver.window.sites
    driver.window.tables.setCurrentWidget(panel)
    driver.lay_out()
    assert panel.add.toolTip() == "First click in a density map."
    driver.document.set_cursor((0.1, 0.2, 0.3))
    driver.click(panel.add)
    dialog = driver.dialog(AddSiteDialog)
    driver.qtbot.keyClicks(dialog.element, "I")
    driver.click(dialog.add)
    assert driver.workbench.sites.labels() == ("I1",)
    assert len(driver.window.views.view(MapKind.TRUE).marks.sites) == 1
    driver.click(panel.save)
    files = driver.dialog(QFileDialog)
    files.fileSelected.emit(str(tmp_path / "mine.res"))
    files.close()
    driver.wait_until_idle()
    assert "SFAC I" in (tmp_path / "mine.res").read_text()


def test_no_site_is_added_where_the_patterson_map_was_clicked(shown: MainWindowDriver) -> None:
    shown.document.set_cursor((0.1, 0.2, 0.3))
    assert not shown.window.sites.add.isEnabled()
    assert "shows vectors" in shown.window.sites.add.toolTip()


def test_a_site_that_is_clicked_in_a_density_view_is_chosen(shown: MainWindowDriver) -> None:
    shown.workbench.sites.replace_all(FOUND, "search")
    view = shown.window.views.view(MapKind.TRUE)
    view.cursor_moved.emit((0.4, 0.5, 0.6))
    assert shown.workbench.sites.chosen == 1
    assert shown.window.sites.chosen() == [1]
    view.cursor_moved.emit((0.9, 0.9, 0.9))  # nothing is there
    assert shown.workbench.sites.chosen == 1


def test_another_file_is_not_opened_over_a_running_search_without_a_question(
    shown: MainWindowDriver, shared_data: Path
) -> None:
    finder_of(shown).go.clear()
    find(shown, "Hg")
    shown.wait(lambda: shown.workbench.site_work.running)
    name = shown.document.crystal.name
    shown.window.opening.open_path(shared_data / "xray" / "1yjp.pdb")
    shown.answer("Keep going")
    assert shown.workbench.site_work.running
    shown.window.opening.open_path(shared_data / "xray" / "1yjp.pdb")
    shown.answer("Stop it and open 1yjp.pdb")
    shown.wait(lambda: shown.document.crystal.name != name)
    shown.wait_until_idle()
    assert not shown.workbench.site_work.running


def test_sites_that_no_file_has_are_asked_about(
    shown: MainWindowDriver, shared_data: Path, tmp_path: Path
) -> None:
    shown.workbench.sites.replace_all(FOUND, "search")
    name = shown.document.crystal.name
    shown.window.opening.open_path(shared_data / "xray" / "1yjp.pdb")
    shown.answer("Cancel")
    assert len(shown.workbench.sites) == 2
    shown.window.opening.open_path(shared_data / "xray" / "1yjp.pdb")
    shown.answer("Save…")
    files = shown.dialog(QFileDialog)
    files.fileSelected.emit(str(tmp_path / "mine.csv"))
    files.close()
    shown.wait(lambda: shown.document.crystal.name != name)
    shown.wait_until_idle()
    assert (tmp_path / "mine.csv").read_text().count("Hg,") == 2
    assert len(shown.workbench.sites) == 0


def test_the_dialog_says_on_which_origin_sites_are_and_when_none_fits() -> None:
    frac = (0.1, 0.2, 0.3)
    alone = PeakSolution(frac, 0.1, "", None, "Harker peaks")
    assert "one site explains them. Other choices of the origin" in solution_words(2, (alone,))
    assert "2 sites explain it." in solution_words(1, (alone, alone))
    fits, low = (PeakSolution(frac, 0.1, "", v, "Harker peaks") for v in (2.5, 0.4))
    assert solution_words(1, (fits, low)).startswith("1 Harker peak: 2 places on the origin")
    assert "no site" not in solution_words(1, (fits, low))
    assert "may be no site" in solution_words(1, (low,))
