"""The verdict on refined structures that are right, doubtful and wrong."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.solution import (
    ElementChoice,
    RefinedStructure,
    RefinementFigures,
    SpaceGroupCandidate,
    Start,
)
from patterson_gui.crystal.symmetry.missed_symmetry import MissedSymmetry
from patterson_gui.solvers.refinement.cross_validation import CrossValidation
from patterson_gui.solvers.structure import verdict as verdict_module
from patterson_gui.solvers.structure.evidence import weigh
from patterson_gui.solvers.structure.verdict import (
    Judgement,
    conclude,
    judge,
    missed_symmetry,
)

GROUP = gemmi.SpaceGroup("P 1 21 1")
FIGURES = RefinementFigures(
    r1=0.04, r1_all=0.05, wr2=0.1, goof=1.0, n_reflections=2000, n_observed=1800,
    n_parameters=200, highest_peak=0.3, difference_rms=0.06,
)  # fmt: skip
ROWS = (SpaceGroupCandidate("P 1 21 1", 4, False, 0.97, 0.98, chosen=True),)
CONTENTS = Contents(("C", "N"))
STARTS = tuple(
    Start(n, "charge flipping", 80, 0.25, agreement, 0.1, 0.75, solved=agreement > 0.5)
    for n, agreement in enumerate((0.9, 0.9, 0.3), start=1)
)


def structure(**changes) -> RefinedStructure:
    """A chain of ten carbon atoms, electrons as they should be."""
    n = 10
    frac = np.column_stack([0.1 + 0.075 * np.arange(n), np.full(n, 0.1), np.full(n, 0.2)])
    model = AsymmetricUnit.isotropic(("C",) * n, frac, 0.03)
    merged = MergedIntensities(
        np.array([[1, 0, 0]], dtype=np.int32), np.ones(1), np.ones(1), np.ones(1, dtype=np.int64),
        gemmi.UnitCell(20, 21, 22, 90, 95, 90), GROUP, True,
        radiation=changes.pop("radiation", "xray"),
    )  # fmt: skip
    electrons = changes.pop("electrons", [6.0] * n)
    sigma = changes.pop("sigma", 0.1)
    model = replace(model, u_iso=np.array(changes.pop("u", [0.03] * n)))
    choices = tuple(
        ElementChoice(label, "C", e, "N", 5.0, "electron count", sigma)
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


def judged(found: RefinedStructure, starts=STARTS, rows=ROWS, **evidence) -> Judgement:
    """The verdict on a structure, without refinements for cross-validation."""
    return conclude(found, replace(weigh(found, CONTENTS), **evidence), starts, rows)


def verdict(**changes) -> str:
    return judged(structure(**changes)).verdict


def test_a_structure_without_contradictions_is_solved():
    answer, reason, advice = judged(structure())
    assert answer == "solved"
    assert "0.040" in reason
    assert advice == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"r1": 0.15},
        {"wr2": 0.5},
        {"n_parameters": 1000},
        {"highest_peak": 4.0},
        {"electrons": [6.0] * 8 + [8.0, 4.0]},
        {"u": [0.03] * 8 + [0.3, 0.25]},
    ],
)
def test_one_contradiction_makes_a_solution_only_probable(changes):
    answer, reason, advice = judged(structure(**changes))
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
    assert judged(structure(), rows=rows).verdict == "probably"


def test_in_p1_a_second_start_must_agree():
    rows = (replace(ROWS[0], name="P 1", number=1, agreement=1.0),)
    assert judged(structure(), rows=rows).verdict == "solved"
    assert judged(structure(), STARTS[1:], rows).verdict == "probably"


def test_nothing_found_is_not_solved():
    assert judge(None, STARTS, ROWS, CONTENTS).verdict == "not solved"


def test_atoms_too_close_to_each_other_are_doubtful():
    right = structure()
    frac = right.model.frac.copy()
    frac[1] = frac[0] + [0.03, 0, 0]
    wrong = replace(right, model=replace(right.model, frac=frac))
    assert weigh(right, CONTENTS).doubtful == 0.0
    assert weigh(wrong, CONTENTS).doubtful == pytest.approx(0.2)


def test_more_parameters_than_reflections_prove_nothing():
    assert verdict(r1=0.001, n_parameters=1500) == "not solved"


def test_a_model_that_fits_no_other_reflections_is_not_solved():
    # R of the reflections left out is 0.35 where unrelated intensities have 0.6: a third of the
    # scattering is not explained.
    wrong = judged(structure(), validation=CrossValidation(0.15, 0.35, 0.6, 500))
    assert wrong.verdict == "not solved"
    assert "0.35" in wrong.reason
    right = judged(structure(), validation=CrossValidation(0.10, 0.12, 0.6, 500))
    assert right.verdict == "solved"


def test_many_reflections_for_each_parameter_need_no_cross_validation(monkeypatch):
    def fails(*_arguments) -> CrossValidation:
        raise AssertionError("refined again")

    monkeypatch.setattr(verdict_module, "cross_validate", fails)
    found = structure(n_reflections=2000, n_parameters=40)
    assert "left out" not in judge(found, STARTS, ROWS, CONTENTS).reason
    with pytest.raises(AssertionError, match="refined again"):
        judge(structure(n_reflections=2000, n_parameters=80), STARTS, ROWS, CONTENTS)


def test_atoms_that_the_data_do_not_show_are_doubtful():
    assert weigh(structure(sigma=0.1), CONTENTS).doubtful == 0.0
    assert weigh(structure(sigma=1.5), CONTENTS).doubtful == 1.0
    assert verdict(sigma=1.5) == "not solved"


def test_electrons_differ_only_by_more_than_their_uncertainty():
    electrons = [6.0] * 8 + [4.5, 4.5]
    assert weigh(structure(electrons=electrons, sigma=0.2), CONTENTS).doubtful == 0.2
    assert weigh(structure(electrons=electrons, sigma=0.5), CONTENTS).doubtful == 0.0


def test_electrons_of_another_possible_element_are_doubtful():
    electrons = [6.0] * 8 + [7.1, 7.1]  # less than a fifth from carbon
    assert weigh(structure(electrons=electrons), CONTENTS).doubtful == 0.2
    assert weigh(structure(electrons=electrons), Contents(("C", "O"))).doubtful == 0.0


def test_more_electrons_than_any_stated_element_has_are_a_matter_of_the_contents():
    found = structure(electrons=[6.0] * 8 + [8.5, 8.5])
    assert weigh(found, CONTENTS).doubtful == 0.2  # nitrogen is stated
    only_carbon = weigh(found, Contents(("C", "H")))
    assert (only_carbon.doubtful, only_carbon.richer) == (0.0, ("C9", "C10"))
    assert weigh(found, None).doubtful == 0.2
    answer, reason, advice = conclude(found, only_carbon, STARTS, ROWS)
    assert answer == "solved"
    assert "C9 and C10 have more electrons" in reason
    assert "missing" in advice


def test_symmetry_that_the_group_lacks_makes_a_solution_only_probable():
    larger = MissedSymmetry(
        -np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)), np.ones(1), np.zeros(1),
        gemmi.SpaceGroup("P 1 21/m 1"), np.zeros(3),
    )  # fmt: skip
    answer, _, advice = judged(structure(), missed=larger)
    assert answer == "probably"
    assert "P 1 21/m 1" in advice
    refined = replace(ROWS[0], name="P 1 21/m 1", r1=0.2, chosen=False)
    assert judged(structure(), rows=(*ROWS, refined), missed=larger).verdict == "solved"


def test_symmetry_is_missed_though_elements_are_wrong():
    right = structure()
    half = right.model.frac.copy()
    half[5:] = half[:5] * [1, -1, 1] + [0, 0.3, 0.5]  # a glide plane that P 21 lacks
    elements = ("C", "N", "C", "C", "O", "C", "C", "C", "N", "C")
    found = replace(right, model=replace(right.model, frac=half, elements=elements))
    missed = missed_symmetry(found)
    assert missed is not None
    assert missed.spacegroup.xhm() == "P 1 21/c 1"


def test_a_carbon_atom_without_bonds_is_doubtful():
    right = structure()
    frac = right.model.frac.copy()
    frac[0, 2] += 0.2
    wrong = replace(right, model=replace(right.model, frac=frac))
    assert weigh(wrong, CONTENTS).doubtful == pytest.approx(0.1)


def test_an_r1_of_weak_reflections_is_forgiven_where_those_left_out_fit():
    found = structure(r1=0.22, wr2=0.45, radiation="electron")
    assert judged(found).verdict == "probably"
    fits = judged(found, validation=CrossValidation(0.16, 0.17, 0.8, 500))
    assert fits.verdict == "solved"
    assert "0.17" in fits.reason
    fails = judged(found, validation=CrossValidation(0.19, 0.21, 0.8, 500))
    assert fails.verdict == "probably"


def test_a_high_r1_is_always_cross_validated(monkeypatch):
    def poor(*_arguments) -> CrossValidation:
        return CrossValidation(0.16, 0.45, 0.6, 500)

    monkeypatch.setattr(verdict_module, "cross_validate", poor)
    few = structure(n_reflections=2000, n_parameters=40, r1=0.15)
    assert judge(few, STARTS, ROWS, CONTENTS).verdict == "not solved"


def test_mobile_atoms_in_a_cavity_are_named_but_do_not_count():
    right = structure(u=[0.03] * 9 + [0.1])
    frac = right.model.frac.copy()
    frac[9] = [0.6, 0.6, 0.7]
    found = replace(right, model=replace(right.model, frac=frac))
    evidence = weigh(found, CONTENTS)
    # A tenth of the electrons is too much.
    assert (evidence.loose, evidence.doubtful) == ((), pytest.approx(0.1))
    model = found.model
    heavier = replace(model, elements=("S", *model.elements[1:]))
    choices = (replace(found.elements[0], element="S", effective_z=16.0), *found.elements[1:])
    found = replace(found, model=heavier, elements=choices)
    evidence = weigh(found, Contents(("C", "S")))
    assert (evidence.loose, evidence.doubtful) == (("C10",), 0.0)
    answer, reason, advice = conclude(found, evidence, STARTS, ROWS)
    assert (answer, "C10" in reason, "solvent" in advice) == ("solved", True, True)


def test_two_heavy_elements_may_share_a_site_but_light_ones_do_not():
    found = structure(electrons=[16.5, 7.5] + [6.0] * 8)
    elements = ("Al", *found.model.elements[1:])
    choices = (replace(found.elements[0], element="Al"), *found.elements[1:])
    found = replace(found, model=replace(found.model, elements=elements), elements=choices)
    evidence = weigh(found, Contents(("C", "N", "O", "Al", "Ga")))
    assert (evidence.shared, evidence.doubtful) == (("C1",), pytest.approx(0.1))
    assert weigh(found, Contents(("C", "N", "O", "Al"))).shared == ()
    reason = conclude(found, evidence, STARTS, ROWS).reason
    assert "C1 has electrons between two elements" in reason


def test_oxygen_with_three_carbon_atoms_is_doubtful():
    right = structure()
    frac = right.model.frac.copy()
    frac[9] = frac[4] + np.array([0.0, 1.45, 0.0]) / right.merged.cell.parameters[1]
    model = replace(right.model, frac=frac)
    elements = (*model.elements[:4], "O", *model.elements[5:])
    choices = (*right.elements[:4], replace(right.elements[4], element="O", effective_z=8.0))
    found = replace(right, model=model, elements=(*choices, *right.elements[5:]))
    assert weigh(found, Contents(("C", "O"))).doubtful == 0.0
    found = replace(found, model=replace(model, elements=elements))
    assert weigh(found, Contents(("C", "O"))).doubtful == pytest.approx(0.1)


def test_elements_that_bonds_and_data_disagree_on_are_doubtful_with_electrons():
    found = structure(radiation="electron", electrons=[9.0] * 10)
    assert weigh(found, CONTENTS).doubtful == 0.0
    undecided = [replace(choice, because="wR2", margin=0.0) for choice in found.elements[:2]]
    found = replace(found, elements=(*undecided, *found.elements[2:]))
    assert weigh(found, CONTENTS).doubtful == pytest.approx(0.2)
    assert judged(found).verdict == "probably"
