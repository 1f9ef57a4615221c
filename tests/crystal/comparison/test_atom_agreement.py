from dataclasses import replace

import gemmi
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from patterson_gui.crystal.comparison.atom_agreement import (
    aligned_model,
    atom_agreement,
    compare_atoms,
)
from patterson_gui.crystal.comparison.prediction_metrics import Comparison, FrameFigures
from patterson_gui.crystal.models.fragment import make_fragment

from .test_compare_prediction import prediction_of

CUBE = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
TRICLINIC = gemmi.UnitCell(7.0, 8.5, 9.0, 75.0, 102.0, 118.0)
NOTHING = FrameFigures(0.0, None, 0.0, 0.0, ())


def moved_by(shift, inverted=False) -> Comparison:
    return Comparison(NOTHING, NOTHING, tuple(shift), inverted)


def numbers(*values) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_figures_of_a_hand_made_case():
    true = np.array([[0.1, 0.1, 0.1], [0.5, 0.5, 0.5], [0.9, 0.2, 0.2], [0.3, 0.8, 0.3]])
    built = np.array([[0.105, 0.1, 0.1], [0.5, 0.53, 0.5], [0.7, 0.7, 0.7]])  # 0.05, 0.3, far
    found = atom_agreement(built, numbers(6, 6, 8), true, numbers(6, 7, 8, 6), CUBE)
    assert (found.n_true, found.n_built) == (4, 3)
    assert found.recall == pytest.approx(2 / 4)
    assert found.recall_near == pytest.approx(1 / 4)
    assert found.precision == pytest.approx(2 / 3)
    assert found.precision_near == pytest.approx(1 / 3)
    assert found.rmsd == pytest.approx(np.sqrt((0.05**2 + 0.3**2) / 2))
    assert found.element_accuracy == pytest.approx(1 / 2)


def test_an_atom_across_the_cell_boundary_is_near():
    found = atom_agreement(
        np.array([[0.999, 0.5, -0.001]]), numbers(6), np.array([[0.001, 0.5, 1.001]]), numbers(6),
        CUBE,
    )  # fmt: skip
    assert found.recall == 1.0
    assert found.rmsd == pytest.approx(10 * np.hypot(0.002, 0.002))


def test_two_built_atoms_on_one_true_atom_count_once():
    built = np.array([[0.50, 0.5, 0.5], [0.52, 0.5, 0.5]])
    found = atom_agreement(built, numbers(8, 6), np.array([[0.51, 0.5, 0.5]]), numbers(6), CUBE)
    assert found.recall == 1.0
    assert found.precision == 0.5


def test_pairs_atoms_by_the_lowest_total_cost():
    """The built atom nearest to the first true atom is the only one near the second."""
    true = np.array([[0.500, 0.5, 0.5], [0.535, 0.5, 0.5]])
    built = np.array([[0.510, 0.5, 0.5], [0.465, 0.5, 0.5]])
    found = atom_agreement(built, numbers(6, 6), true, numbers(6, 6), CUBE)
    assert found.recall == found.precision == 1.0


def test_pairs_in_a_skewed_cell_agree_with_a_whole_assignment_over_gemmis_distances():
    rng = np.random.default_rng(5)
    true = rng.random((60, 3))
    built = true[:50] + rng.normal(0, 0.03, (50, 3)) + rng.integers(-2, 3, (50, 3))
    distances = np.array(
        [
            [
                TRICLINIC.find_nearest_image(
                    TRICLINIC.orthogonalize(gemmi.Fractional(*a)),
                    TRICLINIC.orthogonalize(gemmi.Fractional(*b)),
                    gemmi.Asu.Any,
                ).dist()
                for b in true
            ]
            for a in built
        ]
    )
    rows, columns = linear_sum_assignment(np.minimum(distances, 0.5) ** 2)
    best = distances[rows, columns]
    best = best[best <= 0.5]
    assert 20 < len(best) < 50
    found = atom_agreement(built, np.full(50, 6), true, np.full(60, 6), TRICLINIC)
    assert found.recall == pytest.approx(len(best) / 60)
    assert found.rmsd == pytest.approx(np.sqrt((best**2).mean()), abs=1e-6)


@pytest.mark.parametrize("angles", [(25, 25, 25), (90, 90, 1.2), (90, 179, 90)])
def test_pairs_atoms_with_the_nearest_copy_in_a_strongly_skewed_cell(angles):
    cell = gemmi.UnitCell(9, 10, 11, *angles)
    axes = np.array(cell.orth.mat.tolist()).T
    rng = np.random.default_rng(7)
    true = rng.random((30, 3))
    displaced = rng.normal(size=(30, 3))
    displaced *= rng.uniform(0.05, 0.45, (30, 1)) / np.linalg.norm(displaced, axis=1)[:, None]
    built = true + displaced @ np.linalg.inv(axes)
    carbon = numbers(*[6] * 30)
    found = atom_agreement(built % 1.0, carbon, true, carbon, cell)
    # By brute force over all copies within four cells.
    steps = np.array(list(np.ndindex(9, 9, 9))) - 4.0
    apart = np.array(
        [[np.linalg.norm((a % 1.0 - b + steps) @ axes, axis=1).min() for b in true] for a in built]
    )
    rows, columns = linear_sum_assignment(np.minimum(apart, 0.5) ** 2)
    best = apart[rows, columns]
    assert found.recall == 1.0
    assert sorted(found.distances) == pytest.approx(sorted(best[best <= 0.5]), abs=1e-9)


def test_recall_is_zero_without_built_atoms():
    found = atom_agreement(
        np.zeros((0, 3)), numbers(), np.array([[0.5, 0.5, 0.5]]), numbers(6), CUBE
    )
    assert (found.recall, found.precision, found.rmsd) == (0.0, 0.0, None)


@pytest.mark.parametrize("inverted", [False, True])
def test_a_moved_model_agrees_after_alignment(peptide, inverted):
    crystal = make_fragment(peptide, "A", "52", "53")
    shift = np.array([0.2, -0.1, 0.35])
    # What `aligned_model` has to undo: x_true = ±x + s.
    sign = -1.0 if inverted else 1.0
    model = crystal.model.clone()
    for cra in model[0].all():
        frac = np.array(model.cell.fractionalize(cra.atom.pos).tolist())
        cra.atom.pos = model.cell.orthogonalize(gemmi.Fractional(*(sign * (frac - shift))))
    prediction = replace(prediction_of(crystal), model=model)
    apart = compare_atoms(prediction, crystal.model, None)
    together = compare_atoms(prediction, crystal.model, moved_by(shift, inverted))
    assert apart.recall < 0.5
    assert together.recall == together.precision == together.element_accuracy == 1.0
    assert together.rmsd < 1e-6


def test_the_aligned_model_stays_one_piece_about_the_middle_of_the_cell(peptide):
    model = make_fragment(peptide, "A", "52", "53").model
    moved = aligned_model(model, moved_by((3.0, 0.0, -2.0), inverted=True))
    before = np.array([cra.atom.pos.tolist() for cra in model[0].all()])
    after = np.array([cra.atom.pos.tolist() for cra in moved[0].all()])
    middle = np.array(model.cell.orthogonalize(gemmi.Fractional(0.5, 0.5, 0.5)).tolist())
    assert after == pytest.approx(2 * middle - before)


def test_a_true_model_counts_with_all_its_symmetry_copies(peptide):
    """P 21 21 21: four copies of each atom; hydrogen does not count."""
    crystal = make_fragment(peptide, "A", "52", "53")
    prediction = replace(prediction_of(crystal), model=peptide)
    found = compare_atoms(prediction, peptide, None)
    heavy = sum(not cra.atom.is_hydrogen() for cra in peptide[0].all())
    assert found.n_true == found.n_built == 4 * heavy
    assert found.rmsd == 0.0


def test_an_atom_on_a_special_position_is_one_atom(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    truth = gemmi.Structure()
    truth.cell, truth.spacegroup_hm = gemmi.UnitCell(5, 5, 5, 90, 90, 90), "F m -3 m"
    truth.add_model(gemmi.Model(1))
    chain = truth[0].add_chain("A")
    residue = gemmi.Residue()
    residue.name = "FE"
    atom = gemmi.Atom()
    atom.name, atom.element, atom.occ = "FE", gemmi.Element("Fe"), 1.0
    residue.add_atom(atom)
    chain.add_residue(residue)
    found = compare_atoms(replace(prediction_of(crystal), model=truth), truth, None)
    assert found.n_true == 4  # 192 operations, four lattice points
    assert found.recall == 1.0


def test_without_built_atoms_there_are_no_figures(peptide):
    crystal = make_fragment(peptide, "A", "52", "53")
    assert compare_atoms(prediction_of(crystal), crystal.model, None) is None
