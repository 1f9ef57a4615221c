"""What the benchmark says of right and wrong solutions, in any axes, with an answer or without."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.io.models.small_molecules import model_of_block
from tests.benchmarks.solve.cases import Case
from tests.benchmarks.solve.comparison.atoms_in_cell import Truth, atoms_in_cell
from tests.benchmarks.solve.judge import Judgement, judge, judge_rival
from tests.benchmarks.solve.problem import Problem, read_problem, write_problem
from tests.benchmarks.solve.processes import Outcome
from tests.benchmarks.solve.report import Line, line_text, totals
from tests.benchmarks.solve.simulate import simulated_organic

CELL = gemmi.UnitCell(7.5, 9.5, 11.0, 90, 103, 90)
GROUP = gemmi.SpaceGroup("P 1 21/n 1")
ELEMENTS = ("C", "N", "O", "C", "S", "C", "C", "O")
FRAC = np.random.default_rng(4).random((8, 3))
DATA = Intensities(
    np.array([[1, 0, 0], [0, 1, 1]], dtype=np.int32),
    np.array([5.0, -0.3]),
    np.array([0.1, 0.2]),
    CELL,
    GROUP,
    0.71073,
)


def truth() -> Truth:
    operations = GROUP.operations()
    atoms = atoms_in_cell(CELL, operations, ELEMENTS, FRAC, np.ones(8), np.full(8, 0.04))
    return Truth(atoms, GROUP)


CASE = Case("made-up", "measured", lambda: Problem(DATA, None), truth, r1_truth=0.03)


def result(frac: np.ndarray = FRAC, **changes: Any) -> dict[str, Any]:
    rows = [[e, *x, 1.0, 0.04] for e, x in zip(ELEMENTS, frac.tolist(), strict=True)]
    found = {
        "verdict": "solved",
        "candidates": ["P 1 21/n 1", "P -1"],
        "space_group": "P 1 21/n 1",
        "change_of_axes": np.eye(3, dtype=int).tolist(),
        "atoms": rows,
        "r1": 0.03,
        "seconds_phases": 1.0,
        "seconds": 3.0,
    }
    return found | changes


def test_accepts_the_deposited_structure_at_another_origin() -> None:
    judged = judge(CASE, DATA, result(FRAC + np.array([0.5, 0.0, 0.5])))
    assert (judged.found, judged.elements, judged.spurious) == (1.0, 1.0, 0.0)
    assert judged.group_rank == 1
    assert judged.solved
    assert judged.right


def test_accepts_a_solution_in_changed_axes() -> None:
    # P 21/c with c' = a + c is P 21/n: h' = M h, x = Mᵀ x'.
    matrix = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1]])
    shifted = FRAC @ np.linalg.inv(matrix)
    found = result(shifted, space_group="P 1 21/c 1", change_of_axes=matrix.tolist())
    judged = judge(CASE, DATA, found | {"candidates": ["P 1 21/c 1"]})
    assert judged.found == 1.0
    assert judged.right
    assert judged.group_rank == 1


def test_refuses_a_wrong_group_wrong_elements_and_missing_atoms() -> None:
    lower = judge(CASE, DATA, result(space_group="P -1", candidates=["P -1", "P 1 21/n 1"]))
    assert not lower.right
    assert lower.group_rank == 2
    rows = result()["atoms"]
    carbon = [["C", *row[1:]] for row in rows]
    assert judge(CASE, DATA, result(atoms=carbon)).solved
    assert not judge(CASE, DATA, result(atoms=carbon)).right
    assert not judge(CASE, DATA, result(atoms=rows[:7])).solved
    assert not judge(CASE, DATA, {"verdict": "not solved", "candidates": []}).solved


def test_judges_sets_without_an_answer_by_r1_and_group() -> None:
    unknown = replace(CASE, truth=None)
    good = judge(unknown, DATA, result(r1=0.05))
    assert good.right
    assert math.isnan(good.found)
    assert not judge(unknown, DATA, result(r1=0.15)).right
    assert not judge(unknown, DATA, result(r1=0.05, space_group="P -1")).right
    other = "P 1 21/a 1"
    assert not judge(unknown, DATA, result(r1=0.05, space_group=other)).right
    allowed = replace(unknown, also_right=(other,))
    assert judge(allowed, DATA, result(r1=0.05, space_group=other)).right


def test_judges_the_rival_by_its_peaks() -> None:
    rows = [row[:4] for row in result(FRAC)["atoms"]]
    judged = judge_rival(CASE, DATA, {"solved": True, "atoms": rows})
    assert judged.solved
    assert not judge_rival(CASE, DATA, {"solved": False, "atoms": []}).solved


def test_marks_false_claims_and_withheld_ones() -> None:
    right = Judgement(1.0, 1.0, 0.0, 1, solved=True, right=True)
    wrong = replace(right, found=0.5, solved=False, right=False)
    lines = [
        Line(CASE, "ours", "formula", Outcome(result(verdict=verdict)), judged)
        for verdict, judged in (("solved", wrong), ("probably", right), ("solved", right))
    ]
    assert [line_text(line).split()[-1] for line in lines] == ["FALSE", "withheld", "3.0"]
    rows = {row.what.strip(): row for row in totals(lines)}
    assert rows["false “solved”"].value == 1
    assert rows["“solved” withheld from right ones"].value == 50
    assert rows["solved, of those with an answer"].value == pytest.approx(200 / 3)
    assert rows["median to phases and group"].verdict == "met"
    assert json.dumps(lines[0].as_json())


def test_a_problem_comes_back_from_its_file(tmp_path: Path) -> None:
    contents = Contents(("C", "H", "S"), {"C": 12.0, "H": 20.0, "S": 4.0})
    write_problem(Problem(DATA, contents), tmp_path / "problem.npz")
    back = read_problem(tmp_path / "problem.npz")
    np.testing.assert_array_equal(back.intensities.hkl, DATA.hkl)
    np.testing.assert_array_equal(back.intensities.value, DATA.value)
    assert back.intensities.spacegroup.xhm() == "P 1 21/n 1"
    assert back.intensities.cell.parameters == pytest.approx(CELL.parameters)
    assert back.contents == contents
    write_problem(Problem(DATA, None), tmp_path / "problem.npz")
    assert read_problem(tmp_path / "problem.npz").contents is None


def test_simulated_intensities_are_those_of_the_structure(shared_data: Path) -> None:
    path = shared_data / "solve" / "ylid2" / "ylid2_truth.cif"
    problem = simulated_organic(path, 1.2)
    data = problem.intensities
    assert problem.contents is not None
    assert dict(problem.contents.counts or {}) == {"S": 4, "O": 8, "C": 44, "H": 40}
    assert data.d.min() >= 1.2
    structure = model_of_block(gemmi.cif.read(str(path)).sole_block(), path.name).structure
    f = structure_factors(structure, data.cell, data.spacegroup, 1.2)
    known = {tuple(h): abs(value) ** 2 for h, value in zip(f.hkl.tolist(), f.f, strict=True)}
    mates = data.spacegroup.operations()
    asu = gemmi.ReciprocalAsu(data.spacegroup)
    expected = np.array([known[tuple(asu.to_asu(list(h), mates)[0])] for h in data.hkl.tolist()])
    pull = (data.value - expected) / data.sigma
    assert np.std(pull) == pytest.approx(1.0, abs=0.15)
