"""Agreement of calculated with measured intensities: R1, wR2, goodness of fit."""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.solvers.refinement.least_squares.minimise import Outcome

_OBSERVED = 2.0  # I > 2σ(I)


def r1(
    value: NDArray[np.float64],
    sigma: NDArray[np.float64],
    calculated: NDArray[np.float64],
    *,
    all_reflections: bool = False,
) -> float:
    """Σ||Fo| − |Fc|| / Σ|Fo| over I > 2σ(I), or over all; `calculated` is k |F|²."""
    use = np.ones(len(value), dtype=bool) if all_reflections else value > _OBSERVED * sigma
    fo = np.sqrt(np.maximum(value[use], 0.0))
    fc = np.sqrt(np.maximum(calculated[use], 0.0))
    total = float(fo.sum())
    return float(np.abs(fo - fc).sum() / total) if total > 0 else float("nan")


def n_observed(value: NDArray[np.float64], sigma: NDArray[np.float64]) -> int:
    """Reflections with I > 2σ(I)."""
    return int((value > _OBSERVED * sigma).sum())


def wr2(outcome: Outcome, value: NDArray[np.float64]) -> float:
    """√(Σ w (Fo² − Fc²)² / Σ w Fo⁴)."""
    return float(np.sqrt(outcome.misfit / max((outcome.weight * value**2).sum(), 1e-300)))


def goodness_of_fit(outcome: Outcome) -> float:
    """√(Σ w (Fo² − Fc²)² / (n − p))."""
    freedom = max(1, len(outcome.calculated) - outcome.parameters.n_free)
    return float(np.sqrt(outcome.misfit / freedom))
