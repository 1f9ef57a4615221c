import json

import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.api import crystal_evaluation
from patterson_gui.crystal.prediction import PredictionSettings
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.io.resources import resources_folder
from patterson_gui.solvers.evaluate import evaluate, summary
from patterson_gui.solvers.sampling import Recipe, Sampler, models_in

MODELS = resources_folder() / "examples"
TIMES = ("seconds_per_case",)


def without_times(figures):
    return {key: value for key, value in figures.items() if key not in TIMES}


def test_gives_the_figures_of_the_solver(tmp_path):
    found = pg.evaluate(MODELS, "dipeptide", n=2, method="retrieval", seed=3, progress=False)
    sampler = Sampler(models_in(MODELS), Recipe(2, 12.0, 1.5, "dipeptide"), 3)
    cases = evaluate(sampler, 2, PredictionSettings(method="retrieval", seed=3, atoms=False))
    same = summary(cases)
    assert without_times(same).items() <= found.figures.items()
    assert [case["R"] for case in found.cases] == [case.row()["R"] for case in cases]
    assert "median_r" in found._repr_html_()
    found.save(tmp_path / "R.json")
    assert json.loads((tmp_path / "R.json").read_text())["kind"] == "dipeptide"
    plots = found.save_plots(tmp_path / "plots")
    assert {path.name for path in plots} == {"phase-error.svg", "below-60.svg"}


def test_notes_that_fewer_problems_than_requested_could_be_made():
    found = pg.evaluate(MODELS, "fragment", length=4, n=50, method="retrieval", progress=False)
    assert found.figures["n"] < 50
    assert "of the 50 requested problems" in found.notes[0]


def test_evaluates_the_crystal_network(tmp_path, monkeypatch):
    monkeypatch.setattr(crystal_evaluation, "_GENERATED", 1)
    known = pg.open(pg.known_crystals_path())
    write_materials(tmp_path / "salts.extxyz", [known.material(i) for i in range(3)])
    found = pg.evaluate(tmp_path / "salts.extxyz", "crystal", n=1, progress=False)
    assert found.figures["kind"] == "crystal"
    assert found.figures["lattice"]["n"] == 1
    assert found.figures["n"] == len(found.cases) == 1
    assert np.isfinite(found.figures["reconstruction_mse_median"])
    with pytest.raises(pg.UserError, match="no plots by resolution"):
        found.save_plots("plots")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "protein"}, "kind must be one of dialanine"),
        ({"kind": "dipeptide", "length": 3}, "A dipeptide has two residues"),
        ({"n": 0}, "n must be at least 1"),
        ({"noise": 2}, "noise must be at most 1"),
        ({"cell": "big"}, "cell must be an edge in Å or 'auto'"),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(arguments, words):
    with pytest.raises(pg.UserError, match=words):
        pg.evaluate(MODELS, **arguments)
