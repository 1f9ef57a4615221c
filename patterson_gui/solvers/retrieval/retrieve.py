"""Phase retrieval from amplitudes alone, by random starts until one is a solution."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from patterson_gui.crystal.comparison.agreement import self_consistency
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.maps.centring import centre_of_density, shifted_phases
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, Problem, Progress
from patterson_gui.crystal.reciprocal.figures_of_merit import sim_fom
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.scaling import best_scale, r_factor
from patterson_gui.errors import UserError
from patterson_gui.solvers.device import (
    choose_device,
    describe,
    keep_freed_memory,
    reason_for_cpu,
)
from patterson_gui.solvers.retrieval.cases import Case
from patterson_gui.solvers.retrieval.plan import Plan, plan_for, search_shape
from patterson_gui.solvers.retrieval.search import Search, predicted_map
from patterson_gui.solvers.retrieval.verdict import Evidence, judge_starts

_FEWEST_REFLECTIONS = 20
_MUCH_IS_MISSING = 0.7  # completeness below which few data sets are solved


def retrieve(
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Prediction:
    """A `Predictor`: phase retrieval by iterated projections.

    It uses moduli, cell, symmetry and, if given, the number of non-hydrogen atoms, and nothing
    that contains a phase. Data of any space group are expanded to P1 and solved there; the
    symmetry is not used.

    Raises
    ------
    UserError : too few reflections, an unknown device or method.
    Cancelled : soon after `cancelled()` turns true.
    """
    return retrieve_many(
        [Problem(amplitudes, composition)], settings, [settings.seed], report, cancelled
    )[0]


def retrieve_many(
    problems: Sequence[Problem],
    settings: PredictionSettings,
    seeds: Sequence[int],
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
    guides: Sequence[DensityMap | None] | None = None,
) -> list[Prediction]:
    """`retrieve` for several crystals whose data fit the same grid, as one batch.

    `guides` are densities predicted for these data by another method. The first start of a
    crystal takes its phases from its guide; random starts follow only if it fails.
    """
    began = time.perf_counter()
    cases = [
        Case(
            usable_data(problem.amplitudes, settings),
            _n_atoms(problem.composition, settings),
            seed,
            _as_tensor(guide),
        )
        for problem, seed, guide in zip(
            problems, seeds, guides or [None] * len(problems), strict=True
        )
    ]
    shapes = {search_shape(case.data) for case in cases}
    if len(shapes) > 1:
        raise ValueError(f"crystals of one batch must share a grid, not {sorted(shapes)}")
    counts = [case.n_atoms for case in cases]
    largest = max((n for n in counts if n is not None), default=None)
    plan = plan_for(cases[0].data, largest, settings.starts, settings.iterations)
    device = choose_device(settings.device)
    keep_freed_memory()
    words = describe(device)
    # Inference mode holds for this thread alone, so it is entered here, inside the job.
    with torch.inference_mode():
        try:
            finished = Search(cases, plan, device, report, cancelled).solve()
        except RuntimeError as error:
            why = reason_for_cpu(error)
            if why is None or device.type == "cpu":
                raise
            words = f"{describe(torch.device('cpu'))}, because {words} {why}"
            for case in cases:
                case.candidates.clear()
                case.starts.clear()
            finished = Search(cases, plan, torch.device("cpu"), report, cancelled).solve()
    seconds = (time.perf_counter() - began) / len(cases)
    return [
        _prediction(case, plan, density, settings, words, seconds)
        for case, density in zip(cases, finished, strict=True)
    ]


def usable_data(amplitudes: Amplitudes, settings: PredictionSettings) -> Amplitudes:
    """The data in P1, cut to the resolution of the settings; `UserError` if too few remain."""
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


def _as_tensor(guide: DensityMap | None) -> Tensor | None:
    return None if guide is None else torch.from_numpy(np.ascontiguousarray(guide.grid))


def _n_atoms(composition: Composition | None, settings: PredictionSettings) -> int | None:
    if settings.n_atoms is not None:
        if settings.n_atoms < 1:
            raise UserError("The number of atoms must be at least 1: leave it out if unknown.")
        return settings.n_atoms
    return composition.n_atoms if composition is not None else None


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
    constrained_map = predicted_map(grid * np.float32(grid.size / data.cell.volume), data)
    calculated = coefficients_from_map(constrained_map.grid, data.cell, data.hkl)
    fc = np.abs(calculated).astype(np.float64)
    fo = data.f.astype(np.float64)
    phases = np.angle(calculated).astype(np.float64)
    phases = shifted_phases(phases, data.hkl, 0.5 - centre_of_density(grid))
    phases_deg = (np.degrees(phases) % 360.0).astype(np.float32)
    terms = fo * np.exp(1j * np.radians(phases_deg.astype(np.float64)))
    density = predicted_map(map_from_terms(data.hkl, terms, data.cell, plan.finish_shape), data)
    misfit = r_factor(fc, fo)
    found = _verdict(case, plan, misfit)
    return Prediction(
        density=density,
        amplitudes=data,
        phases_deg=phases_deg,
        fom=sim_fom(fo, best_scale(fc, fo) * fc, data.d).astype(np.float32),
        r_factor=misfit,
        self_consistency=self_consistency(constrained_map, data),
        solved=found.solved,
        verdict=found.sentence,
        certain=found.certain,
        hand_determined=False,
        settings=settings,
        starts=tuple(case.starts),
        seconds=seconds,
        device=device,
        notes=_notes(case, plan),
    )


def _verdict(case: Case, plan: Plan, misfit: float) -> Evidence:
    if not plan.compact:
        return judge_starts(case)
    if misfit < plan.solved_r:
        return Evidence(
            True, f"Solved: R {misfit:.3f} (threshold for these data: {plan.solved_r:.2f})."
        )
    return Evidence(
        False,
        f"Not solved: R {misfit:.3f} stays above {plan.solved_r:.2f}; "
        "try more starts or another seed.",
    )


def _notes(case: Case, plan: Plan) -> tuple[str, ...]:
    notes = ["Phased in P1: symmetry was not used."]
    if not plan.compact and case.data.d_min > 1.25:
        notes.append(
            f"The data end at {case.data.d_min:.2f} Å: a cell full of molecules is rarely "
            "solved by retrieval alone beyond 1.2 Å."
        )
    if (completeness := case.data.completeness) < _MUCH_IS_MISSING:
        notes.append(
            f"Only {100 * completeness:.0f} % of the reflections to {case.data.d_min:.2f} Å are "
            "present: the missing ones leave the density undetermined."
        )
    if case.n_atoms is None:
        notes.append("The content of the cell is not known: give its number of atoms if you can.")
    return tuple(notes)
