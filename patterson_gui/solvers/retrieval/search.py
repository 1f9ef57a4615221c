"""Rounds of random starts over a batch of crystals until each has a good one."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import Progress, StartResult
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.wilson import normalised
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.parallel import Tick, run_tasks
from patterson_gui.solvers.retrieval.cases import Candidate, Case
from patterson_gui.solvers.retrieval.constraints import CompactSupport, Constraint, HighestVoxels
from patterson_gui.solvers.retrieval.grids import GridBatch, grid_batch
from patterson_gui.solvers.retrieval.plan import STARTS_PER_ROUND, Plan, Round, search_shape
from patterson_gui.solvers.retrieval.projections import (
    Schedule,
    project_moduli,
    r_factors,
    random_densities,
    resample,
)
from patterson_gui.solvers.retrieval.projections import run as run_loop
from patterson_gui.solvers.retrieval.verdict import judge_starts, record_agreements

# Voxels that one thread iterates together; they fit into the cache of a core.
_CACHED_VOXELS = 160_000
_KEPT = 8  # number of candidates whose agreement is calculated
_PREVIEW_SECONDS = 0.5
_GUIDED = -1  # the number of the start that is not random


@dataclass(frozen=True, eq=False)
class _Unit:
    """Some starts of some crystals, iterated together; without `numbers`, the guided starts."""

    cases: list[Case]
    data: list[Amplitudes]  # as the round uses them
    numbers: list[int]  # of the random starts


@dataclass(frozen=True, eq=False)
class _UnitResult:
    """(P, S) R and (P, S, nu, nv, nw) constrained densities of a unit, with its seeds and
    the iterations it took."""

    r_factors: Tensor
    densities: Tensor
    seeds: list[list[int]]
    iterations: int


class Search:
    """Makes guided and random starts for a batch of cases, following a plan."""

    def __init__(
        self,
        cases: list[Case],
        plan: Plan,
        device: torch.device,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._cases = cases
        self._plan = plan
        self._device = device
        self._report = report
        self._cancelled = cancelled
        # Progress, written by the threads of the units.
        self._lock = threading.Lock()
        self._unreported: Progress | None = None
        self._history: list[tuple[int, float]] = []
        self._iterations = 0
        self._lowest_r = 1.0
        self._fraction = 0.0
        self._last_preview = 0.0

    def solve(self) -> list[Tensor]:
        """The constrained density of every case on the finishing grid.

        Raises `Cancelled` soon after `cancelled()` turns true.
        """
        self._run_guided()
        number = 0
        while starts := self._plan.starts_in(number):
            open_cases = [case for case in self._cases if not self._is_good(case)]
            if not open_cases:
                break
            settings = self._plan.round(number)
            self._run_round(open_cases, settings, self._units(open_cases, settings, number, starts))
            number += 1
        return self._finish()

    def _run_guided(self) -> None:
        """Make one start from the guide of every case that has one."""
        guided = [case for case in self._cases if case.guide is not None]
        if not guided:
            return
        settings = self._plan.round(0)
        nu, nv, nw = search_shape(guided[0].data)
        together = max(1, _CACHED_VOXELS // (nu * nv * nw))
        if self._device.type != "cpu":
            together = len(guided)
        parts = [guided[i : i + together] for i in range(0, len(guided), together)]
        units = [_Unit(part, [_search_data(c.data, settings) for c in part], []) for part in parts]
        self._run_round(guided, settings, units)

    def _is_good(self, case: Case) -> bool:
        if not case.candidates:
            return False
        if self._plan.compact:
            return case.best.result.r_factor < self._plan.good_r
        return judge_starts(case).solved

    def _run_round(self, cases: list[Case], settings: Round, units: list[_Unit]) -> None:
        finished = run_tasks(
            [id(unit.cases[0]) for unit in units],
            lambda i, tick: self._run_unit(units[i], settings, tick),
            self._is_enough,
            self._report_progress,
        )
        for unit, result in zip(units, finished, strict=True):
            if result is None:
                continue
            for case, r, densities, seeds in zip(
                unit.cases, result.r_factors.tolist(), result.densities, result.seeds, strict=True
            ):
                label = str(settings) if unit.numbers else f"guided, {settings}"
                for seed, value, density in zip(seeds, r, densities, strict=True):
                    start = StartResult(seed, value, result.iterations, label)
                    case.starts.append(start)
                    case.candidates.append(Candidate(start, density))
        for case in cases:
            case.candidates.sort(key=lambda c: c.result.r_factor)
            del case.candidates[_KEPT:]
            if not self._plan.compact:
                record_agreements(case.candidates)

    def _units(self, cases: list[Case], settings: Round, number: int, starts: int) -> list[_Unit]:
        """Split the starts into units that fit a cache: several cases, or some starts of one."""
        data = [_search_data(case.data, settings) for case in cases]
        numbers = [number * STARTS_PER_ROUND + i for i in range(starts)]
        if self._device.type != "cpu":
            return [_Unit(cases, data, numbers)]
        nu, nv, nw = search_shape(data[0])
        fitting = max(1, _CACHED_VOXELS // (nu * nv * nw))  # starts that fit
        together = max(1, fitting // starts)
        at_once = min(fitting, starts)
        return [
            _Unit(cases[i : i + together], data[i : i + together], numbers[j : j + at_once])
            for i in range(0, len(cases), together)
            for j in range(0, starts, at_once)
        ]

    def _is_enough(self, finished: _UnitResult) -> bool:
        """Whether the later starts of the round are unnecessary."""
        best = finished.r_factors.amin(dim=1)
        return self._plan.compact and bool((best < self._plan.good_r).all())

    def _run_unit(self, unit: _Unit, settings: Round, tick: Tick) -> _UnitResult:
        """One thread's work."""
        shape = search_shape(unit.data[0])
        batch = grid_batch(unit.data, shape, self._device)
        constraint = self._constraint(unit.cases, batch, settings.room)
        starts = unit.numbers or [_GUIDED]
        seeds = [[_start_seed(case.seed, n) for n in starts] for case in unit.cases]
        schedule = settings.schedule
        total = taken = schedule.iterations + schedule.tail

        def watch(iteration: int, y: Tensor) -> bool:
            nonlocal taken
            r = r_factors(constraint.project(y.clone()), batch)
            self._record_progress(unit, iteration, total, r, y)
            if self._plan.compact and bool((r.amin(dim=1) < self._plan.exit_r).all()):
                taken = iteration + schedule.tail
                return True
            return False

        if unit.numbers:
            first = random_densities(batch, seeds)
        else:
            first = project_moduli(_guides(unit.cases, shape, self._device), batch)
        densities = run_loop(first, batch, constraint, schedule, watch, tick)
        if not self._plan.compact:
            densities, batch = self._on_all_data(densities, unit.cases)
        return _UnitResult(r_factors(densities, batch), densities, seeds, taken)

    def _on_all_data(self, densities: Tensor, cases: list[Case]) -> tuple[Tensor, GridBatch]:
        """The densities refined against all |F|, so that R can be compared between rounds."""
        shape = search_shape(cases[0].data)
        batch = grid_batch([case.data for case in cases], shape, self._device)
        constraint = self._constraint(cases, batch, self._plan.finish_room)
        start = project_moduli(resample(densities, shape), batch)
        return run_loop(start, batch, constraint, self._plan.finish), batch

    def _constraint(self, cases: list[Case], batch: GridBatch, room: float) -> Constraint:
        if self._plan.compact:
            atoms = torch.tensor([float(case.n_atoms or 0) for case in cases], device=self._device)
            return CompactSupport(batch, atoms * room / batch.volume * batch.n_voxels)
        return HighestVoxels(torch.full((len(cases),), room, device=self._device))

    # ------------------------------------------------------------------ progress
    def _record_progress(
        self, unit: _Unit, iteration: int, total: int, r: Tensor, y: Tensor
    ) -> None:
        """Record the progress of a unit; called in its thread at intervals."""
        numbers, most = unit.numbers or [0], self._plan.max_starts
        first, last = numbers[0], numbers[-1] + 1
        share = (first + (last - first) * min(1.0, iteration / total)) / most
        with self._lock:
            self._fraction = max(self._fraction, min(0.99, share))
            self._iterations += Schedule.watch_every
            self._lowest_r = min(self._lowest_r, float(r.min()))
            self._history.append((self._iterations, self._lowest_r))
            now = time.perf_counter()
            preview, preview_r = None, None
            if len(self._cases) == 1 and now - self._last_preview > _PREVIEW_SECONDS:
                self._last_preview = now
                preview = _preview(y[0, int(r[0].argmin())], self._cases[0].data)
                preview_r = float(r[0].min())
            elif self._unreported is not None:  # not fetched yet
                preview, preview_r = self._unreported.preview, self._unreported.preview_r
            starts = f"start {last}" if last == first + 1 else f"starts {first + 1}–{last}"
            which = f"{starts} of at most {most}" if unit.numbers else "start from the guide"
            self._unreported = Progress(
                fraction=self._fraction,
                message=f"{which}, iteration {iteration} of {total}",
                best_r=self._lowest_r,
                starts_done=first,
                starts_total=most,
                history=tuple(self._history),
                preview=preview,
                preview_r=preview_r,
            )

    def _report_progress(self) -> None:
        """Report the recorded progress; called in the thread that asked for the prediction."""
        if self._cancelled():
            raise Cancelled
        with self._lock:
            progress, self._unreported = self._unreported, None
        if progress is not None:
            self._report(progress)

    # ------------------------------------------------------------------ final refinement
    def _finish(self) -> list[Tensor]:
        """Refine the best start of every case against all its data on a fine grid."""
        shape = self._plan.finish_shape
        per_case = shape[0] * shape[1] * shape[2]
        together = max(1, _CACHED_VOXELS // per_case)
        groups = [
            self._cases[first : first + together] for first in range(0, len(self._cases), together)
        ]

        def refine(i: int, tick: Tick) -> Tensor:
            cases = groups[i]
            batch = grid_batch([case.data for case in cases], shape, self._device)
            best = torch.stack([resample(case.best.density, shape) for case in cases])[:, None]
            constraint = self._constraint(cases, batch, self._plan.finish_room)
            if isinstance(constraint, CompactSupport):
                constraint.tail_growth = 1.0
            start = project_moduli(best, batch)
            return run_loop(start, batch, constraint, self._plan.finish, tick=tick)[:, 0].cpu()

        done = run_tasks(list(range(len(groups))), refine, lambda _: False, self._report_progress)
        return [density for group in done if group is not None for density in group]


def _guides(cases: list[Case], shape: tuple[int, int, int], device: torch.device) -> Tensor:
    """(P, 1, nu, nv, nw) the guides of these cases on the search grid."""
    guides = [case.guide for case in cases if case.guide is not None]
    return torch.stack([resample(guide.to(device), shape) for guide in guides])[:, None]


def _search_data(data: Amplitudes, settings: Round) -> Amplitudes:
    """The data as a round uses them."""
    if settings.d_min is not None:
        data = data.cut(settings.d_min)
    if settings.normalised:
        data = replace(data, f=normalised(data).astype(np.float32))
    return data


def _start_seed(seed: int, number: int) -> int:
    return (seed * 1_000_003 + number) % 2**63


def _preview(y: Tensor, data: Amplitudes) -> DensityMap:
    grid = y.cpu().numpy()
    # The loop's densities are on the FFT's own scale.
    grid = grid * np.float32(grid.size / data.cell.volume)
    return predicted_map(grid - grid.mean(dtype=np.float64), data)


def predicted_map(grid: NDArray[np.float32], data: Amplitudes) -> DensityMap:
    """The P1 map with this grid, for a prediction from `data`."""
    return DensityMap(
        grid=grid,
        cell=data.cell,
        spacegroup=data.spacegroup,
        kind=MapKind.PREDICTED,
        d_min=data.d_min,
        name="Predicted",
        absolute=data.absolute,
    )
