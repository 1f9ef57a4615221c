"""What a person does with the program, without a window."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.app.jobs.jobs import Failure, JobState
from patterson_gui.app.open_requests import (
    FieldError,
    FragmentRequest,
    OpenRequest,
    fragment_choices,
)
from patterson_gui.app.predict import PredictState
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.errors import UserError
from patterson_gui.io.opening.models import read_model
from tests.app.conftest import Bench


def test_opening_a_model_gives_its_patterson_map_peaks_truth_and_statistics(
    bench: Bench, protein: Path
) -> None:
    bench.workbench.open(OpenRequest(protein))
    bench.rest()
    document = bench.document
    assert bench.errors() == []
    assert document.patterson is not None
    assert document.peaks[0].is_origin
    assert document.truth is not None
    assert {heading for heading, _ in document.statistics} >= {"Crystal", "Data", "Patterson map"}


def test_a_file_that_cannot_be_read_keeps_the_open_crystal(
    bench: Bench, fragment: Crystal, tmp_path: Path
) -> None:
    bench.workbench.show(fragment)
    bench.rest()
    (tmp_path / "bad file ü.mtz").write_bytes(b"MTZ not really")
    for path in (tmp_path, tmp_path / "bad file ü.mtz", tmp_path / "nothing.pdb"):
        bench.workbench.open(OpenRequest(path))
        bench.rest()
    assert bench.document.crystal is fragment
    assert len(bench.errors()) == 3
    assert all(notice.details is None for notice in bench.notices)


def test_offers_a_box_for_a_model_without_a_cell_and_opens_it_there(
    bench: Bench, protein: Path, tmp_path: Path
) -> None:
    lines = protein.read_text().splitlines(keepends=True)
    path = tmp_path / "no cell.pdb"
    path.write_text("".join(x for x in lines if not x.startswith(("CRYST1", "SCALE", "ORIGX"))))
    asked: list[OpenRequest] = []
    bench.workbench.box_wanted.connect(lambda request, why: asked.append(request))
    bench.workbench.open(OpenRequest(path))
    bench.rest()
    assert [request.path for request in asked] == [path]
    assert bench.document.crystal is None
    bench.workbench.open(replace(asked[0], box_if_no_cell=True))
    bench.rest()
    crystal = bench.document.crystal
    assert crystal is not None
    assert crystal.spacegroup.xhm() == "P 1"


@pytest.mark.parametrize("name", ["5e5z.mtz", "6mw0-sf.cif.gz"])
def test_asks_which_of_several_columns_to_use(bench: Bench, shared_data: Path, name: str) -> None:
    path = shared_data / "xray" / name
    asked = []
    bench.workbench.column_wanted.connect(lambda request, found: asked.append((request, found)))
    bench.workbench.open(OpenRequest(path))
    bench.rest()
    request, found = asked[0]
    assert len(found) == 2
    bench.workbench.open(replace(request, column=found[1]))
    bench.rest()
    assert len(asked) == 1
    assert bench.errors() == []
    assert bench.document.crystal is not None
    assert bench.document.crystal.amplitudes is not None


def test_only_the_newest_patterson_settings_are_shown(bench: Bench, fragment: Crystal) -> None:
    bench.workbench.show(fragment)
    bench.rest()
    shown = []
    bench.document.patterson_changed.connect(lambda: shown.append(bench.document.patterson))
    for d_min in (1.6, 1.8, 2.0, 2.5):
        bench.workbench.update_patterson(PattersonSettings(d_min=d_min))
    bench.rest()
    assert shown[-1] is not None
    assert 2.5 <= shown[-1].d_min < 2.6
    assert len(shown) < 4


def test_fragment_choices_start_with_two_bonded_residues(protein: Path) -> None:
    crystal = crystal_from_model(read_model(protein))
    choices = fragment_choices(crystal)
    residues = [r.seqid for run in choices.runs for r in run.residues]
    assert residues.index(choices.last) == residues.index(choices.first) + 1


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (FragmentRequest("A", "10", "999"), "residues"),
        (FragmentRequest("A", "12", "10"), "residues"),
        (FragmentRequest("A", "10", "40"), "cell"),
    ],
)
def test_an_impossible_fragment_names_the_wrong_field(
    bench: Bench, protein: Path, request_: FragmentRequest, field: str
) -> None:
    crystal = crystal_from_model(read_model(protein))
    failures: list[Failure] = []
    bench.workbench.preview_fragment(crystal, request_, lambda _: None, failures.append)
    bench.rest()
    (failure,) = failures
    assert isinstance(failure.error, FieldError)
    assert failure.error.field == field
    assert failure.details is None


def test_returns_from_a_fragment_to_the_whole_model(bench: Bench, protein: Path) -> None:
    bench.workbench.open(OpenRequest(protein))
    bench.rest()
    source = bench.workbench.fragment_source
    assert source is not None
    made: list[Crystal] = []
    bench.workbench.preview_fragment(
        source, FragmentRequest("A", "10", "11"), made.append, lambda failure: None
    )
    bench.rest()
    bench.workbench.use_fragment(made[0], source)
    bench.rest()
    assert bench.document.crystal is made[0]
    assert bench.workbench.fragment_source is source
    bench.workbench.back_to_parent()
    bench.rest()
    assert bench.document.crystal is source


def test_compares_a_prediction_with_the_truth_and_shows_it_aligned(
    bench: Bench, fragment: Crystal
) -> None:
    bench.predictor.truth = fragment
    bench.workbench.show(fragment)
    bench.workbench.predicting.start()
    bench.rest()
    document = bench.document
    assert bench.errors() == []
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


def test_the_predictor_gets_only_amplitudes_and_settings(bench: Bench, fragment: Crystal) -> None:
    bench.workbench.settings.prediction.seed = 7
    bench.workbench.settings.prediction.d_min = 2.0
    bench.workbench.show(fragment)
    bench.workbench.predicting.start()
    bench.rest()
    (settings,) = bench.predictor.calls
    assert (settings.seed, settings.d_min) == (7, 2.0)


def test_cancelling_keeps_the_last_prediction(bench: Bench, fragment: Crystal) -> None:
    bench.workbench.show(fragment)
    bench.workbench.predicting.start()
    bench.rest()
    first = bench.document.prediction
    bench.predictor.go.clear()
    job = bench.workbench.predicting.start()
    assert job is not None
    bench.mailbox.pump(lambda: bench.workbench.predicting.progress is not None)
    assert bench.workbench.predicting.state is PredictState.RUNNING
    bench.workbench.predicting.cancel()
    assert bench.workbench.predicting.state is PredictState.STOPPING
    bench.rest()
    assert job.state is JobState.CANCELLED
    assert bench.workbench.predicting.state is PredictState.IDLE
    assert bench.document.prediction is first
    assert bench.errors() == []


def test_does_not_start_a_second_prediction_while_one_runs(bench: Bench, fragment: Crystal) -> None:
    bench.workbench.show(fragment)
    assert bench.workbench.predicting.start() is not None
    assert bench.workbench.predicting.start() is None
    bench.rest()
    assert len(bench.predictor.calls) == 1


@pytest.mark.parametrize(
    ("error", "details"),
    [(UserError("Too few reflections: open more."), False), (RuntimeError("CUDA"), True)],
)
def test_reports_a_failed_prediction_and_can_predict_again(
    bench: Bench, fragment: Crystal, error: Exception, details: bool
) -> None:
    bench.workbench.show(fragment)
    bench.predictor.failure = error
    bench.workbench.predicting.start()
    bench.rest()
    (notice,) = [n for n in bench.notices if n.error]
    assert (notice.details is not None) == details
    bench.predictor.failure = None
    bench.workbench.predicting.start()
    bench.rest()
    assert bench.document.prediction is not None


def test_opening_another_file_cancels_the_prediction(
    bench: Bench, fragment: Crystal, protein: Path
) -> None:
    bench.workbench.show(fragment)
    bench.predictor.go.clear()
    bench.workbench.predicting.start()
    bench.workbench.open(OpenRequest(protein))
    bench.rest()
    assert bench.document.crystal is not fragment
    assert bench.document.prediction is None
    assert bench.errors() == []


def test_a_model_can_be_the_truth_of_measured_data(
    bench: Bench, fragment: Crystal, tmp_path: Path
) -> None:
    model = fragment.model
    assert model is not None
    path = tmp_path / "truth.pdb"
    model.write_pdb(str(path))
    bench.predictor.truth = fragment
    bench.workbench.show(replace(fragment, model=None, truth=None))
    bench.workbench.predicting.start()
    bench.rest()
    assert bench.document.comparison is None
    assert not bench.document.displayed_is_aligned
    bench.workbench.compare_with_model(path)
    bench.rest()
    assert bench.errors() == []
    assert bench.document.comparison is not None
    assert bench.document.truth is not None


def test_refuses_a_truth_in_another_cell(bench: Bench, fragment: Crystal, protein: Path) -> None:
    bench.workbench.show(replace(fragment, model=None, truth=None))
    bench.workbench.compare_with_model(protein)
    bench.rest()
    (error,) = bench.errors()
    assert "cell" in error
    assert bench.document.truth is None


def test_says_why_nothing_can_start_without_an_open_file(bench: Bench) -> None:
    assert bench.workbench.predicting.start() is None
    assert bench.errors() == ["Open a structure, reflections or a map first."]
    assert bench.workbench.fragment_blocked() == "Open a structure first."


def test_a_crystal_without_amplitudes_cannot_be_predicted(bench: Bench) -> None:
    bench.workbench.show(
        Crystal("empty", gemmi.UnitCell(5, 5, 5, 90, 90, 90), gemmi.SpaceGroup("P 1"))
    )
    bench.rest()
    assert bench.workbench.predicting.blocked() is not None
