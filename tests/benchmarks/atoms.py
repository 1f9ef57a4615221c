"""Accuracy and time of atoms built into retrieved densities of the test split."""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from protein_models import models_of_the_test_split
from table import Row

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import PredictionSettings, Problem
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.solvers.atoms.build import build_atoms
from patterson_gui.solvers.evaluate import EvaluatedCase, compare_with_truth
from patterson_gui.solvers.retrieval.plan import search_shape
from patterson_gui.solvers.retrieval.retrieve import retrieve_many
from patterson_gui.solvers.sampling import Recipe, Sampler

_BATCH = 32
_SETTINGS = PredictionSettings(method="retrieval")
_NOISE = 0.05  # relative to each |F|, and to 40 % of their mean
_B_RANGE = 10.0  # Å² about 20


@dataclass(frozen=True)
class _Figures:
    """Over all cases of one kind; phase errors aligned, r in the fixed frame."""

    phase_median: float
    phase_share_5: float
    recall: float
    elements: float
    r1: float
    seconds: float
    hand: float
    told: float
    fixed_r: float


def measure_atoms(share: float) -> list[Row]:
    """The figures of the test split, `share` of the full number of cases."""
    torch.set_num_threads(2)
    rows: list[Row] = []
    with models_of_the_test_split() as models:
        if not models:
            return [Row("atoms: the protein models (../shared/data) are not here", None)]
        for what, recipe, n in (
            ("dipeptides, 12 Å cube, 1.5 Å", Recipe(2, 12.0, 1.5), 200),
            ("dialanines, 20 Å cube, 1.5 Å", Recipe(2, 20.0, 1.5, "dialanine"), 100),
            ("dialanines, 10 Å cube, 1.5 Å", Recipe(2, 10.0, 1.5, "dialanine"), 100),
            ("fragments of 15 residues, extent + 3 Å, 1.5 Å", Recipe(15, None, 1.5), 20),
            ("dipeptides, 12 Å cube, 2.0 Å", Recipe(2, 12.0, 2.0), 100),
        ):
            crystals = list(Sampler(models, recipe, seed=0).draw(max(1, round(n * share))))
            rows += _rows(what, crystals, strict=(recipe.length == 2 and recipe.d_min == 1.5))
        crystals = list(Sampler(models, Recipe(2, 12.0, 1.5), seed=0).draw(round(100 * share)))
        rng = np.random.default_rng(0)
        rough = [_as_measured(crystal, rng) for crystal in crystals]
        rows += _rows("dipeptides, 1.5 Å, errors of 5 % and B of 10 to 30 Å²", rough, strict=False)
    return rows


def _rows(what: str, crystals: list[Crystal], strict: bool) -> list[Row]:
    print(f"atoms: {len(crystals)} {what} …", flush=True)
    figures = _figures(crystals)
    r = 0.93 if "15 residues" in what else 0.97
    hand = 97 if "1.5 Å" in what else None
    return [
        Row(f"atoms in {len(crystals)} {what}:", None),
        Row(
            "mean phase error, median",
            figures.phase_median,
            "°",
            at_most=3 if strict else None,
            digits=2,
        ),
        Row(
            "cases below 5°",
            100 * figures.phase_share_5,
            "%",
            at_least=90 if strict else None,
            digits=1,
        ),
        Row(
            "atoms found within 0.1 Å",
            100 * figures.recall,
            "%",
            at_least=97 if strict else None,
            digits=1,
        ),
        Row(
            "elements right",
            100 * figures.elements,
            "%",
            at_least=95 if strict else None,
            digits=1,
        ),
        Row("R1, median", figures.r1, at_most=0.02 if strict else None, digits=4),
        Row("hand right", 100 * figures.hand, "%", at_least=hand, digits=1),
        Row("hand told", 100 * figures.told, "%", digits=1),
        Row("fixed frame, median r", figures.fixed_r, at_least=r if hand else None, digits=4),
        Row(
            "time for the atoms of a case, two threads",
            figures.seconds,
            "s",
            at_most=1 if strict else None,
            digits=2,
        ),
    ]


def _figures(crystals: list[Crystal]) -> _Figures:
    cases: list[EvaluatedCase] = []
    seconds = 0.0
    groups: dict[object, list[int]] = {}
    for i, crystal in enumerate(crystals):
        if crystal.amplitudes is not None:
            groups.setdefault(search_shape(crystal.amplitudes), []).append(i)
    for group in groups.values():
        for first in range(0, len(group), _BATCH):
            places = group[first : first + _BATCH]
            mine = [crystals[i] for i in places]
            problems = [Problem(c.amplitudes, c.composition) for c in mine if c.amplitudes]
            found = retrieve_many(problems, _SETTINGS, places)
            began = time.perf_counter()
            built = build_atoms(found, [c.composition for c in mine])
            seconds += time.perf_counter() - began
            cases += [compare_with_truth(c, p) for c, p in zip(mine, built, strict=True)]
    phase = np.array([case.comparison.aligned.phase_error_deg for case in cases])
    atoms = [case.atoms for case in cases]
    n_true = np.array([len(list(c.crystal.model[0].all())) for c in cases if c.crystal.model])
    near = sum(a.recall_near * a.n_true for a in atoms if a is not None)
    paired = [a for a in atoms if a is not None and a.element_accuracy is not None]
    r1 = [case.prediction.built.r1 if case.prediction.built else 1.0 for case in cases]
    return _Figures(
        phase_median=float(np.median(phase)),
        phase_share_5=float((phase <= 5).mean()),
        recall=float(near / n_true.sum()),
        elements=float(
            np.average(
                [a.element_accuracy or 0.0 for a in paired],
                weights=[a.recall * a.n_true for a in paired],
            )
        ),
        r1=float(np.median(r1)),
        seconds=seconds / len(cases),
        hand=float(np.mean([not case.comparison.inverted for case in cases])),
        told=float(np.mean([case.prediction.hand_determined for case in cases])),
        fixed_r=float(np.median([case.comparison.fixed.r for case in cases])),
    )


def _as_measured(crystal: Crystal, rng: np.random.Generator) -> Crystal:
    """The same with a B of its own for every atom, and errors on its amplitudes."""
    if crystal.model is None or crystal.amplitudes is None:
        return crystal
    model = crystal.model.clone()
    for cra in model[0].all():
        cra.atom.b_iso = 20.0 + _B_RANGE * rng.uniform(-1, 1)
    data = structure_factors(model, crystal.cell, p1(), crystal.amplitudes.d_min).amplitudes()
    sigma = _NOISE * (data.f + 0.4 * data.f.mean())
    f = np.abs(data.f + sigma * rng.normal(size=len(data)))
    data = replace(data, f=f.astype(np.float32), sigma=sigma.astype(np.float32))
    return replace(crystal, model=model, amplitudes=data)
