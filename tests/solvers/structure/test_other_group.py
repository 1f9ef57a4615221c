"""The bundled example solved, and the same phases refined in another space group."""

import numpy as np
import pytest

from patterson_gui.crystal.solution import Solution, SolveProgress, SolveSettings
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.resources import measured_example_path
from patterson_gui.solvers.structure.other_group import solve_in_group
from patterson_gui.solvers.structure.solve import solve_structure


@pytest.fixture(scope="module")
def reports() -> list[SolveProgress]:
    return []


@pytest.fixture(scope="module")
def solution(reports: list[SolveProgress]) -> Solution:
    read = read_intensities(measured_example_path())
    settings = SolveSettings(hydrogens=False, anisotropic=False)
    return solve_structure(read.intensities, read.contents, settings, reports.append)


def test_each_try_keeps_its_phases(solution: Solution, reports: list[SolveProgress]) -> None:
    live = [report for report in reports if report.starts]
    assert live
    assert all(report.start_phases is not None for report in live)
    kept = solution.start_phases
    assert kept is not None
    assert sorted(kept.e) == [start.number for start in solution.starts]
    assert all(np.shape(e) == (len(kept.hkl),) for e in kept.e.values())


def test_a_subgroup_is_refined_from_the_same_phases(solution: Solution) -> None:
    assert solution.structure is not None
    assert solution.structure.spacegroup.hm == "P 1 21 1"
    other = solve_in_group(solution, "P 1")
    assert other.spacegroup.hm == "P 1"
    assert len(other.model) == 2 * len(solution.structure.model)
    assert other.figures.r1 < 0.15


def test_a_group_of_another_lattice_is_refused(solution: Solution) -> None:
    with pytest.raises(UserError):
        solve_in_group(solution, "P 4/m")


def test_stops_when_cancelled(solution: Solution) -> None:
    with pytest.raises(Cancelled):
        solve_in_group(solution, "P 1", cancelled=lambda: True)
