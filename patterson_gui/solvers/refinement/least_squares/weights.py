"""Weights of a refinement on F² by the formula of SHELXL, and the choice of a and b.

w = 1 / (σ² + (aP)² + bP), P = (max(Fo², 0) + 2 Fc²) / 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Weights:
    """a and b of the formula; b on absolute scale."""

    a: float = 0.1
    b: float = 0.0


def weight(
    value: Tensor, sigma: Tensor, calculated: Tensor, weights: Weights, scale: float
) -> Tensor:
    """(n,) w for measured `value` and `calculated` (k |F|²), on the scale of the measurement."""
    p = (value.clamp(min=0) + 2 * calculated) / 3
    return 1 / (sigma.square() + (weights.a * p).square() + weights.b * scale * p)


# a in steps as SHELXL prints it; b by a geometric series.
_A = np.array([0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.075, 0.09, 0.11, 0.14, 0.2])
_B = np.array([0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.35, 0.6, 1.0, 1.8, 3.0, 6.0, 12.0, 30.0, 80.0])
_GROUPS = 10


def choose_weights(
    value: NDArray[np.float64],
    sigma: NDArray[np.float64],
    calculated: NDArray[np.float64],
    n_parameters: int,
) -> Weights:
    """a and b that make the mean w Δ² the same for weak and strong reflections, and 1.

    All arguments on absolute scale. Minimises Σ (ln of the mean w Δ² of a group)² over ten groups
    of equal size by Fc².
    """
    n = len(value)
    if n < 4 * _GROUPS:
        return Weights()
    order = np.argsort(calculated)
    p = (np.maximum(value, 0.0) + 2 * np.maximum(calculated, 0.0))[order] / 3.0
    misfit = (value - calculated)[order] ** 2 * (n / max(n - n_parameters, n / 10))
    variance = sigma[order] ** 2
    edges = np.linspace(0, n, _GROUPS + 1).astype(np.int64)[:-1]
    sizes = np.diff(np.append(edges, n))
    best, chosen = np.inf, Weights()
    for a in _A:
        base = variance + (a * p) ** 2
        for b in _B:
            ratio = misfit / (base + b * p)
            means = np.add.reduceat(ratio, edges) / sizes
            spread = float(np.square(np.log(np.maximum(means, 1e-6))).sum())
            spread += _GROUPS * float(np.log(max(ratio.mean(), 1e-6))) ** 2
            if spread < best * (1 - 1e-9):
                best, chosen = spread, Weights(float(a), float(b))
    return chosen
