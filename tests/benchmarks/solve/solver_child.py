"""Solve one problem with the program's own solver, in a process of its own.

usage: python -m tests.benchmarks.solve.solver_child PROBLEM.npz RESULT.json SEED
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import gemmi

from patterson_gui.crystal.solution import Solution, SolveSettings
from patterson_gui.solvers.structure.solve import solve_structure
from tests.benchmarks.solve.problem import read_problem


def main(problem: Path, result: Path, seed: int) -> None:
    """Solve without the space group, and write what was found as JSON."""
    given = read_problem(problem)
    data = replace(given.intensities, spacegroup=gemmi.SpaceGroup("P 1"), stated=False)
    begin = time.process_time()
    solution = solve_structure(
        data, given.contents, SolveSettings(seed=seed), lambda progress: None, lambda: False
    )
    seconds = time.process_time() - begin
    result.write_text(json.dumps(described(solution) | {"process_seconds": seconds}))


def described(solution: Solution) -> dict[str, Any]:
    """What the benchmark needs of a solution, for JSON."""
    found: dict[str, Any] = {
        "verdict": solution.verdict,
        "reason": solution.reason,
        "advice": solution.advice,
        "starts": len(solution.starts),
        "candidates": [row.name for row in solution.candidates],
        "seconds_phases": solution.seconds_phases,
        "seconds": solution.seconds,
        "notes": list(solution.notes),
    }
    structure = solution.structure
    if structure is not None:
        model = structure.model
        found |= {
            "space_group": structure.spacegroup.xhm(),
            "change_of_axes": structure.change_of_axes.tolist(),
            "r1": structure.figures.r1,
            "wr2": structure.figures.wr2,
            "goof": structure.figures.goof,
            "atoms": [
                [element, *(float(x) for x in place), float(occ), float(u)]
                for element, place, occ, u in zip(
                    model.elements, model.frac, model.occ, model.u_iso, strict=True
                )
            ],
        }
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
