"""`predict`."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.solvers import pipeline

Call = Callable[..., Any]

RESULTS = {
    "figures.csv",
    "figures.json",
    "patterson.ccp4",
    "phases.mtz",
    "predicted-aligned.ccp4",
    "predicted.ccp4",
    "prediction.pgz",
    "true.ccp4",
}


def test_predict_writes_maps_phases_figures_and_a_bundle(
    call: Call, bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "result"
    answer = call("predict", bundle, "-o", out, "--seed", 1, "--method", "retrieval", "--no-atoms")
    assert answer.code == 0
    assert {path.name for path in out.iterdir()} == RESULTS
    assert "undetermined" in answer.out
    mtz = gemmi.read_mtz_file(str(out / "phases.mtz"))
    assert {"FWT", "PHWT", "FOM"} <= set(mtz.column_labels())


def test_all_maps_of_a_prediction_have_the_requested_resolution(
    call: Call, bundle: Path, tmp_path: Path
) -> None:
    assert call("predict", bundle, "-o", tmp_path / "r", "--d-min", 2.5).code == 0
    for name in ("patterson", "predicted", "predicted-aligned", "true"):
        ccp4 = gemmi.read_ccp4_map(str(tmp_path / "r" / f"{name}.ccp4"))
        terms = gemmi.transform_map_to_f_phi(ccp4.grid).prepare_asu_data(dmin=1.5)
        finer = terms.make_d_array() < 2.45
        amplitudes = np.abs(terms.value_array)
        assert amplitudes[finer].max() < 1e-3 * amplitudes.max()


def test_predict_prints_its_figures_under_the_names_of_an_evaluation(
    call: Call, bundle: Path, tmp_path: Path
) -> None:
    answer = call(
        "predict", bundle, "-o", tmp_path / "r", "--json", "--method", "retrieval", "--no-atoms"
    )
    figures = json.loads(answer.out)
    assert figures["n"] == 1
    assert figures["aligned"]["median_r"] == figures["aligned"]["r"] > 0.97
    assert figures["aligned"]["solved_fraction"] == 1.0
    assert figures["fixed"]["hand_right_fraction"] is None
    assert figures["mean_phase_error_deg"] == figures["aligned"]["mean_phase_error_deg"]
    assert figures["median_R"] == figures["R"] < 0.1
    assert figures["seconds_per_case"] > 0


@pytest.mark.parametrize("method", ["retrieval", "network", "hybrid", "auto"])
def test_scrambled_true_phases_and_coordinates_change_no_prediction(
    call: Call, bundle: Path, tmp_path: Path, own_network: str, method: str
) -> None:
    """The amplitudes stay; the model's atoms move at random and the true map is noise."""
    contents = read_bundle(bundle)
    crystal = contents.crystal
    assert crystal.model is not None
    assert crystal.truth is not None
    rng = np.random.default_rng(0)
    model = crystal.model.clone()
    for chain in model[0]:
        for residue in chain:
            for atom in residue:
                atom.pos = gemmi.Position(*(12 * rng.random(3)))
    noise = crystal.truth.with_grid(rng.normal(size=crystal.truth.shape).astype(np.float32))
    scrambled = tmp_path / "scrambled.pgz"
    write_bundle(
        scrambled, replace(crystal, model=model, truth=noise), patterson=contents.patterson
    )
    words = ["--seed", 4, "--method", method]
    if method != "retrieval":
        words += ["--model", own_network]
    for name, path in (("honest", bundle), ("scrambled", scrambled)):
        assert call("predict", path, "-o", tmp_path / name, *words).code == 0
    honest, blind = (
        (tmp_path / name / "predicted.ccp4").read_bytes() for name in ("honest", "scrambled")
    )
    assert honest == blind
    judged = json.loads((tmp_path / "scrambled" / "figures.json").read_text())
    assert judged["aligned"]["r"] < 0.8  # the scrambled truth does not fit


def test_predict_only_compares_with_a_truth_from_another_file(
    call: Call, bundle: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        entry = next(name for name in archive.namelist() if name.endswith(".pdb"))
        (tmp_path / "truth.pdb").write_bytes(archive.read(entry))
        mtz = next(name for name in archive.namelist() if name.endswith(".mtz"))
        (tmp_path / "data.mtz").write_bytes(archive.read(mtz))
    answer = call(
        "predict", tmp_path / "data.mtz", "-o", tmp_path / "r", "--json",
        "--truth", tmp_path / "truth.pdb", "--atoms-in-cell", "11",
    )  # fmt: skip
    assert answer.code == 0
    assert json.loads(answer.out)["aligned"]["r"] > 0.97
    # A truth that does not fit, with atoms of another number and at other places.
    wrong = gemmi.read_structure(str(tmp_path / "truth.pdb"))
    wrong[0][0][0][-1].pos = gemmi.Position(1, 2, 3)
    del wrong[0][0][-1]
    wrong.write_pdb(str(tmp_path / "wrong.pdb"))
    call(
        "predict", tmp_path / "data.mtz", "-o", tmp_path / "wrong",
        "--truth", tmp_path / "wrong.pdb", "--atoms-in-cell", "11",
    )  # fmt: skip
    predicted = [(tmp_path / name / "predicted.ccp4").read_bytes() for name in ("r", "wrong")]
    assert predicted[0] == predicted[1]


def test_predict_refuses_a_network_that_does_not_suit_the_data(
    call: Call, bundle: Path, model: Path, tmp_path: Path, own_network: str
) -> None:
    words = ["-o", tmp_path / "r", "--method", "network", "--model"]
    answer = call("predict", model, *words, own_network)
    assert answer.code == 1
    assert "12 Å to 1.5 Å resolution" in answer.err
    assert "retrieval" in answer.err
    answer = call("predict", bundle, *words, "nobody's")
    assert answer.code == 1
    assert own_network in answer.err  # the available networks are listed
    assert not (tmp_path / "r").exists()


def test_cancelling_gives_exit_code_130_and_leaves_no_folder(
    call: Call, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "predict", interrupted)
    answer = call("predict", bundle, "-o", tmp_path / "r")
    assert answer.code == 130
    assert "cancelled" in answer.err
    assert not (tmp_path / "r").exists()


def test_writes_no_progress_bar_to_a_pipe(bundle: Path, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "patterson_gui", "predict", bundle, "-o", tmp_path / "r", "--json"],
        capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    json.loads(answer.stdout)
    assert "%" not in answer.stderr
