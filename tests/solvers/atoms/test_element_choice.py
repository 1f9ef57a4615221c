from dataclasses import replace

import numpy as np
import pytest
import torch

from patterson_gui.crystal.composition import Composition
from patterson_gui.solvers.atoms.add_and_repair import BuiltModels, refine_weights
from patterson_gui.solvers.atoms.assign_elements import assign_elements
from patterson_gui.solvers.atoms.element_choice import assign
from patterson_gui.solvers.atoms.geometry import find_bonds, strain
from patterson_gui.solvers.atoms.model import FormFactors

WEIGHTS = {"C": 1.0, "N": 1.24, "O": 1.5, "S": 2.9}  # in units of carbon, data to 1.5 Å
COUNTS = {"C": 6, "N": 2, "O": 3}


@pytest.fixture(scope="module")
def skeleton(dipeptide, model_of):
    """Bonds and true elements of Ala-Ser."""
    xyz, symbols = model_of(dipeptide)
    bonds = find_bonds(xyz, np.full(len(xyz), 6), np.diag([12.0, 12, 12]))
    return bonds, np.array(symbols)


@pytest.fixture(scope="module")
def built(problem) -> BuiltModels:
    """The dipeptide's atoms as carbon with weights of their own."""
    carbon = FormFactors.of(["C"], problem.data)
    atoms = replace(problem.atoms, kind=torch.zeros_like(problem.atoms.kind))
    return refine_weights(atoms, carbon, problem.data)


def test_weights_alone_give_the_elements_of_error_free_data(built: BuiltModels, problem) -> None:
    w = built.atoms.w[0].numpy()
    symbols = [problem.factors.symbols[k] for k in problem.atoms.kind[0].tolist()]
    by_element = {s: w[np.array(symbols) == s] for s in "CNO"}
    assert by_element["C"].max() < by_element["N"].min()
    assert by_element["N"].max() < by_element["O"].min()


@pytest.mark.parametrize("composition", [Composition(COUNTS), None])
def test_elements_and_the_last_refinement_explain_error_free_data_exactly(
    composition: Composition | None, built: BuiltModels, problem
) -> None:
    [atoms] = assign_elements(built, [composition], problem.data, lambda: None)
    symbols = [problem.factors.symbols[k] for k in problem.atoms.kind[0].tolist()]
    assert list(atoms.symbols) == symbols
    assert atoms.r1 < 1e-4
    assert atoms.b == pytest.approx(np.full(11, 20.0), abs=0.05)


def test_a_b_for_every_atom_is_found_where_they_differ(problem, dipeptide, rebuilt) -> None:
    """A model whose B runs from 12 to 32 Å², its amplitudes by gemmi."""
    import gemmi

    crystal = replace(dipeptide, model=dipeptide.model.clone())
    true_b = np.linspace(12, 32, 11)
    for cra, b in zip(crystal.model[0].all(), true_b, strict=True):
        cra.atom.b_iso = b
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    f = [
        abs(calculator.calculate_sf_from_model(crystal.model[0], list(h)))
        for h in crystal.amplitudes.hkl.tolist()
    ]
    data = replace(problem.data, fo=torch.tensor([f], dtype=torch.float32))
    carbon = FormFactors.of(["C"], data)
    atoms = replace(problem.atoms, kind=torch.zeros_like(problem.atoms.kind))
    [answer] = assign_elements(
        refine_weights(atoms, carbon, data), [Composition(COUNTS)], data, lambda: None
    )
    symbols = [problem.factors.symbols[k] for k in problem.atoms.kind[0].tolist()]
    assert list(answer.symbols) == symbols
    assert answer.b == pytest.approx(true_b, abs=0.5)
    assert answer.r1 < 2e-3


def test_surroundings_correct_a_wrong_element(skeleton) -> None:
    """The amide's N and its O bear weights that speak for each other's element."""
    bonds, true = skeleton
    weights = np.array([WEIGHTS[s] for s in true])
    o, n = 3, 5  # O=C–N
    weights[o], weights[n] = 1.33, 1.39
    by_weight = assign(weights, WEIGHTS, COUNTS, find_no_bonds(len(true)), 0.05)
    assert by_weight[n] == "O"
    assert by_weight[o] == "N"
    answer = assign(weights, WEIGHTS, COUNTS, bonds, 0.05)
    assert list(answer) == list(true)


def find_no_bonds(n: int):
    far = np.diag([50.0] * 3)
    return find_bonds(np.arange(n)[:, None] * [4.0, 0, 0], np.full(n, 6), far)


def test_assigns_the_numbers_of_the_composition(skeleton) -> None:
    bonds, true = skeleton
    weights = np.random.default_rng(0).uniform(0.8, 1.6, size=len(true))
    answer = assign(weights, WEIGHTS, COUNTS, bonds, 0.1)
    assert {s: int((answer == s).sum()) for s in COUNTS} == COUNTS


@pytest.mark.parametrize(("lost", "added"), [(2, 0), (0, 2)])
def test_more_or_fewer_atoms_than_the_composition_has_get_elements(
    lost: int, added: int, skeleton
) -> None:
    _, true = skeleton
    weights = np.array([WEIGHTS[s] for s in true][: len(true) - lost] + [1.0] * added)
    answer = assign(weights, WEIGHTS, COUNTS, find_no_bonds(len(weights)), 0.02)
    assert list(answer[: len(true) - lost]) == list(true[: len(true) - lost])
    assert list(answer[len(true) - lost :]) == ["C"] * added


@pytest.mark.parametrize(
    ("right", "wrong", "around"),
    [
        (8, 6, [(6, 1.23)]),  # a carbonyl's O is no methyl group
        (6, 8, [(6, 1.53)]),  # and the other way round
        (7, 8, [(6, 1.33), (6, 1.46), (6, 1.47)]),  # O has no three bonds
        (16, 6, [(6, 1.81), (6, 1.80)]),  # Met
        (6, 7, [(6, 1.5), (7, 1.47), (6, 1.53), (6, 1.52)]),  # N has no four
    ],
)
def test_bonds_to_unsuitable_elements_are_penalised(
    right: int, wrong: int, around: list[tuple[int, float]]
) -> None:
    assert strain(right, around) < 0.5
    assert strain(wrong, around) > 2
