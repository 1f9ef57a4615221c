"""How well the limits of the verdict tell right from wrong models, checked by halves of the sets.

usage: python -m tests.benchmarks.solve.limits [--only SET ...] [--seconds S] [--json FILE]

The final model of each measured crystal is taken for right where `judge` says so. Wrong models are
made of it and refined and typed to the end as every model is: half of its atoms are moved by 1 Å;
all atoms are moved by one vector; the phases are taken to space groups that are neither the right
one nor its subgroups. Those that refine back to nine tenths of the right atoms do not count.

Each limit is set once more on the half "fitted" of the sets alone: midway, in logarithms, between
the figure that 95 % of the right models do not exceed and the one that 95 % of the wrong models
do. The half "checked" then shows how many models each limit would misjudge by itself.
"""

import argparse
import json
import math
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.solution import (
    RefinedStructure,
    Solution,
    SolveSettings,
    SpaceGroupCandidate,
)
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.refinement.cross_validation import cross_validate
from patterson_gui.solvers.structure.evidence import weigh
from patterson_gui.solvers.structure.finish import finish
from patterson_gui.solvers.structure.other_group import solve_in_group
from patterson_gui.solvers.structure.solve import measured_in_new_axes, solve_structure
from patterson_gui.solvers.structure.verdict import judge, with_electrons
from tests.benchmarks.solve.cases import Case, measured_cases
from tests.benchmarks.solve.comparison.atoms_in_cell import AtomsInCell, atoms_in_cell
from tests.benchmarks.solve.comparison.matching import match
from tests.benchmarks.solve.judge import judge as judge_benchmark
from tests.benchmarks.solve.solver_child import described
from tests.benchmarks.solve.split import half_of

# Figures of which high values speak against a model, and the limits of the verdict for X-rays.
LIMITS = {"r1": 0.10, "unexplained": 0.125, "wr2": 0.35, "doubtful": 0.10}
MOVED = 1.0  # Å
SAME_MODEL = 0.9  # share of the right atoms
WRONG_GROUPS = 2
_LEAST = 0.005  # of a figure, for its logarithm
_QUANTILE = 0.95


@dataclass(frozen=True)
class Measured:
    """The figures of one model, and the verdict on it; `found` is its share of right atoms."""

    name: str
    kind: str
    found: float
    r1: float
    unexplained: float
    wr2: float
    doubtful: float
    verdict: str

    @property
    def right(self) -> bool:
        return self.kind == "right"


def measure(
    name: str,
    kind: str,
    found: float,
    structure: RefinedStructure,
    solution: Solution,
    rows: tuple[SpaceGroupCandidate, ...],
) -> Measured:
    """The figures of one model."""
    tested = cross_validate(structure)
    return Measured(
        name,
        kind,
        found,
        structure.figures.r1,
        (tested.r_free / tested.r_unrelated) ** 2,
        structure.figures.wr2,
        weigh(structure, solution.contents).doubtful,
        judge(structure, solution.starts, rows, solution.contents).verdict,
    )


def models_of(case: Case, seconds: float) -> Iterator[Measured]:
    """The right model of a crystal and its wrong ones; none where it is not solved."""
    problem = case.problem()
    data = replace(problem.intensities, spacegroup=gemmi.SpaceGroup("P 1"), stated=False)
    solution = solve_structure(data, problem.contents, SolveSettings(seed=case.seed, time=60.0))
    right = solution.structure
    if right is None or not judge_benchmark(case, problem.intensities, described(solution)).right:
        return
    yield measure(case.name, "right", 1.0, right, solution, solution.candidates)
    for kind, refined, rows in _wrong_models(solution, right, case.name, seconds):
        wrong = with_electrons(refined)
        found = match(_atoms(right), _atoms(wrong)).found
        if found < SAME_MODEL:
            yield measure(case.name, kind, found, wrong, solution, rows)


def _wrong_models(
    solution: Solution, right: RefinedStructure, name: str, seconds: float
) -> Iterator[tuple[str, RefinedStructure, tuple[SpaceGroupCandidate, ...]]]:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    heavy = right.model.select(~right.model.is_hydrogen)
    measured = measured_in_new_axes(solution.intensities)[0]
    to_fractions = np.linalg.inv(orthogonalization(right.merged.cell).T)

    def finished(frac: NDArray[np.float64]) -> RefinedStructure:
        model = AsymmetricUnit.isotropic(heavy.elements, frac, float(np.median(heavy.u_iso)))
        with torch.inference_mode():
            return finish(
                measured, right.spacegroup, model, solution.contents, solution.settings,
                lambda _: None, _after(seconds),
            )  # fmt: skip

    def half_moved() -> RefinedStructure:
        steps = random.standard_normal((len(heavy), 3))
        steps *= MOVED / np.linalg.norm(steps, axis=1)[:, None]
        steps[random.permutation(len(heavy))[: len(heavy) // 2]] = 0.0
        return finished(heavy.frac + steps @ to_fractions)

    trials: list[tuple[str, Callable[[], RefinedStructure], tuple[SpaceGroupCandidate, ...]]] = [
        ("half moved", half_moved, solution.candidates),
        ("all moved", lambda: finished(heavy.frac + random.random(3)), solution.candidates),
    ]
    for row in _wrong_groups(solution, right.spacegroup):
        trials.append(
            (
                "group",
                lambda row=row: solve_in_group(solution, row.name, cancelled=_after(seconds)),
                (row,),
            )
        )
    for kind, make, rows in trials:
        try:
            yield kind, make(), rows
        except Cancelled:
            continue


def _wrong_groups(solution: Solution, right: gemmi.SpaceGroup) -> list[SpaceGroupCandidate]:
    own = {str(op) for op in right.operations()}
    rows = []
    for row in solution.candidates:
        group = gemmi.find_spacegroup_by_name(row.name)
        if group is None or {str(op) for op in group.operations()} <= own:
            continue
        rows.append(row)
    return rows[:WRONG_GROUPS]


def _after(seconds: float) -> Callable[[], bool]:
    begun = time.process_time()
    return lambda: time.process_time() - begun > seconds


def _atoms(structure: RefinedStructure) -> AtomsInCell:
    model = structure.model.select(~structure.model.is_hydrogen)
    operations = structure.spacegroup.operations()
    return atoms_in_cell(
        structure.merged.cell, operations, list(model.elements), model.frac, model.occ, model.u_iso
    )


def limit_from(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> float:
    """Midway, in logarithms, between high figures of right models and low ones of wrong models."""
    highest = max(float(np.quantile(right, _QUANTILE)), _LEAST)
    lowest = max(float(np.quantile(wrong, 1.0 - _QUANTILE)), _LEAST)
    return math.sqrt(highest * lowest)


def table(rows: list[Measured]) -> str:
    """The limits and their errors in the half that they were not set on."""
    fitted = [row for row in rows if half_of(row.name) == "fitted"]
    checked = [row for row in rows if half_of(row.name) == "checked"]

    def values(part: list[Measured], figure: str, right: bool) -> NDArray[np.float64]:
        return np.array([getattr(row, figure) for row in part if row.right is right])

    lines = [
        f"{'':30}{'limit of the code':23}limit from half",
        "figure       limit  from half   right out  wrong in   right out  wrong in",
    ]
    kinds = {(half_of(row.name), row.right) for row in rows}
    if len(kinds) < 4:
        return "Both halves must hold right and wrong models: solve more sets."
    for figure, limit in LIMITS.items():
        own = limit_from(values(fitted, figure, True), values(fitted, figure, False))
        good, bad = values(checked, figure, True), values(checked, figure, False)
        errors = "  ".join(
            f"{(good > x).sum():6}/{len(good):<3} {(bad <= x).sum():5}/{len(bad):<3}"
            for x in (limit, own)
        )
        lines.append(f"{figure:12} {limit:5.3f}  {own:9.3f}  {errors}")
    for half, part in (("fitted", fitted), ("checked", checked)):
        for right in (True, False):
            of = [row.verdict for row in part if row.right is right]
            counts = ", ".join(f"{of.count(v)} {v}" for v in ("solved", "probably", "not solved"))
            lines.append(f"{half:8} {'right' if right else 'wrong'} models: {counts}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="SET")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each wrong model")
    parser.add_argument("--json", type=Path, default=Path("build/verdict-limits.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[Measured] = []
    options.json.parent.mkdir(parents=True, exist_ok=True)
    for case in measured_cases():
        if case.radiation != "xray" or (options.only and case.name not in options.only):
            continue
        for row in models_of(case, options.seconds):
            rows.append(row)
            print(asdict(row), flush=True)
            options.json.write_text(json.dumps([asdict(r) for r in rows], indent=1))
    print(table(rows))


if __name__ == "__main__":
    main()
