"""The Explorer's window, with a linear function in place of the network."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gemmi
import numpy as np
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from patterson_gui.app.explorer.decoding import Source
from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.settings import SettingsStore
from patterson_gui.gui.application import make_window
from patterson_gui.gui.explorer.atoms_table import ELEMENT
from patterson_gui.gui.explorer.crystal_list import ChooseCrystalDialog
from patterson_gui.gui.explorer.periodic_table import place_of
from patterson_gui.gui.explorer.window import ExplorerWindow
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.window.main_window import MainWindow
from patterson_gui.io.models.write_materials import write_materials
from patterson_gui.io.opening.materials import read_materials
from patterson_gui.io.viewer_scene import Viewer
from tests.app.fake_crystals import KNOWN, FakeCrystals, rock_salt
from tests.app.fakes import FakeViewers, fake_services
from tests.gui.main_window_driver import WAIT, shown_windows

pytestmark = pytest.mark.gui


@dataclass
class ExplorerDriver:
    """Drives the Explorer's window: does what a user does and reads what is shown."""

    main: MainWindow
    crystals: FakeCrystals
    programs: FakeViewers
    qtbot: QtBot

    @property
    def window(self) -> ExplorerWindow:
        window = self.main.explorer.window
        assert window is not None
        return window

    @property
    def explorer(self) -> Explorer:
        return self.main.explorer.explorer

    def open(self) -> None:
        self.main.window_actions["explore"].trigger()
        self.qtbot.waitExposed(self.window)

    def wait_until_idle(self) -> None:
        """Wait until no job runs and everything is drawn."""
        self.qtbot.waitUntil(
            lambda: (
                not self.main.workbench.runner.busy
                and not self.window.line._rest.isActive()
                and not self.window.directions._rest.isActive()
                and self.main.explorer.presenter.known_crystals.settled  # type: ignore[union-attr]
                and self.window.views.settled
            ),
            timeout=WAIT,
        )

    def toasts(self) -> list[str]:
        return [toast.text for toast in self.window.toasts.toasts]

    def click(self, widget: object) -> None:
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def press(self, name: str) -> None:
        action = self.window.by_name[name]
        assert action.isEnabled(), action.toolTip()
        action.trigger()

    def type(self, row: int, column: int, text: str) -> None:
        """Type into a cell of the table of atoms."""
        atoms = self.window.crystal.atoms
        atoms.setData(atoms.index(row, column), text)
        self.wait_until_idle()

    def row(self, row: int) -> list[str]:
        return [self.window.crystal.atoms.text(row, column) for column in range(5)]

    def dialog(self) -> ChooseCrystalDialog:
        found = [w for w in shown_windows() if isinstance(w, ChooseCrystalDialog)]
        assert len(found) == 1
        return found[0]


@pytest.fixture
def unopened(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Iterator[ExplorerDriver]:
    """The main window before the Explorer is opened."""
    crystals, programs = FakeCrystals(), FakeViewers()
    services = fake_services(viewers=programs, crystals=crystals)
    main = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    main.show()
    qtbot.waitExposed(main)
    yield ExplorerDriver(main, crystals, programs, qtbot)
    for coder in crystals.coders.values():
        coder.go.set()
    if not sip.isdeleted(main):
        main.close_now()


@pytest.fixture
def driver(unopened: ExplorerDriver) -> ExplorerDriver:
    unopened.open()
    unopened.wait_until_idle()
    return unopened


# ---------------------------------------------------------------- looking
def test_opens_with_an_encoded_and_decoded_crystal(driver: ExplorerDriver) -> None:
    window = driver.window
    assert window.crystal.name.text() == "Cl4Na4 mp-1"
    assert "8 atoms" in window.crystal.facts.text()
    assert "5.64" in window.crystal.facts.text()
    assert driver.row(0)[1:] == ["Na", "0.0000", "0.0000", "0.0000"]
    for view in window.views.views:
        assert view.shows_map
        assert view.model is not None
        assert len(list(view.model[0].all())) == 8
    assert "Network cosines" in window.network.text()
    assert "Cl4Na4" in window.validity.formula.text()
    assert any("2.82 Å" in text for text in window.validity.texts)
    assert any("Na⁺ Cl⁻" in text for text in window.validity.texts)
    assert any("2.16 g/cm³" in text for text in window.validity.texts)
    assert "Stability is not judged" in window.validity.honest.text()


def test_both_views_share_camera_and_level(driver: ExplorerDriver) -> None:
    views = driver.window.views
    views.encoded.contours.step(3)
    assert views.decoded.level == views.encoded.level
    assert driver.window.level_words.text() == f"{views.level:.2f} rmsd"
    driver.window.level.setValue(80)
    assert views.encoded.level == views.decoded.level == 4.0
    turned = views.encoded.camera.state.turned(0.4, 0.1)
    views.encoded.viewport._move_to(turned)
    assert views.decoded.camera.state == turned
    driver.click(driver.window.home)
    assert views.encoded.camera.state != turned
    driver.wait_until_idle()


def test_view_and_table_select_the_same_atom(
    driver: ExplorerDriver,
) -> None:
    window = driver.window
    encoded = driver.explorer.encoding.encoded
    assert encoded is not None
    window.views.encoded.cursor_moved.emit(tuple(encoded.place(5) / 10))
    assert window.crystal.table.chosen() == [5]
    window.crystal.choose_row(2)
    cursor = window.views.encoded.viewport.marks.cursor
    assert cursor is not None
    assert cursor == pytest.approx(encoded.place(2), abs=1e-4)


def test_changes_the_theme_of_the_views(driver: ExplorerDriver) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    try:
        for name in ("light", "dark"):
            driver.main.view.set_theme(name)  # type: ignore[arg-type]
            driver.wait_until_idle()
            assert driver.window.views.decoded.viewport.scene.background == theme.rgb(
                theme.current().view
            )
    finally:
        theme.apply_theme(app, "dark")


# ---------------------------------------------------------------- editing
def test_changes_an_element_in_the_table_and_undoes_it(driver: ExplorerDriver) -> None:
    driver.type(0, ELEMENT, "k")
    assert driver.row(0)[1] == "K"
    assert driver.window.crystal.name.text() == "Cl4KNa3, edited"
    assert driver.window.crystal.undo.isEnabled()
    driver.click(driver.window.crystal.undo)
    driver.wait_until_idle()
    assert driver.row(0)[1] == "Na"
    driver.click(driver.window.crystal.redo)
    driver.wait_until_idle()
    assert driver.row(0)[1] == "K"


@pytest.mark.parametrize("text", ["Xx", "sodium", "", "200"])
def test_rejects_text_that_is_not_an_element(driver: ExplorerDriver, text: str) -> None:
    driver.type(0, ELEMENT, text)
    assert driver.row(0)[1] == "Na"
    assert "is not an element" in driver.toasts()[0]


def test_moves_an_atom_by_fractional_or_cartesian_coordinates(driver: ExplorerDriver) -> None:
    driver.type(1, ELEMENT + 1, "0,25")
    assert driver.row(1)[2] == "0.2500"
    driver.click(driver.window.crystal.frac)
    assert driver.row(1)[2] == "1.410"
    driver.type(1, ELEMENT + 1, "2")
    assert driver.row(1)[2] == "2.000"
    driver.type(1, ELEMENT + 2, "here")
    assert "is not a number" in driver.toasts()[0]
    assert driver.row(1)[3] == "2.820"


def test_the_periodic_table_changes_all_selected_atoms(driver: ExplorerDriver) -> None:
    crystal = driver.window.crystal
    assert not crystal.element.isEnabled()
    crystal.table.selectAll()
    driver.click(crystal.element)
    periodic = crystal._periodic
    assert periodic is not None
    assert periodic.isVisible()
    driver.click(periodic.buttons[26])
    driver.wait_until_idle()
    assert not periodic.isVisible()
    assert {driver.row(i)[1] for i in range(8)} == {"Fe"}


def test_every_element_has_its_own_place_in_the_periodic_table() -> None:
    places = {place_of(number) for number in range(1, 95)}
    assert len(places) == 94
    column = {gemmi.Element(z).name: place_of(z) for z in range(1, 95)}
    assert column["He"] == (0, 17)
    assert column["B"][1] == column["Al"][1] == 12
    assert column["Ti"][1] == column["Zr"][1] == column["Hf"][1]
    assert column["La"][0] > column["Ra"][0]


# ---------------------------------------------------------------- opening
def test_searches_the_known_crystals_and_encodes_one(driver: ExplorerDriver) -> None:
    driver.press("known")
    dialog = driver.dialog()
    assert len(dialog.table.rows.rows) == 5
    dialog.line.setText("Mg O")
    driver.qtbot.waitUntil(lambda: len(dialog.table.rows.rows) == 1, timeout=WAIT)
    driver.click(dialog.open_button)
    driver.wait_until_idle()
    assert driver.window.crystal.name.text() == "Mg4O4 mp-2"
    dialog.line.setText("helium")
    driver.qtbot.waitUntil(lambda: not dialog.table.rows.rows, timeout=WAIT)
    assert not dialog.open_button.isEnabled()
    dialog.close()


def test_asks_which_crystal_of_a_dropped_file_to_encode(
    driver: ExplorerDriver, tmp_path: Path
) -> None:
    path = tmp_path / "many.extxyz"
    write_materials(path, KNOWN[:3])
    driver.window.dropped.emit(path)
    driver.wait_until_idle()
    dialog = driver.dialog()
    dialog.table.opened.emit(2)
    driver.wait_until_idle()
    assert driver.window.crystal.name.text().startswith("F4Li4")
    dialog.close()


def test_encodes_the_crystal_that_is_open_in_the_main_window(driver: ExplorerDriver) -> None:
    driver.press("encode_open")
    assert "Nothing is open" in driver.toasts()[0]
    driver.main.workbench.open_example()
    driver.wait_until_idle()
    driver.press("encode_open")
    driver.wait_until_idle()
    assert driver.window.crystal.name.text().startswith("1yjp")


@pytest.mark.parametrize("kind", ["crystal", "lattice"])
def test_refuses_a_crystal_that_is_too_large(
    driver: ExplorerDriver, tmp_path: Path, kind: str
) -> None:
    driver.explorer.set_kind(kind)  # type: ignore[arg-type]
    driver.wait_until_idle()
    path = tmp_path / "large.cif"
    write_materials(path, [rock_salt(11, 17, 26.0)])
    driver.window.dropped.emit(path)
    driver.wait_until_idle()
    assert any(words in driver.toasts()[0] for words in ("does not fit", "much larger"))
    assert driver.window.crystal.name.text() == "Cl4Na4 mp-1"


def test_refuses_a_file_without_a_crystal(driver: ExplorerDriver, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague,")
    driver.window.dropped.emit(path)
    driver.wait_until_idle()
    assert len(driver.toasts()) == 1
    assert driver.window.toasts.toasts[0].details is None


def test_the_kind_of_sample_can_be_changed(driver: ExplorerDriver) -> None:
    kind = driver.window.crystal.kind
    kind.setCurrentIndex(1)
    kind.activated.emit(1)
    driver.wait_until_idle()
    assert driver.explorer.network.kind == "lattice"
    assert "windows" in driver.window.network.text()
    model = driver.window.views.encoded.model
    assert model is not None
    assert len(list(model[0].all())) > 8


# ---------------------------------------------------------------- moving
@pytest.fixture
def two_crystals(driver: ExplorerDriver) -> ExplorerDriver:
    driver.explorer.open_known(1)
    driver.wait_until_idle()
    return driver


def test_dragging_along_the_line_decodes_on_the_way(two_crystals: ExplorerDriver) -> None:
    bar, views = two_crystals.window.line, two_crystals.window.views
    assert "Cl4Na4" in bar.ends[0].name.text()
    assert "Mg4O4" in bar.ends[1].name.text()
    before = views.decoded.density
    bar.slider.setSliderDown(True)
    bar.slider.setSliderPosition(400)
    two_crystals.qtbot.waitUntil(lambda: views.decoded.density is not before, timeout=WAIT)
    assert two_crystals.window.validity.formula.text() == "Finding atoms…"
    assert "40 %" in bar.words.text()
    bar.slider.setSliderDown(False)
    two_crystals.wait_until_idle()
    assert two_crystals.explorer.decoding.decoded is not None
    assert "atoms" in two_crystals.window.validity.formula.text()
    two_crystals.click(bar.swap)
    assert "Mg4O4" in bar.ends[0].name.text()
    assert bar.slider.value() == 600
    two_crystals.click(bar.ends[0].name)
    two_crystals.wait_until_idle()
    assert two_crystals.explorer.decoding.latent is two_crystals.explorer.line.ends[0]


def test_sets_an_end_of_the_line_to_the_decoded_crystal(two_crystals: ExplorerDriver) -> None:
    two_crystals.explorer.open_known(3)
    two_crystals.wait_until_idle()
    assert "Drag" in two_crystals.window.line.words.text()
    two_crystals.click(two_crystals.window.line.ends[1].set_button)
    assert "Ca4S4" in two_crystals.window.line.ends[1].name.text()


def test_moves_along_a_direction_and_resets_it(driver: ExplorerDriver) -> None:
    tab = driver.window.directions
    assert len(tab.sliders) == 4  # five crystals have no more
    assert not tab.reset_all.isEnabled()
    start = tab.sliders[0].value()
    tab.sliders[0].setValue(start + 80)
    driver.wait_until_idle()
    assert driver.explorer.decoding.source is Source.MOVED
    at = driver.explorer.known_crystals.coordinates(driver.explorer.decoding.latent)
    assert at is not None
    assert at[0] == pytest.approx((start + 80) / 100, abs=0.01)
    assert tab.resets[0].isEnabled()
    driver.click(tab.resets[0])
    driver.wait_until_idle()
    assert abs(tab.sliders[0].value() - start) <= 1
    tab.sliders[1].setValue(150)
    driver.wait_until_idle()
    driver.click(tab.reset_all)
    driver.wait_until_idle()
    assert driver.explorer.decoding.latent is driver.explorer.decoding.base


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


def test_lists_the_nearest_known_crystals_and_opens_one(driver: ExplorerDriver) -> None:
    window = driver.window
    window.tabs.setCurrentWidget(window.neighbours)
    driver.wait_until_idle()
    rows = window.nearest.rows.rows
    assert rows[0] == ("Cl4Na4", "mp-1", "8", "0.000")
    window.nearest.opened.emit(1)
    driver.wait_until_idle()
    assert window.crystal.name.text() == f"{rows[1][0]} {rows[1][1]}"


def test_draws_and_lists_samples_and_goes_back_to_one(driver: ExplorerDriver) -> None:
    tab = driver.window.samples
    driver.window.tabs.setCurrentWidget(tab)
    for _ in range(2):
        driver.click(tab.draw)
        driver.wait_until_idle()
    assert tab.seed.value() == 3
    assert [row[0] for row in tab.table.rows.rows] == [
        "Sample 1 around Cl4Na4 mp-1",
        "Sample 2 around Cl4Na4 mp-1",
    ]  # fmt: skip
    assert all(row[2].endswith("%") for row in tab.table.rows.rows)
    tab.chosen.emit(0)
    driver.wait_until_idle()
    assert driver.explorer.decoding.latent is driver.explorer.samples.kept[0].latent


# ---------------------------------------------------------------- leaving
def test_exports_the_decoded_crystal_as_cif(driver: ExplorerDriver, tmp_path: Path) -> None:
    driver.press("save_crystal")
    (dialog,) = (w for w in shown_windows() if isinstance(w, QFileDialog))
    dialog.fileSelected.emit(str(tmp_path / "salt.cif"))
    dialog.close()
    driver.wait_until_idle()
    (read,) = read_materials(tmp_path / "salt.cif")
    assert read.formula == "Cl4Na4"
    assert "Saved salt.cif" in driver.toasts()[-1]


def test_sends_both_densities_at_the_levels_shown(driver: ExplorerDriver) -> None:
    driver.window.set_level(3.0)
    driver.press("send")
    driver.wait_until_idle()
    (items,) = driver.programs.sent
    density = driver.explorer.decoding.density
    assert density is not None
    assert items[0].level == pytest.approx(3 * density.rmsd)
    assert driver.toasts() == ["Sent to ChimeraX."]
    menu = driver.window.by_name["send"].menu()
    assert menu is not None
    menu.actions()[2].trigger()
    driver.wait_until_idle()
    assert driver.toasts()[-1] == "Sent to PyMOL."
    assert driver.window.by_name["send"].text() == "PyMOL"
    assert driver.main.viewers.usual is Viewer.PYMOL


def test_opens_the_decoded_crystal_in_the_main_window(driver: ExplorerDriver) -> None:
    driver.press("to_main")
    driver.wait_until_idle()
    crystal = driver.main.workbench.document.crystal
    assert crystal is not None
    assert "decoded" in crystal.name
    assert driver.main.workbench.document.patterson is not None


# ---------------------------------------------------------------- trouble
def test_says_why_no_network_was_found_and_can_search_again(unopened: ExplorerDriver) -> None:
    unopened.crystals.problem = "There is no trained network for crystals here: train one."
    unopened.open()
    unopened.wait_until_idle()
    window = unopened.window
    assert window.views.encoded.shows_map
    assert window.views.decoded.page.label.text() == unopened.crystals.problem
    assert window.directions.waiting.text() == unopened.crystals.problem
    assert not window.by_name["save_crystal"].isEnabled()
    assert not window.samples.draw.isEnabled()
    assert unopened.toasts() == []
    unopened.crystals.problem = ""
    unopened.click(window.views.decoded.page.button)
    unopened.wait_until_idle()
    assert window.views.decoded.shows_map


def test_the_map_says_that_known_crystals_are_being_encoded(unopened: ExplorerDriver) -> None:
    unopened.crystals.coder.go.clear()
    unopened.open()
    tab = unopened.window.map
    unopened.qtbot.waitUntil(lambda: "being encoded" in tab.waiting.text(), timeout=WAIT)
    assert unopened.window.neighbour_words.text() == tab.waiting.text()
    unopened.crystals.coder.go.set()
    unopened.wait_until_idle()
    assert tab.waiting.text() == ""


def test_can_be_closed_while_busy_and_reopens_in_the_same_state(
    two_crystals: ExplorerDriver,
) -> None:
    two_crystals.crystals.coder.go.clear()
    two_crystals.explorer.line.move_to(0.5)
    two_crystals.explorer.decoding.find_atoms()
    two_crystals.window.close()
    assert two_crystals.main.explorer.window is None
    two_crystals.crystals.coder.go.set()
    two_crystals.qtbot.waitUntil(lambda: not two_crystals.main.workbench.runner.busy, timeout=WAIT)
    two_crystals.open()
    two_crystals.wait_until_idle()
    assert two_crystals.window.line.slider.value() == 500
    assert two_crystals.window.views.decoded.shows_map
    assert two_crystals.window.map.map.plot is not None


def test_closing_the_main_window_closes_a_busy_explorer(unopened: ExplorerDriver) -> None:
    unopened.crystals.coder.go.clear()
    unopened.open()
    unopened.qtbot.waitUntil(lambda: unopened.explorer.encoding.encoded is not None, timeout=WAIT)
    window = unopened.window
    unopened.crystals.coder.go.set()
    unopened.main.close_now()
    assert sip.isdeleted(window) or not window.isVisible()
