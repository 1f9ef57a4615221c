from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.comparison.atom_agreement import compare_atoms
from patterson_gui.crystal.comparison.prediction_metrics import compare_prediction
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, Progress
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.atoms import build as complete
from patterson_gui.solvers.atoms.build import build_atoms
from patterson_gui.solvers.inversion import invert_prediction
from patterson_gui.solvers.retrieval.retrieve import retrieve


@pytest.fixture(scope="module")
def l_form(dipeptide, model_of, rebuilt):
    """The dipeptide in the hand of nature: both amino acids L."""
    xyz, symbols = model_of(dipeptide)
    n, ca, c, cb = xyz[[0, 1, 2, 4]]
    if (n - ca) @ np.cross(c - ca, cb - ca) < 0:
        xyz = 12 - xyz
    return rebuilt(dipeptide, symbols, xyz)


@pytest.fixture(scope="module")
def spoilt(l_form, prediction_of) -> Prediction:
    return prediction_of(l_form, error_deg=15)


@pytest.fixture(scope="module")
def answer(l_form, spoilt) -> Prediction:
    return build_atoms([spoilt], [l_form.composition])[0]


def test_builds_every_atom_from_amplitudes_alone(l_form) -> None:
    found = retrieve(l_form.amplitudes, l_form.composition, PredictionSettings(device="cpu"))
    answer = build_atoms([found], [l_form.composition])[0]
    comparison = compare_prediction(answer, l_form)
    agreement = compare_atoms(answer, l_form.model, comparison)
    assert agreement.recall_near == agreement.precision_near == agreement.element_accuracy == 1.0
    assert answer.built.r1 < 1e-3
    assert answer.built.n_atoms == answer.built.n_expected == 11
    assert answer.hand_determined
    assert comparison.fixed.r > 0.999  # origin and hand, with nothing aligned
    assert comparison.fixed.phase_error_deg < 0.5


def test_density_and_phases_are_those_of_the_built_atoms(answer: Prediction) -> None:
    calculator = gemmi.StructureFactorCalculatorX(answer.model.cell)
    data = answer.amplitudes
    f = np.array(
        [calculator.calculate_sf_from_model(answer.model[0], list(h)) for h in data.hkl.tolist()]
    )
    strong = data.f > np.median(data.f)
    apart = np.angle(f * np.exp(-1j * np.radians(answer.phases_deg)))
    assert np.abs(apart[strong]).max() < 2e-3
    positions = [
        answer.model.cell.fractionalize(cra.atom.pos).tolist() for cra in answer.model[0].all()
    ]
    at_atoms = answer.density.value_at(np.array(positions))
    assert at_atoms.min() > 3 * answer.density.rmsd
    assert (answer.fom > 0.99).all()


def test_the_centre_of_mass_lies_at_the_middle(answer: Prediction) -> None:
    atoms = [cra.atom for cra in answer.model[0].all()]
    z = np.array([a.element.atomic_number for a in atoms], float)
    xyz = np.array([a.pos.tolist() for a in atoms])
    assert z @ xyz / z.sum() == pytest.approx([6, 6, 6], abs=1e-6)


@pytest.mark.parametrize("turned", [False, True])
def test_a_prediction_of_either_hand_is_built_as_l_amino_acids(
    turned: bool, l_form, spoilt: Prediction
) -> None:
    start = invert_prediction(spoilt) if turned else spoilt
    [answer] = build_atoms([start], [l_form.composition])
    assert answer.hand_determined
    assert "Cα" in answer.hand.how
    assert compare_prediction(answer, l_form).fixed.r > 0.999


def test_data_of_the_mirror_image_are_built_as_l_amino_acids(
    l_form, model_of, rebuilt, prediction_of
) -> None:
    """|F| are the same: a D peptide cannot be told from an L one, and L is what is built."""
    xyz, symbols = model_of(l_form)
    d_form = rebuilt(l_form, symbols, 12 - xyz)
    [answer] = build_atoms([prediction_of(d_form)], [d_form.composition])
    assert compare_prediction(answer, l_form).fixed.r > 0.999
    assert compare_prediction(answer, d_form).fixed.r < 0.9


def test_determines_the_number_of_atoms_without_a_composition(l_form, spoilt: Prediction) -> None:
    [answer] = build_atoms([spoilt], [None])
    assert answer.built.n_expected is None
    assert answer.built.n_atoms == 11
    comparison = compare_prediction(answer, l_form)
    assert compare_atoms(answer, l_form.model, comparison).element_accuracy == 1.0


def test_builds_atoms_from_their_number_alone(l_form, spoilt: Prediction) -> None:
    settings = replace(spoilt.settings, n_atoms=11)
    [answer] = build_atoms([replace(spoilt, settings=settings)], [None])
    assert answer.built.n_atoms == answer.built.n_expected == 11
    assert answer.built.r1 < 1e-3


def test_does_not_change_predictions_that_atoms_do_not_explain(l_form, spoilt) -> None:
    rng = np.random.default_rng(0)
    nonsense = replace(spoilt.amplitudes, f=rng.permutation(spoilt.amplitudes.f))
    poor = replace(spoilt, amplitudes=nonsense, solved=False)
    [answer] = build_atoms([poor], [l_form.composition])
    assert answer.model is None
    assert answer.built is None
    assert answer.density is poor.density
    assert answer.phases_deg is poor.phases_deg
    assert not answer.solved
    assert "too badly" in answer.notes[-1]


def test_atoms_that_explain_the_data_make_an_unsolved_prediction_solved(l_form, spoilt) -> None:
    doubtful = replace(spoilt, solved=False, certain=False, verdict="Not solved.")
    [answer] = build_atoms([doubtful], [l_form.composition])
    assert answer.solved
    assert answer.certain
    assert answer.verdict.startswith("Solved: 11 atoms of 11 expected explain")


def test_notes_why_no_atoms_are_built_into_a_large_crystal(spoilt: Prediction) -> None:
    many = Composition({"C": 5000})
    [answer] = build_atoms([spoilt], [many])
    assert answer.model is None
    assert "5000 atoms" in answer.notes[-1]


def test_reports_an_element_without_form_factor(spoilt: Prediction) -> None:
    [answer] = build_atoms([spoilt], [Composition({"C": 10, "Fm": 1})])
    assert answer.model is None
    assert "scattering factor is tabulated for Fm" in answer.notes[-1]


def test_notes_that_there_are_too_few_reflections_for_atoms(l_form, spoilt: Prediction) -> None:
    coarse = spoilt.amplitudes.select(spoilt.amplitudes.d > 4.5)
    phases = spoilt.phases_deg[spoilt.amplitudes.d > 4.5]
    few = replace(spoilt, amplitudes=coarse, phases_deg=phases)
    [answer] = build_atoms([few], [l_form.composition])
    assert "higher resolution" in answer.notes[-1]


def test_a_batch_gives_the_same_atoms_as_single_crystals(
    l_form, spoilt: Prediction, answer: Prediction
) -> None:
    part = spoilt.amplitudes.select(np.arange(len(spoilt.amplitudes)) % 10 > 0)
    other = replace(
        spoilt,
        amplitudes=part,
        phases_deg=spoilt.phases_deg[np.arange(len(spoilt.amplitudes)) % 10 > 0],
    )
    finer = replace(spoilt, density=spoilt.density.with_grid(np.zeros((30, 30, 30), np.float32)))
    both = build_atoms([spoilt, other, finer], [l_form.composition] * 3)
    for one in both:
        assert compare_prediction(one, l_form).fixed.phase_error_deg < 0.1
    assert both[0].built.r1 == pytest.approx(answer.built.r1, abs=1e-5)
    assert both[2].density.shape == (30, 30, 30)


def test_the_true_model_does_not_change_the_result(l_form, model_of, rebuilt) -> None:
    """The same amplitudes with another model beside them give the same atoms."""
    xyz, symbols = model_of(l_form)
    wrong = rebuilt(l_form, symbols, xyz[::-1] + 1.0)
    liar = replace(l_form, model=wrong.model, truth=None)
    settings = PredictionSettings(device="cpu")
    models = []
    for crystal in (l_form, liar):
        found = retrieve(crystal.amplitudes, crystal.composition, settings)
        built = build_atoms([found], [crystal.composition])[0].model
        models.append([cra.atom.pos.tolist() for cra in built[0].all()])
    assert models[0] == models[1]


def test_building_reports_progress_and_can_be_cancelled(l_form, spoilt: Prediction) -> None:
    reports: list[Progress] = []
    build_atoms([spoilt], [l_form.composition], reports.append)
    assert reports[0].message == "building atoms"
    assert all(0 <= p.fraction <= 1 for p in reports)
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 2

    with pytest.raises(Cancelled):
        build_atoms([spoilt] * 60, [l_form.composition] * 60, cancelled=cancelled)
    assert calls == 3


def test_no_predictions_give_no_atoms() -> None:
    assert build_atoms([], []) == []


def test_builds_with_a_part_of_many_reflections_and_refines_against_all(
    l_form, spoilt: Prediction, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    whole = complete.refinement_data

    def watched(data, shape, device):
        seen.append(len(data[0]))
        return whole(data, shape, device)

    monkeypatch.setattr(complete, "refinement_data", watched)
    monkeypatch.setattr(complete, "_WORK", 600 * complete.normal_matrix_work(11, 1))
    [answer] = build_atoms([spoilt], [l_form.composition])
    assert seen[0] == pytest.approx(600, abs=24)  # equivalents have the same spacing
    assert seen[-1] == len(spoilt.amplitudes) > 1000
    assert answer.built.r1 < 1e-4
    assert compare_prediction(answer, l_form).fixed.r > 0.999
