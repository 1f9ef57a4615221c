"""How good a method is, on many problems drawn from a folder of models.

Truth enters only after the predictions are made: each is compared with the fragment it was
predicted for, in the fixed frame and aligned (`crystal.metrics`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.metrics import Comparison, compare_prediction
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, Progress
from patterson_gui.solve.plan import search_shape
from patterson_gui.solve.retrieval import retrieve_many
from patterson_gui.solve.sampling import Sampler

BATCH = 32


@dataclass(frozen=True)
class Judged:
    """One problem with its prediction and how they compare."""

    crystal: Crystal
    prediction: Prediction
    comparison: Comparison

    def row(self) -> dict[str, Any]:
        """The figures of this case, ready for JSON."""
        p, fixed, aligned = self.prediction, self.comparison.fixed, self.comparison.aligned
        return {
            "name": self.crystal.name,
            "n_atoms": self.crystal.composition.n_atoms if self.crystal.composition else None,
            "cell": [round(float(x), 3) for x in self.crystal.cell.parameters],
            "n_reflections": len(p.amplitudes),
            "R": _rounded(p.r_factor),
            "self_consistency": _rounded(p.self_consistency),
            "says_solved": p.solved,
            "starts": len(p.starts),
            "seconds": _rounded(p.seconds),
            "fixed": {
                "r": _rounded(fixed.r),
                "r_masked": _rounded(fixed.r_masked),
                "phase_error_deg": _rounded(fixed.phase_error_deg, 2),
            },
            "aligned": {
                "r": _rounded(aligned.r),
                "r_masked": _rounded(aligned.r_masked),
                "phase_error_deg": _rounded(aligned.phase_error_deg, 2),
                "weighted_phase_error_deg": _rounded(aligned.phase_error_weighted_deg, 2),
            },
            "inverted_by_alignment": self.comparison.inverted,
        }


def evaluate(
    sampler: Sampler,
    n: int,
    settings: PredictionSettings,
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Judged]:
    """Draw n problems, predict each from its amplitudes, compare with its truth.

    Problems that share a grid are predicted as batches of up to 32. Judged i has the seed
    `settings.seed + i`, whichever batch it falls into.
    """
    cases: list[Judged] = []
    problems = enumerate(sampler.draw(n))
    while window := list(islice(problems, BATCH)):
        for group in _alike(window):
            crystals = [crystal for _, crystal in group]
            seeds = [settings.seed + i for i, _ in group]
            predictions = _predict(crystals, settings, seeds, cancelled)
            for crystal, prediction in zip(crystals, predictions, strict=True):
                comparison = compare_prediction(prediction, crystal)
                cases.append(Judged(crystal, prediction, comparison))
            r = float(np.median([case.comparison.aligned.r for case in cases]))
            report(Progress(len(cases) / n, f"{len(cases)} of {n}, median aligned r {r:.3f}"))
    return cases


def _predict(
    crystals: Sequence[Crystal],
    settings: PredictionSettings,
    seeds: Sequence[int],
    cancelled: Callable[[], bool],
) -> list[Prediction]:
    problems = [(c.amplitudes, c.composition) for c in crystals if c.amplitudes is not None]
    predictions = retrieve_many(problems, settings, seeds, cancelled=cancelled)
    return [
        replace(p, settings=replace(settings, seed=seed))
        for p, seed in zip(predictions, seeds, strict=True)
    ]


def _alike(
    window: Iterable[tuple[int, Crystal]],
) -> list[list[tuple[int, Crystal]]]:
    """Numbered problems in groups that share a search grid and a size, in their order."""
    groups: dict[object, list[tuple[int, Crystal]]] = {}
    for number, crystal in window:
        if crystal.amplitudes is None:
            continue
        groups.setdefault(search_shape(crystal.amplitudes), []).append((number, crystal))
    return list(groups.values())


def summary(cases: Sequence[Judged]) -> dict[str, Any]:
    """The figures over all cases; fixed frame first.

    `fixed.hand_right_fraction` is null because retrieval cannot determine the hand.
    `mean_phase_error_deg` is aligned, the mean over the cases of the mean over reflections.
    """
    if not cases:
        return {"n": 0}
    fixed = np.array([case.comparison.fixed.r for case in cases])
    aligned = np.array([case.comparison.aligned.r for case in cases])
    phase = np.array([case.comparison.aligned.phase_error_deg for case in cases])
    weighted = np.array([case.comparison.aligned.phase_error_weighted_deg for case in cases])
    r_factor = np.array([case.prediction.r_factor for case in cases])
    solved = np.array([case.comparison.solved for case in cases])
    says = np.array([case.prediction.solved for case in cases])
    masked = [v for case in cases if (v := case.comparison.aligned.r_masked) is not None]
    return {
        "n": len(cases),
        "fixed": {
            "median_r": _rounded(float(np.median(fixed))),
            "hand_right_fraction": None,
        },
        "aligned": {
            "median_r": _rounded(float(np.median(aligned))),
            "lowest_r": _rounded(float(aligned.min())),
            "median_r_masked": _rounded(float(np.median(masked))) if masked else None,
            "solved_fraction": _rounded(float(solved.mean())),
            "mean_phase_error_deg_of_solved": (
                _rounded(float(phase[solved].mean()), 2) if solved.any() else None
            ),
            "median_phase_error_deg": _rounded(float(np.median(phase)), 2),
            "mean_weighted_phase_error_deg": _rounded(float(weighted.mean()), 2),
        },
        "mean_phase_error_deg": _rounded(float(phase.mean()), 2),
        "median_R": _rounded(float(np.median(r_factor))),
        "largest_R_of_solved": _rounded(float(r_factor[solved].max())) if solved.any() else None,
        "lowest_R_of_unsolved": (
            _rounded(float(r_factor[~solved].min())) if not solved.all() else None
        ),
        "verdict_right_fraction": _rounded(float((says == solved).mean())),
        "wrongly_called_solved_fraction": _rounded(float((says & ~solved).mean())),
        "mean_starts": _rounded(float(np.mean([len(c.prediction.starts) for c in cases])), 1),
        "seconds_per_case": _rounded(float(np.mean([c.prediction.seconds for c in cases]))),
        "shells": _shells(cases),
    }


def _shells(cases: Sequence[Judged]) -> list[dict[str, Any]]:
    """Aligned phase error by resolution shell, and the share of cases below 60° in it."""
    rows = []
    for shells in zip(*(case.comparison.aligned.shells for case in cases), strict=True):
        errors = np.array([s.phase_error_deg for s in shells if s.phase_error_deg is not None])
        if len(errors) == 0:
            continue
        rows.append(
            {
                "d_max": _rounded(float(np.median([s.d_max for s in shells])), 3),
                "d_min": _rounded(float(np.median([s.d_min for s in shells])), 3),
                "mean_phase_error_deg": _rounded(float(errors.mean()), 2),
                "fraction_below_60": _rounded(float((errors < 60.0).mean())),
            }
        )
    return rows


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(float(value), digits)
