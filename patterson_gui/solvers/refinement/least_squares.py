"""Damped least squares on F² or |F|: normal equations, steps that never raise the misfit, esds."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.errors import Cancelled
from patterson_gui.solvers.refinement.parameters import Parameters, State
from patterson_gui.solvers.refinement.reflection_data import ReflectionData
from patterson_gui.solvers.refinement.structure_factors import calculate
from patterson_gui.solvers.refinement.weights import Weights, weight

_LEAST_DAMPING, _MOST_DAMPING, _REJECTED_DAMPING = 1e-7, 1e3, 1e-3
_POLAR_WEIGHT = 1e2  # in units of the diagonal of the normal matrix
_SETTLED_SHIFT = 0.01  # of the esd
_AMPLITUDE_ERROR = 0.03  # relative model error in weights of |F|


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where a refinement ended.

    Attributes
    ----------
    calculated : (n,) k |F|² with extinction and twinning, on the scale of the measurement.
    normal : (n_free, n_free) float64 normal matrix Jᵀ W J.
    misfit : Σ w Δ².
    shift : (n_free,) shifts of the last cycle.
    """

    state: State
    parameters: Parameters
    calculated: NDArray[np.float64]
    weight: NDArray[np.float64]
    normal: NDArray[np.float64]
    misfit: float
    shift: NDArray[np.float64]
    cycles: int
    converged: bool


@dataclass(eq=False)
class _Point:
    """The state of a refinement: Δ, w, and the normal equations of the free parameters."""

    state: State
    fit: Tensor
    weight: Tensor
    misfit: Tensor
    normal: Tensor
    downhill: Tensor


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
    problem = _Problem(parameters, weights, on_amplitudes)
    now = problem.at(problem.with_best_scale(state) if fit_scale else state)
    last = np.zeros(parameters.n_free)
    done = 0
    converged = False
    for _ in range(cycles):
        if cancelled():
            raise Cancelled
        if damping > _MOST_DAMPING:
            break
        step = problem.step(now, damping)
        if step is None:
            damping = max(10 * damping, _REJECTED_DAMPING)
            continue
        then = problem.at(parameters.moved(now.state, step.full))
        done += 1
        before, after = float(now.misfit), float(problem.misfit(then, now.weight))
        if not after < before * (1 + 1e-7):
            if step.length < settled:
                last, converged = step.free, True
                break
            damping = max(10 * damping, _REJECTED_DAMPING)
            continue
        now, last = then, step.free
        gain = (before - after) / max(step.expected, 1e-30)
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
        now.normal.cpu().numpy(),
        float(now.misfit),
        last,
        done,
        converged,
    )


def intensities_of(state: State, parameters: Parameters) -> NDArray[np.float64]:
    """(n,) k |F|² of a model with extinction and twinning, on the scale of the measurement."""
    fit, _ = _Problem(parameters, Weights(), False).fit(state, derivatives=False)
    return np.asarray(fit.cpu().numpy())


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


class _Problem:
    def __init__(self, parameters: Parameters, weights: Weights, on_amplitudes: bool) -> None:
        self.parameters = parameters
        self.weights = weights
        self.on_amplitudes = on_amplitudes
        self.data: ReflectionData = parameters.data
        data = self.data
        self.constraint = _sparse(parameters.constraint.T.tocoo(), data.device, data.dtype)
        self.expand = torch.tensor(
            parameters.constraint.toarray(), dtype=torch.float64, device=data.device
        )
        self.polar = torch.tensor(parameters.polar, dtype=torch.float64, device=data.device)
        self.measured = data.value
        if on_amplitudes:
            self.measured = data.value.clamp(min=0).sqrt()
            # σ(F) of weak reflections too: the change of √I when I grows by σ.
            above = (data.value.clamp(min=0) + data.sigma).sqrt()
            self.variance = (above - self.measured).square()

    def with_best_scale(self, state: State) -> State:
        """`state` with the scale that fits best, from amplitudes: robust against a poor model."""
        fit = self.fit(replace(state, scale=1.0), derivatives=False)[0]
        fc = self.intensities(fit).clamp(min=0).sqrt()
        fo = self.data.value.clamp(min=0).sqrt()
        k = float((fo * fc).sum() / fc.square().sum().clamp(min=1e-30))
        return replace(state, scale=max(k * k, 1e-30))

    def intensities(self, fit: Tensor) -> Tensor:
        """k |F|² of calculated values, which are amplitudes in a refinement on |F|."""
        return fit.square() if self.on_amplitudes else fit

    def _weight(self, fit: Tensor, scale: float) -> Tensor:
        if self.on_amplitudes:
            return 1 / (self.variance + (_AMPLITUDE_ERROR * self.measured).square())
        return weight(self.data.value, self.data.sigma, fit, self.weights, scale)

    def misfit(self, point: _Point, weights: Tensor) -> Tensor:
        """Σ w Δ² of `point` with given weights."""
        return (weights * (self.measured - point.fit).square()).sum()

    def at(self, state: State) -> _Point:
        """Misfit and normal equations of `state`."""
        fit, rows = self.fit(state, derivatives=True)
        w = self._weight(fit, state.scale)
        root = w.sqrt()
        assert rows is not None
        rows *= root.to(rows.dtype)
        free = torch.sparse.mm(self.constraint, rows)
        residual = root * (self.measured - fit)
        normal = (free @ free.T).double()
        downhill = (free @ residual.to(free.dtype)).double()
        return _Point(state, fit, w, residual.square().sum(), normal, downhill)

    def fit(self, state: State, derivatives: bool) -> tuple[Tensor, Tensor | None]:
        """(n,) k |F|² (or its root) and (n_full, n) derivatives."""
        parameters, data = self.parameters, self.data
        places, per_occ = parameters.occupancy_rows()
        result = calculate(
            parameters.atoms(state.model),
            data,
            state.inverted,
            derivatives,
            derivatives and len(places) > 0,
        )
        intensity, others = _combine(result.intensity, state, data)
        y, by_intensity, by_extinction = _extinguish(intensity, state, data)
        fit = state.scale * y
        factor = state.scale * by_intensity
        if self.on_amplitudes:
            fit = fit.clamp(min=1e-12 * float(fit.max())).sqrt()
            chain = 0.5 / fit
        else:
            chain = torch.ones_like(fit)
        if not derivatives:
            return fit, None
        assert result.rows is not None
        rows = torch.empty(parameters.n_full, len(data), dtype=data.dtype, device=data.device)
        n = parameters.n_atom_rows
        _domains(result.rows, state, data, rows[:n])
        if len(places):
            assert result.weight_rows is not None
            chosen = result.weight_rows[torch.tensor(places, device=data.device)]
            chosen *= torch.tensor(per_occ, device=data.device, dtype=data.dtype)[:, None]
            _domains(chosen, state, data, rows[n : n + len(places)])
        rows[: n + len(places)] *= (factor * chain).to(data.dtype)
        inverted = torch.empty(1, len(data), device=data.device, dtype=torch.float64)
        _domains(result.enantiomer[None], state, data, inverted)
        extra = rows[n + len(places) :]
        extra[0] = y * chain
        extra[1] = state.scale * by_extinction * chain
        extra[2] = inverted[0] * factor * chain
        extra[3] = others * factor * chain
        return fit, rows

    def step(self, now: _Point, damping: float) -> "_Step | None":
        """The damped solution of the normal equations; None where they are singular."""
        normal, downhill = now.normal, now.downhill
        blocked = self.parameters.at_limit(now.state, downhill.cpu().numpy())
        if len(blocked):
            normal, downhill = normal.clone(), downhill.clone()
            rows = torch.tensor(blocked, device=normal.device)
            normal[rows], normal[:, rows], downhill[rows] = 0.0, 0.0, 0.0
        scaled, scale = scaled_normal(normal, self.polar)
        eye = torch.eye(len(scaled), dtype=scaled.dtype, device=scaled.device)
        factor, failed = torch.linalg.cholesky_ex(scaled + damping * eye)
        if int(failed):
            return None
        shift = torch.cholesky_solve((downhill * scale)[:, None], factor)[:, 0] * scale
        if not bool(shift.isfinite().all()):
            return None
        curvature = float(shift @ (normal @ shift))
        variance = float(now.misfit) / max(1, len(self.data) - len(shift))
        # |shift|/esd is this length at most, and that without correlations at most.
        uncorrelated = float((shift.abs() / scale).max()) if len(shift) else 0.0
        length = min(uncorrelated, curvature**0.5 / 3) / max(variance, 1e-30) ** 0.5
        return _Step(
            shift.cpu().numpy(),
            (self.expand @ shift).cpu().numpy(),
            2 * float(downhill @ shift) - curvature,
            length,
        )


def scaled_normal(normal: Tensor, polar: Tensor) -> tuple[Tensor, Tensor]:
    """D N D with a diagonal of 1, where N has a term against drifts along `polar`; and D."""
    diagonal = normal.diagonal()
    used = diagonal > 1e-30
    scale = torch.where(used, diagonal, torch.ones_like(diagonal)).rsqrt()
    scaled = normal * scale[:, None] * scale
    scaled = scaled + torch.diag((~used).to(scaled.dtype))
    for direction in polar:
        drift = direction * scale
        drift = drift / torch.linalg.vector_norm(drift).clamp(min=1e-30)
        scaled = scaled + _POLAR_WEIGHT * torch.outer(drift, drift)
    return scaled, scale


def _sparse(matrix: object, device: torch.device, dtype: torch.dtype) -> Tensor:
    row, column, value = matrix.row, matrix.col, matrix.data  # type: ignore[attr-defined]
    return torch.sparse_coo_tensor(
        torch.tensor(np.stack([row, column]).astype(np.int64)),
        torch.tensor(value),
        matrix.shape,  # type: ignore[attr-defined]
        dtype=dtype,
        device=device,
        check_invariants=False,
    ).coalesce()


def _combine(intensity: Tensor, state: State, data: ReflectionData) -> tuple[Tensor, Tensor]:
    """Sum over the domains of a twin, and its derivative by the twin fraction."""
    n = len(data)
    if data.twin_law is None:
        return intensity, torch.zeros_like(intensity)
    first, second = intensity[:n], intensity[n:]
    return first + state.twin_fraction * (second - first), second - first


def _domains(rows: Tensor, state: State, data: ReflectionData, out: Tensor) -> None:
    n = len(data)
    if data.twin_law is None:
        out.copy_(rows)
        return
    torch.lerp(rows[:, :n], rows[:, n:], state.twin_fraction, out=out)


def _extinguish(
    intensity: Tensor, state: State, data: ReflectionData
) -> tuple[Tensor, Tensor, Tensor]:
    """I / √(1 + x q I) as SHELXL's EXTI, q = 0.001 λ³/sin 2θ; derivatives by I and x."""
    if data.extinction_terms is None:
        return intensity, torch.ones_like(intensity), torch.zeros_like(intensity)
    per_x = data.extinction_terms * intensity
    one = 1 + state.extinction * per_x
    return (
        intensity * one.rsqrt(),
        one.pow(-1.5) * (1 + 0.5 * state.extinction * per_x),
        -0.5 * intensity * per_x * one.pow(-1.5),
    )


def covariance(outcome: Outcome) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariance of the free parameters and standard uncertainties of the full ones.

    Inverse of the normal matrix times the square of the goodness of fit, as SHELXL does.
    """
    parameters = outcome.parameters
    scaled, scale = scaled_normal(torch.tensor(outcome.normal), torch.tensor(parameters.polar))
    inverse = torch.linalg.pinv(scaled, hermitian=True, rtol=1e-9)
    freedom = max(1, len(outcome.calculated) - parameters.n_free)
    matrix = (inverse * scale[:, None] * scale).numpy() * (outcome.misfit / freedom)
    c = parameters.constraint
    variance = (c @ matrix * c.toarray()).sum(axis=1)
    return matrix, np.sqrt(np.maximum(variance, 0.0))
