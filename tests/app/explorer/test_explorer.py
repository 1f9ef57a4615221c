"""The Explorer without a window: encoding, moving in latent space, decoding, saving."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.explorer.decoding import Source
from patterson_gui.app.explorer.edits import atomic_number
from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.explorer.save_and_send import ExplorerExport, Look
from patterson_gui.app.jobs.jobs import JobRunner
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.settings import Settings
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import structure_of
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.errors import UserError
from patterson_gui.io.models.write_materials import write_materials
from patterson_gui.io.opening.materials import read_materials
from patterson_gui.io.viewer_scene import Viewer
from tests.app.fake_crystals import KNOWN, SALT, FakeCrystals, rock_salt
from tests.app.fakes import FakeViewers, fake_services
from tests.app.mailbox import Mailbox

LARGE = replace(rock_salt(11, 17, 26.0), identifier="large")


@dataclass
class ExplorerDriver:
    """An Explorer with its fake services and the notices it emitted."""

    explorer: Explorer
    export: ExplorerExport
    crystals: FakeCrystals
    programs: FakeViewers
    mailbox: Mailbox
    runner: JobRunner
    notices: list[Notice] = field(default_factory=list)

    def wait_until_idle(self) -> None:
        self.mailbox.pump(lambda: not self.runner.busy)

    def open(self, material: Material) -> None:
        self.explorer.encoding.open_material(material)
        self.wait_until_idle()

    @property
    def errors(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.error]


@pytest.fixture
def unstarted(runner: JobRunner, mailbox: Mailbox, tmp_path: Path) -> Iterator[ExplorerDriver]:
    """An Explorer that is not started yet."""
    crystals, programs = FakeCrystals(), FakeViewers()
    services = fake_services(viewers=programs, crystals=crystals)
    explorer = Explorer(runner, services.crystals)
    workbench = Workbench(Document(), runner, services, Settings())
    viewers = Viewers(workbench, {}, tmp_path / "sent")
    export = ExplorerExport(explorer, runner, viewers)
    driver = ExplorerDriver(explorer, export, crystals, programs, mailbox, runner)
    explorer.notice.connect(driver.notices.append)
    yield driver
    for coder in crystals.coders.values():
        coder.go.set()


@pytest.fixture
def driver(unstarted: ExplorerDriver) -> ExplorerDriver:
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    return unstarted


# ---------------------------------------------------------------- start
def test_starts_with_a_known_crystal_encoded_and_decoded(driver: ExplorerDriver) -> None:
    explorer = driver.explorer
    encoded = explorer.encoding.encoded
    assert encoded is not None
    assert encoded.material is KNOWN[0]
    assert explorer.decoding.latent is encoded.latent
    assert explorer.decoding.density is not None
    assert explorer.decoding.decoded is not None
    assert explorer.decoding.decoded.material.formula == "Cl4Na4"
    assert explorer.decoding.check is not None
    assert explorer.decoding.check.same_atoms
    assert explorer.decoding.check.agreement == pytest.approx(1, abs=0.1)
    assert driver.errors == []


def test_starts_with_the_open_crystal_if_it_fits(unstarted: ExplorerDriver) -> None:
    opened = crystal_from_model(structure_of(KNOWN[3]), 1.0)
    unstarted.explorer.start(opened)
    unstarted.wait_until_idle()
    assert unstarted.explorer.encoding.material is not None
    assert unstarted.explorer.encoding.material.formula == "Ca4S4"


def test_starts_with_a_known_crystal_if_the_open_one_does_not_fit(
    unstarted: ExplorerDriver,
) -> None:
    unstarted.explorer.start(crystal_from_model(structure_of(LARGE), 2.0))
    unstarted.wait_until_idle()
    assert unstarted.explorer.encoding.material is KNOWN[0]
    assert unstarted.errors == []


def test_shows_crystals_without_a_network_and_says_why_it_is_missing(
    unstarted: ExplorerDriver,
) -> None:
    unstarted.crystals.problem = "There is no trained network for crystals here: train one."
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    assert unstarted.explorer.network.problem == unstarted.crystals.problem
    assert unstarted.explorer.network.coder is None
    encoded = unstarted.explorer.encoding.encoded
    assert encoded is not None
    assert encoded.latent is None
    assert unstarted.explorer.decoding.density is None
    assert unstarted.errors == []


def test_finds_a_network_that_was_added_before_the_next_start(unstarted: ExplorerDriver) -> None:
    unstarted.crystals.problem = "There is no trained network for crystals here: train one."
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    unstarted.crystals.problem = ""
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    assert unstarted.explorer.network.problem == ""
    assert unstarted.explorer.decoding.decoded is not None


# ---------------------------------------------------------------- opening and editing
def test_refuses_a_crystal_that_does_not_fit_and_keeps_the_old_one(
    driver: ExplorerDriver,
) -> None:
    driver.open(LARGE)
    assert len(driver.errors) == 1
    assert "does not fit into a cube" in driver.errors[0]
    assert driver.explorer.encoding.material is KNOWN[0]


def test_encodes_the_crystal_of_a_file(driver: ExplorerDriver, tmp_path: Path) -> None:
    path = tmp_path / "oxide.cif"
    write_materials(path, [KNOWN[1]])
    driver.explorer.encoding.open_file(path)
    driver.wait_until_idle()
    assert driver.explorer.encoding.material is not None
    assert driver.explorer.encoding.material.formula == "Mg4O4"


def test_asks_which_crystal_of_a_file_to_encode(driver: ExplorerDriver, tmp_path: Path) -> None:
    path = tmp_path / "many.extxyz"
    write_materials(path, KNOWN)
    asked: list[tuple[str, list[Material]]] = []
    driver.explorer.encoding.choice_wanted.connect(lambda of, found: asked.append((of, found)))
    driver.explorer.encoding.open_file(path)
    driver.wait_until_idle()
    ((of, found),) = asked
    assert of == "many.extxyz"
    assert [m.formula for m in found] == [m.formula for m in KNOWN]


def test_refuses_a_file_without_a_crystal(driver: ExplorerDriver, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague,\n")
    driver.explorer.encoding.open_file(path)
    driver.wait_until_idle()
    assert len(driver.errors) == 1
    assert driver.notices[-1].details is None


def test_refuses_to_encode_without_an_open_crystal_or_its_atoms(driver: ExplorerDriver) -> None:
    driver.explorer.encoding.open_crystal(None)
    bare = crystal_from_model(structure_of(SALT), 1.0)
    driver.explorer.encoding.open_crystal(Crystal(bare.name, bare.cell, bare.spacegroup))
    driver.wait_until_idle()
    assert "Nothing is open" in driver.errors[0]
    assert "without atoms" in driver.errors[1]


def test_encodes_again_after_an_edit_undo_and_redo(driver: ExplorerDriver) -> None:
    encoding = driver.explorer.encoding
    encoding.set_element([0, 1], "K")
    driver.wait_until_idle()
    assert encoding.material is not None
    assert encoding.material.formula == "Cl4K2Na2"
    assert driver.explorer.decoding.latent is encoding.encoded.latent  # type: ignore[union-attr]
    encoding.step(-1)
    driver.wait_until_idle()
    assert encoding.material is KNOWN[0]
    encoding.step(1)
    driver.wait_until_idle()
    assert encoding.material.formula == "Cl4K2Na2"
    assert not encoding.edits.can_redo


def test_edits_in_quick_succession_add_up(driver: ExplorerDriver) -> None:
    encoding = driver.explorer.encoding
    encoding.set_element([0], "K")
    encoding.set_element([4], "Br")
    driver.wait_until_idle()
    assert encoding.material is not None
    assert encoding.material.formula == "BrCl3KNa3"


def test_moves_an_atom_by_fractional_or_cartesian_coordinates(driver: ExplorerDriver) -> None:
    encoding = driver.explorer.encoding
    encoding.set_coordinate(0, 2, 0.1, frac=True)
    driver.wait_until_idle()
    assert encoding.material is not None
    assert encoding.material.positions[0] == pytest.approx([0, 0, 0.564])
    encoding.set_coordinate(0, 0, 0.3, frac=False)
    driver.wait_until_idle()
    assert encoding.material.positions[0] == pytest.approx([0.3, 0, 0.564])


@pytest.mark.parametrize("text", ["Xx", "", "0", "95", "Na2", "½"])
def test_refuses_text_that_is_not_an_element(driver: ExplorerDriver, text: str) -> None:
    changes: list[int] = []
    driver.explorer.encoding.changed.connect(lambda: changes.append(1))
    driver.explorer.encoding.set_element([0], text)
    driver.wait_until_idle()
    assert "is not an element" in driver.errors[0]
    assert changes  # the table shows the old symbol again
    assert driver.explorer.encoding.material is KNOWN[0]


def test_accepts_element_symbols_in_any_case_and_atomic_numbers() -> None:
    assert [atomic_number(t) for t in ("na", "NA", " Na ", "11")] == [11] * 4
    with pytest.raises(UserError):
        atomic_number("Zz")


def test_refuses_coordinates_that_are_not_finite_or_too_large(driver: ExplorerDriver) -> None:
    driver.explorer.encoding.set_coordinate(0, 0, float("nan"), frac=True)
    driver.explorer.encoding.set_coordinate(0, 0, 1e9, frac=True)
    assert len(driver.errors) == 2


# ---------------------------------------------------------------- the line
@pytest.fixture
def two_crystals(driver: ExplorerDriver) -> ExplorerDriver:
    driver.open(KNOWN[1])
    return driver


def test_the_first_two_crystals_are_the_ends_of_the_line(two_crystals: ExplorerDriver) -> None:
    first, last = two_crystals.explorer.line.ends
    assert first is not None
    assert last is not None
    assert (first.name, last.name) == (KNOWN[0].label, KNOWN[1].label)
    assert two_crystals.explorer.line.fraction == 1.0
    assert two_crystals.explorer.line.has_current


def test_decodes_a_place_on_the_line_and_finds_its_atoms_on_request(
    two_crystals: ExplorerDriver,
) -> None:
    two_crystals.explorer.line.move_to(0.25)
    two_crystals.wait_until_idle()
    assert two_crystals.explorer.decoding.source is Source.BETWEEN
    assert two_crystals.explorer.decoding.decoded is None
    density = two_crystals.explorer.decoding.density
    assert density is not None
    two_crystals.explorer.decoding.find_atoms()
    two_crystals.wait_until_idle()
    assert two_crystals.explorer.decoding.decoded is not None
    assert two_crystals.explorer.decoding.check is not None
    assert (
        two_crystals.explorer.decoding.check.agreement is None
    )  # there is nothing it should agree with
    assert "25" in density.name


def test_dragging_along_the_line_decodes_few_places_and_the_last_one(
    two_crystals: ExplorerDriver,
) -> None:
    coder, explorer = two_crystals.crystals.coder, two_crystals.explorer
    coder.decoded.clear()
    coder.go.clear()
    for fraction in np.linspace(0.01, 0.9, 200):
        explorer.line.move_to(float(fraction))
    coder.go.set()
    two_crystals.wait_until_idle()
    assert len(coder.decoded) <= 3
    assert explorer.decoding.latent is coder.decoded[-1]
    assert explorer.decoding.density is not None
    assert explorer.decoding.latent is not None
    assert explorer.decoding.density.name == explorer.decoding.latent.name


def test_drops_atoms_of_an_earlier_place(two_crystals: ExplorerDriver) -> None:
    coder, explorer = two_crystals.crystals.coder, two_crystals.explorer
    explorer.line.move_to(0.3)
    two_crystals.wait_until_idle()
    coder.go.clear()
    explorer.decoding.find_atoms()
    explorer.line.move_to(0.7)
    coder.go.set()
    two_crystals.wait_until_idle()
    assert coder.searched[-1].name != explorer.decoding.latent.name  # type: ignore[union-attr]
    assert explorer.decoding.decoded is None


def test_the_ends_of_the_line_are_the_crystals_and_can_be_swapped(
    two_crystals: ExplorerDriver,
) -> None:
    explorer = two_crystals.explorer
    first, last = explorer.line.ends
    explorer.line.move_to(0.0)
    assert explorer.decoding.latent is first
    explorer.line.move_to(0.2)
    explorer.line.swap_ends()
    assert explorer.line.ends == (last, first)
    assert explorer.line.fraction == pytest.approx(0.8)
    two_crystals.wait_until_idle()


def test_does_not_move_along_a_line_with_one_end(driver: ExplorerDriver) -> None:
    latent = driver.explorer.decoding.latent
    driver.explorer.line.move_to(0.5)
    assert driver.explorer.decoding.latent is latent


# ---------------------------------------------------------------- directions and neighbours
def test_moves_the_latent_along_a_direction_and_resets_it(driver: ExplorerDriver) -> None:
    explorer = driver.explorer
    before = explorer.known_crystals.coordinates(explorer.decoding.latent)
    assert before is not None
    explorer.directions.set_coordinate(0, before[0] + 0.5)
    explorer.directions.set_coordinate(1, before[1] - 0.5)
    moved = explorer.known_crystals.coordinates(explorer.decoding.latent)
    assert moved is not None
    assert moved[:2] - before[:2] == pytest.approx([0.5, -0.5], abs=1e-3)
    assert explorer.decoding.source is Source.MOVED
    explorer.directions.reset(0)
    assert explorer.known_crystals.coordinates(explorer.decoding.latent)[:2] - before[
        :2
    ] == pytest.approx(  # type: ignore[index]
        [0, -0.5], abs=1e-3
    )
    explorer.directions.reset()
    assert explorer.decoding.latent is explorer.decoding.base
    assert explorer.decoding.source is Source.ENCODED
    driver.wait_until_idle()


def test_the_encoded_known_crystal_is_its_own_nearest_neighbour(driver: ExplorerDriver) -> None:
    found = driver.explorer.known_crystals.nearest(driver.explorer.decoding.latent)
    assert found[0] == (0, pytest.approx(0, abs=1e-6))
    assert len(found) == len(KNOWN)
    driver.explorer.open_known(found[1][0])
    driver.wait_until_idle()
    assert (
        driver.explorer.known_crystals.nearest(driver.explorer.decoding.latent)[0][0] == found[1][0]
    )


def test_reports_progress_of_the_known_crystals_and_does_not_wait_for_them(
    unstarted: ExplorerDriver,
) -> None:
    unstarted.crystals.coder.go.clear()
    fractions: list[float | None] = []
    known_crystals = unstarted.explorer.known_crystals
    known_crystals.progressed.connect(lambda: fractions.append(known_crystals.fraction))
    unstarted.explorer.start()
    unstarted.mailbox.pump(lambda: unstarted.explorer.encoding.encoded is not None)
    assert known_crystals.map is None
    assert known_crystals.fraction is not None
    assert unstarted.explorer.decoding.latent is not None
    unstarted.crystals.coder.go.set()
    unstarted.wait_until_idle()
    assert known_crystals.map is not None
    assert known_crystals.fraction is None
    assert fractions


def test_finds_known_crystals_by_formula_and_identifier(driver: ExplorerDriver) -> None:
    known = driver.explorer.known_crystals.table
    assert known is not None
    assert known.search("mg") == [1]
    assert known.search("MP-3") == [2]
    assert known.search(" ") == list(range(5))
    assert known.search("helium") == []


def test_says_that_there_are_too_few_known_crystals(unstarted: ExplorerDriver) -> None:
    unstarted.crystals.known = [SALT, LARGE]
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    assert "Too few" in unstarted.explorer.known_crystals.problem
    assert unstarted.explorer.decoding.decoded is not None


# ---------------------------------------------------------------- samples
def test_draws_and_decodes_a_sample_and_lists_its_formula(driver: ExplorerDriver) -> None:
    explorer = driver.explorer
    explorer.samples.draw(7, 0.5, around=True)
    driver.wait_until_idle()
    (kept,) = explorer.samples.kept
    assert kept.latent is explorer.decoding.latent
    assert explorer.decoding.source is Source.SAMPLED
    assert "sample 7 around" in kept.latent.name
    assert kept.formula
    explorer.encoding.open_material(KNOWN[1])
    driver.wait_until_idle()
    explorer.samples.go_to(0)
    driver.wait_until_idle()
    assert explorer.decoding.latent is kept.latent
    assert explorer.decoding.decoded is not None


def test_the_same_seed_draws_the_same_sample(driver: ExplorerDriver) -> None:
    for _ in range(2):
        driver.explorer.samples.draw(3, 1.0, around=False)
        driver.wait_until_idle()
    first, last = driver.explorer.samples.kept
    assert np.array_equal(first.latent.vector, last.latent.vector)


def test_keeps_the_present_latent_once(two_crystals: ExplorerDriver) -> None:
    two_crystals.explorer.line.move_to(0.5)
    two_crystals.explorer.decoding.find_atoms()
    two_crystals.wait_until_idle()
    two_crystals.explorer.samples.keep_present()
    two_crystals.explorer.samples.keep_present()
    (kept,) = two_crystals.explorer.samples.kept
    assert kept.source is Source.BETWEEN
    assert kept.formula


# ---------------------------------------------------------------- another kind
def test_another_kind_encodes_the_same_crystal_again_and_forgets_old_latents(
    two_crystals: ExplorerDriver,
) -> None:
    explorer = two_crystals.explorer
    explorer.samples.draw(1, 1.0, around=False)
    two_crystals.wait_until_idle()
    explorer.set_kind("lattice")
    two_crystals.wait_until_idle()
    assert explorer.decoding.latent is not None
    assert explorer.decoding.latent.kind == "lattice"
    assert explorer.samples.kept == ()
    assert explorer.line.ends[1] is None
    encoded = explorer.encoding.encoded
    assert encoded is not None
    assert encoded.material.formula == "Mg4O4"
    assert encoded.nearest(encoded.place(5)) == 5
    assert explorer.known_crystals.map is not None
    explorer.set_kind("crystal")
    two_crystals.wait_until_idle()
    assert explorer.decoding.latent.kind == "crystal"


# ---------------------------------------------------------------- saving and sending
def test_writes_the_decoded_crystal_with_its_provenance(
    two_crystals: ExplorerDriver, tmp_path: Path
) -> None:
    path = tmp_path / "decoded.cif"
    two_crystals.explorer.line.move_to(0.5)
    two_crystals.explorer.decoding.find_atoms()
    two_crystals.wait_until_idle()
    two_crystals.export.save_crystal(path)
    two_crystals.wait_until_idle()
    (read,) = read_materials(path)
    text = path.read_text()
    assert len(read) == 8
    assert "stability was not judged" in text
    assert "between two latents" in text
    assert "Saved decoded.cif" in two_crystals.notices[-1].text


def test_does_not_save_a_crystal_before_its_atoms_are_found(
    two_crystals: ExplorerDriver, tmp_path: Path
) -> None:
    two_crystals.explorer.line.move_to(0.5)
    two_crystals.export.save_crystal(tmp_path / "decoded.cif")
    assert "not decoded yet" in two_crystals.errors[-1]
    two_crystals.wait_until_idle()
    assert list(tmp_path.glob("*.cif")) == []


def test_refuses_an_unknown_file_ending(two_crystals: ExplorerDriver, tmp_path: Path) -> None:
    two_crystals.export.save_crystal(tmp_path / "decoded.docx")
    two_crystals.wait_until_idle()
    assert "cannot be written as" in two_crystals.errors[-1]


def test_writes_the_density_as_a_map_of_the_cube(
    two_crystals: ExplorerDriver, tmp_path: Path
) -> None:
    from patterson_gui.io.maps.ccp4 import read_map

    path = tmp_path / "decoded.ccp4"
    two_crystals.export.save_density(path)
    two_crystals.wait_until_idle()
    read = read_map(path)
    assert read.cell.parameters[:3] == (10, 10, 10)
    assert two_crystals.explorer.decoding.density is not None
    assert read.grid == pytest.approx(two_crystals.explorer.decoding.density.grid, abs=1e-5)


def test_sends_densities_and_atoms_in_the_frame_of_the_cube(two_crystals: ExplorerDriver) -> None:
    two_crystals.export.send(Look(2.0, 3.0, "wire"), Viewer.COOT)
    two_crystals.wait_until_idle()
    (items,) = two_crystals.programs.sent
    assert [item.path.name for item in items] == [
        "decoded.ccp4", "encoded.ccp4", "decoded.pdb", "encoded.pdb",
    ]  # fmt: skip
    density = two_crystals.explorer.decoding.density
    assert density is not None
    assert items[0].level == pytest.approx(3.0 * density.rmsd)
    assert two_crystals.notices[-1].text == "Sent to Coot."


def test_opens_the_decoded_crystal_with_amplitudes_to_predict(two_crystals: ExplorerDriver) -> None:
    taken: list[Crystal] = []
    two_crystals.export.open_decoded(taken.append)
    two_crystals.wait_until_idle()
    (crystal,) = taken
    assert crystal.model is not None
    assert crystal.amplitudes is not None
    assert crystal.material is not None
    assert np.all((crystal.material.frac >= -1e-9) & (crystal.material.frac < 1))
    assert "stability was not judged" in crystal.provenance
