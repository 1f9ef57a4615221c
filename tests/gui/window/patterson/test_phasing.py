"""From sites to density in the main window: refine, phase, both hands, stop, save."""

import pytest
from PyQt6.QtCore import Qt

from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.sites.phase_sites import PhaseSitesDialog
from tests.app.fake_sites import FakePhaser
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]
SITES = (
    HeavySite("Hg", (0.1, 0.2, 0.3), 1.0, 5.0, 60.0),
    HeavySite("Hg", (0.4, 0.55, 0.6), 0.5, 5.0, 20.0),
)


@pytest.fixture
def listed(shown: MainWindowDriver) -> MainWindowDriver:
    """A window with differences and two sites in the table in front."""
    shown.workbench.sites.replace_all(SITES, "search")
    return shown


def phaser_of(driver: MainWindowDriver) -> FakePhaser:
    phaser = driver.workbench.services.sites.phase
    assert isinstance(phaser, FakePhaser)
    return phaser


def phase(driver: MainWindowDriver) -> None:
    """Press Phase, type a solvent content and press Return."""
    driver.click(driver.window.sites.phase)
    dialog = driver.dialog(PhaseSitesDialog)
    dialog.solvent.selectAll()
    driver.qtbot.keyClicks(dialog.solvent, "42")
    driver.qtbot.keyClick(dialog, Qt.Key.Key_Return)


def test_sites_are_refined_by_a_click(listed: MainWindowDriver) -> None:
    panel = listed.window.sites
    listed.click(panel.refine)
    listed.wait_until_idle()
    assert listed.workbench.sites.sites[0].frac[0] == pytest.approx(0.11)
    assert panel.words.toolTip().startswith("Refined 2 sites")
    listed.press("undo")
    assert listed.workbench.sites.sites == SITES


def test_phasing_shows_both_hands_with_their_sites_and_the_reason(
    listed: MainWindowDriver,
) -> None:
    window, views = listed.window, listed.window.views
    phase(listed)
    listed.wait_until_idle()
    ((_, settings),) = phaser_of(listed).calls
    assert settings.solvent == 0.42
    better, other = views.view(MapKind.PREDICTED), views.view(MapKind.TRUE)
    assert better.header.title.text() == "Phases 1, better hand"
    assert other.header.title.text() == "Phases 1, other hand"
    assert better.density is not None
    assert other.density is not None
    assert len(better.marks.sites) == len(other.marks.sites) == 2
    text = window.result.text()
    assert "this is the better hand" in text
    assert "Figure of merit" in text
    assert "This hand is better: it fits." in text
    window.tables.setCurrentWidget(window.predictions)
    listed.lay_out()
    assert window.predictions.table.topLevelItemCount() == 2
    assert "This hand is better" in window.predictions.words.text()


def test_the_solvent_content_follows_from_the_residues(listed: MainWindowDriver) -> None:
    crystal = listed.document.crystal
    assert crystal is not None
    listed.click(listed.window.sites.phase)
    dialog = listed.dialog(PhaseSitesDialog)
    assert "50 % is assumed" in dialog.words.text()
    dialog.residues.setFocus()
    dialog.residues.selectAll()
    listed.qtbot.keyClicks(dialog.residues, "40000")
    listed.qtbot.keyClick(dialog.residues, Qt.Key.Key_Tab)
    assert "not fit" in dialog.words.text()
    half = crystal.cell.volume / len(crystal.spacegroup.operations()) * 0.5 / 1.23
    dialog.residues.setValue(round(half / 110.0))
    assert "1 molecule in the asymmetric unit" in dialog.words.text()
    assert 45 <= dialog.solvent.value() <= 55  # a small cell, whole residues
    listed.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    listed.wait_until_idle()
    prediction = listed.document.prediction
    assert prediction is not None
    assert any("V_M 2." in note for note in prediction.notes)


def test_stop_ends_phasing_and_leaves_the_list(listed: MainWindowDriver) -> None:
    phaser_of(listed).go.clear()
    panel = listed.window.sites
    phase(listed)
    listed.wait(lambda: "Phasing, 25%" in panel.words.text())
    assert panel.find_button.text() == "Stop"
    assert not panel.phase.isEnabled()
    assert not panel.refine.isEnabled()
    listed.click(panel.find_button)
    listed.wait_until_idle()
    assert listed.workbench.sites.sites == SITES
    assert listed.workbench.predicting.kept.items == []
    assert panel.phase.isEnabled()


def test_buttons_say_what_is_missing(driver: MainWindowDriver) -> None:
    driver.open_example()
    panel = driver.window.sites
    assert not panel.phase.isEnabled()
    assert "Map of" in panel.phase.toolTip()
    assert not panel.refine.isEnabled()
