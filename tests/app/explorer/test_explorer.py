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
class Table:
    """An Explorer with what a test wants to look at."""

    explorer: Explorer
    export: ExplorerExport
    crystals: FakeCrystals
    programs: FakeViewers
    mailbox: Mailbox
    runner: JobRunner
    notices: list[Notice] = field(default_factory=list)

    def rest(self) -> None:
        self.mailbox.pump(lambda: not self.runner.busy)

    def open(self, material: Material) -> None:
        self.explorer.encoding.open_material(material)
        self.rest()

    @property
    def errors(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.error]


@pytest.fixture
def idle(runner: JobRunner, mailbox: Mailbox, tmp_path: Path) -> Iterator[Table]:
    """Before anything has begun."""
    crystals, programs = FakeCrystals(), FakeViewers()
    services = fake_services(viewers=programs, crystals=crystals)
    explorer = Explorer(runner, services.crystals)
    workbench = Workbench(Document(), runner, services, Settings())
    viewers = Viewers(workbench, {}, tmp_path / "sent")
    export = ExplorerExport(explorer, runner, viewers)
    table = Table(explorer, export, crystals, programs, mailbox, runner)
    explorer.notice.connect(table.notices.append)
    yield table
    for coder in crystals.coders.values():
        coder.go.set()


@pytest.fixture
def table(idle: Table) -> Table:
    idle.explorer.start()
    idle.rest()
    return idle


# ---------------------------------------------------------------- beginning
def test_starts_with_a_known_crystal_encoded_and_decoded(table: Table) -> None:
    explorer = table.explorer
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
    assert table.errors == []


def test_starts_with_the_open_crystal_if_it_fits(idle: Table) -> None:
    opened = crystal_from_model(structure_of(KNOWN[3]), 1.0)
    idle.explorer.start(opened)
    idle.rest()
    assert idle.explorer.encoding.material is not None
    assert idle.explorer.encoding.material.formula == "Ca4S4"


def test_starts_with_a_known_crystal_if_the_open_one_does_not_fit(idle: Table) -> None:
    idle.explorer.start(crystal_from_model(structure_of(LARGE), 2.0))
    idle.rest()
    assert idle.explorer.encoding.material is KNOWN[0]
    assert idle.errors == []


def test_shows_crystals_without_a_network_and_says_why_it_is_missing(
    idle: Table,
) -> None:
    idle.crystals.problem = "There is no trained network for crystals here: train one."
    idle.explorer.start()
    idle.rest()
    assert idle.explorer.network.problem == idle.crystals.problem
    assert idle.explorer.network.coder is None
    encoded = idle.explorer.encoding.encoded
    assert encoded is not None
    assert encoded.latent is None
    assert idle.explorer.decoding.density is None
    assert idle.errors == []


def test_finds_a_network_that_was_added_before_the_next_start(idle: Table) -> None:
    idle.crystals.problem = "There is no trained network for crystals here: train one."
    idle.explorer.start()
    idle.rest()
    idle.crystals.problem = ""
    idle.explorer.start()
    idle.rest()
    assert idle.explorer.network.problem == ""
    assert idle.explorer.decoding.decoded is not None


# ---------------------------------------------------------------- opening and editing
def test_refuses_a_crystal_that_does_not_fit_and_keeps_the_old_one(
    table: Table,
) -> None:
    table.open(LARGE)
    assert len(table.errors) == 1
    assert "does not fit into a cube" in table.errors[0]
    assert table.explorer.encoding.material is KNOWN[0]


def test_encodes_the_crystal_of_a_file(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "oxide.cif"
    write_materials(path, [KNOWN[1]])
    table.explorer.encoding.open_file(path)
    table.rest()
    assert table.explorer.encoding.material is not None
    assert table.explorer.encoding.material.formula == "Mg4O4"


def test_asks_which_crystal_of_a_file_to_encode(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "many.extxyz"
    write_materials(path, KNOWN)
    asked: list[tuple[str, list[Material]]] = []
    table.explorer.encoding.choice_wanted.connect(lambda of, found: asked.append((of, found)))
    table.explorer.encoding.open_file(path)
    table.rest()
    ((of, found),) = asked
    assert of == "many.extxyz"
    assert [m.formula for m in found] == [m.formula for m in KNOWN]


def test_refuses_a_file_without_a_crystal(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague,\n")
    table.explorer.encoding.open_file(path)
    table.rest()
    assert len(table.errors) == 1
    assert table.notices[-1].details is None


def test_refuses_to_encode_without_an_open_crystal_or_its_atoms(table: Table) -> None:
    table.explorer.encoding.open_crystal(None)
    bare = crystal_from_model(structure_of(SALT), 1.0)
    table.explorer.encoding.open_crystal(Crystal(bare.name, bare.cell, bare.spacegroup))
    table.rest()
    assert "Nothing is open" in table.errors[0]
    assert "without atoms" in table.errors[1]


def test_encodes_again_after_an_edit_undo_and_redo(table: Table) -> None:
    encoding = table.explorer.encoding
    encoding.set_element([0, 1], "K")
    table.rest()
    assert encoding.material is not None
    assert encoding.material.formula == "Cl4K2Na2"
    assert table.explorer.decoding.latent is encoding.encoded.latent  # type: ignore[union-attr]
    encoding.step(-1)
    table.rest()
    assert encoding.material is KNOWN[0]
    encoding.step(1)
    table.rest()
    assert encoding.material.formula == "Cl4K2Na2"
    assert not encoding.edits.can_redo


def test_edits_in_quick_succession_add_up(table: Table) -> None:
    encoding = table.explorer.encoding
    encoding.set_element([0], "K")
    encoding.set_element([4], "Br")
    table.rest()
    assert encoding.material is not None
    assert encoding.material.formula == "BrCl3KNa3"


def test_moves_an_atom_by_fractional_or_cartesian_coordinates(table: Table) -> None:
    encoding = table.explorer.encoding
    encoding.set_coordinate(0, 2, 0.1, frac=True)
    table.rest()
    assert encoding.material is not None
    assert encoding.material.positions[0] == pytest.approx([0, 0, 0.564])
    encoding.set_coordinate(0, 0, 0.3, frac=False)
    table.rest()
    assert encoding.material.positions[0] == pytest.approx([0.3, 0, 0.564])


@pytest.mark.parametrize("text", ["Xx", "", "0", "95", "Na2", "½"])
def test_refuses_text_that_is_not_an_element(table: Table, text: str) -> None:
    changes: list[int] = []
    table.explorer.encoding.changed.connect(lambda: changes.append(1))
    table.explorer.encoding.set_element([0], text)
    table.rest()
    assert "is not an element" in table.errors[0]
    assert changes  # the table shows the old symbol again
    assert table.explorer.encoding.material is KNOWN[0]


def test_accepts_element_symbols_in_any_case_and_atomic_numbers() -> None:
    assert [atomic_number(t) for t in ("na", "NA", " Na ", "11")] == [11] * 4
    with pytest.raises(UserError):
        atomic_number("Zz")


def test_refuses_coordinates_that_are_not_finite_or_too_large(table: Table) -> None:
    table.explorer.encoding.set_coordinate(0, 0, float("nan"), frac=True)
    table.explorer.encoding.set_coordinate(0, 0, 1e9, frac=True)
    assert len(table.errors) == 2


# ---------------------------------------------------------------- the line
@pytest.fixture
def line(table: Table) -> Table:
    table.open(KNOWN[1])
    return table


def test_the_first_two_crystals_are_the_ends_of_the_line(line: Table) -> None:
    first, last = line.explorer.line.ends
    assert first is not None
    assert last is not None
    assert (first.name, last.name) == (KNOWN[0].label, KNOWN[1].label)
    assert line.explorer.line.fraction == 1.0
    assert line.explorer.line.has_current


def test_decodes_a_place_on_the_line_and_finds_its_atoms_on_request(line: Table) -> None:
    line.explorer.line.move_to(0.25)
    line.rest()
    assert line.explorer.decoding.source is Source.BETWEEN
    assert line.explorer.decoding.decoded is None
    density = line.explorer.decoding.density
    assert density is not None
    line.explorer.decoding.find_atoms()
    line.rest()
    assert line.explorer.decoding.decoded is not None
    assert line.explorer.decoding.check is not None
    assert line.explorer.decoding.check.agreement is None  # there is nothing it should agree with
    assert "25" in density.name


def test_dragging_along_the_line_decodes_few_places_and_the_last_one(
    line: Table,
) -> None:
    coder, explorer = line.crystals.coder, line.explorer
    coder.decoded.clear()
    coder.go.clear()
    for fraction in np.linspace(0.01, 0.9, 200):
        explorer.line.move_to(float(fraction))
    coder.go.set()
    line.rest()
    assert len(coder.decoded) <= 3
    assert explorer.decoding.latent is coder.decoded[-1]
    assert explorer.decoding.density is not None
    assert explorer.decoding.latent is not None
    assert explorer.decoding.density.name == explorer.decoding.latent.name


def test_drops_atoms_of_an_earlier_place(line: Table) -> None:
    coder, explorer = line.crystals.coder, line.explorer
    explorer.line.move_to(0.3)
    line.rest()
    coder.go.clear()
    explorer.decoding.find_atoms()
    explorer.line.move_to(0.7)
    coder.go.set()
    line.rest()
    assert coder.searched[-1].name != explorer.decoding.latent.name  # type: ignore[union-attr]
    assert explorer.decoding.decoded is None


def test_the_ends_of_the_line_are_the_crystals_and_can_be_swapped(line: Table) -> None:
    explorer = line.explorer
    first, last = explorer.line.ends
    explorer.line.move_to(0.0)
    assert explorer.decoding.latent is first
    explorer.line.move_to(0.2)
    explorer.line.swap_ends()
    assert explorer.line.ends == (last, first)
    assert explorer.line.fraction == pytest.approx(0.8)
    line.rest()


def test_does_not_move_along_a_line_with_one_end(table: Table) -> None:
    latent = table.explorer.decoding.latent
    table.explorer.line.move_to(0.5)
    assert table.explorer.decoding.latent is latent


# ---------------------------------------------------------------- directions and neighbours
def test_moves_the_latent_along_a_direction_and_resets_it(table: Table) -> None:
    explorer = table.explorer
    before = explorer.library.coordinates(explorer.decoding.latent)
    assert before is not None
    explorer.directions.set_coordinate(0, before[0] + 0.5)
    explorer.directions.set_coordinate(1, before[1] - 0.5)
    moved = explorer.library.coordinates(explorer.decoding.latent)
    assert moved is not None
    assert moved[:2] - before[:2] == pytest.approx([0.5, -0.5], abs=1e-3)
    assert explorer.decoding.source is Source.MOVED
    explorer.directions.reset(0)
    assert explorer.library.coordinates(explorer.decoding.latent)[:2] - before[:2] == pytest.approx(  # type: ignore[index]
        [0, -0.5], abs=1e-3
    )
    explorer.directions.reset()
    assert explorer.decoding.latent is explorer.decoding.base
    assert explorer.decoding.source is Source.ENCODED
    table.rest()


def test_the_encoded_known_crystal_is_its_own_nearest_neighbour(table: Table) -> None:
    found = table.explorer.library.nearest(table.explorer.decoding.latent)
    assert found[0] == (0, pytest.approx(0, abs=1e-6))
    assert len(found) == len(KNOWN)
    table.explorer.open_known(found[1][0])
    table.rest()
    assert table.explorer.library.nearest(table.explorer.decoding.latent)[0][0] == found[1][0]


def test_reports_progress_of_the_known_crystals_and_does_not_wait_for_them(idle: Table) -> None:
    idle.crystals.coder.go.clear()
    fractions: list[float | None] = []
    library = idle.explorer.library
    library.progressed.connect(lambda: fractions.append(library.fraction))
    idle.explorer.start()
    idle.mailbox.pump(lambda: idle.explorer.encoding.encoded is not None)
    assert library.map is None
    assert library.fraction is not None
    assert idle.explorer.decoding.latent is not None
    idle.crystals.coder.go.set()
    idle.rest()
    assert library.map is not None
    assert library.fraction is None
    assert fractions


def test_finds_known_crystals_by_formula_and_identifier(table: Table) -> None:
    known = table.explorer.library.known
    assert known is not None
    assert known.search("mg") == [1]
    assert known.search("MP-3") == [2]
    assert known.search(" ") == list(range(5))
    assert known.search("helium") == []


def test_says_that_there_are_too_few_known_crystals(idle: Table) -> None:
    idle.crystals.known = [SALT, LARGE]
    idle.explorer.start()
    idle.rest()
    assert "Too few" in idle.explorer.library.problem
    assert idle.explorer.decoding.decoded is not None


# ---------------------------------------------------------------- samples
def test_draws_and_decodes_a_sample_and_lists_its_formula(table: Table) -> None:
    explorer = table.explorer
    explorer.samples.draw(7, 0.5, around=True)
    table.rest()
    (kept,) = explorer.samples.kept
    assert kept.latent is explorer.decoding.latent
    assert explorer.decoding.source is Source.SAMPLED
    assert "sample 7 around" in kept.latent.name
    assert kept.formula
    explorer.encoding.open_material(KNOWN[1])
    table.rest()
    explorer.samples.go_to(0)
    table.rest()
    assert explorer.decoding.latent is kept.latent
    assert explorer.decoding.decoded is not None


def test_the_same_seed_draws_the_same_sample(table: Table) -> None:
    for _ in range(2):
        table.explorer.samples.draw(3, 1.0, around=False)
        table.rest()
    first, last = table.explorer.samples.kept
    assert np.array_equal(first.latent.vector, last.latent.vector)


def test_keeps_the_present_latent_once(line: Table) -> None:
    line.explorer.line.move_to(0.5)
    line.explorer.decoding.find_atoms()
    line.rest()
    line.explorer.samples.keep_present()
    line.explorer.samples.keep_present()
    (kept,) = line.explorer.samples.kept
    assert kept.source is Source.BETWEEN
    assert kept.formula


# ---------------------------------------------------------------- another kind
def test_another_kind_encodes_the_same_crystal_again_and_forgets_old_latents(
    line: Table,
) -> None:
    explorer = line.explorer
    explorer.samples.draw(1, 1.0, around=False)
    line.rest()
    explorer.set_kind("lattice")
    line.rest()
    assert explorer.decoding.latent is not None
    assert explorer.decoding.latent.kind == "lattice"
    assert explorer.samples.kept == ()
    assert explorer.line.ends[1] is None
    encoded = explorer.encoding.encoded
    assert encoded is not None
    assert encoded.material.formula == "Mg4O4"
    assert encoded.nearest(encoded.place(5)) == 5
    assert explorer.library.map is not None
    explorer.set_kind("crystal")
    line.rest()
    assert explorer.decoding.latent.kind == "crystal"


# ---------------------------------------------------------------- leaving
def test_writes_the_decoded_crystal_with_its_provenance(line: Table, tmp_path: Path) -> None:
    path = tmp_path / "decoded.cif"
    line.explorer.line.move_to(0.5)
    line.explorer.decoding.find_atoms()
    line.rest()
    line.export.save_crystal(path)
    line.rest()
    (read,) = read_materials(path)
    text = path.read_text()
    assert len(read) == 8
    assert "stability was not judged" in text
    assert "between two latents" in text
    assert "Saved decoded.cif" in line.notices[-1].text


def test_does_not_save_a_crystal_before_its_atoms_are_found(line: Table, tmp_path: Path) -> None:
    line.explorer.line.move_to(0.5)
    line.export.save_crystal(tmp_path / "decoded.cif")
    assert "not decoded yet" in line.errors[-1]
    line.rest()
    assert list(tmp_path.glob("*.cif")) == []


def test_refuses_an_unknown_file_ending(line: Table, tmp_path: Path) -> None:
    line.export.save_crystal(tmp_path / "decoded.docx")
    line.rest()
    assert "cannot be written as" in line.errors[-1]


def test_writes_the_density_as_a_map_of_the_cube(line: Table, tmp_path: Path) -> None:
    from patterson_gui.io.maps.ccp4 import read_map

    path = tmp_path / "decoded.ccp4"
    line.export.save_density(path)
    line.rest()
    read = read_map(path)
    assert read.cell.parameters[:3] == (10, 10, 10)
    assert line.explorer.decoding.density is not None
    assert read.grid == pytest.approx(line.explorer.decoding.density.grid, abs=1e-5)


def test_sends_densities_and_atoms_in_the_frame_of_the_cube(line: Table) -> None:
    line.export.send(Look(2.0, 3.0, "wire"), Viewer.COOT)
    line.rest()
    (items,) = line.programs.sent
    assert [item.path.name for item in items] == [
        "decoded.ccp4", "encoded.ccp4", "decoded.pdb", "encoded.pdb",
    ]  # fmt: skip
    density = line.explorer.decoding.density
    assert density is not None
    assert items[0].level == pytest.approx(3.0 * density.rmsd)
    assert line.notices[-1].text == "Sent to Coot."


def test_opens_the_decoded_crystal_with_amplitudes_to_predict(line: Table) -> None:
    taken: list[Crystal] = []
    line.export.open_decoded(taken.append)
    line.rest()
    (crystal,) = taken
    assert crystal.model is not None
    assert crystal.amplitudes is not None
    assert crystal.material is not None
    assert np.all((crystal.material.frac >= -1e-9) & (crystal.material.frac < 1))
    assert "stability was not judged" in crystal.provenance
