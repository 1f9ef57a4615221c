"""The Explorer's window with a linear stand-in for the network: what one sees and does there."""

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
from tests.gui.desk import WAIT, shown_windows

pytestmark = pytest.mark.gui


@dataclass
class Hands:
    """The Explorer's window with what a test wants to look at and do."""

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

    def rest(self) -> None:
        """Wait until nothing runs and all is on the screen."""
        self.qtbot.waitUntil(
            lambda: (
                not self.main.workbench.runner.busy
                and not self.window.line._rest.isActive()
                and not self.window.directions._rest.isActive()
                and self.main.explorer.presenter.library.settled  # type: ignore[union-attr]
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
        """Type into a cell of the atoms' table."""
        atoms = self.window.crystal.atoms
        atoms.setData(atoms.index(row, column), text)
        self.rest()

    def row(self, row: int) -> list[str]:
        return [self.window.crystal.atoms.text(row, column) for column in range(5)]

    def dialog(self) -> ChooseCrystalDialog:
        found = [w for w in shown_windows() if isinstance(w, ChooseCrystalDialog)]
        assert len(found) == 1
        return found[0]


@pytest.fixture
def closed(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Iterator[Hands]:
    """Before the Explorer is opened."""
    crystals, programs = FakeCrystals(), FakeViewers()
    services = fake_services(viewers=programs, crystals=crystals)
    main = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    main.show()
    qtbot.waitExposed(main)
    yield Hands(main, crystals, programs, qtbot)
    for coder in crystals.coders.values():
        coder.go.set()
    if not sip.isdeleted(main):
        main.close_now()


@pytest.fixture
def hands(closed: Hands) -> Hands:
    closed.open()
    closed.rest()
    return closed


# ---------------------------------------------------------------- looking
def test_opens_with_an_encoded_and_decoded_crystal(hands: Hands) -> None:
    window = hands.window
    assert window.crystal.name.text() == "Cl4Na4 mp-1"
    assert "8 atoms" in window.crystal.facts.text()
    assert "5.64" in window.crystal.facts.text()
    assert hands.row(0)[1:] == ["Na", "0.0000", "0.0000", "0.0000"]
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


def test_both_views_share_camera_and_level(hands: Hands) -> None:
    views = hands.window.views
    views.encoded.contours.step(3)
    assert views.decoded.level == views.encoded.level
    assert hands.window.level_words.text() == f"{views.level:.2f} rmsd"
    hands.window.level.setValue(80)
    assert views.encoded.level == views.decoded.level == 4.0
    turned = views.encoded.camera.state.turned(0.4, 0.1)
    views.encoded.viewport._move_to(turned)
    assert views.decoded.camera.state == turned
    hands.click(hands.window.home)
    assert views.encoded.camera.state != turned
    hands.rest()


def test_view_and_table_select_the_same_atom(
    hands: Hands,
) -> None:
    window = hands.window
    encoded = hands.explorer.encoding.encoded
    assert encoded is not None
    window.views.encoded.cursor_moved.emit(tuple(encoded.place(5) / 10))
    assert window.crystal.table.chosen() == [5]
    window.crystal.choose_row(2)
    cursor = window.views.encoded.viewport.marks.cursor
    assert cursor is not None
    assert cursor == pytest.approx(encoded.place(2), abs=1e-4)


def test_changes_the_theme_of_the_views(hands: Hands) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    try:
        for name in ("light", "dark"):
            hands.main.view.set_theme(name)  # type: ignore[arg-type]
            hands.rest()
            assert hands.window.views.decoded.viewport.scene.background == theme.rgb(
                theme.current().view
            )
    finally:
        theme.apply_theme(app, "dark")


# ---------------------------------------------------------------- editing
def test_changes_an_element_in_the_table_and_undoes_it(hands: Hands) -> None:
    hands.type(0, ELEMENT, "k")
    assert hands.row(0)[1] == "K"
    assert hands.window.crystal.name.text() == "Cl4KNa3, edited"
    assert hands.window.crystal.undo.isEnabled()
    hands.click(hands.window.crystal.undo)
    hands.rest()
    assert hands.row(0)[1] == "Na"
    hands.click(hands.window.crystal.redo)
    hands.rest()
    assert hands.row(0)[1] == "K"


@pytest.mark.parametrize("text", ["Xx", "sodium", "", "200"])
def test_rejects_text_that_is_not_an_element(hands: Hands, text: str) -> None:
    hands.type(0, ELEMENT, text)
    assert hands.row(0)[1] == "Na"
    assert "is not an element" in hands.toasts()[0]


def test_moves_an_atom_by_fractional_or_cartesian_coordinates(hands: Hands) -> None:
    hands.type(1, ELEMENT + 1, "0,25")
    assert hands.row(1)[2] == "0.2500"
    hands.click(hands.window.crystal.frac)
    assert hands.row(1)[2] == "1.410"
    hands.type(1, ELEMENT + 1, "2")
    assert hands.row(1)[2] == "2.000"
    hands.type(1, ELEMENT + 2, "here")
    assert "is not a number" in hands.toasts()[0]
    assert hands.row(1)[3] == "2.820"


def test_the_periodic_table_changes_all_selected_atoms(hands: Hands) -> None:
    crystal = hands.window.crystal
    assert not crystal.element.isEnabled()
    crystal.table.selectAll()
    hands.click(crystal.element)
    periodic = crystal._periodic
    assert periodic is not None
    assert periodic.isVisible()
    hands.click(periodic.buttons[26])
    hands.rest()
    assert not periodic.isVisible()
    assert {hands.row(i)[1] for i in range(8)} == {"Fe"}


def test_every_element_has_its_own_place_in_the_periodic_table() -> None:
    places = {place_of(number) for number in range(1, 95)}
    assert len(places) == 94
    column = {gemmi.Element(z).name: place_of(z) for z in range(1, 95)}
    assert column["He"] == (0, 17)
    assert column["B"][1] == column["Al"][1] == 12
    assert column["Ti"][1] == column["Zr"][1] == column["Hf"][1]
    assert column["La"][0] > column["Ra"][0]


# ---------------------------------------------------------------- opening
def test_searches_the_known_crystals_and_encodes_one(hands: Hands) -> None:
    hands.press("known")
    dialog = hands.dialog()
    assert len(dialog.table.rows.rows) == 5
    dialog.line.setText("Mg O")
    hands.qtbot.waitUntil(lambda: len(dialog.table.rows.rows) == 1, timeout=WAIT)
    hands.click(dialog.open_button)
    hands.rest()
    assert hands.window.crystal.name.text() == "Mg4O4 mp-2"
    dialog.line.setText("helium")
    hands.qtbot.waitUntil(lambda: not dialog.table.rows.rows, timeout=WAIT)
    assert not dialog.open_button.isEnabled()
    dialog.close()


def test_asks_which_crystal_of_a_dropped_file_to_encode(hands: Hands, tmp_path: Path) -> None:
    path = tmp_path / "many.extxyz"
    write_materials(path, KNOWN[:3])
    hands.window.dropped.emit(path)
    hands.rest()
    dialog = hands.dialog()
    dialog.table.opened.emit(2)
    hands.rest()
    assert hands.window.crystal.name.text().startswith("F4Li4")
    dialog.close()


def test_encodes_the_crystal_that_is_open_in_the_main_window(hands: Hands) -> None:
    hands.press("encode_open")
    assert "Nothing is open" in hands.toasts()[0]
    hands.main.workbench.open_example()
    hands.rest()
    hands.press("encode_open")
    hands.rest()
    assert hands.window.crystal.name.text().startswith("1yjp")


@pytest.mark.parametrize("kind", ["crystal", "lattice"])
def test_refuses_a_crystal_that_is_too_large(hands: Hands, tmp_path: Path, kind: str) -> None:
    hands.explorer.set_kind(kind)  # type: ignore[arg-type]
    hands.rest()
    path = tmp_path / "large.cif"
    write_materials(path, [rock_salt(11, 17, 26.0)])
    hands.window.dropped.emit(path)
    hands.rest()
    assert any(words in hands.toasts()[0] for words in ("does not fit", "much larger"))
    assert hands.window.crystal.name.text() == "Cl4Na4 mp-1"


def test_refuses_a_file_without_a_crystal(hands: Hands, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague,")
    hands.window.dropped.emit(path)
    hands.rest()
    assert len(hands.toasts()) == 1
    assert hands.window.toasts.toasts[0].details is None


def test_the_kind_of_sample_can_be_changed(hands: Hands) -> None:
    kind = hands.window.crystal.kind
    kind.setCurrentIndex(1)
    kind.activated.emit(1)
    hands.rest()
    assert hands.explorer.network.kind == "lattice"
    assert "windows" in hands.window.network.text()
    model = hands.window.views.encoded.model
    assert model is not None
    assert len(list(model[0].all())) > 8


# ---------------------------------------------------------------- moving
@pytest.fixture
def line(hands: Hands) -> Hands:
    hands.explorer.open_known(1)
    hands.rest()
    return hands


def test_dragging_along_the_line_decodes_on_the_way(line: Hands) -> None:
    bar, views = line.window.line, line.window.views
    assert "Cl4Na4" in bar.ends[0].name.text()
    assert "Mg4O4" in bar.ends[1].name.text()
    before = views.decoded.density
    bar.slider.setSliderDown(True)
    bar.slider.setSliderPosition(400)
    line.qtbot.waitUntil(lambda: views.decoded.density is not before, timeout=WAIT)
    assert line.window.validity.formula.text() == "Finding atoms…"
    assert "40 %" in bar.words.text()
    bar.slider.setSliderDown(False)
    line.rest()
    assert line.explorer.decoding.decoded is not None
    assert "atoms" in line.window.validity.formula.text()
    line.click(bar.swap)
    assert "Mg4O4" in bar.ends[0].name.text()
    assert bar.slider.value() == 600
    line.click(bar.ends[0].name)
    line.rest()
    assert line.explorer.decoding.latent is line.explorer.line.ends[0]


def test_sets_an_end_of_the_line_to_the_decoded_crystal(line: Hands) -> None:
    line.explorer.open_known(3)
    line.rest()
    assert "Drag" in line.window.line.words.text()
    line.click(line.window.line.ends[1].set_button)
    assert "Ca4S4" in line.window.line.ends[1].name.text()


def test_moves_along_a_direction_and_resets_it(hands: Hands) -> None:
    tab = hands.window.directions
    assert len(tab.sliders) == 4  # five crystals have no more
    assert not tab.reset_all.isEnabled()
    start = tab.sliders[0].value()
    tab.sliders[0].setValue(start + 80)
    hands.rest()
    assert hands.explorer.decoding.source is Source.MOVED
    at = hands.explorer.library.coordinates(hands.explorer.decoding.latent)
    assert at is not None
    assert at[0] == pytest.approx((start + 80) / 100, abs=0.01)
    assert tab.resets[0].isEnabled()
    hands.click(tab.resets[0])
    hands.rest()
    assert abs(tab.sliders[0].value() - start) <= 1
    tab.sliders[1].setValue(150)
    hands.rest()
    hands.click(tab.reset_all)
    hands.rest()
    assert hands.explorer.decoding.latent is hands.explorer.decoding.base


def test_the_map_names_its_points_and_a_click_opens_one(line: Hands) -> None:
    window = line.window
    window.tabs.setCurrentWidget(window.map)
    line.rest()
    plot = window.map.map
    assert plot._here is not None
    assert plot._line is not None
    known = line.explorer.library.map
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
    line.rest()
    assert window.crystal.name.text() == "Br4K4 mp-5"


def test_the_map_shows_the_chosen_directions_and_colours(hands: Hands) -> None:
    tab = hands.window.map
    hands.window.tabs.setCurrentWidget(tab)
    for row in range(tab.colour.count()):
        tab.colour.setCurrentIndex(row)
        tab.colour.activated.emit(row)
    assert "Å³" in tab.bar.text()
    tab.up.setCurrentIndex(2)
    tab.up.activated.emit(2)
    known = hands.explorer.library.map
    assert known is not None
    assert np.array_equal(tab.map._places, known.coordinates[:, [0, 2]])
    hands.rest()


def test_lists_the_nearest_known_crystals_and_opens_one(hands: Hands) -> None:
    window = hands.window
    window.tabs.setCurrentWidget(window.neighbours)
    hands.rest()
    rows = window.nearest.rows.rows
    assert rows[0] == ("Cl4Na4", "mp-1", "8", "0.000")
    window.nearest.opened.emit(1)
    hands.rest()
    assert window.crystal.name.text() == f"{rows[1][0]} {rows[1][1]}"


def test_draws_and_lists_samples_and_goes_back_to_one(hands: Hands) -> None:
    tab = hands.window.samples
    hands.window.tabs.setCurrentWidget(tab)
    for _ in range(2):
        hands.click(tab.draw)
        hands.rest()
    assert tab.seed.value() == 3
    assert [row[0] for row in tab.table.rows.rows] == [
        "Sample 1 around Cl4Na4 mp-1",
        "Sample 2 around Cl4Na4 mp-1",
    ]  # fmt: skip
    assert all(row[2].endswith("%") for row in tab.table.rows.rows)
    tab.chosen.emit(0)
    hands.rest()
    assert hands.explorer.decoding.latent is hands.explorer.samples.kept[0].latent


# ---------------------------------------------------------------- leaving
def test_exports_the_decoded_crystal_as_cif(hands: Hands, tmp_path: Path) -> None:
    hands.press("save_crystal")
    (dialog,) = (w for w in shown_windows() if isinstance(w, QFileDialog))
    dialog.fileSelected.emit(str(tmp_path / "salt.cif"))
    dialog.close()
    hands.rest()
    (read,) = read_materials(tmp_path / "salt.cif")
    assert read.formula == "Cl4Na4"
    assert "Saved salt.cif" in hands.toasts()[-1]


def test_sends_both_densities_at_the_levels_shown(hands: Hands) -> None:
    hands.window.set_level(3.0)
    hands.press("send")
    hands.rest()
    (items,) = hands.programs.sent
    density = hands.explorer.decoding.density
    assert density is not None
    assert items[0].level == pytest.approx(3 * density.rmsd)
    assert hands.toasts() == ["Sent to ChimeraX."]
    menu = hands.window.by_name["send"].menu()
    assert menu is not None
    menu.actions()[2].trigger()
    hands.rest()
    assert hands.toasts()[-1] == "Sent to PyMOL."
    assert hands.window.by_name["send"].text() == "PyMOL"
    assert hands.main.viewers.usual is Viewer.PYMOL


def test_opens_the_decoded_crystal_in_the_main_window(hands: Hands) -> None:
    hands.press("to_main")
    hands.rest()
    crystal = hands.main.workbench.document.crystal
    assert crystal is not None
    assert "decoded" in crystal.name
    assert hands.main.workbench.document.patterson is not None


# ---------------------------------------------------------------- trouble
def test_says_why_no_network_was_found_and_can_search_again(closed: Hands) -> None:
    closed.crystals.problem = "There is no trained network for crystals here: train one."
    closed.open()
    closed.rest()
    window = closed.window
    assert window.views.encoded.shows_map
    assert window.views.decoded.page.label.text() == closed.crystals.problem
    assert window.directions.waiting.text() == closed.crystals.problem
    assert not window.by_name["save_crystal"].isEnabled()
    assert not window.samples.draw.isEnabled()
    assert closed.toasts() == []
    closed.crystals.problem = ""
    closed.click(window.views.decoded.page.button)
    closed.rest()
    assert window.views.decoded.shows_map


def test_the_map_says_that_known_crystals_are_being_encoded(closed: Hands) -> None:
    closed.crystals.coder.go.clear()
    closed.open()
    tab = closed.window.map
    closed.qtbot.waitUntil(lambda: "being encoded" in tab.waiting.text(), timeout=WAIT)
    assert closed.window.neighbour_words.text() == tab.waiting.text()
    closed.crystals.coder.go.set()
    closed.rest()
    assert tab.waiting.text() == ""


def test_can_be_closed_while_busy_and_reopens_in_the_same_state(line: Hands) -> None:
    line.crystals.coder.go.clear()
    line.explorer.line.move_to(0.5)
    line.explorer.decoding.find_atoms()
    line.window.close()
    assert line.main.explorer.window is None
    line.crystals.coder.go.set()
    line.qtbot.waitUntil(lambda: not line.main.workbench.runner.busy, timeout=WAIT)
    line.open()
    line.rest()
    assert line.window.line.slider.value() == 500
    assert line.window.views.decoded.shows_map
    assert line.window.map.map.plot is not None


def test_closing_the_main_window_closes_a_busy_explorer(closed: Hands) -> None:
    closed.crystals.coder.go.clear()
    closed.open()
    closed.qtbot.waitUntil(lambda: closed.explorer.encoding.encoded is not None, timeout=WAIT)
    window = closed.window
    closed.crystals.coder.go.set()
    closed.main.close_now()
    assert sip.isdeleted(window) or not window.isVisible()
