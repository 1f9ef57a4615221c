"""Sections in the main window: Harker sections, choices, cursor, saving."""

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QFileDialog, QTabBar

from patterson_gui.api.opening import measured_example_path
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.crystal.sections.sampling import THREE_CELLS
from patterson_gui.gui.threads.background import background
from patterson_gui.io.maps.ccp4 import write_map
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def settle(driver: MainWindowDriver) -> None:
    driver.wait_until_idle()
    driver.wait(lambda: driver.window.section_presenter.settled)
    driver.lay_out()


def choose(box: QComboBox, key: object) -> None:
    row = box.findData(key)
    assert row >= 0
    box.setCurrentIndex(row)
    box.activated.emit(row)


@pytest.fixture
def sucrose(driver: MainWindowDriver) -> MainWindowDriver:
    """P 2₁ with the panel in front."""
    driver.workbench.open(OpenRequest(measured_example_path()))
    driver.wait(lambda: bool(driver.document.peaks))
    driver.window.show_sections()
    settle(driver)
    return driver


def test_opens_on_the_harker_section_and_returns_to_it_with_a_click(
    sucrose: MainWindowDriver,
) -> None:
    panel = sucrose.window.sections
    assert [panel.harker.list.item(i).text() for i in range(panel.harker.list.count())] == [
        "u, ½, w"
    ]
    assert panel.harker.list.currentRow() == 0
    (tile,) = panel.view.tiles
    assert tile.picture.section.plane.label == "u, ½, w"
    assert tile.picture.marks
    assert (panel.axis.currentText(), panel.position.value()) == ("v", 0.5)
    shown = panel.view.pictures
    sucrose.document.prediction_changed.emit()
    settle(sucrose)
    assert panel.view.pictures is shown  # previews come often, of another map

    panel.view.setFocus()
    sucrose.qtbot.keyClick(panel.view, Qt.Key.Key_PageUp)
    settle(sucrose)
    assert panel.harker.list.currentRow() == -1
    assert panel.position.value() > 0.5
    item = panel.harker.list.visualItemRect(panel.harker.list.item(0)).center()
    sucrose.qtbot.mouseClick(panel.harker.list.viewport(), Qt.MouseButton.LeftButton, pos=item)
    settle(sucrose)
    assert panel.position.value() == 0.5
    assert panel.view.tiles[0].picture.section.plane.label == "u, ½, w"
    # Although the window has a key of this name.
    view = panel.view
    view.activateWindow()
    view.setFocus()
    sucrose.qtbot.keyClick(view, Qt.Key.Key_Home)
    assert sucrose.document.sections.choices.position == 0.0


def test_a_menu_entry_shows_the_panel(driver: MainWindowDriver) -> None:
    window = driver.window
    assert window.sections.visibleRegion().isEmpty()
    narrow = window.results.width()
    driver.press("sections")
    driver.wait(lambda: window.sections.width() > 440)
    assert not window.sections.visibleRegion().isEmpty()
    tabs = next(
        bar for bar in window.findChildren(QTabBar) if bar.tabText(bar.count() - 1) == "Sections"
    )
    tabs.setCurrentIndex(0)
    driver.wait(lambda: window.results.width() == narrow)
    assert narrow < 340


def test_the_example_in_p1_has_no_harker_sections_but_its_density_is_cut(
    driver: MainWindowDriver,
) -> None:
    driver.open_example()
    driver.window.show_sections()
    settle(driver)
    panel = driver.window.sections
    assert not panel.harker.list.isVisible()
    assert panel.harker.words.startswith("P 1 has none")
    assert panel.view.tiles[0].picture.section.plane.label == "u, v, 0"

    driver.wait(lambda: panel.map.findData(LayerKey.TRUE) >= 0)
    choose(panel.map, LayerKey.TRUE)
    settle(driver)
    section = panel.view.tiles[0].picture.section
    assert section.density is driver.document.truth
    assert section.bounds.right == (0.0, 1.0)
    assert not panel.peaks.isEnabled()


def type_group(driver: MainWindowDriver, name: str) -> None:
    field = driver.window.sections.harker.group
    field.selectAll()
    driver.qtbot.keyClicks(field, name)
    driver.qtbot.keyClick(field, Qt.Key.Key_Return)
    settle(driver)


def test_another_space_group_can_be_tried(sucrose: MainWindowDriver) -> None:
    harker = sucrose.window.sections.harker
    type_group(sucrose, "P21/c")
    assert [harker.list.item(i).text() for i in range(harker.list.count())] == [
        "u, ½, w", "line 0, v, ½",
    ]  # fmt: skip
    assert harker.group.text() == "P 1 21/c 1"
    type_group(sucrose, "P 4")
    assert any("does not have the symmetry of P 4" in text for text in sucrose.toasts())
    assert harker.group.text() == "P 1 21/c 1"
    type_group(sucrose, "P-1")
    assert harker.list.count() == 0
    assert harker.words.startswith("P -1 has none")


def test_a_patterson_map_in_a_file_does_not_tell_the_space_group(
    sucrose: MainWindowDriver, tmp_path: Path
) -> None:
    density = sucrose.document.patterson
    assert density is not None
    write_map(tmp_path / "P.ccp4", density)
    sucrose.workbench.open(OpenRequest(tmp_path / "P.ccp4"))
    sucrose.wait(lambda: getattr(sucrose.document.crystal, "name", "") == "P")
    settle(sucrose)
    harker = sucrose.window.sections.harker
    assert harker.list.count() == 0
    assert harker.words.startswith("Type the space group")
    type_group(sucrose, "P 21")
    assert harker.list.item(0).text() == "u, ½, w"


def test_choices_change_the_drawing_and_units_keep_the_levels(sucrose: MainWindowDriver) -> None:
    panel, state = sucrose.window.sections, sucrose.document.sections
    choose(panel.axis, "hkl")
    panel.hkl.setText("1 0 -1")
    panel.hkl.editingFinished.emit()
    panel.position.setValue(0.25)
    panel.thickness.setValue(1.5)
    choose(panel.projection, "maximum")
    choose(panel.bounds, "three")
    panel.start.setValue(4.0)
    panel.negative.setChecked(False)
    settle(sucrose)
    section = panel.view.tiles[0].picture.section
    assert section.plane.label == "(1 0 −1) at 0.25 d"
    assert (section.slab.thickness, section.slab.projection) == (1.5, "maximum")
    assert section.bounds == THREE_CELLS
    assert panel.view.tiles[0].picture.dashed.isEmpty()
    for wrong in ("no plane", "0 0 0", "1 1 99"):
        panel.hkl.setText(wrong)
        panel.hkl.editingFinished.emit()
    assert panel.hkl.text() == "1 0 -1"
    assert any("“no plane” is no plane" in text for text in sucrose.toasts())
    panel.peaks.setChecked(False)
    settle(sucrose)
    assert panel.view.tiles[0].picture.marks == []
    levels = state.choices.levels
    assert levels is not None
    assert (levels.start, levels.negative) == (4.0, False)

    density = sucrose.document.patterson
    panel.start.setValue(2.0)
    assert density is not None
    choose(panel.unit, "absolute")
    settle(sucrose)
    assert panel.start.value() == pytest.approx(2 * density.rmsd, rel=0.05)
    assert panel.unit.currentText() == density.units
    choose(panel.unit, "rmsd")
    assert panel.start.value() == pytest.approx(2.0, rel=0.05)


def test_section_and_views_share_the_cursor(sucrose: MainWindowDriver) -> None:
    panel, document = sucrose.window.sections, sucrose.document
    view = panel.view
    sucrose.qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.pixel_of(0.2, 0.1).toPoint())
    assert document.cursor == (
        pytest.approx(0.2, abs=0.01), 0.5, pytest.approx(0.1, abs=0.01),
    )  # fmt: skip
    document.set_cursor((0.3, 0.2, 0.4))
    (mark,) = view._cursor_marks
    assert not mark.in_plane
    sucrose.click(panel.to_cursor)
    settle(sucrose)
    assert panel.position.value() == pytest.approx(0.2)
    (mark,) = view._cursor_marks
    assert mark.in_plane


def test_a_montage_opens_the_section_that_is_clicked(sucrose: MainWindowDriver) -> None:
    panel = sucrose.window.sections
    sucrose.click(panel.montage)
    assert panel.readout.text() == "Click a section to enlarge it."
    settle(sucrose)
    tiles = panel.view.tiles
    assert len(tiles) > 8
    wanted = tiles[3].picture.section.plane.label
    sucrose.qtbot.mouseClick(
        panel.view, Qt.MouseButton.LeftButton, pos=tiles[3].place.center().toPoint()
    )
    settle(sucrose)
    assert [tile.picture.section.plane.label for tile in panel.view.tiles] == [wanted]
    assert not panel.montage.isChecked()
    assert panel.readout.text() != "Click a section to enlarge it."


def test_saves_what_is_shown(
    sucrose: MainWindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patterson_gui.app.document.sections.MOST_IN_MONTAGE", 3)
    sucrose.click(sucrose.window.sections.save)
    dialog = sucrose.dialog(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "s.svg"))
    dialog.close()
    settle(sucrose)
    text = (tmp_path / "s.svg").read_text(encoding="utf-8")
    assert "sucrose · Patterson map · Harker plane u, ½, w" in text
    sucrose.workbench.document.sections.set(montage=True)
    sucrose.window.figures.write_section(tmp_path / "m.pdf")
    settle(sucrose)
    n = len(sucrose.window.sections.view.tiles)
    assert (tmp_path / "m.pdf").read_bytes().count(b"/Type /Page ") == n


def test_the_window_closes_while_a_montage_is_made(sucrose: MainWindowDriver) -> None:
    sucrose.workbench.document.sections.set(montage=True, bounds="three")
    sucrose.window.close_now()
    sucrose.lay_out()
    ended = Ended()
    background("sections").request("the last", lambda: True, ended.take)
    sucrose.wait(lambda: ended.done)


class Ended:
    """Is told when the background thread has done what was asked before."""

    done = False

    def take(self, answer: bool) -> None:
        self.done = answer
