"""Calculated values of a refinement with scale, extinction and twinning; its normal equations.

With J the derivatives of the calculated values by the free parameters and W the weights, the
normal equations are Jᵀ W J s = Jᵀ W Δ. J is never kept as a whole: it is calculated for a block of
reflections at a time in memory that is used again, and the products are added up in float64.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.errors import Cancelled
from patterson_gui.solvers.refinement.least_squares.parameters import (
    EXTINCTION,
    INVERTED,
    SCALE,
    TWIN,
    Parameters,
    State,
)
from patterson_gui.solvers.refinement.least_squares.reflection_data import ReflectionData
from patterson_gui.solvers.refinement.least_squares.structure_factors import Calculated, calculate
from patterson_gui.solvers.refinement.least_squares.weights import Weights, weight

_AMPLITUDE_ERROR = 0.03  # relative model error in weights of |F|
_BLOCK, _BLOCK_ON_DEVICE = 1024, 16384  # reflections; such a block of J fits the cache of a CPU
_TILE = 128  # rows of the normal matrix that are calculated at once, up to its diagonal


@dataclass(eq=False)
class Point:
    """The state of a refinement with the calculated values and weights that belong to it.

    Attributes
    ----------
    fit : (n,) k |F|², or its root in a refinement on |F|.
    misfit : Σ w Δ².
    """

    state: State
    fit: Tensor
    weight: Tensor
    misfit: float


@dataclass(eq=False)
class Equations:
    """Normal equations of the free parameters, float64.

    Attributes
    ----------
    normal : (n_free, n_free) Jᵀ W J.
    downhill : (n_free,) Jᵀ W Δ.
    """

    normal: Tensor
    downhill: Tensor


class Problem:
    """A refinement of given parameters against given data."""

    def __init__(
        self,
        parameters: Parameters,
        weights: Weights,
        on_amplitudes: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.parameters = parameters
        self.weights = weights
        self.on_amplitudes = on_amplitudes
        self.cancelled = cancelled
        self.data: ReflectionData = parameters.data
        self.polar = torch.tensor(parameters.polar, dtype=torch.float64, device=self.data.device)
        self.measured = self.data.value
        if on_amplitudes:
            self.measured = self.data.value.clamp(min=0).sqrt()
            # σ(F) of weak reflections too: the change of √I when I grows by σ.
            above = (self.data.value.clamp(min=0) + self.data.sigma).sqrt()
            self.variance = (above - self.measured).square()
        self._memory: tuple[Tensor, ...] | None = None

    def at(self, state: State) -> Point:
        """Calculated values, weights and misfit of `state`."""
        fit = self.fit(state)
        w = self._weight(fit, state.scale)
        return Point(state, fit, w, float((w * (self.measured - fit).square()).sum()))

    def misfit(self, point: Point, weights: Tensor) -> float:
        """Σ w Δ² of `point` with given weights."""
        return float((weights * (self.measured - point.fit).square()).sum())

    def fit(self, state: State) -> Tensor:
        """(n,) k |F|², or its root."""
        atoms = self.parameters.atoms(state.model)
        domains = calculate(atoms, self.data, state.inverted).intensity
        intensity = _combined(domains, state, self.data)
        fit = state.scale * _extinguished(intensity, state, self.data.extinction_terms)[0]
        return fit.clamp(min=1e-12 * float(fit.max())).sqrt() if self.on_amplitudes else fit

    def intensities(self, fit: Tensor) -> Tensor:
        """k |F|² of calculated values, which are amplitudes in a refinement on |F|."""
        return fit.square() if self.on_amplitudes else fit

    def with_best_scale(self, state: State) -> State:
        """`state` with the scale that fits best, from amplitudes: robust against a poor model."""
        fc = self.intensities(self.fit(replace(state, scale=1.0))).clamp(min=0).sqrt()
        fo = self.data.value.clamp(min=0).sqrt()
        k = float((fo * fc).sum() / fc.square().sum().clamp(min=1e-30))
        return replace(state, scale=max(k * k, 1e-30))

    def equations(self, point: Point) -> Equations:
        """The normal equations at `point`.

        Raises `Cancelled` after the block in which `cancelled()` turns true.
        """
        n_free, n = self.parameters.n_free, len(self.data)
        normal = torch.zeros(n_free, n_free, dtype=torch.float64, device=self.data.device)
        downhill = normal.new_zeros(n_free)
        block = _BLOCK if self.data.device.type == "cpu" else _BLOCK_ON_DEVICE
        for start in range(0, n, block):
            if self.cancelled():
                raise Cancelled
            part = slice(start, min(start + block, n))
            root = point.weight[part].sqrt()
            j = self._derivatives(point, part, root, block)
            residual = root * (self.measured[part] - point.fit[part])
            downhill += j @ residual.to(j.dtype)
            for row in range(0, n_free, _TILE):  # the lower triangle, tile by tile
                tile = slice(row, row + _TILE)
                normal[tile, : row + _TILE] += j[tile] @ j[: row + _TILE].T
        normal = normal.tril() + normal.tril(-1).T
        return Equations(normal, downhill)

    def _derivatives(self, point: Point, part: slice, root: Tensor, block: int) -> Tensor:
        """(n_free, m) √w times the derivatives of the calculated values of the block `part`."""
        parameters, data, state = self.parameters, self.data, point.state
        if self._memory is None:
            self._memory = self._allocated(min(block, len(data)))
        full, free, second = self._memory
        m = part.stop - part.start
        full, free = full[:, :m], free[:, :m]
        places, per_occ = parameters.occupancy_rows()
        n, n_occ = parameters.n_atom_rows, len(places)
        atoms = parameters.atoms(state.model)

        def one(part: slice, buffer: Tensor) -> Calculated:
            return calculate(atoms, data, state.inverted, True, n_occ > 0, part, buffer)

        first = one(part, full)
        intensity, by_inverted, by_twin = first.intensity, first.enantiomer, None
        if data.twin_law is not None:
            t = state.twin_fraction
            other = one(slice(part.start + len(data), part.stop + len(data)), second)
            by_twin = other.intensity - intensity
            intensity = intensity + t * by_twin
            by_inverted = torch.lerp(by_inverted, other.enantiomer, t)
            assert first.rows is not None
            assert other.rows is not None
            first.rows.lerp_(other.rows, t)
            if first.weight_rows is not None and other.weight_rows is not None:
                first.weight_rows.lerp_(other.weight_rows, t)
        terms = None if data.extinction_terms is None else data.extinction_terms[part]
        y, by_intensity, by_extinction = _extinguished(intensity, state, terms)
        chain = 0.5 * root / point.fit[part] if self.on_amplitudes else root
        factor = state.scale * by_intensity * chain
        if n_occ:
            assert first.weight_rows is not None
            index = torch.tensor(places, device=data.device)
            scale = torch.tensor(per_occ, device=data.device, dtype=data.dtype)
            torch.mul(first.weight_rows[index], scale[:, None], out=full[n : n + n_occ])
        full[: n + n_occ] *= factor.to(data.dtype)
        extra = full[n + n_occ :]
        extra[SCALE] = y * chain
        extra[EXTINCTION] = state.scale * by_extinction * chain
        extra[INVERTED] = by_inverted * factor
        extra[TWIN] = by_twin * factor if by_twin is not None else 0.0
        self._constraint.apply(full, free)
        return free

    def _allocated(self, block: int) -> tuple[Tensor, ...]:
        """Memory for derivatives by the full and the free parameters, and of a second domain."""
        new = torch.empty(0, dtype=self.data.dtype, device=self.data.device)
        parameters = self.parameters
        self._constraint = _Constraint(parameters.constraint, new)
        twin = parameters.n_atom_rows if self.data.twin_law is not None else 0
        sizes = (parameters.n_full, parameters.n_free, twin)
        return tuple(new.new_empty(size, block) for size in sizes)

    def _weight(self, fit: Tensor, scale: float) -> Tensor:
        if self.on_amplitudes:
            return 1 / (self.variance + (_AMPLITUDE_ERROR * self.measured).square())
        return weight(self.data.value, self.data.sigma, fit, self.weights, scale)


class _Constraint:
    """Cᵀ, which takes derivatives by the full parameters to those by the free ones.

    Nearly every free parameter is one of the full ones. The first element of each column of C is
    applied by picking rows, the few others (special positions, riding atoms) are added.
    """

    def __init__(self, constraint: scipy.sparse.csr_array, new: Tensor) -> None:
        columns = constraint.tocsc()
        first = columns.indptr[:-1]
        others = np.setdiff1d(np.arange(columns.nnz), first)
        column = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))

        def index(values: NDArray[np.integer]) -> Tensor:
            return torch.tensor(values.astype(np.int64), device=new.device)

        def numbers(values: NDArray[np.float64]) -> Tensor:
            return torch.tensor(values, dtype=new.dtype, device=new.device)[:, None]

        self._rows = index(columns.indices[first])
        self._factors = None
        if not (columns.data[first] == 1).all():
            self._factors = numbers(columns.data[first])
        self._other_rows = index(columns.indices[others])
        self._other_columns = index(column[others])
        self._other_factors = numbers(columns.data[others])

    def apply(self, full: Tensor, free: Tensor) -> None:
        """free = Cᵀ full."""
        torch.index_select(full, 0, self._rows, out=free)
        if self._factors is not None:
            free *= self._factors
        if len(self._other_rows):
            free.index_add_(0, self._other_columns, full[self._other_rows] * self._other_factors)


def _combined(intensity: Tensor, state: State, data: ReflectionData) -> Tensor:
    """Sum over the domains of a twin."""
    n = len(data)
    if data.twin_law is None:
        return intensity
    return torch.lerp(intensity[:n], intensity[n:], state.twin_fraction)


def _extinguished(
    intensity: Tensor, state: State, terms: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """I / √(1 + x q I) as SHELXL's EXTI, q = 0.001 λ³/sin 2θ; derivatives by I and x."""
    if terms is None:
        return intensity, torch.ones_like(intensity), torch.zeros_like(intensity)
    per_x = terms * intensity
    one = 1 + state.extinction * per_x
    return (
        intensity * one.rsqrt(),
        one.pow(-1.5) * (1 + 0.5 * state.extinction * per_x),
        -0.5 * intensity * per_x * one.pow(-1.5),
    )
