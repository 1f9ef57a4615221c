"""Whole solutions of measured crystals, from intensities alone."""

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.crystal.solution import (
    RefinedStructure,
    Solution,
    SolveProgress,
    SolveSettings,
)
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.resources import measured_example_path
from patterson_gui.solvers.refinement.least_squares.weights import Weights
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.structure.finish import finish
from patterson_gui.solvers.structure.other_group import solve_in_group
from patterson_gui.solvers.structure.peaks import distances_to_images
from patterson_gui.solvers.structure.solve import solve_structure
from patterson_gui.solvers.structure.verdict import judge_edited, with_electrons


def solve(path: Path, elements_only: bool = False, **settings) -> Solution:
    read = read_intensities(path)
    contents = read.contents
    if elements_only and contents is not None:
        contents = Contents(contents.elements)
    return solve_structure(read.intensities, contents, SolveSettings(**settings))


def elements_of(solution: Solution) -> Counter[str]:
    assert solution.structure is not None
    return Counter(solution.structure.model.elements)


@pytest.fixture(scope="module")
def sucrose() -> Solution:
    return solve(measured_example_path())


def test_sucrose_is_solved_in_its_space_group(sucrose):
    assert sucrose.verdict == "solved"
    assert sucrose.structure.spacegroup.xhm() == "P 1 21 1"
    assert sucrose.candidates[0].name == "P 1 21 1"
    assert sucrose.candidates[0].chosen
    found = elements_of(sucrose)
    assert (found["C"], found["O"]) == (12, 11)
    assert 18 <= found["H"] <= 22  # some hydroxyl hydrogen atoms are hard to see
    assert sucrose.structure.figures.r1 < 0.04


def test_a_solution_says_how_it_was_found(sucrose):
    assert any(start.solved for start in sucrose.starts)
    assert max(start.agreement for start in sucrose.starts) > 0.6
    assert len(sucrose.structure.elements) == 23
    assert sucrose.data["n_unique"] > 1000
    assert 0 < sucrose.seconds_phases < sucrose.seconds


def test_the_same_seed_gives_the_same_structure(sucrose):
    read = read_intensities(measured_example_path())
    looks = [time.process_time()]

    def cancelled() -> bool:
        looks.append(time.process_time())
        return False

    again = solve_structure(read.intensities, read.contents, SolveSettings(), cancelled=cancelled)
    assert max(np.diff(looks)) < 0.5  # s without a look at whether it was cancelled
    assert np.array_equal(again.structure.model.frac, sucrose.structure.model.frac)
    assert again.structure.figures.r1 == sucrose.structure.figures.r1


def test_the_own_model_is_judged_again_as_before(sucrose):
    assert judge_edited(sucrose, sucrose.structure) == (
        sucrose.verdict, sucrose.reason, sucrose.advice
    )  # fmt: skip


def refined(solution: Solution, model: AsymmetricUnit) -> RefinedStructure:
    assert solution.structure is not None
    options = RefinementOptions(weights=Weights(0.1), cycles=8, extinction=False)
    found = refine(solution.structure.merged, model, options)
    return replace(found, elements=solution.structure.elements)


def swapped(model: AsymmetricUnit) -> AsymmetricUnit:
    """Every fourth carbon atom as oxygen, and every fourth oxygen atom as carbon."""
    other = {"C": "O", "O": "C", "S": "O", "N": "C"}
    elements = [
        other.get(e, e) if i % 4 == 0 else e for i, e in enumerate(model.elements)
    ]  # fmt: skip
    return replace(model, elements=tuple(elements))


def shifted(model: AsymmetricUnit) -> AsymmetricUnit:
    """Every fifth atom about 1 Å away."""
    frac = model.frac.copy()
    frac[::5] += 0.08
    return replace(model, frac=frac)


def with_surplus(model: AsymmetricUnit) -> AsymmetricUnit:
    """A quarter more carbon atoms at random places."""
    n = len(model) // 4 + 2
    places = np.concatenate([model.frac, np.random.default_rng(1).random((n, 3))])
    return AsymmetricUnit.isotropic((*model.elements, *["C"] * n), places, 0.04)


@pytest.mark.parametrize("spoil", [swapped, shifted, with_surplus])
def test_wrong_corrections_lower_the_verdict(sucrose, spoil):
    model = sucrose.structure.model
    wrong = refined(sucrose, spoil(model.without_hydrogen()))
    assert judge_edited(sucrose, wrong).verdict != "solved"


def test_a_subgroup_lowers_the_verdict(sucrose):
    wrong = solve_in_group(sucrose, "P 1")
    judgement = judge_edited(sucrose, wrong)
    assert judgement.verdict == "probably"
    assert "P 1 21 1" in judgement.advice


def test_the_electrons_of_a_corrected_atom_are_counted_again(sucrose):
    model = sucrose.structure.model.without_hydrogen()
    wrong = refined(sucrose, swapped(model))
    choice = {c.label: c for c in with_electrons(wrong).elements}["O1"]
    assert (choice.element, choice.because, choice.second) == ("C", "correction", "")
    assert choice.effective_z > 7.0
    assert 0.0 < choice.sigma_z < 0.5


def test_the_elements_are_found_from_their_list_alone():
    assert elements_of(solve(measured_example_path(), elements_only=True))["O"] == 11


@pytest.mark.parametrize(
    ("name", "group", "content", "r1"),
    [
        ("fe_p1", "P -1", {"Fe": 1, "S": 1, "O": 4, "C": 1}, 0.032),
        ("cuacetate", "C 1 2/c 1", {"Cu": 1, "O": 5, "C": 4}, 0.037),
        ("ylid2", "P 21 21 21", {"S": 1, "O": 2, "C": 11}, 0.043),
        ("b10f12", "I 41/a:2", {"F": 3, "B": 3}, 0.03),  # a merohedral twin
        ("nket", "P 43", {"C": 13}, 0.1),  # P 41 or its other hand
        ("caf2_erice", "F m -3 m", {"Ca": 1, "F": 1}, 0.018),
    ],
)
def test_measured_crystals_are_solved_without_their_space_group(
    shared_data, name, group, content, r1
):
    solution = solve(next((shared_data / "solve" / name).glob("*.hkl*")))
    assert solution.structure.spacegroup.xhm() == group
    found = {e: n for e, n in elements_of(solution).items() if e != "H"}
    assert found == content
    assert solution.structure.figures.r1 < r1 + 0.01
    assert solution.verdict == "solved"


def test_atoms_are_where_the_deposited_model_has_them(shared_data):
    folder = shared_data / "solve" / "cuacetate"
    solution = solve(folder / "cuacetate.hkl")
    truth = gemmi.read_small_structure(str(folder / "cuacetate_truth.cif"))
    deposited = np.array(
        [site.fract.tolist() for site in truth.sites if site.element.atomic_number > 1]
    )
    model = solution.structure.model
    ours = model.frac[~model.is_hydrogen]
    cell, group = solution.intensities.cell, solution.structure.spacegroup
    # Origins of C2/c that differ by half a cell edge, and the glide, are equivalent.
    best = 0.0
    for shift in np.ndindex(4, 4, 4):
        apart = distances_to_images(ours + np.array(shift) / 4, deposited, cell, group)
        best = max(best, float((apart.min(axis=0) < 0.3).mean()))
    assert best >= 0.95


def test_noise_is_not_solved():
    read = read_intensities(measured_example_path())
    rng = np.random.default_rng(0)
    data = read.intensities
    value = data.value.mean() * rng.exponential(size=len(data))
    noise = replace(data, value=value, sigma=0.05 * value + 1.0)
    settings = SolveSettings(starts=4, hydrogens=False, anisotropic=False)
    solution = solve_structure(noise.select(noise.d > 1.0), read.contents, settings)
    assert solution.verdict == "not solved"
    assert solution.reason
    assert solution.advice


def test_reports_each_step_in_order():
    read = read_intensities(measured_example_path())
    steps: list[SolveProgress] = []
    solve_structure(read.intensities, read.contents, SolveSettings(), steps.append)
    names = list(dict.fromkeys(step.step for step in steps))
    assert names == [
        "Merging", "Phases", "Space group", "Atoms", "Refinement", "Hydrogen atoms",
    ]  # fmt: skip
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)


def test_stops_when_cancelled():
    read = read_intensities(measured_example_path())
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        solve_structure(read.intensities, read.contents, SolveSettings(), cancelled=cancelled)


@pytest.mark.parametrize(
    ("settings", "stated", "sentence"),
    [
        ({"space_group": "P 9"}, True, "P 9"),
        ({"space_group": "P 4"}, True, "does not have the symmetry of P 4"),
        ({"space_group": "given"}, False, "gives no space group"),
        ({"laue": "m-3m"}, True, "Laue class m-3m"),
    ],
)
def test_a_group_that_cannot_be_is_refused_before_the_search(settings, stated, sentence):
    read = read_intensities(measured_example_path())
    steps = []
    with pytest.raises(UserError, match=sentence):
        solve_structure(
            replace(read.intensities, stated=stated), read.contents, SolveSettings(**settings),
            lambda progress: steps.append(progress.step),
        )  # fmt: skip
    assert steps == ["Merging"]


def test_wrong_elements_of_a_model_are_corrected_while_it_is_finished(sucrose):
    solved = sucrose.structure
    heavy = solved.model.without_hydrogen()
    wrong = list(heavy.elements)
    wrong[0], wrong[-1], wrong[-2] = "C", "O", "O"  # they are sorted: oxygen first
    contents = Contents(("C", "H", "O"))
    again = finish(
        sucrose.intensities, solved.spacegroup, replace(heavy, elements=tuple(wrong)),
        contents, SolveSettings(), lambda _: None, lambda: False,
    )  # fmt: skip
    found = Counter(again.model.elements)
    assert (found["C"], found["O"]) == (12, 11)
    assert again.figures.r1 < 0.04
    assert {choice.label for choice in again.elements} == set(again.model.without_hydrogen().labels)
    for choice in again.elements:
        z = gemmi.Element(choice.element).atomic_number
        assert choice.effective_z == pytest.approx(z, abs=1)
        assert choice.second != choice.element


def test_a_hydroxyl_group_on_two_sites_is_one_atom(shared_data):
    """C7H15NO5: typed as two atoms, the sites left R1 at 0.086 and the formula wrong."""
    solution = solve(shared_data / "solve" / "sugar" / "sugar.hkl")
    assert solution.verdict == "solved"
    structure = solution.structure
    assert structure.figures.r1 < 0.055
    model = structure.model
    ((one, other),) = model.alternatives()
    assert {model.elements[i] for i in (one[0], other[0])} == {"O"}
    assert model.occ[one[0]] + model.occ[other[0]] == pytest.approx(1.0)
    whole = {e: round(float(model.occ[np.array(model.elements) == e].sum())) for e in "CNO"}
    assert whole == {"C": 7, "N": 1, "O": 5}


def test_ring_nh_and_water_are_told_apart_with_the_formula(shared_data):
    # Both have 7.5 to 7.9 electrons as long as the hydrogen atom of NH is not placed.
    solution = solve(shared_data / "solve" / "c1501469" / "c1501469.hkl")
    assert solution.structure.figures.r1 < 0.042
    heavy = solution.structure.model.without_hydrogen()
    assert Counter(heavy.elements) == {"C": 11, "N": 4, "O": 10, "Cu": 1}
    near = neighbours(
        heavy.frac, solution.structure.merged.cell, solution.structure.spacegroup, 1.6
    )
    bonded = Counter(near.atom.tolist())
    nitrogen = [i for i, element in enumerate(heavy.elements) if element == "N"]
    assert [bonded[i] for i in nitrogen] == [2, 2, 2, 2]


def test_phases_symmetric_about_two_points_give_the_right_centre(shared_data):
    # Two tin atoms and a weak image of one lie in a line: the centre that the phases agree with
    # best is on an atom.
    solution = solve(shared_data / "solve" / "me3snh" / "me3snh.hkl")
    assert solution.verdict == "solved"
    assert solution.structure.figures.r1 < 0.05
    assert elements_of(solution)["Sn"] == 1
