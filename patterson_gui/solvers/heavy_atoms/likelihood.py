"""The likelihood of squared differences given sites, and the refinement of sites against it.

The log-likelihood over that without sites is Σ ½ [ln(v₀/v) + Δ² (1/v₀ − 1/v)] of normal variables
with the variances of `expected_variance`. It is refined by Fisher scoring: the information of a
normal variance is 1/(2v²), so the normal matrix is Σ (∂v/∂p)(∂v/∂q)/(2v²) and the gradient
Σ (Δ²/v − 1)/(2v) ∂v/∂p, with Levenberg's damping.
"""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.solvers.heavy_atoms.expected_variance import DifferenceSquares
from patterson_gui.solvers.heavy_atoms.substructure import (
    Substructure,
    explained_share,
    on_special_position,
    structure_factors,
    unit_factors_with_derivatives,
)

_LEAST_REST = 0.05  # share of the variance that sites never explain
_B_RANGE = (-5.0, 120.0)  # noise prefers the weights of very negative values
_MOST_STEPS = 5
_SMALLEST_GAIN = 0.05
_LARGEST_OCC = 1.0


def expected(
    data: DifferenceSquares, f: NDArray[np.complex64], share: float, b: float
) -> NDArray[np.float64]:
    """(n,) the variance v with F of the sites and the share q that they explain at B = 0."""
    rest = np.maximum(1.0 - share * np.exp(-0.5 * b * data.x), _LEAST_REST)
    return np.asarray(data.noise + data.signal * (data.epsilon * rest + np.abs(f) ** 2))


def log_likelihood(data: DifferenceSquares, variance: NDArray[np.float64]) -> float:
    """Over that without sites."""
    ratio = data.variance / variance
    return float(0.5 * np.sum(np.log(ratio) + data.square / data.variance * (1.0 - ratio)))


def score_of(data: DifferenceSquares, sites: Substructure) -> float:
    """The log-likelihood of the sites over that without sites."""
    if len(sites) == 0:
        return 0.0
    f = structure_factors(data, sites)
    return log_likelihood(data, expected(data, f, explained_share(data, sites), sites.b))


def slope_of_variance(
    data: DifferenceSquares, sites: Substructure
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) v, and (n, 4m + 1) its derivatives by all x y z, then all occupancies, then B."""
    unit, slope = unit_factors_with_derivatives(data, sites.frac, sites.b)
    f = unit @ sites.occ
    share, n_ops = explained_share(data, sites), len(data.images)
    decay = np.exp(-0.5 * sites.b * data.x)
    free = 1.0 - share * decay > _LEAST_REST  # elsewhere the rest no longer changes
    conjugate = np.conj(f).astype(np.complex64)[:, None]
    twice = (2.0 * data.signal).astype(np.float32)[:, None]
    occ = sites.occ.astype(np.float32)
    by_frac = np.stack([twice * occ * (conjugate * part).real for part in slope], axis=2)
    by_occ = (twice * (conjugate * unit).real).astype(np.float64)
    rest = np.where(free, data.signal * data.epsilon * decay, 0.0)
    by_occ -= rest[:, None] * (2.0 * n_ops * sites.order * sites.occ)
    by_b = 0.5 * data.x * (rest * share - data.signal * np.abs(f) ** 2)
    return (
        expected(data, f, share, sites.b),
        np.concatenate([by_frac.reshape(len(data), -1), by_occ, by_b[:, None]], axis=1),
    )


def refine(
    data: DifferenceSquares, sites: Substructure, cycles: int = 6, *, fit_b: bool = True
) -> Substructure:
    """The sites with the coordinates, occupancies and B of highest likelihood.

    A site close to a special position moves onto it and stays there.
    """
    sites, allowed = _placed(data, sites)
    m = len(sites)
    score, damping = score_of(data, sites), 1e-2
    longest = 0.25 * data.d_min / np.array([data.cell.a, data.cell.b, data.cell.c])
    for _ in range(cycles):
        variance, slope = slope_of_variance(data, sites)
        for j in np.flatnonzero(sites.order > 1):
            slope[:, 3 * j : 3 * j + 3] = slope[:, 3 * j : 3 * j + 3] @ allowed[j]
        if not fit_b:
            slope[:, -1] = 0.0
        gradient = slope.T @ (0.5 * (data.square / variance - 1.0) / variance)
        normal = slope.T @ (slope * (0.5 / variance**2)[:, None])
        diagonal = np.diag(normal)
        better = None
        for _ in range(_MOST_STEPS):
            ridge = np.diag(damping * diagonal + 1e-9 * diagonal.max() + 1e-30)
            step = np.linalg.solve(normal + ridge, gradient)
            moved = Substructure(
                sites.frac + np.clip(step[: 3 * m].reshape(m, 3), -longest, longest),
                np.clip(sites.occ + step[3 * m : 4 * m], 1e-3, _LARGEST_OCC),
                sites.order,
                float(np.clip(sites.b + step[-1], *_B_RANGE)),
            )
            trial = score_of(data, moved)
            if trial > score:
                better = moved
                break
            damping *= 6.0
        if better is None:
            break
        gain, score, sites = trial - score, trial, better
        damping = max(damping / 5.0, 1e-4)
        if gain < _SMALLEST_GAIN:
            break
    return Substructure(sites.frac, sites.occ, sites.order, sites.b, score)


def _placed(
    data: DifferenceSquares, sites: Substructure
) -> tuple[Substructure, NDArray[np.float64]]:
    """The sites with those near special positions on them, and (m, 3, 3) allowed shifts."""
    frac, occ, order = sites.frac.copy(), sites.occ.copy(), sites.order.copy()
    allowed = np.empty((len(sites), 3, 3))
    for j in range(len(sites)):
        frac[j], new, allowed[j] = on_special_position(data, frac[j])
        occ[j] *= order[j] / new  # what is at the position scatters as before
        order[j] = new
    return Substructure(frac, occ, order, sites.b, sites.score), allowed
