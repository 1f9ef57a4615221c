"""The workbench: open, predict, compare; without a window."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.app.jobs.jobs import JobState
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.app.predict import PredictState
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.errors import UserError
from tests.app.workbench_driver import WorkbenchDriver
from tests.reachable import truths_in


def test_opening_a_model_gives_its_patterson_map_peaks_truth_and_statistics(
    driver: WorkbenchDriver, protein: Path
) -> None:
    driver.workbench.open(OpenRequest(protein))
    driver.wait_until_idle()
    document = driver.document
    assert driver.errors() == []
    assert document.patterson is not None
    assert document.peaks[0].is_origin
    assert document.truth is not None
    assert {heading for heading, _ in document.statistics} >= {"Crystal", "Data", "Patterson map"}


def test_a_file_that_cannot_be_read_keeps_the_open_crystal(
    driver: WorkbenchDriver, fragment: Crystal, tmp_path: Path
) -> None:
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    (tmp_path / "bad file ü.mtz").write_bytes(b"MTZ not really")
    for path in (tmp_path, tmp_path / "bad file ü.mtz", tmp_path / "nothing.pdb"):
        driver.workbench.open(OpenRequest(path))
        driver.wait_until_idle()
    assert driver.document.crystal is fragment
    assert len(driver.errors()) == 3
    assert all(notice.details is None for notice in driver.notices)


def test_offers_a_box_for_a_model_without_a_cell_and_opens_it_there(
    driver: WorkbenchDriver, protein: Path, tmp_path: Path
) -> None:
    lines = protein.read_text().splitlines(keepends=True)
    path = tmp_path / "no cell.pdb"
    path.write_text("".join(x for x in lines if not x.startswith(("CRYST1", "SCALE", "ORIGX"))))
    asked: list[OpenRequest] = []
    driver.workbench.box_wanted.connect(lambda request, why: asked.append(request))
    driver.workbench.open(OpenRequest(path))
    driver.wait_until_idle()
    assert [request.path for request in asked] == [path]
    assert driver.document.crystal is None
    driver.workbench.open(replace(asked[0], box_if_no_cell=True))
    driver.wait_until_idle()
    crystal = driver.document.crystal
    assert crystal is not None
    assert crystal.spacegroup.xhm() == "P 1"


@pytest.mark.parametrize("name", ["5e5z.mtz", "6mw0-sf.cif.gz"])
def test_asks_which_of_several_columns_to_use(
    driver: WorkbenchDriver, shared_data: Path, name: str
) -> None:
    path = shared_data / "xray" / name
    asked = []
    driver.workbench.column_wanted.connect(lambda request, found: asked.append((request, found)))
    opening = driver.workbench.open(OpenRequest(path))
    driver.wait_until_idle()
    request, found = asked[0]
    assert len(found) == 2
    assert opening.state is JobState.DONE  # to ask is no failure
    driver.workbench.open(replace(request, column=found[1]))
    driver.wait_until_idle()
    assert len(asked) == 1
    assert driver.errors() == []
    assert driver.document.crystal is not None
    assert driver.document.crystal.amplitudes is not None


def test_only_the_newest_patterson_settings_are_shown(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    shown = []
    driver.document.patterson_changed.connect(lambda: shown.append(driver.document.patterson))
    for d_min in (1.6, 1.8, 2.0, 2.5):
        driver.workbench.update_patterson(PattersonSettings(d_min=d_min))
    driver.wait_until_idle()
    assert shown[-1] is not None
    assert 2.5 <= shown[-1].d_min < 2.6
    assert len(shown) < 4


def test_compares_a_prediction_with_the_truth_and_shows_it_aligned(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.predictor.truth = fragment
    driver.workbench.show(fragment)
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    document = driver.document
    assert driver.errors() == []
    assert document.comparison is not None
    assert document.comparison.aligned.r > 0.95
    assert document.comparison.inverted
    assert document.displayed_is_aligned
    assert document.displayed_prediction is document.aligned
    document.set_show_aligned(False)
    assert document.prediction is not None
    assert document.displayed_prediction is document.prediction.density
    shown, truth = document.aligned, document.truth
    assert shown is not None
    assert truth is not None
    if shown.shape == truth.shape:
        assert np.corrcoef(shown.grid.ravel(), truth.grid.ravel())[0, 1] > 0.95


def test_the_predictor_gets_only_amplitudes_and_settings(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.settings.prediction.seed = 7
    driver.workbench.settings.prediction.d_min = 2.0
    driver.workbench.show(fragment)
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    (settings,) = driver.predictor.calls
    assert (settings.seed, settings.d_min) == (7, 2.0)


def test_cancelling_keeps_the_last_prediction(driver: WorkbenchDriver, fragment: Crystal) -> None:
    driver.workbench.show(fragment)
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    first = driver.document.prediction
    driver.predictor.go.clear()
    job = driver.workbench.predicting.start()
    assert job is not None
    driver.mailbox.pump(lambda: driver.workbench.predicting.progress is not None)
    assert driver.workbench.predicting.state is PredictState.RUNNING
    driver.workbench.predicting.cancel()
    assert driver.workbench.predicting.state is PredictState.STOPPING
    driver.wait_until_idle()
    assert job.state is JobState.CANCELLED
    assert driver.workbench.predicting.state is PredictState.IDLE
    assert driver.document.prediction is first
    assert driver.errors() == []


def test_does_not_start_a_second_prediction_while_one_runs(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.show(fragment)
    assert driver.workbench.predicting.start() is not None
    assert driver.workbench.predicting.start() is None
    driver.wait_until_idle()
    assert len(driver.predictor.calls) == 1


@pytest.mark.parametrize(
    ("error", "details"),
    [(UserError("Too few reflections: open more."), False), (RuntimeError("CUDA"), True)],
)
def test_reports_a_failed_prediction_and_can_predict_again(
    driver: WorkbenchDriver, fragment: Crystal, error: Exception, details: bool
) -> None:
    driver.workbench.show(fragment)
    driver.predictor.failure = error
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    (notice,) = [n for n in driver.notices if n.error]
    assert (notice.details is not None) == details
    driver.predictor.failure = None
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    assert driver.document.prediction is not None


def test_opening_another_file_cancels_the_prediction(
    driver: WorkbenchDriver, fragment: Crystal, protein: Path
) -> None:
    driver.workbench.show(fragment)
    driver.predictor.go.clear()
    driver.workbench.predicting.start()
    driver.workbench.open(OpenRequest(protein))
    driver.wait_until_idle()
    assert driver.document.crystal is not fragment
    assert driver.document.prediction is None
    assert driver.errors() == []


def test_never_passes_the_truth_to_the_predictor(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    assert truths_in(fragment)
    driver.workbench.show(fragment)
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    [settings], [(amplitudes, composition)] = driver.predictor.calls, driver.predictor.data
    assert amplitudes is fragment.amplitudes
    assert composition == fragment.composition
    assert not truths_in(amplitudes, composition, settings)


def test_a_model_can_be_the_truth_of_measured_data(
    driver: WorkbenchDriver, fragment: Crystal, tmp_path: Path
) -> None:
    model = fragment.model
    assert model is not None
    path = tmp_path / "truth.pdb"
    model.write_pdb(str(path))
    driver.predictor.truth = fragment
    driver.workbench.show(replace(fragment, model=None, truth=None))
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    assert driver.document.comparison is None
    assert not driver.document.displayed_is_aligned
    driver.workbench.compare_with_model(path)
    driver.wait_until_idle()
    assert driver.errors() == []
    assert driver.document.comparison is not None
    assert driver.document.truth is not None


def test_refuses_a_truth_in_another_cell(
    driver: WorkbenchDriver, fragment: Crystal, protein: Path
) -> None:
    driver.workbench.show(replace(fragment, model=None, truth=None))
    driver.workbench.compare_with_model(protein)
    driver.wait_until_idle()
    (error,) = driver.errors()
    assert "cell" in error
    assert driver.document.truth is None


def test_says_why_nothing_can_start_without_an_open_file(driver: WorkbenchDriver) -> None:
    assert driver.workbench.predicting.start() is None
    assert driver.errors() == ["Open a structure, reflections or a map first."]
    assert driver.workbench.fragments.blocked() == "Open a structure first."


def test_a_crystal_without_amplitudes_cannot_be_predicted(driver: WorkbenchDriver) -> None:
    driver.workbench.show(
        Crystal("empty", gemmi.UnitCell(5, 5, 5, 90, 90, 90), gemmi.SpaceGroup("P 1"))
    )
    driver.wait_until_idle()
    assert driver.workbench.predicting.blocked() is not None
