"""Atoms found in a density by something else than the program's own building."""

from collections.abc import Callable
from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.comparison.atom_agreement import compare_atoms
from patterson_gui.crystal.comparison.prediction_metrics import compare_prediction
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import BuiltAtoms, Prediction
from patterson_gui.io.models.writers.built_atoms import built_remarks
from patterson_gui.solvers.atoms.from_network import (
    are_proven,
    wants_elements,
    with_found_atoms,
    with_found_elements,
)
from patterson_gui.solvers.inversion import invert_prediction

PredictionOf = Callable[..., Prediction]


def moved(model: gemmi.Structure, frac: tuple[float, float, float]) -> gemmi.Structure:
    """The same atoms, each as the copy that lies in the cell after a shift."""
    copy = model.clone()
    for cra in copy[0].all():
        place = copy.cell.fractionalize(cra.atom.pos).tolist()
        cra.atom.pos = copy.cell.orthogonalize(gemmi.Fractional(*((np.array(place) + frac) % 1.0)))
    return copy


def test_atoms_of_a_network_determine_the_hand_and_leave_the_density(
    dipeptide: Crystal, prediction_of: PredictionOf
) -> None:
    prediction = prediction_of(dipeptide)
    answer = with_found_atoms(prediction, dipeptide.model, 11)
    assert answer.hand_determined
    assert answer.hand.score > 0
    assert answer.density is prediction.density
    assert np.array_equal(answer.phases_deg, prediction.phases_deg)
    assert not answer.built.refined
    assert (answer.built.n_atoms, answer.built.n_expected) == (11, 11)
    assert answer.built.r1 < 0.01
    assert answer.notes[-1] == answer.built.verdict
    assert any("not refined" in line for line in built_remarks(answer))


def test_atoms_of_the_other_hand_invert_density_and_atoms(
    dipeptide: Crystal, prediction_of: PredictionOf
) -> None:
    right = prediction_of(dipeptide)
    wrong = replace(invert_prediction(replace(right, model=dipeptide.model)), hand_determined=False)
    answer = with_found_atoms(wrong, wrong.model, None)
    assert answer.hand_determined
    comparison = compare_prediction(answer, dipeptide)
    assert not comparison.inverted
    assert comparison.fixed.r > 0.99
    assert compare_atoms(answer, dipeptide.model, None).recall_near == 1.0


def test_does_not_change_a_determined_hand(dipeptide: Crystal, prediction_of: PredictionOf) -> None:
    wrong = invert_prediction(replace(prediction_of(dipeptide), model=dipeptide.model))
    answer = with_found_atoms(replace(wrong, hand_determined=True), wrong.model, None)
    assert compare_prediction(answer, dipeptide).inverted


def test_moves_atoms_as_whole_molecules_around_the_middle_of_the_cell(
    dipeptide: Crystal, prediction_of: PredictionOf
) -> None:
    scattered = moved(dipeptide.model, (0.0, 0.0, 0.0))
    scattered[0][0][0][0].pos += gemmi.Position(12.0, -12.0, 0.0)
    answer = with_found_atoms(prediction_of(dipeptide), scattered, 11)
    there = np.array([cra.atom.pos.tolist() for cra in answer.model[0].all()])
    true = np.array([cra.atom.pos.tolist() for cra in dipeptide.model[0].all()])
    assert there == pytest.approx(true, abs=1e-4)


def test_atoms_in_the_wrong_places_explain_the_data_badly(
    dipeptide: Crystal, prediction_of: PredictionOf
) -> None:
    wrong = dipeptide.model.clone()
    rng = np.random.default_rng(0)
    for cra in wrong[0].all():
        cra.atom.pos += gemmi.Position(*rng.normal(scale=1.0, size=3))
    assert with_found_atoms(prediction_of(dipeptide), wrong, 11).built.r1 > 0.3


def built_with(prediction: Prediction, model: gemmi.Structure, r1: float = 0.05) -> Prediction:
    n = len(list(model[0].all()))
    return replace(prediction, model=model, built=BuiltAtoms(n, n, r1, ""))


def elements(model: gemmi.Structure) -> list[str]:
    return [cra.atom.element.name for cra in model[0].all()]


def with_elements(model: gemmi.Structure, chosen: dict[int, str]) -> gemmi.Structure:
    copy = model.clone()
    for i, cra in enumerate(copy[0].all()):
        if i in chosen:
            cra.atom.element = gemmi.Element(chosen[i])
    return copy


def test_refined_atoms_get_the_elements_found_at_their_places(
    dipeptide: Crystal, prediction_of: PredictionOf
) -> None:
    mistaken = with_elements(dipeptide.model, {0: "O", 3: "N", 7: "N"})
    prediction = built_with(prediction_of(dipeptide), mistaken)
    # Found in another order, and in the neighbouring cell.
    found = moved(dipeptide.model, (0.0, 0.0, 0.0))
    answer = with_found_elements(prediction, dipeptide.composition, found)
    assert elements(answer.model) == elements(dipeptide.model)
    assert answer.built.r1 < 0.01
    assert answer.built.refined
    assert answer.hand_determined
    names = [cra.atom.name for cra in answer.model[0].all()]
    assert len(set(names)) == len(names)


def test_rejects_elements_that_explain_the_data_worse(
    dipeptide: Crystal, prediction_of: PredictionOf
) -> None:
    prediction = built_with(prediction_of(dipeptide), dipeptide.model)
    wrong = with_elements(dipeptide.model, dict.fromkeys(range(5), "S"))
    answer = with_found_elements(prediction, dipeptide.composition, wrong)
    assert elements(answer.model) == elements(dipeptide.model)


def test_asks_a_network_for_elements_if_weights_are_uncertain(
    dipeptide: Crystal, prediction_of: PredictionOf
) -> None:
    prediction, content = prediction_of(dipeptide), dipeptide.composition
    assert wants_elements(built_with(prediction, dipeptide.model, 0.05), content)
    assert not wants_elements(built_with(prediction, dipeptide.model, 0.01), content)
    assert not wants_elements(built_with(prediction, dipeptide.model, 0.05), None)
    with_metal = Composition({"C": 10, "Zn": 1})
    assert not wants_elements(built_with(prediction, dipeptide.model, 0.05), with_metal)
    assert not wants_elements(prediction, content)


def test_with_few_reflections_atoms_need_a_lower_r1_to_be_kept(
    dipeptide: Crystal, prediction_of: PredictionOf
) -> None:
    prediction = built_with(prediction_of(dipeptide), dipeptide.model, 0.06)
    assert are_proven(prediction)
    few = replace(prediction, amplitudes=prediction.amplitudes.cut(2.7))
    assert not are_proven(few)
    assert not are_proven(prediction_of(dipeptide))
