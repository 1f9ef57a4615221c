"""Damped least squares on F² or |F|: normal equations, steps that never raise the misfit, esds."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.errors import Cancelled
from patterson_gui.solvers.refinement.least_squares.normal_equations import (
    Equations,
    Point,
    Problem,
)
from patterson_gui.solvers.refinement.least_squares.parameters import Parameters, State
from patterson_gui.solvers.refinement.least_squares.weights import Weights

_LEAST_DAMPING, _MOST_DAMPING, _REJECTED_DAMPING = 1e-7, 1e3, 1e-3
_POLAR_WEIGHT = 1e2  # in units of the diagonal of the normal matrix
_SINGULAR = 1e-6  # smallest pivot of a normal matrix that is simply inverted
_SETTLED_SHIFT = 0.01  # of the esd


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where a refinement ended.

    Attributes
    ----------
    calculated : (n,) k |F|² with extinction and twinning, on the scale of the measurement.
    misfit : Σ w Δ².
    shift : (n_free,) shifts of the last cycle.
    """

    state: State
    parameters: Parameters
    calculated: NDArray[np.float64]
    weight: NDArray[np.float64]
    misfit: float
    shift: NDArray[np.float64]
    cycles: int
    converged: bool
    problem: Problem
    point: Point

    @cached_property
    def normal(self) -> Tensor:
        """(n_free, n_free) float64 normal matrix Jᵀ W J at the end."""
        return self.problem.equations(self.point).normal


def least_squares(
    state: State,
    parameters: Parameters,
    weights: Weights,
    cycles: int,
    *,
    damping: float = 1e-4,
    on_amplitudes: bool = False,
    settled: float = _SETTLED_SHIFT,
    fit_scale: bool = True,
    least_gain: float = 0.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Refine for at most `cycles` cycles (Levenberg–Marquardt).

    Weights follow the calculated values, but are the same before and after a step when the two
    are compared. `fit_scale` begins with the scale that fits best. Ends where every shift is
    below `settled` of its esd, or a cycle lowers the misfit by less than the share `least_gain`.

    Raises `Cancelled` after the cycle in which `cancelled()` turns true.

    The damping follows the ratio of the fall of the misfit to that expected of a linear problem.
    """
    problem = Problem(parameters, weights, on_amplitudes, cancelled)
    now = problem.at(problem.with_best_scale(state) if fit_scale else state)
    equations: Equations | None = None
    last = np.zeros(parameters.n_free)
    done = 0
    converged = False
    for _ in range(cycles):
        if cancelled():
            raise Cancelled
        if damping > _MOST_DAMPING:
            break
        if equations is None:
            equations = problem.equations(now)
        step = _step(problem, now, equations, damping)
        if step is None:
            damping = max(10 * damping, _REJECTED_DAMPING)
            continue
        then = problem.at(parameters.moved(now.state, step.full))
        done += 1
        before, after = now.misfit, problem.misfit(then, now.weight)
        if not after < before * (1 + 1e-7):
            if step.length < settled:
                last, converged = step.free, True
                break
            damping = max(10 * damping, _REJECTED_DAMPING)
            continue
        gain = (before - after) / max(step.expected, 1e-30)
        now, last, equations = then, step.free, None
        if gain > 0.75:
            damping = max(damping / 10, _LEAST_DAMPING)
        elif gain < 0.25:
            damping *= 3
        if step.length < settled or before - after < least_gain * before:
            converged = True
            break
    return Outcome(
        now.state,
        parameters,
        problem.intensities(now.fit).cpu().numpy(),
        now.weight.cpu().numpy(),
        now.misfit,
        last,
        done,
        converged,
        problem,
        now,
    )


def intensities_of(state: State, parameters: Parameters) -> NDArray[np.float64]:
    """(n,) k |F|² of a model with extinction and twinning, on the scale of the measurement."""
    return np.asarray(Problem(parameters, Weights()).fit(state).cpu().numpy())


@dataclass(frozen=True, eq=False)
class _Step:
    """Shifts of the free and the full parameters.

    `expected` is the fall of the misfit of a linear problem, `length` an estimate of the largest
    shift in esds.
    """

    free: NDArray[np.float64]
    full: NDArray[np.float64]
    expected: float
    length: float


def _step(problem: Problem, now: Point, equations: Equations, damping: float) -> _Step | None:
    """The damped solution of the normal equations; None where they are singular."""
    normal, downhill = equations.normal, equations.downhill
    blocked = problem.parameters.at_limit(now.state, downhill.cpu().numpy())
    if len(blocked):
        normal, downhill = normal.clone(), downhill.clone()
        rows = torch.tensor(blocked, device=normal.device)
        normal[rows], normal[:, rows], downhill[rows] = 0.0, 0.0, 0.0
    scaled, scale = scaled_normal(normal, problem.polar)
    scaled.diagonal().add_(damping)
    factor, failed = torch.linalg.cholesky_ex(scaled)
    if int(failed):
        return None
    shift = torch.cholesky_solve((downhill * scale)[:, None], factor)[:, 0] * scale
    if not bool(shift.isfinite().all()):
        return None
    curvature = float(shift @ (normal @ shift))
    variance = now.misfit / max(1, len(problem.data) - len(shift))
    # |shift|/esd is this length at most, and that without correlations at most.
    uncorrelated = float((shift.abs() / scale).max()) if len(shift) else 0.0
    length = min(uncorrelated, curvature**0.5 / 3) / max(variance, 1e-30) ** 0.5
    free = shift.cpu().numpy()
    return _Step(
        free,
        problem.parameters.constraint @ free,
        2 * float(downhill @ shift) - curvature,
        length,
    )


def scaled_normal(normal: Tensor, polar: Tensor) -> tuple[Tensor, Tensor]:
    """D N D with a diagonal of 1, where N has a term against drifts along `polar`; and D."""
    diagonal = normal.diagonal()
    used = diagonal > 1e-30
    scale = torch.where(used, diagonal, torch.ones_like(diagonal)).rsqrt()
    scaled = normal * scale[:, None]
    scaled *= scale
    scaled.diagonal().add_(~used)
    for direction in polar:
        drift = direction * scale
        drift = drift / torch.linalg.vector_norm(drift).clamp(min=1e-30)
        scaled.addr_(drift, drift, alpha=_POLAR_WEIGHT)
    return scaled, scale


def covariance(outcome: Outcome) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariance of the free parameters and standard uncertainties of the full ones.

    Inverse of the normal matrix times the square of the goodness of fit, as SHELXL does.
    """
    parameters = outcome.parameters
    scaled, scale = scaled_normal(outcome.normal.cpu(), torch.tensor(parameters.polar))
    factor, failed = torch.linalg.cholesky_ex(scaled)
    if not int(failed) and float(factor.diagonal().min()) ** 2 > _SINGULAR:
        inverse = torch.cholesky_inverse(factor)
    else:  # parameters that the data do not determine have no uncertainty
        inverse = torch.linalg.pinv(scaled, hermitian=True, rtol=1e-9)
    freedom = max(1, len(outcome.calculated) - parameters.n_free)
    matrix = (inverse * scale[:, None] * scale).numpy() * (outcome.misfit / freedom)
    c = parameters.constraint
    variance = (c @ matrix * c.toarray()).sum(axis=1)
    return matrix, np.sqrt(np.maximum(variance, 0.0))
