"""Evaluate a method on many problems drawn from a folder of models.

The truth is used only after the predictions are made. Each prediction is compared with the
fragment it was made for, in the fixed frame and aligned (`comparison.prediction_metrics`), and so
are its atoms (`comparison.atom_agreement`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import gemmi
import numpy as np

from patterson_gui.crystal.comparison.atom_agreement import AtomAgreement, compare_atoms
from patterson_gui.crystal.comparison.prediction_metrics import (
    Comparison,
    central_r,
    compare_prediction,
)
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import (
    Networks,
    Prediction,
    PredictionSettings,
    Problem,
    Progress,
)
from patterson_gui.io.report.figures import figures, rounded
from patterson_gui.solvers.pipeline import predict_many
from patterson_gui.solvers.retrieval.plan import search_shape
from patterson_gui.solvers.sampling import Sampler
from patterson_gui.solvers.segmentation_metrics import segmented_figures

BATCH = 32


@dataclass(frozen=True)
class EvaluatedCase:
    """One problem with its prediction and the comparison with the truth.

    `atoms` (aligned) and `atoms_fixed` (fixed frame) are None if no atoms were built. `r_central`
    and `segmented` (atoms that a network finds in the density, aligned) are None if they were not
    requested.
    """

    crystal: Crystal
    prediction: Prediction
    comparison: Comparison
    atoms: AtomAgreement | None = None
    atoms_fixed: AtomAgreement | None = None
    r_central: float | None = None
    segmented: AtomAgreement | None = None

    def row(self) -> dict[str, Any]:
        """The figures of this case, for JSON, with the names used for a single prediction.

        Resolution shells are in the summary only.
        """
        row = figures(self.crystal, self.prediction, self.comparison, self.atoms, self.atoms_fixed)
        for frame in ("fixed", "aligned"):
            del row[frame]["shells"]
        if self.r_central is not None:
            row["fixed"]["r_central"] = rounded(self.r_central)
        if self.segmented is not None:
            row["segmented"] = segmented_figures([self.segmented])
        return row


def evaluate(
    sampler: Sampler,
    n: int,
    settings: PredictionSettings,
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    networks: Networks | None = None,
    central_edge: float | None = None,
    segment: bool = False,
) -> list[EvaluatedCase]:
    """Draw n problems, predict each from its amplitudes, compare with its truth.

    Problems that share a grid are predicted in batches of up to 32. Problem i has the seed
    `settings.seed + i`, whichever batch it is in. With `central_edge` (Å) the map is
    also compared in a cube of that size in the middle of the cell; with `segment` the atoms that
    `networks` find in it are compared as well.
    """
    cases: list[EvaluatedCase] = []
    problems = enumerate(sampler.draw(n))
    while window := list(islice(problems, BATCH)):
        for group in _group_by_grid(window):
            crystals = [crystal for _, crystal in group]
            seeds = [settings.seed + i for i, _ in group]
            data = [
                Problem(c.amplitudes, c.composition) for c in crystals if c.amplitudes is not None
            ]
            predictions = predict_many(
                data, settings, seeds, cancelled=cancelled, networks=networks
            )
            found = _segmented(crystals, predictions, settings, networks) if segment else {}
            for i, (crystal, prediction) in enumerate(zip(crystals, predictions, strict=True)):
                judged = compare_with_truth(crystal, prediction, central_edge)
                cases.append(replace(judged, segmented=found.get(i)))
            r = float(np.median([case.comparison.aligned.r for case in cases]))
            report(Progress(len(cases) / n, f"{len(cases)} of {n}, median aligned r {r:.3f}"))
    return cases


def compare_with_truth(
    crystal: Crystal, prediction: Prediction, central_edge: float | None = None
) -> EvaluatedCase:
    """Compare a prediction with the truth of its crystal."""
    comparison = compare_prediction(prediction, crystal)
    atoms = fixed = None
    if crystal.model is not None:
        atoms = compare_atoms(prediction, crystal.model, comparison)
        fixed = compare_atoms(prediction, crystal.model, None)
    central = None if central_edge is None else central_r(prediction, crystal, central_edge)
    return EvaluatedCase(crystal, prediction, comparison, atoms, fixed, central)


def _segmented(
    crystals: Sequence[Crystal],
    predictions: Sequence[Prediction],
    settings: PredictionSettings,
    networks: Networks | None,
) -> dict[int, AtomAgreement]:
    """Agreement of the atoms that a network finds in each density with the true ones."""
    compositions = [crystal.composition for crystal in crystals]
    structures: list[gemmi.Structure | None] = [None] * len(crystals)
    if networks is not None:
        structures = networks.atoms(predictions, compositions, settings, lambda: False)
    agreements = {}
    for i, (crystal, prediction) in enumerate(zip(crystals, predictions, strict=True)):
        if crystal.model is None:
            continue
        model = structures[i] or gemmi.Structure()
        if len(model) == 0:
            model.cell = prediction.density.cell
            model.add_model(gemmi.Model(1))
        comparison = compare_prediction(prediction, crystal)
        agreement = compare_atoms(replace(prediction, model=model), crystal.model, comparison)
        if agreement is not None:
            agreements[i] = agreement
    return agreements


def _group_by_grid(
    window: Iterable[tuple[int, Crystal]],
) -> list[list[tuple[int, Crystal]]]:
    """Group numbered problems by search grid, keeping their order."""
    groups: dict[object, list[tuple[int, Crystal]]] = {}
    for number, crystal in window:
        if crystal.amplitudes is None:
            continue
        groups.setdefault(search_shape(crystal.amplitudes), []).append((number, crystal))
    return list(groups.values())


def summary(cases: Sequence[EvaluatedCase]) -> dict[str, Any]:
    """The figures over all cases; fixed frame first.

    `fixed.hand_right_fraction` is the share of all cases whose hand is right without alignment;
    null if the method determined the hand of none. `mean_phase_error_deg` is
    aligned, the mean over the cases of the mean over reflections; the median and the 90th
    percentile beside it are over the cases, too.
    """
    if not cases:
        return {"n": 0}
    aligned = np.array([case.comparison.aligned.r for case in cases])
    phase = np.array([case.comparison.aligned.phase_error_deg for case in cases])
    weighted = np.array([case.comparison.aligned.phase_error_weighted_deg for case in cases])
    r_factor = np.array([case.prediction.r_factor for case in cases])
    solved = np.array([case.comparison.solved for case in cases])
    says = np.array([case.prediction.solved for case in cases])
    masked = [v for case in cases if (v := case.comparison.aligned.r_masked) is not None]
    found = [case.segmented for case in cases if case.segmented is not None]
    return {
        "n": len(cases),
        "fixed": _fixed(cases),
        "aligned": {
            "median_r": rounded(float(np.median(aligned))),
            "lowest_r": rounded(float(aligned.min())),
            "median_r_masked": rounded(float(np.median(masked))) if masked else None,
            "solved_fraction": rounded(float(solved.mean())),
            "mean_phase_error_deg_of_solved": (
                rounded(float(phase[solved].mean()), 2) if solved.any() else None
            ),
            "median_phase_error_deg": rounded(float(np.median(phase)), 2),
            "phase_error_deg_90th_percentile": rounded(float(np.percentile(phase, 90)), 2),
            "mean_weighted_phase_error_deg": rounded(float(weighted.mean()), 2),
        },
        "atoms": _atoms(cases),
        "segmented": segmented_figures(found) if found else None,
        "mean_phase_error_deg": rounded(float(phase.mean()), 2),
        "median_R": rounded(float(np.median(r_factor))),
        "largest_R_of_solved": rounded(float(r_factor[solved].max())) if solved.any() else None,
        "lowest_R_of_unsolved": (
            rounded(float(r_factor[~solved].min())) if not solved.all() else None
        ),
        "verdict_right_fraction": rounded(float((says == solved).mean())),
        "wrongly_called_solved_fraction": rounded(float((says & ~solved).mean())),
        "mean_starts": rounded(float(np.mean([len(c.prediction.starts) for c in cases])), 1),
        "seconds_per_case": rounded(float(np.mean([c.prediction.seconds for c in cases]))),
        "networks": sorted({c.prediction.network for c in cases if c.prediction.network}),
        "shells": _shells(cases),
    }


def _fixed(cases: Sequence[EvaluatedCase]) -> dict[str, Any]:
    """The figures in the fixed frame."""
    r = np.array([case.comparison.fixed.r for case in cases])
    masked = [v for case in cases if (v := case.comparison.fixed.r_masked) is not None]
    phase = np.array([case.comparison.fixed.phase_error_deg for case in cases])
    determined = np.array([case.prediction.hand_determined for case in cases])
    right = np.array([not case.comparison.inverted for case in cases])
    central = [case.r_central for case in cases if case.r_central is not None]
    values = {
        "median_r": rounded(float(np.median(r))),
        "mean_r": rounded(float(r.mean())),
        "median_r_masked": rounded(float(np.median(masked))) if masked else None,
        "mean_phase_error_deg": rounded(float(phase.mean()), 2),
        "median_phase_error_deg": rounded(float(np.median(phase)), 2),
        "hand_right_fraction": rounded(float(right.mean())) if determined.any() else None,
        "hand_determined_fraction": rounded(float(determined.mean())),
    }
    if central:
        values["median_r_central"] = rounded(float(np.median(central)))
    return values


def _atoms(cases: Sequence[EvaluatedCase]) -> dict[str, Any] | None:
    """Agreement of the atoms of all cases together, aligned; null if none were built.

    Recall is over the true atoms of all cases; a case without built atoms misses all of its own.
    """
    built = [case.prediction.built for case in cases if case.prediction.built is not None]
    found = [case.atoms for case in cases if case.atoms is not None]
    fixed = [case.atoms_fixed for case in cases if case.atoms_fixed is not None]
    if not found:
        return None
    n_found = np.array([a.n_true for a in found], dtype=float)
    n_built = np.array([a.n_built for a in found], dtype=float)
    n_true = n_found.sum() + sum(
        case.crystal.composition.n_atoms
        for case in cases
        if case.atoms is None and case.crystal.composition is not None
    )
    paired = [(a.rmsd, a.element_accuracy, a.recall * a.n_true) for a in found]
    rmsd = [(r, n) for r, _, n in paired if r is not None]
    elements = [(e, n) for _, e, n in paired if e is not None]

    def share(values: Sequence[float], counts: np.ndarray[Any, Any], total: float) -> float | None:
        return rounded(float(np.dot(values, counts) / total)) if total else None

    return {
        "cases": len(found),
        "recall_0_1": share([a.recall_near for a in found], n_found, n_true),
        "recall_0_5": share([a.recall for a in found], n_found, n_true),
        "precision_0_1": share([a.precision_near for a in found], n_built, n_built.sum()),
        "precision_0_5": share([a.precision for a in found], n_built, n_built.sum()),
        "rmsd": _root_mean_square(rmsd),
        "element_accuracy": _weighted_mean(elements),
        "median_R1": rounded(float(np.median([b.r1 for b in built]))) if built else None,
        "right_number_fraction": rounded(float(np.mean([a.n_true == a.n_built for a in found]))),
        "fixed": {
            "recall_0_1": share([a.recall_near for a in fixed], n_found, n_true),
            "recall_0_5": share([a.recall for a in fixed], n_found, n_true),
        },
    }


def _weighted_mean(pairs: Sequence[tuple[float, float]]) -> float | None:
    if not pairs:
        return None
    values, weights = zip(*pairs, strict=True)
    return rounded(float(np.average(values, weights=weights)))


def _root_mean_square(pairs: Sequence[tuple[float, float]]) -> float | None:
    if not pairs:
        return None
    values, weights = zip(*pairs, strict=True)
    return rounded(float(np.sqrt(np.average(np.square(values), weights=weights))))


def _shells(cases: Sequence[EvaluatedCase]) -> list[dict[str, Any]]:
    """Aligned phase error by resolution shell, and the share of cases below 60° in it."""
    rows = []
    for shells in zip(*(case.comparison.aligned.shells for case in cases), strict=True):
        errors = np.array([s.phase_error_deg for s in shells if s.phase_error_deg is not None])
        if len(errors) == 0:
            continue
        rows.append(
            {
                "d_max": rounded(float(np.median([s.d_max for s in shells])), 3),
                "d_min": rounded(float(np.median([s.d_min for s in shells])), 3),
                "mean_phase_error_deg": rounded(float(errors.mean()), 2),
                "fraction_below_60": rounded(float((errors < 60.0).mean())),
            }
        )
    return rows
