"""The verdict on refined structures that are right, doubtful and wrong."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.solution import (
    ElementChoice,
    RefinedStructure,
    RefinementFigures,
    SpaceGroupCandidate,
    Start,
)
from patterson_gui.solvers.structure.verdict import judge, weigh

GROUP = gemmi.SpaceGroup("P 1 21 1")
FIGURES = RefinementFigures(
    r1=0.04, r1_all=0.05, wr2=0.1, goof=1.0, n_reflections=2000, n_observed=1800,
    n_parameters=200, highest_peak=0.3, difference_rms=0.06,
)  # fmt: skip
ROWS = (SpaceGroupCandidate("P 1 21 1", 4, False, 0.97, 0.98, chosen=True),)
STARTS = tuple(
    Start(n, "charge flipping", 80, 0.25, agreement, 0.1, 0.75, solved=agreement > 0.5)
    for n, agreement in enumerate((0.9, 0.9, 0.3), start=1)
)


def structure(**changes) -> RefinedStructure:
    """Ten carbon atoms far from each other, electrons as they should be."""
    n = 10
    frac = np.column_stack([np.arange(n) / n, 0.3 * np.arange(n) % 1.0, 0.7 * np.arange(n) % 1.0])
    model = AsymmetricUnit.isotropic(("C",) * n, frac, 0.03)
    merged = MergedIntensities(
        np.array([[1, 0, 0]], dtype=np.int32), np.ones(1), np.ones(1), np.ones(1, dtype=np.int64),
        gemmi.UnitCell(20, 21, 22, 90, 95, 90), GROUP, True,
        radiation=changes.pop("radiation", "xray"),
    )  # fmt: skip
    electrons = changes.pop("electrons", [6.0] * n)
    model = replace(model, u_iso=np.array(changes.pop("u", [0.03] * n)))
    choices = tuple(
        ElementChoice(label, "C", e, "N", 5.0, "electron count")
        for label, e in zip(model.labels, electrons, strict=True)
    )
    return RefinedStructure(
        GROUP,
        model,
        replace(FIGURES, **changes),
        merged,
        np.ones(1, dtype=complex),
        np.ones(1),
        elements=choices,
    )


def verdict(**changes) -> str:
    return judge(structure(**changes), STARTS, ROWS)[0]


def test_a_structure_without_contradictions_is_solved():
    answer, reason, advice = judge(structure(), STARTS, ROWS)
    assert answer == "solved"
    assert "0.040" in reason
    assert advice == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"r1": 0.15},
        {"wr2": 0.5},
        {"n_parameters": 1500},
        {"highest_peak": 4.0},
        {"electrons": [6.0] * 8 + [8.0, 4.0]},
        {"u": [0.03] * 8 + [0.3, 0.25]},
    ],
)
def test_one_contradiction_makes_a_solution_only_probable(changes):
    answer, reason, advice = judge(structure(**changes), STARTS, ROWS)
    assert answer == "probably"
    assert reason.endswith(".")
    assert advice.endswith(".")


def test_a_high_r1_is_not_solved():
    assert verdict(r1=0.35) == "not solved"
    assert verdict(r1=0.15, electrons=[6.0] * 5 + [9.0] * 5) == "not solved"


def test_electron_data_may_have_a_higher_r1():
    assert verdict(r1=0.18, wr2=0.45, radiation="electron") == "solved"
    assert verdict(r1=0.28, radiation="electron") == "probably"


def test_phases_that_contradict_the_group_lower_the_verdict():
    rows = (replace(ROWS[0], agreement=0.4),)
    assert judge(structure(), STARTS, rows)[0] == "probably"


def test_in_p1_a_second_start_must_agree():
    rows = (replace(ROWS[0], name="P 1", number=1, agreement=1.0),)
    assert judge(structure(), STARTS, rows)[0] == "solved"
    assert judge(structure(), STARTS[1:], rows)[0] == "probably"


def test_nothing_found_is_not_solved():
    assert judge(None, STARTS, ROWS)[0] == "not solved"


def test_atoms_too_close_to_each_other_are_doubtful():
    right = structure()
    frac = right.model.frac.copy()
    frac[1] = frac[0] + [0.03, 0, 0]
    wrong = replace(right, model=replace(right.model, frac=frac))
    assert weigh(right).doubtful == 0.0
    assert weigh(wrong).doubtful == pytest.approx(0.2)
