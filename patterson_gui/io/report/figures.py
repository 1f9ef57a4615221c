"""The figures of a prediction as plain values, for a file or a report.

Two frames, the fixed one first: nothing aligned to the truth there; `aligned` is the best
over all shifts and both hands. Both are null where there is no truth.
"""

import math
from typing import Any

from patterson_gui.crystal.comparison.atom_agreement import AtomAgreement
from patterson_gui.crystal.comparison.prediction_metrics import Comparison, FrameFigures
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import Prediction


def figures(
    crystal: Crystal,
    prediction: Prediction,
    comparison: Comparison | None,
    atoms: AtomAgreement | None = None,
    atoms_fixed: AtomAgreement | None = None,
) -> dict[str, Any]:
    """All that is known of how good `prediction` is, ready for JSON.

    `atoms` is how the built atoms agree with the true ones once aligned, `atoms_fixed` as
    they stand.
    """
    return {
        "name": crystal.name,
        "provenance": crystal.provenance,
        "cell": [round(float(x), 4) for x in crystal.cell.parameters],
        "spacegroup": crystal.spacegroup.xhm(),
        "n_atoms": crystal.composition.n_atoms if crystal.composition else None,
        "n_reflections_p1": len(prediction.amplitudes),
        "d_min": round(prediction.amplitudes.d_min, 3),
        "method": prediction.settings.method,
        "network": prediction.network,
        "seed": prediction.settings.seed,
        "device": prediction.device,
        "seconds": round(prediction.seconds, 3),
        "starts": len(prediction.starts),
        "R": rounded(prediction.r_factor),
        "self_consistency": rounded(prediction.self_consistency),
        "mean_fom": rounded(prediction.fom.mean()) if len(prediction.fom) else None,
        "solved": prediction.solved,
        "verdict": prediction.verdict,
        "hand_determined": prediction.hand_determined,
        "fixed": None if comparison is None else frame(comparison.fixed),
        "aligned": None if comparison is None else aligned_frame(comparison),
        "atoms": _atoms(prediction, atoms, atoms_fixed),
    }


def frame(values: FrameFigures) -> dict[str, Any]:
    """One frame's figures."""
    return {
        "r": rounded(values.r),
        "r_masked": rounded(values.r_masked),
        "mean_phase_error_deg": rounded(values.phase_error_deg, 2),
        "weighted_phase_error_deg": rounded(values.phase_error_weighted_deg, 2),
        "shells": [
            {
                "d_max": rounded(shell.d_max, 3),
                "d_min": rounded(shell.d_min, 3),
                "n": int(shell.n),
                "mean_phase_error_deg": rounded(shell.phase_error_deg, 2),
                "weighted_phase_error_deg": rounded(shell.phase_error_weighted_deg, 2),
            }
            for shell in values.shells
        ],
    }


def aligned_frame(comparison: Comparison) -> dict[str, Any]:
    """The aligned frame's figures with the shift and the hand that gave them."""
    return frame(comparison.aligned) | {
        "shift_frac": [rounded(x, 5) for x in comparison.shift_frac],
        "inverted": bool(comparison.inverted),
    }


def _atoms(
    prediction: Prediction, agreement: AtomAgreement | None, fixed: AtomAgreement | None
) -> dict[str, Any] | None:
    """What was built and, where there is a truth, how it agrees with it: aligned, and under
    `fixed` as it stands."""
    built = prediction.built
    if built is None:
        return None
    values: dict[str, Any] = {
        "n_built": built.n_atoms,
        "n_expected": built.n_expected,
        "R1": rounded(built.r1),
        "refined": built.refined,
    }
    if agreement is not None:
        values |= {"n_true": agreement.n_true} | _agreement(agreement)
    if fixed is not None:
        values["fixed"] = _agreement(fixed)
    return values


def _agreement(atoms: AtomAgreement) -> dict[str, Any]:
    """Built against true atoms in one frame."""
    return {
        "recall_0_1": rounded(atoms.recall_near),
        "recall_0_5": rounded(atoms.recall),
        "precision_0_1": rounded(atoms.precision_near),
        "precision_0_5": rounded(atoms.precision),
        "rmsd": rounded(atoms.rmsd),
        "element_accuracy": rounded(atoms.element_accuracy),
    }


def rounded(value: float | None, digits: int = 4) -> float | None:
    """Rounded, and null where it is not a number (JSON knows no NaN)."""
    if value is None or math.isnan(value):
        return None
    return round(float(value), digits)
