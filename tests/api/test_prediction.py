import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.crystal.comparison.prediction_metrics import compare_prediction
from patterson_gui.crystal.prediction import PredictionSettings
from patterson_gui.io.resources import resources_folder
from patterson_gui.solvers import pipeline
from tests.reachable import reachable, truths_in


def test_gives_the_prediction_of_the_solver(example, result):
    settings = PredictionSettings(method="retrieval", atoms=False)
    same = pipeline.predict(example.amplitudes, example.composition, settings)
    np.testing.assert_array_equal(result.density, same.density)
    np.testing.assert_array_equal(result.phases, same.phases_deg)
    assert result.r_factor == same.r_factor


def test_phases_agree_with_the_density_by_gemmi(result):
    grid = gemmi.FloatGrid(result.density.grid, result.density.cell, gemmi.SpaceGroup("P 1"))
    transformed = gemmi.transform_map_to_f_phi(grid, half_l=False)
    for i in range(0, len(result.phases), 200):
        value = transformed.get_value(*result.amplitudes.hkl[i].tolist())
        difference = np.angle(value * np.exp(-1j * np.radians(result.phases[i])))
        assert abs(difference) < 1e-2 or abs(value) < 1.0


def test_gives_the_figures_of_a_comparison_with_the_truth(example, result):
    comparison = compare_prediction(result.prediction, example)
    assert result.figures["aligned"]["r"] == pytest.approx(comparison.aligned.r, abs=1e-4)
    assert result.figures["fixed"]["r"] == pytest.approx(comparison.fixed.r, abs=1e-4)
    assert result.solved
    assert json.dumps(result.figures)


def test_aligned_density_agrees_with_the_truth(example, result):
    aligned = result.aligned_density
    assert isinstance(aligned, pg.DensityMap)
    points = np.random.default_rng(0).random((2000, 3))
    true = example.truth.value_at(points)
    assert np.corrcoef(aligned.value_at(points), true)[0, 1] > 0.95


def test_builds_all_atoms_if_requested(example):
    result = pg.predict(example, atoms=True, progress=False)
    assert result.atoms[0].count_atom_sites() == example.composition.n_atoms
    assert result.figures["atoms"]["recall_0_1"] == 1.0
    assert result.atoms.cell.parameters == example.cell.parameters


def test_saves_the_files_that_the_command_line_writes(result, tmp_path):
    folder = result.save(tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == {
        "figures.csv", "figures.json", "patterson.ccp4", "phases.mtz", "predicted-aligned.ccp4",
        "predicted.ccp4", "prediction.pgz", "true.ccp4",
    }  # fmt: skip
    written = json.loads((folder / "figures.json").read_text())
    assert set(written.pop("files")) == {path.name for path in folder.iterdir()} - {"figures.json"}
    assert written == json.loads(json.dumps(result.figures))


def test_removes_files_of_an_earlier_prediction_that_it_does_not_write(example, result, tmp_path):
    earlier = pg.predict(example, starts=1, iterations=20, atoms=True, seed=3, progress=False)
    folder = earlier.save(tmp_path / "out")
    assert (folder / "built.pdb").is_file()
    (folder / "notes.txt").write_text("mine")
    alone = replace(result, comparison=None)
    alone.save(folder)
    assert {path.name for path in folder.iterdir()} == {
        "figures.csv", "figures.json", "notes.txt", "patterson.ccp4", "phases.mtz",
        "predicted.ccp4", "prediction.pgz",
    }  # fmt: skip


def test_keeps_files_of_an_earlier_prediction_that_somebody_changed(example, result, tmp_path):
    earlier = pg.predict(example, starts=1, iterations=20, atoms=True, seed=3, progress=False)
    folder = earlier.save(tmp_path / "out")
    (folder / "built.pdb").write_text("REMARK refined by hand\n")
    result.save(folder)
    assert (folder / "built.pdb").read_text() == "REMARK refined by hand\n"
    assert not (folder / "built-aligned.pdb").exists()


def test_has_no_comparison_without_a_truth(example):
    alone = replace(example, model=None, truth=None)
    result = pg.predict(alone, method="retrieval", atoms=False, progress=False)
    assert result.comparison is None
    assert result.aligned_density is None
    assert result.figures["aligned"] is None


# ---------------------------------------------------------------------- the truth stays out
@pytest.mark.parametrize("truth", [None, "a model"])
def test_never_passes_the_truth_to_the_predictor(example, result, tmp_path, monkeypatch, truth):
    handed = []

    def spy(*arguments, **options):
        handed.append((arguments, options))
        return result.prediction

    monkeypatch.setattr(pipeline, "predict", spy)
    if truth is not None:
        truth = tmp_path / "true.pdb"
        example.model.write_pdb(str(truth))
    pg.predict(example, truth=truth, progress=False)
    assert any(thing is example.amplitudes for thing in reachable(handed))
    assert not truths_in(handed)


def test_truth_does_not_change_the_prediction(example, result):
    alone = replace(example, model=None, truth=None)
    blind = pg.predict(alone, method="retrieval", atoms=False, progress=False)
    np.testing.assert_array_equal(blind.density, result.density)


def test_refuses_a_truth_of_another_cell_before_it_predicts(example, monkeypatch):
    monkeypatch.setattr(pipeline, "predict", lambda *a, **k: pytest.fail("it predicted"))
    with pytest.raises(pg.UserError, match="cannot be their truth"):
        pg.predict(example, truth=resources_folder() / "examples" / "1yjp.pdb")


# ---------------------------------------------------------------------- arguments
def test_uses_the_given_settings_and_otherwise_the_defaults(example, monkeypatch):
    received = []

    def receive(amplitudes, composition, settings, *rest, **keywords):
        received.append(settings)
        raise pg.UserError("stop here")

    monkeypatch.setattr(pipeline, "predict", receive)
    given = {"method": "hybrid", "seed": 3, "starts": 5, "d_min": 2, "atoms_in_cell": 30}
    for arguments in (given, {}):
        with pytest.raises(pg.UserError, match="stop here"):
            pg.predict(example, **arguments)
    assert received == [
        PredictionSettings(method="hybrid", seed=3, starts=5, d_min=2.0, n_atoms=30),
        PredictionSettings(),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "magic"}, "method must be one of auto, retrieval, network, hybrid"),
        ({"device": "abacus"}, "device must be one of auto, cpu, cuda"),
        ({"atoms": 3}, "atoms must be True, False or None"),
        ({"starts": 0}, "starts must be at least 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"seed": 2**31}, "seed must be at most 2147483647"),
        ({"d_min": 0}, "d_min must be larger than 0"),
        ({"model": 5}, "model must be the name or the file"),
        ({"progress": 5}, "progress must be True, False, None or a function"),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(example, arguments, words):
    with pytest.raises(pg.UserError, match=words):
        pg.predict(example, **arguments)


# ---------------------------------------------------------------------- progress and Ctrl-C
def test_reports_progress_to_a_function(example):
    seen = []
    pg.predict(example, method="retrieval", atoms=False, progress=seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1


def test_shows_no_bar_in_a_pipe_unless_asked(example, capsys):
    pg.predict(example, method="retrieval", atoms=False)
    assert capsys.readouterr().err == ""
    pg.predict(example, method="retrieval", atoms=False, progress=True)
    assert "Predicting" in capsys.readouterr().err


INTERRUPTED = """
    import os, signal
    import patterson_gui as pg

    # A shell ignores the signal in programs that it starts in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def press(progress):
        os.kill(os.getpid(), signal.SIGINT)
        print("not broken into")

    result = None
    try:
        result = pg.predict(pg.example(), method="retrieval", iterations=100_000, starts=500,
                            atoms=False, progress=press)
        result.save("out")
    except KeyboardInterrupt:
        print("interrupted", result, os.listdir())
        print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal as a terminal does")
def test_ctrl_c_stops_a_prediction_without_files(tmp_path):
    root = Path(pg.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED)],
        capture_output=True, text=True, cwd=tmp_path, timeout=110,
        env=os.environ | {"PYTHONPATH": str(root)}, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines()[-3:] == ["not broken into", "interrupted None []", "True"]


def test_restores_the_handler_of_ctrl_c_after_a_prediction(example):
    before = signal.getsignal(signal.SIGINT)
    pg.predict(example, method="retrieval", atoms=False, progress=False)
    assert signal.getsignal(signal.SIGINT) is before
