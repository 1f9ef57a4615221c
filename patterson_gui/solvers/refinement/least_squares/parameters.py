"""The parameters of a refinement, and the constraints that tie them to what is calculated.

Derivatives are calculated for every atom as if it were free (the *full* parameters). A matrix C
takes shifts of the *free* parameters to shifts of the full ones: special positions allow some
shifts only, riding hydrogen atoms move with their parents, the occupancies of two alternatives
sum to 1, everything else is left as it is.
Normal equations are set up for the free ones; with their covariance V, that of the full ones is
C V Cᵀ.
"""

from dataclasses import dataclass, replace

import gemmi
import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.displacements import HIGHEST_U, LOWEST_U, equivalent_u, positive_u
from patterson_gui.crystal.sites.site_symmetry import polar_directions, site_symmetries
from patterson_gui.solvers.refinement.least_squares.reflection_data import ReflectionData
from patterson_gui.solvers.refinement.least_squares.structure_factors import Atoms

_LONGEST_STEP = 0.25  # Å
_LARGEST_U_STEP = 0.06  # Å²
_LARGEST_OCC_STEP = 0.3
_LOWEST_OCC, _HIGHEST_OCC = 0.002, 12.0
_LEAST_SHARE = 0.02  # of an alternative
# Extra parameters after those of the atoms, in this order.
SCALE, EXTINCTION, INVERTED, TWIN = range(4)


@dataclass(frozen=True, eq=False)
class Freedom:
    """What is refined.

    Attributes
    ----------
    occupancies : (n,) mask of atoms whose occupancy is free; None for none.
    alternatives : refine one occupancy k for each two alternatives of the model, k and 1 − k.
    """

    scale: bool = True
    positions: bool = True
    displacement: bool = True
    occupancies: NDArray[np.bool_] | None = None
    alternatives: bool = False
    extinction: bool = False
    inverted: bool = False
    twin: bool = False


@dataclass(frozen=True, eq=False)
class State:
    """A model with its scale and corrections.

    Attributes
    ----------
    scale : k of I = k |F|².
    extinction : x of SHELXL's EXTI.
    inverted : share of inverted domains (Flack parameter).
    twin_fraction : share of the domain that a twin law describes.
    """

    model: AsymmetricUnit
    scale: float = 1.0
    extinction: float = 0.0
    inverted: float = 0.0
    twin_fraction: float = 0.0


class Parameters:
    """Order and constraints of the parameters of one model; shifts of positions keep it valid.

    Attributes
    ----------
    constraint : (n_full, n_free) sparse matrix C.
    polar : (k, n_free) directions in which the origin would drift, to be excluded.
    """

    def __init__(
        self,
        model: AsymmetricUnit,
        data: ReflectionData,
        freedom: Freedom,
        special_tolerance: float = 0.05,
    ) -> None:
        self.data = data
        self.freedom = freedom
        self.cell = data.cell
        self.sites = site_symmetries(model.frac, data.cell, data.spacegroup, special_tolerance)
        # Disordered across a symmetry element, as SHELXL's negative PART: not on it.
        for i in np.flatnonzero(model.part < 0):
            self.sites[i] = replace(
                self.sites[i], order=1, frac=model.frac[i], shifts=np.eye(3), u=np.eye(6)
            )
        self.orders = np.array([site.order for site in self.sites], dtype=np.int64)
        aniso = model.is_anisotropic
        self.order = np.concatenate([np.flatnonzero(aniso), np.flatnonzero(~aniso)])
        self.n_aniso = int(aniso.sum())
        self.riding = np.flatnonzero(model.parent >= 0)
        n = len(model)
        # Full index of x of each atom, and the step to its y, z, U.
        place = np.arange(n)
        self._first = np.empty(n, dtype=np.int64)
        self._first[self.order] = place + np.where(place < self.n_aniso, 0, 8 * self.n_aniso)
        self._step = np.where(aniso, self.n_aniso, n - self.n_aniso)
        self.n_atom_rows = 9 * self.n_aniso + 4 * (n - self.n_aniso)
        free = np.zeros(n, dtype=bool)
        if freedom.occupancies is not None:
            free |= freedom.occupancies
        self.alternatives = model.alternatives() if freedom.alternatives else ()
        for one, other in self.alternatives:
            free[one] = free[other] = True
        self.free_occ = np.flatnonzero(free)
        self.n_full = self.n_atom_rows + len(self.free_occ) + 4
        self.constraint = self._constraint(model)
        self.n_free = self.constraint.shape[1]
        self.polar = self._polar(model)

    def place(self, model: AsymmetricUnit) -> AsymmetricUnit:
        """`model` with atoms moved exactly onto their special positions, U made to fit."""
        frac = np.array([site.frac for site in self.sites]).reshape(-1, 3)
        u = model.u_aniso.copy()
        for i, site in enumerate(self.sites):
            if site.is_special and np.isfinite(u[i]).all():
                u[i] = site.u @ np.linalg.lstsq(site.u, u[i], rcond=None)[0]
        return replace(model, frac=frac, u_aniso=u)

    def atoms(self, model: AsymmetricUnit) -> Atoms:
        """Tensors of `model` in the order of the full parameters."""
        order, device = self.order, self.data.device
        aniso, iso = order[: self.n_aniso], order[self.n_aniso :]

        def tensor(values: NDArray[np.float64]) -> torch.Tensor:
            return torch.tensor(values, dtype=torch.float64, device=device)

        return Atoms(
            tuple(model.elements[i] for i in order),
            tensor(model.frac[order]),
            tensor(model.occ[order] / self.orders[order]),
            tensor(model.u_aniso[aniso]),
            tensor(model.u_iso[iso]),
        )

    def occupancy_rows(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Places of the atoms with free occupancy among `atoms`, and dweight/docc of each."""
        place = np.empty(len(self.order), dtype=np.int64)
        place[self.order] = np.arange(len(self.order))
        return place[self.free_occ], 1.0 / self.orders[self.free_occ]

    def _rows(self, n: int) -> NDArray[np.int64]:
        """(n_atoms, n) full indices of the first n parameters of each atom: x, y, z, U. Those of
        isotropic atoms are valid for n ≤ 4."""
        rows = self._first[:, None] + self._step[:, None] * np.arange(n)
        return np.asarray(np.minimum(rows, self.n_full - 1))

    def extra_row(self, which: int) -> int:
        """Full index of the scale, extinction, inverted share or twin fraction."""
        return self.n_atom_rows + len(self.free_occ) + which

    def _constraint(self, model: AsymmetricUnit) -> scipy.sparse.csr_array:
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        free = 0
        position_column = np.full(len(model), -1, dtype=np.int64)
        self._u_column = np.full(len(model), -1, dtype=np.int64)  # of isotropic atoms
        self._occ_column = np.zeros(len(self.free_occ), dtype=np.int64)
        self._extinction_column = -1
        aniso = model.is_anisotropic

        def add(
            first_row: int, basis: NDArray[np.float64], first_column: int, step: int = 1
        ) -> None:
            for i, j in zip(*np.nonzero(np.abs(basis) > 1e-12), strict=True):
                rows.append(first_row + step * int(i))
                columns.append(first_column + int(j))
                values.append(float(basis[i, j]))

        for i, site in enumerate(self.sites):
            if model.parent[i] >= 0:
                continue
            first, step = int(self._first[i]), int(self._step[i])
            if self.freedom.positions:
                position_column[i] = free
                add(first, site.shifts, free, step)
                free += site.shifts.shape[1]
            if self.freedom.displacement:
                basis = site.u if aniso[i] else np.eye(1)
                add(first + 3 * step, basis, free, step)
                self._u_column[i] = free if not aniso[i] else -1
                free += basis.shape[1]
        for rider in self.riding:
            parent = int(model.parent[rider])
            if position_column[parent] >= 0:
                column = int(position_column[parent])
                first, step = int(self._first[rider]), int(self._step[rider])
                add(first, self.sites[parent].shifts, column, step)
        # Of two alternatives the occupancies are k and 1 − k, with those of hydrogen atoms.
        shared: dict[int, tuple[int, float]] = {}  # column and derivative by k
        for one, other in self.alternatives:
            column = free
            free += 1
            for rows_of, sign in ((one, 1.0), (other, -1.0)):
                for i in rows_of:
                    shared[int(i)] = column, sign * float(model.occ[i] / model.occ[rows_of[0]])
        for k, row in enumerate(self.free_occ):
            column, by_k = shared.get(int(row), (free, 1.0))
            add(self.n_atom_rows + k, np.full((1, 1), by_k), column)
            self._occ_column[k] = column
            free += column == free
        switches = (
            self.freedom.scale,
            self.freedom.extinction,
            self.freedom.inverted,
            self.freedom.twin,
        )
        for k, switch in enumerate(switches):
            if switch:
                add(self.extra_row(k), np.eye(1), free)
                self._extinction_column = free if k == EXTINCTION else self._extinction_column
                free += 1
        return scipy.sparse.csr_array(
            (values, (rows, columns)), shape=(self.n_full, free), dtype=np.float64
        )

    def _polar(self, model: AsymmetricUnit) -> NDArray[np.float64]:
        """Directions whose sum of shifts, weighted by electrons, must vanish
        (Flack & Schwarzenbach, Acta Cryst. A44, 499, 1988)."""
        if not self.freedom.positions:
            return np.zeros((0, self.n_free))
        directions = polar_directions(self.data.spacegroup)
        full = np.zeros((len(directions), self.n_full))
        for i, element in enumerate(model.elements):
            weight = gemmi.Element(element).atomic_number * model.occ[i] / self.orders[i]
            full[:, self._rows(3)[i]] = weight * directions
        return np.asarray(full @ self.constraint)

    def at_limit(self, state: State, downhill: NDArray[np.float64]) -> NDArray[np.int64]:
        """Free parameters that are at a limit and that `downhill` (n_free,) leads beyond it."""
        u, columns = state.model.u_iso, self._u_column
        low = columns[(columns >= 0) & (u <= LOWEST_U)]
        high = columns[(columns >= 0) & (u >= HIGHEST_U)]
        occ = state.model.occ[self.free_occ]
        low = np.concatenate([low, self._occ_column[occ <= _LOWEST_OCC]])
        high = np.concatenate([high, self._occ_column[occ >= _HIGHEST_OCC]])
        if self._extinction_column >= 0 and state.extinction <= 0:
            low = np.append(low, self._extinction_column)
        return np.concatenate([low[downhill[low] < 0], high[downhill[high] > 0]])

    def moved(self, state: State, shift: NDArray[np.float64]) -> State:
        """`state` after shifts (n_full,); long steps are shortened and U kept positive."""
        model = state.model
        move = shift[self._rows(3)]
        length = np.linalg.norm(move @ orthogonalization(self.cell).T, axis=1)
        move = move * np.minimum(1.0, _LONGEST_STEP / np.maximum(length, 1e-9))[:, None]
        for i in self.riding:
            move[i] = move[model.parent[i]]
        u_iso, u_aniso, occ = model.u_iso.copy(), model.u_aniso.copy(), model.occ.copy()
        aniso = model.is_anisotropic
        change = shift[self._rows(4)[~aniso, 3]]
        u_iso[~aniso] += np.clip(change, -_LARGEST_U_STEP, _LARGEST_U_STEP)
        u_iso = np.clip(u_iso, LOWEST_U, HIGHEST_U)
        if aniso.any():
            change = shift[self._rows(9)[aniso, 3:]]
            largest = np.abs(change).max(axis=1, keepdims=True)
            change = change * np.minimum(1.0, _LARGEST_U_STEP / np.maximum(largest, 1e-12))
            u_aniso[aniso] = positive_u(u_aniso[aniso] + change, self.cell)
            u_iso[aniso] = equivalent_u(u_aniso[aniso], self.cell)
        change = shift[self.n_atom_rows : self.n_atom_rows + len(self.free_occ)]
        occ[self.free_occ] += np.clip(change, -_LARGEST_OCC_STEP, _LARGEST_OCC_STEP)
        occ[self.free_occ] = np.clip(occ[self.free_occ], _LOWEST_OCC, _HIGHEST_OCC)
        for one, other in self.alternatives:
            before = float(model.occ[one[0]])
            share = float(np.clip(occ[one[0]], _LEAST_SHARE, 1 - _LEAST_SHARE))
            occ[one] = model.occ[one] * share / before
            occ[other] = model.occ[other] * (1 - share) / (1 - before)
        if len(self.riding):
            u_iso[self.riding] = riding_u(model, u_iso)
        extra = shift[self.extra_row(0) :]
        return State(
            replace(model, frac=model.frac + move, u_iso=u_iso, u_aniso=u_aniso, occ=occ),
            scale=max(state.scale + float(extra[SCALE]), 0.2 * state.scale),
            extinction=max(state.extinction + float(extra[EXTINCTION]), 0.0),
            inverted=state.inverted + float(np.clip(extra[INVERTED], -0.3, 0.3)),
            twin_fraction=float(
                np.clip(state.twin_fraction + np.clip(extra[TWIN], -0.2, 0.2), 0.0, 1.0)
            ),
        )

    def with_uncertainties(
        self, model: AsymmetricUnit, sigma: NDArray[np.float64]
    ) -> AsymmetricUnit:
        """`model` with standard uncertainties from those of all full parameters (n_full,)."""
        n = len(model)
        sigma_frac = sigma[self._rows(3)]
        sigma_u_iso = np.zeros(n)
        sigma_u_aniso = np.full((n, 6), np.nan)
        aniso = model.is_anisotropic
        sigma_u_iso[~aniso] = sigma[self._rows(4)[~aniso, 3]]
        sigma_u_aniso[aniso] = sigma[self._rows(9)[aniso, 3:]]
        sigma_u_iso[aniso] = np.sqrt((sigma_u_aniso[aniso, :3] ** 2).sum(axis=1)) / 3.0
        sigma_occ = np.zeros(n)
        sigma_occ[self.free_occ] = sigma[self.n_atom_rows : self.n_atom_rows + len(self.free_occ)]
        return replace(
            model,
            sigma_frac=sigma_frac,
            sigma_occ=sigma_occ,
            sigma_u_iso=sigma_u_iso,
            sigma_u_aniso=sigma_u_aniso,
        )


def riding_u(model: AsymmetricUnit, u_iso: NDArray[np.float64]) -> NDArray[np.float64]:
    """U of the riding atoms of `model`: 1.5 U_eq of a parent with three hydrogen atoms or an
    oxygen atom, 1.2 U_eq of others."""
    riding = np.flatnonzero(model.parent >= 0)
    parents = model.parent[riding]
    n_hydrogens = np.bincount(parents, minlength=len(model))[parents]
    oxygen = np.array([model.elements[parent] == "O" for parent in parents], dtype=bool)
    return np.asarray(np.where((n_hydrogens >= 3) | oxygen, 1.5, 1.2) * u_iso[parents])
