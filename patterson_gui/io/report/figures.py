"""The figures of merit of a prediction as plain values, for JSON and CSV files.

`fixed` compares the prediction unchanged with the truth; `aligned` after the best shift, in the
better of both hands. Both are null without a truth.
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
    """All figures of merit of a prediction, ready for JSON.

    `atoms` compares the built atoms with the true ones after alignment, `atoms_fixed` in the fixed
    frame.
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
        "has_hand": prediction.has_hand,
        "fixed": None if comparison is None else frame(comparison.fixed),
        "aligned": None if comparison is None else aligned_frame(comparison),
        "atoms": _atoms(prediction, atoms, atoms_fixed),
    }


def frame(values: FrameFigures) -> dict[str, Any]:
    """The figures in one frame."""
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
    """The figures in the aligned frame, with the shift and the hand of the alignment."""
    return frame(comparison.aligned) | {
        "shift_frac": [rounded(x, 5) for x in comparison.shift_frac],
        "inverted": bool(comparison.inverted),
    }


def _atoms(
    prediction: Prediction, agreement: AtomAgreement | None, fixed: AtomAgreement | None
) -> dict[str, Any] | None:
    """Figures of the built atoms; with a truth, their agreement after alignment and, under
    `fixed`, in the fixed frame."""
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
    """Agreement of built and true atoms in one frame."""
    return {
        "recall_0_1": rounded(atoms.recall_near),
        "recall_0_5": rounded(atoms.recall),
        "precision_0_1": rounded(atoms.precision_near),
        "precision_0_5": rounded(atoms.precision),
        "rmsd": rounded(atoms.rmsd),
        "element_accuracy": rounded(atoms.element_accuracy),
    }


def rounded(value: float | None, digits: int = 4) -> float | None:
    """Round a value; None for NaN, which JSON cannot store."""
    if value is None or math.isnan(value):
        return None
    return round(float(value), digits)
