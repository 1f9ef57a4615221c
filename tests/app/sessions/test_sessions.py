"""Sessions: saved from one workbench, opened in another."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.app.document.patterson_source import PattersonSource
from patterson_gui.app.document.shown_part import ShownPart
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.history.view_changes import ViewSettings
from patterson_gui.app.open_requests import GivenExperiment, OpenRequest
from patterson_gui.app.sites.sites import SEARCHED
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.opening.reflections import list_columns
from patterson_gui.io.resources import measured_example_path, resources_folder
from patterson_gui.io.sessions.files import bundles_folder
from tests.app.fake_solver import write_example
from tests.app.sessions.conftest import WINDOW, SessionDriver
from tests.app.test_patterson_maps import derivative_file

EXAMPLES = resources_folder() / "examples"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(EXAMPLES / "first-light.pgz", folder / "mine.pgz")
    return folder / "mine.pgz"


@pytest.fixture
def worked(first: SessionDriver, data: Path) -> SessionDriver:
    """A workbench with two predictions and another view."""
    first.workbench.open(OpenRequest(data))
    first.wait_until_idle()
    first.predictor.truth = first.document.crystal
    for seed in (0, 1):
        first.predict(seed)
    kept = first.workbench.predicting.kept
    kept.rename(kept.items[-1], "the best")
    changes = first.workbench.changes
    changes.set_level(LayerKey.PATTERSON, 5.5)
    changes.set_style(LayerKey.TRUE, "surface")
    changes.set_link("cursor", False)
    changes.set_show_difference(True)
    changes.set_colour_by_correlation(True)
    changes.set_shown_part(
        ShownPart((-1.0, 0.0, 0.25), (1.0, 2.0, 0.75), 12.0, copies=True, slab=(4.0, 6.0))
    )
    changes.set_patterson(PattersonSettings(remove_origin=True))
    first.workbench.predicting.show_kept(kept.items[-2])
    first.wait_until_idle()
    return first


def test_opens_what_was_open_as_it_was_shown(
    worked: SessionDriver, second: SessionDriver, tmp_path: Path, data: Path
) -> None:
    path = worked.save(tmp_path / "a.pgsession")
    assert worked.workbench.predicting.kept.unsaved == []
    second.open(path)
    assert second.errors() == []
    assert second.opened == [(path, WINDOW)]
    before, after = worked.document, second.document
    assert after.crystal is not None
    assert after.crystal.source == data
    assert after.patterson is not None
    assert ViewSettings.of(after) == ViewSettings.of(before)
    assert second.workbench.history.undo_name is None
    ours, theirs = worked.workbench.predicting.kept, second.workbench.predicting.kept
    assert [i.name for i in theirs.items] == [i.name for i in ours.items]
    assert [i.time for i in theirs.items] == [i.time.astimezone() for i in ours.items]
    assert [i.r for i in theirs.items] == pytest.approx([i.r for i in ours.items], abs=1e-3)
    assert theirs.unsaved == []
    assert theirs.shown is theirs.items[-2]
    assert theirs.shown.prediction.settings.seed == 0
    assert after.truth_comparison is not None
    mine = ours.items[-2].prediction
    np.testing.assert_allclose(after.prediction.density.grid, mine.density.grid, atol=1e-5)


def test_opens_added_layers_again_and_tells_what_is_gone(
    worked: SessionDriver, second: SessionDriver, tmp_path: Path
) -> None:
    assert worked.document.truth is not None
    for name in ("one.ccp4", "two.ccp4"):
        write_map(tmp_path / name, worked.document.truth)
        worked.workbench.layer_adding.add(tmp_path / name)
        worked.wait_until_idle()
    changes = worked.workbench.layer_changes
    changes.set_level(worked.document.added[0].key, 4.5)
    changes.set_colour(worked.document.added[0].key, "#123456")
    changes.add_level(worked.document.added[0].key)
    changes.add_level(LayerKey.TRUE)
    path = worked.save(tmp_path / "a.pgsession")
    (tmp_path / "two.ccp4").unlink()
    second.open(path)
    one, level, of_truth = second.document.added
    assert (one.name, one.level.value, one.colour) == ("one", 4.5, "#123456")
    assert level.content is one.content
    assert of_truth.of is LayerKey.TRUE
    assert second.document.added_content(of_truth) is second.document.truth
    (problem,) = second.errors()
    assert "two.ccp4 is no longer at" in problem


def test_saves_again_only_what_is_new(worked: SessionDriver, tmp_path: Path) -> None:
    path = worked.save(tmp_path / "a.pgsession")
    before = {p.name: p.stat().st_mtime_ns for p in bundles_folder(path).iterdir()}
    worked.predict(2)
    worked.save(path)
    after = {p.name: p.stat().st_mtime_ns for p in bundles_folder(path).iterdir()}
    assert len(after) == len(before) + 1
    assert before.items() <= after.items()


def test_session_and_data_can_be_moved_together(
    worked: SessionDriver, second: SessionDriver, tmp_path: Path
) -> None:
    worked.save(tmp_path / "data" / "a.pgsession")
    (tmp_path / "data").rename(tmp_path / "moved")
    second.open(tmp_path / "moved" / "a.pgsession")
    assert second.errors() == []
    assert second.document.crystal is not None
    assert second.document.crystal.source == tmp_path / "moved" / "mine.pgz"


def test_a_missing_file_is_told_and_its_crystal_comes_from_a_prediction(
    worked: SessionDriver, second: SessionDriver, tmp_path: Path, data: Path
) -> None:
    path = worked.save(tmp_path / "a.pgsession")
    data.unlink()
    second.open(path)
    assert second.errors() == [f"mine.pgz is no longer at {data}: it was moved or removed."]
    assert second.document.crystal is not None
    assert len(second.workbench.predicting.kept.items) == 2
    assert ViewSettings.of(second.document) == ViewSettings.of(worked.document)


def test_a_changed_file_is_told_and_opened_as_it_is(
    first: SessionDriver, second: SessionDriver, tmp_path: Path
) -> None:
    for ending in (".hkl", ".ins"):
        shutil.copy(measured_example_path().with_suffix(ending), tmp_path / f"a{ending}")
    first.workbench.open(OpenRequest(tmp_path / "a.hkl"))
    first.wait_until_idle()
    path = first.save(tmp_path / "a.pgsession")
    with (tmp_path / "a.ins").open("a") as file:
        file.write("REM another line\n")
    second.open(path)
    assert second.errors() == ["a.ins was changed since the session was saved."]
    assert second.document.crystal is not None
    assert second.workbench.solving.measured is not None


def test_a_missing_bundle_is_told_and_the_rest_opens(
    worked: SessionDriver, second: SessionDriver, tmp_path: Path
) -> None:
    path = worked.save(tmp_path / "a.pgsession")
    name = worked.workbench.predicting.kept.items[-1].key
    (bundles_folder(path) / f"prediction-{name}.pgz").unlink()
    second.open(path)
    (told,) = second.errors()
    assert told.startswith("the best cannot be read: ")
    assert len(second.workbench.predicting.kept.items) == 1


def test_tells_in_one_sentence_that_nothing_can_be_opened(
    first: SessionDriver, second: SessionDriver, tmp_path: Path, data: Path
) -> None:
    text = data.with_name("1yjp.pdb")
    shutil.copy(EXAMPLES / "1yjp.pdb", text)
    first.workbench.open(OpenRequest(text))
    first.wait_until_idle()
    path = first.save(tmp_path / "a.pgsession")
    text.unlink()
    second.open(path)
    (told,) = second.errors()
    assert told.startswith("Nothing of a.pgsession can be opened: 1yjp.pdb is no longer at")
    assert second.document.crystal is None


def test_keeps_a_fragment_with_its_parent(
    first: SessionDriver, second: SessionDriver, tmp_path: Path, protein: Path, fragment: Crystal
) -> None:
    first.workbench.open(OpenRequest(protein))
    first.wait_until_idle()
    whole = first.document.crystal
    assert whole is not None
    first.workbench.use_fragment(fragment, whole)
    first.wait_until_idle()
    path = first.save(tmp_path / "a.pgsession")
    second.open(path)
    assert second.errors() == []
    crystal, parent = second.document.crystal, second.document.parent
    assert crystal is not None
    assert parent is not None
    assert crystal.is_fragment
    assert crystal.cell.parameters == fragment.cell.parameters
    assert parent.source == protein
    second.workbench.back_to_parent()
    second.wait_until_idle()
    assert second.workbench.opened_from is not None
    assert second.workbench.opened_from.path == protein


def test_keeps_the_model_that_was_chosen_as_the_truth(
    first: SessionDriver, second: SessionDriver, tmp_path: Path, shared_data: Path, protein: Path
) -> None:
    first.workbench.open(OpenRequest(shared_data / "xray" / "1aba-sf.mtz"))
    first.wait_until_idle()
    first.workbench.compare_with_model(protein)
    first.wait_until_idle()
    path = first.save(tmp_path / "a.pgsession")
    second.open(path)
    assert second.errors() == []
    assert second.document.crystal is not None
    assert second.document.crystal.model is not None
    assert second.document.truth is not None


@pytest.mark.parametrize("other_file", [False, True])
def test_keeps_which_patterson_map_is_shown(
    first: SessionDriver, second: SessionDriver, tmp_path: Path, other_file: bool
) -> None:
    path = derivative_file(tmp_path)
    source = PattersonSource("anomalous", "FHG(+)")
    if other_file:
        native = shutil.copy(path, tmp_path / "native.mtz")
        source = PattersonSource("isomorphous", "FHG(+)", "FNAT", Path(native))
    first.workbench.open(OpenRequest(path, list_columns(path)[0]))
    first.wait_until_idle()
    first.workbench.patterson_maps.choose(source)
    first.wait_until_idle()
    assert first.errors() == []
    second.open(first.save(tmp_path / "a.pgsession"))
    assert second.errors() == []
    assert second.document.patterson_source == source
    assert second.document.patterson is not None
    assert second.document.patterson.name == f"{source.kind.capitalize()} difference Patterson"
    assert second.workbench.history.undo_name is None


def test_keeps_what_the_user_typed_for_a_file(
    first: SessionDriver, second: SessionDriver, tmp_path: Path
) -> None:
    path = tmp_path / "alone.hkl"
    shutil.copy(measured_example_path(), path)
    given = GivenExperiment((10.86, 8.70, 7.76, 90.0, 102.9, 90.0), 0.71073, "C H O")
    first.workbench.open(OpenRequest(path, given=given))
    first.wait_until_idle()
    second.open(first.save(tmp_path / "a.pgsession"))
    assert second.errors() == []
    assert second.workbench.opened_from is not None
    assert second.workbench.opened_from.given == given
    assert second.workbench.solving.measured is not None


def test_keeps_the_files_of_a_solved_structure(
    first: SessionDriver, second: SessionDriver, tmp_path: Path
) -> None:
    first.workbench.open(OpenRequest(write_example(tmp_path)))
    first.wait_until_idle()
    first.workbench.solving.start()
    first.wait_until_idle()
    assert first.workbench.unsaved_solution
    path = first.save(tmp_path / "a.pgsession")
    assert not first.workbench.unsaved_solution
    (folder,) = bundles_folder(path).glob("solution-*")
    assert (folder / "report.json").is_file()
    assert list(folder.glob("*.res"))
    second.open(path)
    assert second.errors() == []
    assert f"its files are in {folder}." in second.notices[-1].text
    second.save(path)  # it cannot be written again, and stays
    assert (folder / "report.json").is_file()


def test_nothing_is_saved_where_nothing_is_open(first: SessionDriver, tmp_path: Path) -> None:
    assert first.sessions.save(tmp_path / "a.pgsession", WINDOW) is None
    assert first.errors() == ["Open a file first."]


def test_a_damaged_session_leaves_what_is_open(worked: SessionDriver, tmp_path: Path) -> None:
    path = tmp_path / "bad.pgsession"
    path.write_text('{"format": "patterson_gui session", "schema_version": 7}')
    crystal = worked.document.crystal
    worked.open(path)
    assert "newer version" in worked.errors()[0]
    assert worked.document.crystal is crystal


def test_sites_are_kept(
    first: SessionDriver, second: SessionDriver, tmp_path: Path, data: Path
) -> None:
    first.workbench.open(OpenRequest(data))
    first.wait_until_idle()
    found = HeavySite("Au", (0.1, 0.2, 0.3), 0.5, 4.0, 60.0)
    first.workbench.sites.replace_all([found], SEARCHED, "1 site.")
    first.workbench.sites.add("Hg", (0.4, 0.5, 0.6))
    assert first.workbench.sites.unsaved
    second.open(first.save(tmp_path / "a.pgsession"))
    assert not first.workbench.sites.unsaved
    assert second.errors() == []
    sites = second.workbench.sites
    assert not sites.unsaved
    assert sites.sites[0] == found
    assert sites.labels() == ("Au1", "Hg1")
    assert math.isnan(sites.sites[1].score)
    assert [each.how for each in sites.listed] == ["search", "cursor"]
    assert second.workbench.history.undo_name is None
