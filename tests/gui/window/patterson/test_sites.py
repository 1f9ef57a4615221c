"""Heavy-atom sites in the main window: found, made from peaks, edited, marked and saved."""

from pathlib import Path

import pytest
from PyQt6.QtCore import QItemSelectionModel, Qt
from PyQt6.QtWidgets import QFileDialog

from patterson_gui.app.document.patterson_source import PattersonSource
from patterson_gui.app.sites.from_peaks import PeakSolution
from patterson_gui.app.vectors.vectors import VectorSource
from patterson_gui.crystal.heavy_atoms import HeavySite
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.commands.solving.sites import solution_words
from patterson_gui.gui.dialogs.columns import ColumnsDialog
from patterson_gui.gui.dialogs.sites.add_site import AddSiteDialog
from patterson_gui.gui.dialogs.sites.find_sites import FindSitesDialog
from tests.app.fake_sites import FakeSiteFinder
from tests.app.test_patterson_maps import derivative_file
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]
FOUND = (
    HeavySite("Hg", (0.1, 0.2, 0.3), 1.0, 5.0, 60.0),
    HeavySite("Hg", (0.4, 0.5, 0.6), 0.5, 5.0, 20.0),
)


@pytest.fixture
def opened(driver: MainWindowDriver, tmp_path: Path) -> MainWindowDriver:
    """A window with the differences of a derivative, and the table of sites in front."""
    driver.drop(derivative_file(tmp_path))
    driver.dialog(ColumnsDialog).accept()
    driver.wait_until_idle()
    driver.workbench.patterson_maps.choose(PattersonSource("isomorphous", "FHG(+)", "FNAT"))
    driver.wait_until_idle()
    driver.window.tables.setCurrentWidget(driver.window.sites)
    driver.lay_out()
    return driver


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


def test_sites_are_found_and_marked_with_their_vectors(opened: MainWindowDriver) -> None:
    finder_of(opened).sites = FOUND
    panel = opened.window.sites
    find(opened, "hg")
    opened.wait_until_idle()
    assert opened.workbench.sites.sites == FOUND
    assert panel.words.text().startswith("2 sites")
    assert any("Outliers were left out" in text for text in opened.toasts())
    place = panel.table.visualRect(panel.table.model().index(1, 0)).center()
    opened.qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened.workbench.sites.chosen == 1
    opened.wait_until_idle()
    vectors = opened.workbench.vectors
    assert vectors.shown is not None
    assert vectors.shown.source is VectorSource.SITES
    assert vectors.atom == 1
    patterson = opened.window.views.view(MapKind.PATTERSON).marks
    assert len(patterson.vectors) == len(vectors.rows()) > 0
    density = opened.window.views.view(MapKind.TRUE).marks
    assert len(density.sites) == 2
    opened.window.tables.setCurrentWidget(opened.window.peaks)
    opened.lay_out()
    assert len(patterson.vectors) == 0
    assert len(density.sites) == 0


def test_the_dialog_refuses_what_is_no_element(opened: MainWindowDriver) -> None:
    find(opened, "Qq")
    dialog = opened.dialog(FindSitesDialog)
    assert "is not an element" in dialog.element.error.text()
    dialog.reject()
    assert finder_of(opened).calls == []


def test_no_signal_is_said_above_the_table(opened: MainWindowDriver) -> None:
    find(opened, "Hg")
    opened.wait_until_idle()
    assert len(opened.workbench.sites) == 0
    assert opened.window.sites.words.toolTip().startswith("No site stands out")


def test_the_button_stops_a_running_search(opened: MainWindowDriver) -> None:
    finder = finder_of(opened)
    finder.go.clear()
    panel = opened.window.sites
    find(opened, "Hg")
    opened.wait(lambda: "50%" in panel.words.text())
    assert panel.find_button.text() == "Stop"
    opened.click(panel.find_button)
    opened.wait_until_idle()
    assert panel.find_button.text() == "Find sites…"
    assert len(opened.workbench.sites) == 0


def test_edits_and_removals_are_undone(opened: MainWindowDriver) -> None:
    opened.workbench.sites.replace_all(FOUND, "search")
    panel = opened.window.sites
    assert panel.model.setData(panel.model.index(0, 3), "0.15")
    assert opened.workbench.sites.sites[0].frac[0] == 0.15
    panel.model.setData(panel.model.index(0, 3), "far")
    assert any("no coordinate" in text for text in opened.toasts())
    panel.table.selectRow(1)
    opened.click(panel.remove)
    assert opened.workbench.sites.labels() == ("Hg1",)
    opened.press("undo")
    opened.press("undo")
    assert opened.workbench.sites.sites == FOUND


def test_peaks_make_a_site(opened: MainWindowDriver) -> None:
    peaks, panel = opened.window.peaks, opened.window.sites
    assert not panel.from_peaks.isEnabled()
    rows = peaks.rows
    line = next(
        i for i in range(rows.rowCount())
        if peaks.model.peaks[rows.mapToSource(rows.index(i, 0)).row()].harker
    )  # fmt: skip
    flags = QItemSelectionModel.SelectionFlag
    peaks.selection.setCurrentIndex(rows.index(line, 0), flags.ClearAndSelect | flags.Rows)
    assert panel.from_peaks.isEnabled()
    opened.click(panel.from_peaks)
    dialog = opened.dialog(AddSiteDialog)
    assert dialog.list.topLevelItemCount() > 0
    opened.qtbot.keyClicks(dialog.element, "au")
    opened.click(dialog.add)
    (listed,) = opened.workbench.sites.listed
    assert listed.site.element == "Au"
    assert listed.how.startswith("Harker peaks")
    assert opened.workbench.sites.chosen == 0


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


def test_no_site_is_added_where_the_patterson_map_was_clicked(opened: MainWindowDriver) -> None:
    opened.document.set_cursor((0.1, 0.2, 0.3))
    assert not opened.window.sites.add.isEnabled()
    assert "shows vectors" in opened.window.sites.add.toolTip()


def test_a_site_that_is_clicked_in_a_density_view_is_chosen(opened: MainWindowDriver) -> None:
    opened.workbench.sites.replace_all(FOUND, "search")
    view = opened.window.views.view(MapKind.TRUE)
    view.cursor_moved.emit((0.4, 0.5, 0.6))
    assert opened.workbench.sites.chosen == 1
    assert opened.window.sites.chosen() == [1]
    view.cursor_moved.emit((0.9, 0.9, 0.9))  # nothing is there
    assert opened.workbench.sites.chosen == 1


def test_another_file_is_not_opened_over_a_running_search_without_a_question(
    opened: MainWindowDriver, shared_data: Path
) -> None:
    finder_of(opened).go.clear()
    find(opened, "Hg")
    opened.wait(lambda: opened.workbench.site_work.running)
    name = opened.document.crystal.name
    opened.window.opening.open_path(shared_data / "xray" / "1yjp.pdb")
    opened.answer("Keep going")
    assert opened.workbench.site_work.running
    opened.window.opening.open_path(shared_data / "xray" / "1yjp.pdb")
    opened.answer("Stop it and open 1yjp.pdb")
    opened.wait(lambda: opened.document.crystal.name != name)
    opened.wait_until_idle()
    assert not opened.workbench.site_work.running


def test_sites_that_no_file_has_are_asked_about(
    opened: MainWindowDriver, shared_data: Path, tmp_path: Path
) -> None:
    opened.workbench.sites.replace_all(FOUND, "search")
    name = opened.document.crystal.name
    opened.window.opening.open_path(shared_data / "xray" / "1yjp.pdb")
    opened.answer("Cancel")
    assert len(opened.workbench.sites) == 2
    opened.window.opening.open_path(shared_data / "xray" / "1yjp.pdb")
    opened.answer("Save…")
    files = opened.dialog(QFileDialog)
    files.fileSelected.emit(str(tmp_path / "mine.csv"))
    files.close()
    opened.wait(lambda: opened.document.crystal.name != name)
    opened.wait_until_idle()
    assert (tmp_path / "mine.csv").read_text().count("Hg,") == 2
    assert len(opened.workbench.sites) == 0


def test_the_dialog_says_on_which_origin_sites_are_and_when_none_fits() -> None:
    frac = (0.1, 0.2, 0.3)
    alone = PeakSolution(frac, 0.1, "", None, "Harker peaks")
    assert "one site explains them. Other choices of the origin" in solution_words(2, (alone,))
    assert "2 sites explain it." in solution_words(1, (alone, alone))
    fits, low = (PeakSolution(frac, 0.1, "", v, "Harker peaks") for v in (2.5, 0.4))
    assert solution_words(1, (fits, low)).startswith("1 Harker peak: 2 places on the origin")
    assert "no site" not in solution_words(1, (fits, low))
    assert "may be no site" in solution_words(1, (low,))
