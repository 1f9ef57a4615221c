import csv
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

from patterson_gui.io.bundle.pgz import read_bundle, write_bundle

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


@pytest.fixture
def bundle(call: Call, model: Path, tmp_path: Path) -> Path:
    path = tmp_path / "EX.pgz"
    assert call("fragment", model, "--residues", "A:2-3", "-o", path).code == 0
    return path


def test_patterson_writes_a_map_and_its_unique_peaks(
    call: Call, model: Path, tmp_path: Path
) -> None:
    answer = call(
        "patterson",
        model,
        "-o",
        tmp_path / "P.ccp4",
        "--peaks",
        tmp_path / "P.csv",
        "--sharpen",
        "e_values",
    )
    assert answer.code == 0
    ccp4 = gemmi.read_ccp4_map(str(tmp_path / "P.ccp4"))
    assert ccp4.grid.spacegroup.hm == "P -1"
    assert ccp4.grid.get_value(0, 0, 0) == pytest.approx(np.max(ccp4.grid.array), rel=1e-5)
    with (tmp_path / "P.csv").open() as lines:
        rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert len(rows) > 3
    assert "P -1" in answer.out


def test_the_resolution_limit_reaches_the_map(call: Call, model: Path, tmp_path: Path) -> None:
    answer = call("patterson", model, "-o", tmp_path / "P.ccp4", "--d-min", "3")
    assert "to 3.0" in answer.out


def test_a_fragment_is_a_bundle_that_the_standard_library_reads(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.testzip() is None
    assert manifest["cell"] == [12.0, 12.0, 12.0, 90.0, 90.0, 90.0]


def test_a_fragment_without_a_range_takes_two_bonded_residues(
    call: Call, model: Path, tmp_path: Path
) -> None:
    answer = call("fragment", model, "-o", tmp_path / "EX.pgz", "--cell", "auto")
    assert answer.code == 0
    assert "A:1-2 (GLY-ALA)" in answer.out


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


def test_all_maps_of_a_prediction_end_at_the_resolution_asked_for(
    call: Call, bundle: Path, tmp_path: Path
) -> None:
    assert call("predict", bundle, "-o", tmp_path / "r", "--d-min", 2.5).code == 0
    for name in ("patterson", "predicted", "predicted-aligned", "true"):
        ccp4 = gemmi.read_ccp4_map(str(tmp_path / "r" / f"{name}.ccp4"))
        terms = gemmi.transform_map_to_f_phi(ccp4.grid).prepare_asu_data(dmin=1.5)
        finer = terms.make_d_array() < 2.45
        amplitudes = np.abs(terms.value_array)
        assert amplitudes[finer].max() < 1e-3 * amplitudes.max()


def test_predict_prints_the_figures_an_evaluation_has(
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
def test_scrambling_the_true_phases_and_coordinates_changes_no_prediction(
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
    assert judged["aligned"]["r"] < 0.8  # the truth it is held against is nonsense now


def test_a_truth_given_apart_is_compared_with(call: Call, bundle: Path, tmp_path: Path) -> None:
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


def test_evaluate_writes_figures_and_a_row_for_every_case(
    call: Call, model: Path, tmp_path: Path
) -> None:
    report = tmp_path / "new folder" / "R.json"
    answer = call(
        "evaluate", model.parent, "--kind", "fragment", "--length", 2, "--cell", 12,
        "--n", 5, "--json", report,
    )  # fmt: skip
    assert answer.code == 0
    figures = json.loads(report.read_text())
    assert figures["n"] == len(figures["cases"]) == 2
    assert "Only 2 of the 5" in answer.err
    assert figures["aligned"]["solved_fraction"] == 1.0


def test_evaluate_judges_a_network_and_draws_its_plots(
    call: Call, model: Path, tmp_path: Path, own_network: str
) -> None:
    answer = call(
        "evaluate", model.parent, "--kind", "dipeptide", "--n", 2, "--method", "network",
        "--model", own_network, "--plots", tmp_path / "plots", "--json", tmp_path / "R.json",
    )  # fmt: skip
    assert answer.code == 0
    figures = json.loads((tmp_path / "R.json").read_text())
    assert figures["networks"] == [own_network]
    assert figures["mean_starts"] == 0
    assert figures["fixed"]["hand_right_fraction"] is not None
    assert own_network in answer.out
    assert "cases below 60°" in answer.out
    assert len(list((tmp_path / "plots").glob("*.svg"))) == 2


def test_evaluate_counts_atoms_and_hand_of_dialanines(
    call: Call, model: Path, tmp_path: Path
) -> None:
    answer = call(
        "evaluate", model.parent, "--kind", "dialanine", "--cell", 14, "--n", 2,
        "--method", "hybrid", "--atoms", "--json", tmp_path / "R.json",
    )  # fmt: skip
    assert answer.code == 0
    figures = json.loads((tmp_path / "R.json").read_text())
    assert {row["n_atoms"] for row in figures["cases"]} == {9, 10}  # Gly-Ala, Ala-Ser cut to Ala
    assert figures["atoms"]["recall_0_1"] == 1.0
    assert figures["fixed"]["median_r_central"] > 0.9
    assert figures["fixed"]["hand_determined_fraction"] == 1.0
    assert "atoms: within 0.1 Å" in answer.out
    assert "central 6 Å" in answer.out


def test_a_network_that_does_not_suit_is_said(
    call: Call, bundle: Path, model: Path, tmp_path: Path, own_network: str
) -> None:
    words = ["-o", tmp_path / "r", "--method", "network", "--model"]
    answer = call("predict", model, *words, own_network)
    assert answer.code == 1
    assert "12 Å to 1.5 Å resolution" in answer.err
    assert "retrieval" in answer.err
    answer = call("predict", bundle, *words, "nobody's")
    assert answer.code == 1
    assert own_network in answer.err  # what there is
    assert not (tmp_path / "r").exists()


def test_info_names_versions_and_devices(call: Call) -> None:
    answer = call("info")
    assert "torch" in answer.out
    assert "cpu" in answer.out
    assert "OpenGL:" in answer.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("predict", "missing.pdb", "-o", "x"), "missing.pdb"),
        (("predict",), "required"),
        (("frobnicate",), "no file or command"),
        (("patterson", "a.mtz", "-o", "P.ccp4", "--d-min", "two"), "not a number"),
        (("patterson", "a.mtz", "-o", "P.ccp4", "--b", "10"), "--sharpen b_factor"),
        (("evaluate", ".", "--length", "5"), "the kind 'fragment'"),
        (("evaluate", "no-such-folder"), "not a folder"),
        (("one.pdb", "two.pdb"), "One file at a time"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_one(
    call: Call,
    words: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call(*words)
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert sentence in answer.err


def test_a_model_without_a_cell_is_told_of_the_box(call: Call, model: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.pdb"
    lines = model.read_text().splitlines(keepends=True)
    bare.write_text("".join(line for line in lines if not line.startswith("CRYST1")))
    answer = call("patterson", bare, "-o", tmp_path / "P.ccp4")
    assert answer.code == 1
    assert "--box" in answer.err
    assert call("patterson", bare, "-o", tmp_path / "P.ccp4", "--box").code == 0


def test_an_unknown_column_is_answered_with_those_there_are(
    call: Call, bundle: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        mtz = next(name for name in archive.namelist() if name.endswith(".mtz"))
        (tmp_path / "data.mtz").write_bytes(archive.read(mtz))
    answer = call("patterson", tmp_path / "data.mtz", "-o", tmp_path / "P", "--column", "NOPE")
    assert answer.code == 1
    assert "'NOPE'" in answer.err


def test_cancelling_is_exit_code_130(
    call: Call, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("patterson_gui.solve.pipeline.predict", interrupted)
    answer = call("predict", bundle, "-o", tmp_path / "r")
    assert answer.code == 130
    assert "cancelled" in answer.err
    assert not (tmp_path / "r").exists()


def test_a_pipe_gets_no_progress_bar(bundle: Path, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "patterson_gui", "predict", bundle, "-o", tmp_path / "r", "--json"],
        capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    json.loads(answer.stdout)
    assert "%" not in answer.stderr
