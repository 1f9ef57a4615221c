"""Phases from amplitudes alone: random starts, spent until one of them has solved it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.density import DensityMap, MapKind
from patterson_gui.crystal.figures_of_merit import sim_fom
from patterson_gui.crystal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, Progress, StartResult
from patterson_gui.crystal.reflections import Amplitudes
from patterson_gui.crystal.wilson import normalised
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solve.cases import Candidate, Case
from patterson_gui.solve.centring import centre_of_density, shifted_phases
from patterson_gui.solve.constraints import CompactSupport, Constraint, HighestVoxels
from patterson_gui.solve.device import choose_device, describe, keep_freed_memory
from patterson_gui.solve.grids import GridBatch, lay_out
from patterson_gui.solve.plan import STARTS_PER_ROUND, Plan, Round, plan_for, search_shape
from patterson_gui.solve.projections import project_moduli, r_factors, random_densities, resample
from patterson_gui.solve.projections import run as run_loop
from patterson_gui.solve.verdict import evidence, judge_agreement

_FEWEST_REFLECTIONS = 20
# Voxels iterated together on a processor: what its caches hold.
_CACHED_VOXELS = 2**18
_KEPT = 8  # candidates whose agreement is looked at
_PREVIEW_SECONDS = 0.5


def retrieve(
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Prediction:
    """A `Predictor`: phase retrieval by iterated projections (methods, section 5).

    Sees moduli, cell, symmetry and, where given, the number of non-hydrogen atoms: nothing
    from which a phase could be had. Data of any space group are expanded to P1 and solved
    there; the symmetry is not used.

    Raises
    ------
    UserError : too few reflections, an unknown device or method.
    Cancelled : soon after `cancelled()` turns true.
    """
    return retrieve_many([(amplitudes, composition)], settings, [settings.seed], report, cancelled)[
        0
    ]


def retrieve_many(
    problems: Sequence[tuple[Amplitudes, Composition | None]],
    settings: PredictionSettings,
    seeds: Sequence[int],
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Prediction]:
    """`retrieve` for several crystals whose data fit the same grid, as one batch."""
    began = time.perf_counter()
    cases = [
        Case(_usable(data, settings), _n_atoms(composition, settings), seed)
        for (data, composition), seed in zip(problems, seeds, strict=True)
    ]
    shapes = {search_shape(case.data) for case in cases}
    if len(shapes) > 1:
        raise ValueError(f"crystals of one batch must share a grid, not {sorted(shapes)}")
    counts = [case.n_atoms for case in cases]
    largest = max((n for n in counts if n is not None), default=None)
    plan = plan_for(cases[0].data, largest, settings.starts, settings.iterations)
    device = choose_device(settings.device)
    keep_freed_memory()
    # Inference mode holds for this thread alone, so it is entered here, inside the job.
    with torch.inference_mode():
        try:
            finished = _Search(cases, plan, device, report, cancelled).solve()
        except torch.OutOfMemoryError:
            device = torch.device("cpu")
            for case in cases:
                case.candidates.clear()
                case.starts.clear()
            finished = _Search(cases, plan, device, report, cancelled).solve()
    seconds = (time.perf_counter() - began) / len(cases)
    return [
        _prediction(case, plan, density, settings, describe(device), seconds)
        for case, density in zip(cases, finished, strict=True)
    ]


class _Search:
    """Rounds of random starts over a batch of cases until each has a good one."""

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
        self._history: list[tuple[int, float]] = []
        self._iterations_before = 0
        self._best_before: float | None = None
        self._last_preview = 0.0

    def solve(self) -> list[Tensor]:
        """The constrained density of every case on the finishing grid."""
        number = 0
        while starts := self._plan.starts_in(number):
            open_cases = [case for case in self._cases if not self._is_good(case)]
            if not open_cases:
                break
            self._run_round(open_cases, number, starts)
            number += 1
        return self._finish()

    def _is_good(self, case: Case) -> bool:
        if not case.candidates:
            return False
        if self._plan.compact:
            return case.best.result.r_factor < self._plan.good_r
        return evidence(case).solved

    def _run_round(self, cases: list[Case], number: int, starts: int) -> None:
        settings = self._plan.round(number)
        data = [_searched(case.data, settings) for case in cases]
        shape = search_shape(data[0])
        if self._device.type == "cpu":
            voxels = starts * shape[0] * shape[1] * shape[2]
            together = max(1, _CACHED_VOXELS // voxels)
        else:
            together = len(cases)
        for first in range(0, len(cases), together):
            chunk = cases[first : first + together]
            batch = lay_out(data[first : first + together], shape, self._device)
            self._run_batch(chunk, batch, settings, number, starts)
        for case in cases:
            case.candidates.sort(key=lambda c: c.result.r_factor)
            del case.candidates[_KEPT:]
            if not self._plan.compact:
                judge_agreement(case.candidates)

    def _run_batch(
        self, cases: list[Case], batch: GridBatch, settings: Round, number: int, starts: int
    ) -> None:
        numbers = [number * STARTS_PER_ROUND + i for i in range(starts)]
        seeds = [[_start_seed(case.seed, n) for n in numbers] for case in cases]
        constraint = self._constraint(cases, batch, settings.room)
        total = settings.schedule.iterations + settings.schedule.tail

        def watch(iteration: int, y: Tensor) -> bool:
            r = r_factors(constraint.project(y.clone()), batch)
            self._tell(iteration, total, numbers, float(r.min()), y, r, cases)
            return self._plan.compact and bool((r.amin(dim=1) < self._plan.exit_r).all())

        def tick() -> None:
            if self._cancelled():
                raise Cancelled

        densities = run_loop(
            random_densities(batch, seeds), batch, constraint, settings.schedule, watch, tick
        )
        if not self._plan.compact:
            densities, batch = self._on_all_data(densities, cases)
        r = r_factors(densities, batch)
        for i, case in enumerate(cases):
            for j, seed in enumerate(seeds[i]):
                result = StartResult(seed, float(r[i, j]), total, str(settings))
                case.starts.append(result)
                case.candidates.append(Candidate(result, densities[i, j]))
        self._iterations_before += total
        self._best_before = min(float(r.min()), self._best_before or 1.0)

    def _on_all_data(self, densities: Tensor, cases: list[Case]) -> tuple[Tensor, GridBatch]:
        """The same densities refined against all |F|, so that rounds can be compared by R."""
        shape = search_shape(cases[0].data)
        batch = lay_out([case.data for case in cases], shape, self._device)
        constraint = self._constraint(cases, batch, self._plan.finish_room)
        start = project_moduli(resample(densities, shape), batch)
        return run_loop(start, batch, constraint, self._plan.finish), batch

    def _constraint(self, cases: list[Case], batch: GridBatch, room: float) -> Constraint:
        if self._plan.compact:
            atoms = torch.tensor([float(case.n_atoms or 0) for case in cases], device=self._device)
            return CompactSupport(batch, atoms * room / batch.volume * batch.n_voxels)
        return HighestVoxels(torch.full((len(cases),), room, device=self._device))

    def _tell(
        self,
        iteration: int,
        total: int,
        numbers: list[int],
        best_r: float,
        y: Tensor,
        r: Tensor,
        cases: list[Case],
    ) -> None:
        self._history.append((self._iterations_before + iteration, best_r))
        share = (numbers[0] + len(numbers) * min(1.0, iteration / total)) / self._plan.max_starts
        preview = None
        if len(self._cases) == 1 and time.perf_counter() - self._last_preview > _PREVIEW_SECONDS:
            self._last_preview = time.perf_counter()
            case = cases[0]
            grid = y[0, int(r[0].argmin())].cpu().numpy()
            # The loop's densities are on the FFT's own scale.
            grid = grid * np.float32(grid.size / case.data.cell.volume)
            preview = _map(grid - grid.mean(dtype=np.float64), case.data)
        self._report(
            Progress(
                fraction=min(0.99, share),
                message=f"starts {numbers[0] + 1}–{numbers[-1] + 1} of at most "
                f"{self._plan.max_starts}, iteration {min(iteration, total)} of {total}",
                best_r=min(best_r, self._best_before or 1.0),
                starts_done=numbers[0],
                starts_total=self._plan.max_starts,
                history=tuple(self._history),
                preview=preview,
            )
        )

    def _finish(self) -> list[Tensor]:
        """Refine the best start of every case against all its data on a fine grid."""
        shape = self._plan.finish_shape
        finished: list[Tensor] = []
        per_case = shape[0] * shape[1] * shape[2]
        together = max(1, _CACHED_VOXELS // per_case)
        for first in range(0, len(self._cases), together):
            cases = self._cases[first : first + together]
            batch = lay_out([case.data for case in cases], shape, self._device)
            best = torch.stack([resample(case.best.density, shape) for case in cases])[:, None]
            constraint = self._constraint(cases, batch, self._plan.finish_room)
            if isinstance(constraint, CompactSupport):
                constraint.tail_growth = 1.0
            density = run_loop(project_moduli(best, batch), batch, constraint, self._plan.finish)
            finished.extend(density[:, 0].cpu())
        return finished


def _usable(amplitudes: Amplitudes, settings: PredictionSettings) -> Amplitudes:
    data = amplitudes.expand_to_p1()
    if settings.d_min is not None:
        data = data.cut(settings.d_min) if len(data) else data
    if len(data) < _FEWEST_REFLECTIONS or not float(data.f.max(initial=0.0)) > 0:
        limit = f" to {settings.d_min:g} Å" if settings.d_min is not None else ""
        raise UserError(
            f"These data{limit} hold only {len(data)} reflections in P1, too few to phase: "
            "use more or finer data."
        )
    return data


def _n_atoms(composition: Composition | None, settings: PredictionSettings) -> int | None:
    if settings.n_atoms is not None:
        if settings.n_atoms < 1:
            raise UserError("The number of atoms must be at least 1: leave it out if unknown.")
        return settings.n_atoms
    return composition.n_atoms if composition is not None else None


def _searched(data: Amplitudes, settings: Round) -> Amplitudes:
    """The data as a round uses them."""
    if settings.d_min is not None:
        data = data.cut(settings.d_min)
    if settings.normalised:
        data = replace(data, f=normalised(data).astype(np.float32))
    return data


def _start_seed(seed: int, number: int) -> int:
    return (seed * 1_000_003 + number) % 2**63


def _prediction(
    case: Case,
    plan: Plan,
    constrained: Tensor,
    settings: PredictionSettings,
    device: str,
    seconds: float,
) -> Prediction:
    data = case.data
    grid = constrained.numpy()
    grid = grid * np.float32(grid.size / data.cell.volume)
    calculated = coefficients_from_map(grid, data.cell, data.hkl)
    fc = np.abs(calculated).astype(np.float64)
    fo = data.f.astype(np.float64)
    scale = float((fc * fo).sum() / max((fc * fc).sum(), 1e-30))
    r_factor = float(np.abs(scale * fc - fo).sum() / fo.sum())
    phases = np.angle(calculated).astype(np.float64)
    phases = shifted_phases(phases, data.hkl, 0.5 - centre_of_density(grid))
    phases_deg = (np.degrees(phases) % 360.0).astype(np.float32)
    terms = fo * np.exp(1j * np.radians(phases_deg.astype(np.float64)))
    density = _map(map_from_terms(data.hkl, terms, data.cell, plan.finish_shape), data)
    solved, verdict = _verdict(case, plan, r_factor)
    return Prediction(
        density=density,
        amplitudes=data,
        phases_deg=phases_deg,
        fom=sim_fom(fo, scale * fc, data.d).astype(np.float32),
        r_factor=r_factor,
        self_consistency=_intensity_correlation(fc, fo),
        solved=solved,
        verdict=verdict,
        hand_determined=False,
        settings=settings,
        starts=tuple(case.starts),
        seconds=seconds,
        device=device,
        notes=_notes(case, plan),
    )


def _verdict(case: Case, plan: Plan, r_factor: float) -> tuple[bool, str]:
    if plan.compact:
        if r_factor < plan.solved_r:
            return True, f"Solved: R {r_factor:.3f}, below {plan.solved_r:.2f} for such data."
        return False, (
            f"Not solved: R {r_factor:.3f} stays above {plan.solved_r:.2f}; "
            "try more starts or another seed."
        )
    found = evidence(case)
    return found.solved, found.sentence


def _notes(case: Case, plan: Plan) -> tuple[str, ...]:
    notes = ["Phased in P1: symmetry was not used, and the hand is undetermined."]
    if not plan.compact and case.data.d_min > 1.25:
        notes.append(
            f"The data end at {case.data.d_min:.2f} Å: a cell full of molecules is rarely "
            "solved by retrieval alone beyond 1.2 Å."
        )
    if case.n_atoms is None:
        notes.append("The content of the cell is not known: give its number of atoms if you can.")
    return tuple(notes)


def _intensity_correlation(fc: NDArray[np.float64], fo: NDArray[np.float64]) -> float:
    """Pearson r of the density's autocorrelation with the Patterson.

    Both are zero-mean sums of cosines with coefficients |F|², so by Parseval their
    correlation over the cell is that of the intensities about zero.
    """
    ic, io = fc**2, fo**2
    return float((ic * io).sum() / max(np.sqrt((ic**2).sum() * (io**2).sum()), 1e-30))


def _map(grid: NDArray[np.float32], data: Amplitudes) -> DensityMap:
    return DensityMap(
        grid=grid,
        cell=data.cell,
        spacegroup=data.spacegroup,
        kind=MapKind.PREDICTED,
        d_min=data.d_min,
        name="Predicted",
        absolute=data.absolute,
    )
