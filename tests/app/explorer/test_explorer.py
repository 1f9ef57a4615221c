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
def test_the_first_look_meets_a_known_crystal_encoded_and_decoded(table: Table) -> None:
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


def test_what_is_open_is_encoded_first_where_it_fits(idle: Table) -> None:
    opened = crystal_from_model(structure_of(KNOWN[3]), 1.0)
    idle.explorer.start(opened)
    idle.rest()
    assert idle.explorer.encoding.material is not None
    assert idle.explorer.encoding.material.formula == "Ca4S4"


def test_where_what_is_open_does_not_fit_nobody_is_troubled_with_it(idle: Table) -> None:
    idle.explorer.start(crystal_from_model(structure_of(LARGE), 2.0))
    idle.rest()
    assert idle.explorer.encoding.material is KNOWN[0]
    assert idle.errors == []


def test_without_a_network_crystals_are_still_shown_and_it_is_said_why_no_more(
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


def test_a_network_that_came_meanwhile_is_found_at_the_next_beginning(idle: Table) -> None:
    idle.crystals.problem = "There is no trained network for crystals here: train one."
    idle.explorer.start()
    idle.rest()
    idle.crystals.problem = ""
    idle.explorer.start()
    idle.rest()
    assert idle.explorer.network.problem == ""
    assert idle.explorer.decoding.decoded is not None


# ---------------------------------------------------------------- opening and editing
def test_a_crystal_that_does_not_fit_is_refused_in_a_sentence_and_the_old_one_stays(
    table: Table,
) -> None:
    table.open(LARGE)
    assert len(table.errors) == 1
    assert "does not fit into a cube" in table.errors[0]
    assert table.explorer.encoding.material is KNOWN[0]


def test_a_file_of_one_crystal_is_encoded(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "oxide.cif"
    write_materials(path, [KNOWN[1]])
    table.explorer.encoding.open_file(path)
    table.rest()
    assert table.explorer.encoding.material is not None
    assert table.explorer.encoding.material.formula == "Mg4O4"


def test_of_a_file_of_several_crystals_one_is_asked_for(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "many.extxyz"
    write_materials(path, KNOWN)
    asked: list[tuple[str, list[Material]]] = []
    table.explorer.encoding.choice_wanted.connect(lambda of, found: asked.append((of, found)))
    table.explorer.encoding.open_file(path)
    table.rest()
    ((of, found),) = asked
    assert of == "many.extxyz"
    assert [m.formula for m in found] == [m.formula for m in KNOWN]


def test_a_file_that_is_none_is_refused_in_a_sentence(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague,\n")
    table.explorer.encoding.open_file(path)
    table.rest()
    assert len(table.errors) == 1
    assert table.notices[-1].details is None


def test_nothing_open_in_the_main_window_is_said(table: Table) -> None:
    table.explorer.encoding.open_crystal(None)
    bare = crystal_from_model(structure_of(SALT), 1.0)
    table.explorer.encoding.open_crystal(Crystal(bare.name, bare.cell, bare.spacegroup))
    table.rest()
    assert "Nothing is open" in table.errors[0]
    assert "without atoms" in table.errors[1]


def test_an_edited_element_is_encoded_anew_and_can_be_undone_and_redone(table: Table) -> None:
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


def test_edits_that_follow_quickly_build_on_one_another(table: Table) -> None:
    encoding = table.explorer.encoding
    encoding.set_element([0], "K")
    encoding.set_element([4], "Br")
    table.rest()
    assert encoding.material is not None
    assert encoding.material.formula == "BrCl3KNa3"


def test_an_atom_is_moved_by_fractions_or_by_angstroms(table: Table) -> None:
    encoding = table.explorer.encoding
    encoding.set_coordinate(0, 2, 0.1, frac=True)
    table.rest()
    assert encoding.material is not None
    assert encoding.material.positions[0] == pytest.approx([0, 0, 0.564])
    encoding.set_coordinate(0, 0, 0.3, frac=False)
    table.rest()
    assert encoding.material.positions[0] == pytest.approx([0.3, 0, 0.564])


@pytest.mark.parametrize("text", ["Xx", "", "0", "95", "Na2", "½"])
def test_what_is_no_element_is_refused_in_a_sentence(table: Table, text: str) -> None:
    changes: list[int] = []
    table.explorer.encoding.changed.connect(lambda: changes.append(1))
    table.explorer.encoding.set_element([0], text)
    table.rest()
    assert "is not an element" in table.errors[0]
    assert changes  # the table shows the old symbol again
    assert table.explorer.encoding.material is KNOWN[0]


def test_symbols_in_any_case_and_atomic_numbers_are_elements() -> None:
    assert [atomic_number(t) for t in ("na", "NA", " Na ", "11")] == [11] * 4
    with pytest.raises(UserError):
        atomic_number("Zz")


def test_a_coordinate_that_is_no_number_is_refused(table: Table) -> None:
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


def test_a_place_on_the_line_is_decoded_and_at_rest_has_atoms(line: Table) -> None:
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


def test_a_slider_that_is_dragged_builds_no_queue_and_its_last_place_is_shown(
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


def test_atoms_of_a_place_that_was_left_are_dropped(line: Table) -> None:
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


def test_the_ends_are_exactly_the_crystals_and_can_change_places(line: Table) -> None:
    explorer = line.explorer
    first, last = explorer.line.ends
    explorer.line.move_to(0.0)
    assert explorer.decoding.latent is first
    explorer.line.move_to(0.2)
    explorer.line.swap_ends()
    assert explorer.line.ends == (last, first)
    assert explorer.line.fraction == pytest.approx(0.8)
    line.rest()


def test_without_two_ends_there_is_no_line(table: Table) -> None:
    latent = table.explorer.decoding.latent
    table.explorer.line.move_to(0.5)
    assert table.explorer.decoding.latent is latent


# ---------------------------------------------------------------- directions and neighbours
def test_a_direction_moves_the_latent_and_can_be_reset(table: Table) -> None:
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


def test_the_nearest_known_crystal_is_the_one_that_is_encoded(table: Table) -> None:
    found = table.explorer.library.nearest(table.explorer.decoding.latent)
    assert found[0] == (0, pytest.approx(0, abs=1e-6))
    assert len(found) == len(KNOWN)
    table.explorer.open_known(found[1][0])
    table.rest()
    assert table.explorer.library.nearest(table.explorer.decoding.latent)[0][0] == found[1][0]


def test_the_library_tells_how_far_it_is_and_nothing_waits_for_it(idle: Table) -> None:
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


def test_known_crystals_are_found_by_formula_and_identifier(table: Table) -> None:
    known = table.explorer.library.known
    assert known is not None
    assert known.search("mg") == [1]
    assert known.search("MP-3") == [2]
    assert known.search(" ") == list(range(5))
    assert known.search("helium") == []


def test_too_few_known_crystals_are_said_to_be_too_few(idle: Table) -> None:
    idle.crystals.known = [SALT, LARGE]
    idle.explorer.start()
    idle.rest()
    assert "Too few" in idle.explorer.library.problem
    assert idle.explorer.decoding.decoded is not None


# ---------------------------------------------------------------- samples
def test_a_sample_is_drawn_decoded_and_listed_with_its_formula(table: Table) -> None:
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


def test_what_is_found_can_be_kept_once(line: Table) -> None:
    line.explorer.line.move_to(0.5)
    line.explorer.decoding.find_atoms()
    line.rest()
    line.explorer.samples.keep_present()
    line.explorer.samples.keep_present()
    (kept,) = line.explorer.samples.kept
    assert kept.source is Source.BETWEEN
    assert kept.formula


# ---------------------------------------------------------------- another kind
def test_the_other_kind_encodes_the_same_crystal_anew_and_forgets_old_latents(
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
def test_the_decoded_crystal_is_written_with_where_it_is_from(line: Table, tmp_path: Path) -> None:
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


def test_before_there_are_atoms_nothing_is_written(line: Table, tmp_path: Path) -> None:
    line.explorer.line.move_to(0.5)
    line.export.save_crystal(tmp_path / "decoded.cif")
    assert "not decoded yet" in line.errors[-1]
    line.rest()
    assert list(tmp_path.glob("*.cif")) == []


def test_an_ending_that_is_no_format_is_refused_in_a_sentence(line: Table, tmp_path: Path) -> None:
    line.export.save_crystal(tmp_path / "decoded.docx")
    line.rest()
    assert "cannot be written as" in line.errors[-1]


def test_the_density_is_written_as_a_map_of_the_cube(line: Table, tmp_path: Path) -> None:
    from patterson_gui.io.maps.ccp4 import read_map

    path = tmp_path / "decoded.ccp4"
    line.export.save_density(path)
    line.rest()
    read = read_map(path)
    assert read.cell.parameters[:3] == (10, 10, 10)
    assert line.explorer.decoding.density is not None
    assert read.grid == pytest.approx(line.explorer.decoding.density.grid, abs=1e-5)


def test_densities_and_atoms_are_sent_in_the_frame_of_the_cube(line: Table) -> None:
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


def test_the_decoded_crystal_becomes_one_to_predict(line: Table) -> None:
    taken: list[Crystal] = []
    line.export.open_decoded(taken.append)
    line.rest()
    (crystal,) = taken
    assert crystal.model is not None
    assert crystal.amplitudes is not None
    assert crystal.material is not None
    assert np.all((crystal.material.frac >= -1e-9) & (crystal.material.frac < 1))
    assert "stability was not judged" in crystal.provenance
