"""The figures of a prediction as plain values, for a file or a report.

Two frames, the fixed one first: nothing aligned to the truth there; `aligned` is the best
over all shifts and both hands. Both are null where there is no truth.
"""

import math
from typing import Any

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.metrics import Comparison, FrameFigures
from patterson_gui.crystal.prediction import Prediction


def figures(
    crystal: Crystal, prediction: Prediction, comparison: Comparison | None
) -> dict[str, Any]:
    """All that is known of how good `prediction` is, ready for JSON."""
    return {
        "name": crystal.name,
        "provenance": crystal.provenance,
        "cell": [round(float(x), 4) for x in crystal.cell.parameters],
        "spacegroup": crystal.spacegroup.xhm(),
        "n_reflections_p1": len(prediction.amplitudes),
        "d_min": round(prediction.amplitudes.d_min, 3),
        "method": prediction.settings.method,
        "seed": prediction.settings.seed,
        "device": prediction.device,
        "seconds": round(prediction.seconds, 3),
        "starts": len(prediction.starts),
        "R": _number(prediction.r_factor),
        "self_consistency": _number(prediction.self_consistency),
        "mean_fom": _number(prediction.fom.mean()) if len(prediction.fom) else None,
        "solved": prediction.solved,
        "verdict": prediction.verdict,
        "hand_determined": prediction.hand_determined,
        "fixed": None if comparison is None else frame(comparison.fixed),
        "aligned": None if comparison is None else aligned_frame(comparison),
    }


def frame(values: FrameFigures) -> dict[str, Any]:
    """One frame's figures."""
    return {
        "r": _number(values.r),
        "r_masked": _number(values.r_masked),
        "mean_phase_error_deg": _number(values.phase_error_deg, 2),
        "weighted_phase_error_deg": _number(values.phase_error_weighted_deg, 2),
        "shells": [
            {
                "d_max": _number(shell.d_max, 3),
                "d_min": _number(shell.d_min, 3),
                "n": int(shell.n),
                "mean_phase_error_deg": _number(shell.phase_error_deg, 2),
                "weighted_phase_error_deg": _number(shell.phase_error_weighted_deg, 2),
            }
            for shell in values.shells
        ],
    }


def aligned_frame(comparison: Comparison) -> dict[str, Any]:
    """The aligned frame's figures with the shift and the hand that gave them."""
    return frame(comparison.aligned) | {
        "shift_frac": [_number(x, 5) for x in comparison.shift_frac],
        "inverted": bool(comparison.inverted),
    }


def _number(value: float | None, digits: int = 4) -> float | None:
    """Rounded, and null where it is not a number (JSON knows no NaN)."""
    if value is None or math.isnan(value):
        return None
    return round(float(value), digits)
