"""Scale and R factor of calculated amplitudes against observed ones."""

import numpy as np
from numpy.typing import ArrayLike


def best_scale(fc: ArrayLike, fo: ArrayLike) -> float:
    """s that makes Σ| s·Fc − Fo | smallest: the median of Fo/Fc weighted by Fc."""
    calculated = np.asarray(fc, dtype=np.float64).ravel()
    observed = np.asarray(fo, dtype=np.float64).ravel()
    positive = calculated > 0
    if not positive.any():
        return 0.0
    ratio, weight = observed[positive] / calculated[positive], calculated[positive]
    order = np.argsort(ratio)
    cumulative = np.cumsum(weight[order])
    middle = int(np.searchsorted(cumulative, cumulative[-1] / 2.0))
    return float(ratio[order[min(middle, len(order) - 1)]])


def r_factor(fc: ArrayLike, fo: ArrayLike) -> float:
    """Σ| s|Fc| − |Fo| | / Σ|Fo| with the scale that makes it smallest."""
    observed = np.abs(np.asarray(fo, dtype=np.complex128)).ravel()
    calculated = np.abs(np.asarray(fc, dtype=np.complex128)).ravel()
    total = float(observed.sum())
    if total == 0:
        return 0.0
    scale = best_scale(calculated, observed)
    return float(np.abs(scale * calculated - observed).sum()) / total
