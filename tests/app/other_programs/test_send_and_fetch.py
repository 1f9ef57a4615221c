"""Other programs: sending, keeping in sync, fetching."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.colours import DIFFERENCE_COLOURS, MAP_COLOURS
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.maps.ccp4 import read_map, write_map
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.viewers.places import ViewerPlace
from patterson_gui.io.viewers.scene import Fetched, SendReport, Viewer, ViewerItem
from tests.app.workbench_driver import WorkbenchDriver


def sent_items(driver: WorkbenchDriver, viewer: Viewer = Viewer.CHIMERAX) -> dict[str, ViewerItem]:
    driver.viewers.send(viewer)
    driver.wait_until_idle()
    return {item.key: item for item in driver.programs.sent[-1]}


def atoms_of(structure: gemmi.Structure) -> np.ndarray:
    return np.array([cra.atom.pos.tolist() for cra in structure[0].all()])


def test_sends_what_is_shown_with_absolute_levels(predicted: WorkbenchDriver) -> None:
    document = predicted.document
    document.set_level(LayerKey.PREDICTED, 3.3)
    items = sent_items(predicted, Viewer.COOT)
    assert list(items) == ["patterson", "predicted", "true", "difference", "model"]
    shown = document.displayed_prediction
    assert shown is not None
    assert items["predicted"].level == pytest.approx(3.3 * shown.rmsd)
    assert items["predicted"].colour == MAP_COLOURS[MapKind.PREDICTED]
    written = read_map(items["predicted"].path)
    np.testing.assert_allclose(written.grid, shown.grid, atol=1e-5)
    (viewer, scene) = predicted.programs.scenes[-1]
    assert viewer is Viewer.COOT
    assert document.crystal is not None
    assert scene.cell == pytest.approx(document.crystal.cell.parameters)
    assert [notice.text for notice in predicted.notices] == ["Sent to Coot."]


def test_sends_the_centre_of_the_model_for_the_camera(predicted: WorkbenchDriver) -> None:
    sent_items(predicted)
    (_, scene) = predicted.programs.scenes[-1]
    crystal = predicted.document.crystal
    assert crystal is not None
    assert crystal.model is not None
    atoms = atoms_of(crystal.model)
    assert scene.centre == pytest.approx((atoms.min(axis=0) + atoms.max(axis=0)) / 2)


def test_sends_the_difference_of_prediction_and_truth_hidden(predicted: WorkbenchDriver) -> None:
    item = sent_items(predicted)["difference"]
    assert (item.colour, item.below) == DIFFERENCE_COLOURS
    assert not item.shown
    document = predicted.document
    assert document.aligned is not None
    assert document.truth is not None
    difference = read_map(item.path)
    assert item.level == pytest.approx(3.0 * difference.rmsd, rel=1e-3)
    if document.aligned.shape == document.truth.shape == difference.shape:
        by_hand = document.aligned.grid - document.truth.grid
        np.testing.assert_allclose(difference.grid, by_hand - by_hand.mean(), atol=1e-4)


def test_sends_no_difference_without_a_prediction(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    assert "difference" not in sent_items(driver)


def test_sent_maps_cover_the_cell_with_its_faces_and_the_whole_model(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    model = fragment.model
    assert model is not None
    moved = model.clone()
    for cra in moved[0].all():
        cra.atom.pos += gemmi.Position(fragment.cell.a - 5.0, 0, 0)
    driver.workbench.show(replace(fragment, model=moved, truth=None))
    driver.wait_until_idle()
    items = sent_items(driver)
    header = gemmi.read_ccp4_map(str(items["true"].path))
    assert header.header_i32(1) > header.header_i32(8)  # NX over MX: more than the cell
    reach = (header.header_i32(5) + header.header_i32(1)) / header.header_i32(8)
    assert reach >= (atoms_of(moved)[:, 0].max() + 1.4) / fragment.cell.a
    patterson = gemmi.read_ccp4_map(str(items["patterson"].path))
    assert patterson.header_i32(1) == patterson.header_i32(8) + 1
    assert patterson.header_i32(5) == 0


def test_does_not_send_hidden_layers(built: WorkbenchDriver) -> None:
    items = sent_items(built)
    assert items["atoms"].path.name.endswith("-atoms-aligned.pdb")
    aligned = built.document.displayed_atoms
    assert aligned is not None
    assert np.abs(atoms_of(read_model(items["atoms"].path)) - atoms_of(aligned)).max() < 2e-3
    for key in (LayerKey.ATOMS, LayerKey.TRUE):
        built.document.set_layer(key, replace(built.document.layers[key], visible=False))
    assert not {"atoms", "true", "difference"} & set(sent_items(built))


def test_remembers_the_program_used_last_and_passes_its_path_and_ports(
    predicted: WorkbenchDriver,
) -> None:
    place = ViewerPlace(program="/opt/pymol/pymol", ports=[9200])
    predicted.viewers.set_place(Viewer.PYMOL, place)
    sent_items(predicted, Viewer.PYMOL)
    options = predicted.programs.options[-1]
    assert options.program == Path("/opt/pymol/pymol")
    assert options.ports == (9200,)
    assert predicted.viewers.usual is Viewer.PYMOL
    assert predicted.workbench.settings.viewer is Viewer.PYMOL


def test_a_report_that_nothing_was_sent_is_an_error(predicted: WorkbenchDriver) -> None:
    predicted.programs.report = SendReport("No Coot was found.", sent=False)
    predicted.viewers.send(Viewer.COOT)
    predicted.wait_until_idle()
    assert predicted.errors() == ["No Coot was found."]


def test_refuses_a_second_request_while_a_program_is_busy(predicted: WorkbenchDriver) -> None:
    predicted.programs.go.clear()
    predicted.viewers.send(Viewer.COOT)
    assert predicted.viewers.busy is Viewer.COOT
    assert predicted.viewers.send(Viewer.PYMOL) is None
    assert predicted.viewers.fetch(Viewer.COOT) is None
    assert predicted.errors() == ["Coot is busy with an earlier request."] * 2
    predicted.programs.go.set()
    predicted.wait_until_idle()
    assert predicted.viewers.busy is None


def test_cancelling_a_sending_enables_the_button_and_cancels_the_bridge(
    predicted: WorkbenchDriver,
) -> None:
    predicted.programs.go.clear()
    job = predicted.viewers.send(Viewer.COOT)
    assert job is not None
    predicted.workbench.runner.cancel(job)
    predicted.programs.go.set()
    predicted.wait_until_idle()
    assert predicted.viewers.busy is None
    assert all(options.cancelled() for options in predicted.programs.options)


def test_refuses_to_send_without_an_open_file(driver: WorkbenchDriver) -> None:
    assert driver.viewers.send(Viewer.COOT) is None
    assert driver.errors() == ["Open a file first: there is nothing to send."]
    assert driver.viewers.send_blocked() == "Open a file first."


# ---------------------------------------------------------------------- the live link
@pytest.fixture
def linked(predicted: WorkbenchDriver) -> WorkbenchDriver:
    predicted.viewers.set_live(True)
    sent_items(predicted)
    return predicted


def followed(driver: WorkbenchDriver) -> dict[str, ViewerItem]:
    driver.wait_until_idle()
    return {item.key: item for item in driver.programs.followed[-1]}


def test_passes_on_changes_of_level_style_and_visibility(linked: WorkbenchDriver) -> None:
    document = linked.document
    document.set_level(LayerKey.PATTERSON, 4.0)
    assert document.patterson is not None
    assert followed(linked)["patterson"].level == pytest.approx(4.0 * document.patterson.rmsd)
    layer = document.layers[LayerKey.TRUE]
    document.set_layer(LayerKey.TRUE, replace(layer, visible=False, style="surface"))
    item = followed(linked)["true"]
    assert (item.shown, item.style) == (False, "surface")
    model = document.layers[LayerKey.MODEL]
    document.set_layer(LayerKey.MODEL, replace(model, visible=False))
    assert not followed(linked)["model"].shown


def test_sends_hidden_layers_too_while_kept_in_sync(predicted: WorkbenchDriver) -> None:
    layer = predicted.document.layers[LayerKey.TRUE]
    predicted.document.set_layer(LayerKey.TRUE, replace(layer, visible=False))
    predicted.viewers.set_live(True)
    assert not sent_items(predicted)["true"].shown


def test_passes_on_changes_made_while_sending_afterwards(predicted: WorkbenchDriver) -> None:
    predicted.viewers.set_live(True)
    predicted.programs.go.clear()
    predicted.viewers.send(Viewer.COOT)
    predicted.document.set_level(LayerKey.PATTERSON, 5.5)
    assert predicted.programs.followed == []
    predicted.programs.go.set()
    predicted.wait_until_idle()
    patterson = predicted.document.patterson
    assert patterson is not None
    assert followed(predicted)["patterson"].level == pytest.approx(5.5 * patterson.rmsd)


def test_passes_on_no_changes_while_not_kept_in_sync(predicted: WorkbenchDriver) -> None:
    sent_items(predicted)
    predicted.document.set_level(LayerKey.PREDICTED, 4.0)
    predicted.wait_until_idle()
    assert predicted.programs.followed == []


def test_quick_level_changes_send_few_updates_and_the_last_one(linked: WorkbenchDriver) -> None:
    for step in range(50):
        linked.document.set_level(LayerKey.PATTERSON, 2.0 + 0.1 * step)
    patterson = linked.document.patterson
    assert patterson is not None
    assert followed(linked)["patterson"].level == pytest.approx(6.9 * patterson.rmsd)
    assert len(linked.programs.followed) < 25


def test_reports_a_closed_program_once_and_follows_again_after_sending(
    linked: WorkbenchDriver,
) -> None:
    linked.notices.clear()
    linked.programs.trouble = "ChimeraX went away: send again to go on."
    for level in (3.0, 4.0, 5.0):
        linked.document.set_level(LayerKey.PATTERSON, level)
        linked.wait_until_idle()
    assert linked.errors() == ["ChimeraX went away: send again to go on."]
    linked.programs.trouble = None
    sent_items(linked)
    count = len(linked.programs.followed)
    linked.document.set_level(LayerKey.PATTERSON, 3.5)
    linked.wait_until_idle()
    assert len(linked.programs.followed) == count + 1


def test_a_crystal_opened_later_does_not_change_the_sent_scene(
    linked: WorkbenchDriver, fragment: Crystal
) -> None:
    before = linked.document.patterson
    assert before is not None
    linked.workbench.show(fragment)
    linked.wait_until_idle()
    linked.document.set_level(LayerKey.PATTERSON, 3.0)
    assert followed(linked)["patterson"].level == pytest.approx(3.0 * before.rmsd)


# ---------------------------------------------------------------------- fetching
@pytest.fixture
def files(fragment: Crystal, tmp_path: Path) -> tuple[Path, Path]:
    """A model and its density, as another program writes them."""
    assert fragment.model is not None
    assert fragment.truth is not None
    model, density = tmp_path / "theirs.pdb", tmp_path / "theirs.ccp4"
    write_model(model, fragment.model)
    write_map(density, fragment.truth)
    return model, density


def fetched(driver: WorkbenchDriver, files: tuple[Path, Path]) -> Crystal:
    """Fetch files from a program and return the crystal that is then open."""
    driver.programs.there = Fetched(*files, "Fetched theirs and theirs.")
    driver.viewers.fetched.connect(driver.workbench.open)
    driver.viewers.fetch(Viewer.CHIMERAX)
    driver.wait_until_idle()
    assert driver.document.crystal is not None
    return driver.document.crystal


def test_opens_a_fetched_model_and_map_together(
    driver: WorkbenchDriver, fragment: Crystal, files: tuple[Path, Path]
) -> None:
    crystal = fetched(driver, files)
    assert not driver.programs.options[-1].launch
    assert not driver.errors()
    assert crystal.opened_map is not None
    assert crystal.opened_map.kind is MapKind.DENSITY
    assert crystal.model is not None
    assert fragment.model is not None
    assert np.abs(atoms_of(crystal.model) - atoms_of(fragment.model)).max() < 2e-3
    assert driver.document.truth is not None


def test_opens_only_the_model_if_the_fetched_map_has_another_cell(
    driver: WorkbenchDriver, fragment: Crystal, files: tuple[Path, Path]
) -> None:
    assert fragment.truth is not None
    other_cell = gemmi.UnitCell(30, 31, 32, 90, 90, 90)
    write_map(files[1], replace(fragment.truth, cell=other_cell))
    crystal = fetched(driver, files)
    assert crystal.model is not None
    assert crystal.opened_map is None
    assert any("another unit cell" in notice.text for notice in driver.notices)


def test_a_fetched_model_without_a_cell_gets_that_of_the_map(
    driver: WorkbenchDriver, fragment: Crystal, files: tuple[Path, Path]
) -> None:
    text = files[0].read_text().splitlines(keepends=True)
    files[0].write_text("".join(line for line in text if not line.startswith("CRYST1")))
    crystal = fetched(driver, files)
    assert crystal.model is not None
    assert crystal.model.cell.parameters == pytest.approx(fragment.cell.parameters)
    assert any("has no cell" in notice.text for notice in driver.notices)


def test_says_that_no_program_runs_to_fetch_from(driver: WorkbenchDriver) -> None:
    driver.programs.there = UserError("No running Coot was found: start it first.")
    driver.viewers.fetch(Viewer.COOT)
    driver.wait_until_idle()
    assert driver.errors() == ["No running Coot was found: start it first."]
    assert driver.viewers.busy is None
