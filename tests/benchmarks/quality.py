"""Accuracy of retrieval on the test split: dipeptides and 15-residue fragments."""

from dataclasses import replace
from pathlib import Path

import torch
from protein_models import models_of_the_test_split
from table import Row

from patterson_gui.crystal.prediction import PredictionSettings
from patterson_gui.solvers.evaluate import evaluate, summary
from patterson_gui.solvers.sampling import Recipe, Sampler

RETRIEVAL = PredictionSettings(method="retrieval", atoms=False)


def measure_quality(share: float) -> list[Row]:
    """The figures of the test split, `share` of the full number of cases."""
    torch.set_num_threads(2)
    rows: list[Row] = []
    with models_of_the_test_split() as models:
        if not models:
            return [Row("quality: the protein models (../shared/data) are not here", None)]
        for d_min, median_r in ((1.5, 0.985), (2.0, 0.97), (2.5, 0.95)):
            rows += _dipeptides(models, round(200 * share), d_min, median_r)
        rows += _fragments(models, round(50 * share))
    return rows


def _dipeptides(models: list[Path], n: int, d_min: float, median_r: float) -> list[Row]:
    print(f"{n} dipeptides at {d_min} Å …", flush=True)
    sampler = Sampler(models, Recipe(2, 12.0, d_min), seed=0)
    figures = summary(evaluate(sampler, n, RETRIEVAL))
    finest = d_min == 1.5
    return [
        Row(f"{figures['n']} dipeptides, 12 Å cube, {d_min} Å:", None),
        Row("fixed frame, median r (hand undetermined)", figures["fixed"]["median_r"]),
        Row("aligned, median r", figures["aligned"]["median_r"], at_least=median_r, digits=4),
        Row("aligned, lowest r", figures["aligned"]["lowest_r"]),
        Row(
            "aligned, cases with r ≥ 0.80",
            100 * figures["aligned"]["solved_fraction"],
            "%",
            at_least=99 if finest else None,
            digits=1,
        ),
        Row(
            "aligned, mean phase error",
            figures["mean_phase_error_deg"],
            "°",
            at_most=12 if finest else None,
            digits=1,
        ),
        Row("median R", figures["median_R"]),
        Row("starts per case", figures["mean_starts"], digits=1),
        Row(
            "time per case, batches of 32, two threads",
            figures["seconds_per_case"],
            "s",
            at_most=0.15 if finest else None,
        ),
    ]


def _fragments(models: list[Path], n: int) -> list[Row]:
    print(f"{n} fragments of 15 residues …", flush=True)
    sampler = Sampler(models, Recipe(15, None, 1.5), seed=0)
    cases = evaluate(sampler, n, RETRIEVAL)
    figures = summary(cases)
    aligned = figures["aligned"]
    # With one start per case, enough cases fail to test whether R shows it.
    starved = Sampler(models, Recipe(15, None, 1.5), seed=0)
    one_start = summary(evaluate(starved, n, replace(RETRIEVAL, starts=1)))
    return [
        Row(f"{figures['n']} fragments of 15 residues, extent + 3 Å, 1.5 Å:", None),
        Row("solved (aligned r ≥ 0.80)", 100 * aligned["solved_fraction"], "%", 95, digits=1),
        Row(
            "mean phase error over the solved",
            aligned["mean_phase_error_deg_of_solved"],
            "°",
            at_most=15,
            digits=1,
        ),
        Row("aligned, median r", aligned["median_r"], digits=4),
        Row("largest R of a solved case", figures["largest_R_of_solved"]),
        Row("lowest R of an unsolved case", figures["lowest_R_of_unsolved"]),
        Row(
            "verdict from the data right",
            100 * figures["verdict_right_fraction"],
            "%",
            digits=1,
        ),
        Row("starts per case (96 at most)", figures["mean_starts"], digits=1),
        Row("most starts", max(len(c.prediction.starts) for c in cases), digits=0),
        Row("time per case, two threads", figures["seconds_per_case"], "s"),
        Row("the same with a single start each, to see what R tells:", None),
        Row("solved", 100 * one_start["aligned"]["solved_fraction"], "%", digits=1),
        Row("largest R of a solved case", one_start["largest_R_of_solved"]),
        Row("lowest R of an unsolved case", one_start["lowest_R_of_unsolved"]),
        Row(
            "verdict from the data right",
            100 * one_start["verdict_right_fraction"],
            "%",
            digits=1,
            note="(between the two: maps half-way there)",
        ),
        Row(
            "called solved and is not",
            100 * one_start["wrongly_called_solved_fraction"],
            "%",
            digits=1,
        ),
    ]
