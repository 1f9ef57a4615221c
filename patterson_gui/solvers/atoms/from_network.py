"""Add atoms that a network found in a density to a prediction, or use their elements.

The atoms can determine the hand, as built atoms can. They are kept if they explain the data well.
Added atoms do not change density and phases.
"""

from dataclasses import replace

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.prediction import BuiltAtoms, Prediction
from patterson_gui.crystal.reciprocal.scaling import best_scale, r_factor
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, direct
from patterson_gui.solvers.atoms.assign_elements import AssignedAtoms, refine_against_all_data
from patterson_gui.solvers.atoms.build import with_built_atoms
from patterson_gui.solvers.atoms.chirality import hand_of_atoms
from patterson_gui.solvers.atoms.data import refinement_data
from patterson_gui.solvers.atoms.geometry import Bonds, find_bonds, in_one_piece
from patterson_gui.solvers.inversion import invert_prediction

# Limits of R1 below which atoms are kept that the user did not ask for: atoms refined against
# coarse data, atoms found by a network, and the same for measured data, which have errors and
# hydrogen atoms. The limit is multiplied by min(1, (n_refl / 30 n_atoms)²), because wrong atoms
# can be fitted to few reflections.
_REFINED_R1, _FOUND_R1, _FOUND_R1_MEASURED = 0.10, 0.20, 0.35
_ENOUGH_PER_ATOM = 30
_SAME_ATOM = 0.6  # Å
_CERTAIN_R1 = 0.03  # R1 below which weights determine elements better than a network does
_FINE = 1.2  # Å: to this resolution weights determine elements
_NO_WORSE = 0.02  # R1 may rise by this much when elements are changed
_KNOWN = frozenset({"C", "N", "O", "S"})


def with_found_atoms(
    prediction: Prediction, structure: gemmi.Structure, n_expected: int | None
) -> Prediction:
    """The prediction with these atoms, as whole molecules around the middle of the cell.

    If the hand is not determined yet, the chiral centres of the atoms determine it.

    Parameters
    ----------
    structure : P1, in the frame of the density.
    n_expected : number of atoms in the cell; None if unknown.
    """
    cell = prediction.density.cell
    orth = orthogonalization(cell)
    atoms = [cra.atom for cra in structure[0].all()]
    xyz = np.array([atom.pos.tolist() for atom in atoms]).reshape(-1, 3)
    numbers = np.array([atom.element.atomic_number for atom in atoms], dtype=np.int64)
    bonds = find_bonds(xyz, numbers, orth)
    xyz = in_one_piece(xyz, bonds, orth)
    frac = xyz @ np.linalg.inv(orth).T
    frac -= np.rint(frac.mean(axis=0) - 0.5)
    model = structure.clone()
    for cra, place in zip(model[0].all(), frac, strict=True):
        cra.atom.pos = cell.orthogonalize(gemmi.Fractional(*place))
    r1 = _r1(prediction, model, frac)
    n = len(atoms)
    of = "" if n_expected is None else f" of {n_expected} expected"
    verdict = (
        f"{n} atoms{of} were found in the density by a network and explain the data to R1 "
        f"{r1:.3f}; they were not refined."
    )
    built = BuiltAtoms(n, n_expected, r1, verdict, refined=False)
    answer = replace(prediction, model=model, built=built, notes=(*prediction.notes, verdict))
    return _with_hand_of(answer, numbers, bonds)


def _with_hand_of(prediction: Prediction, numbers: NDArray[np.int64], bonds: Bonds) -> Prediction:
    """The prediction in the hand of the chiral centres of some atoms (n,).

    It is unchanged if its hand is determined already, or the atoms show no hand."""
    if prediction.hand_determined:
        return prediction
    hand, inverted = hand_of_atoms(numbers, bonds)
    if hand is None:
        return prediction
    chosen = invert_prediction(prediction) if inverted else prediction
    return replace(chosen, hand=hand, hand_determined=True)


def are_proven(prediction: Prediction) -> bool:
    """Whether the atoms explain the data so well that they are kept without a request for atoms.

    The limit of R1 is multiplied by min(1, (n_refl / 30 n_atoms)²).
    """
    built, data = prediction.built, prediction.amplitudes
    if built is None:
        return False
    limit = _REFINED_R1
    if not built.refined:
        limit = _FOUND_R1 if data.sigma is None else _FOUND_R1_MEASURED
    share = len(data) / (_ENOUGH_PER_ATOM * max(1, built.n_atoms))
    return built.r1 < limit * min(1.0, share**2)


def wants_elements(prediction: Prediction, composition: Composition | None) -> bool:
    """Whether a network may assign elements better than the weights of the refined atoms."""
    built = prediction.built
    if built is None or not built.refined or built.r1 < _CERTAIN_R1 or composition is None:
        return False
    if prediction.amplitudes.d_min < _FINE:
        return False
    return bool(composition.counts) and set(composition.counts) <= _KNOWN


def with_found_elements(
    prediction: Prediction, composition: Composition | None, structure: gemmi.Structure
) -> Prediction:
    """The prediction with the elements that a network found at the same positions, refined again.

    It is unchanged if R1 rises. If the refined atoms do not determine the hand, the atoms of the
    network may.

    Parameters
    ----------
    structure : P1, in the frame of the density.
    """
    others = [cra.atom for cra in structure[0].all()] if len(structure) else []
    if prediction.model is None or prediction.built is None or not others:
        return prediction
    orth = orthogonalization(prediction.density.cell)
    atoms = [cra.atom for cra in prediction.model[0].all()]
    xyz, there = (np.array([atom.pos.tolist() for atom in group]) for group in (atoms, others))
    step = (xyz[:, None] - there) @ np.linalg.inv(orth).T
    apart = distances(step, orth.T)
    symbols = [
        others[row.argmin()].element.name if row.min() < _SAME_ATOM else atom.element.name
        for atom, row in zip(atoms, apart, strict=True)
    ]
    answer = _with_other_elements(prediction, composition, xyz, symbols)
    numbers = np.array([atom.element.atomic_number for atom in others], dtype=np.int64)
    return _with_hand_of(answer, numbers, find_bonds(there, numbers, orth))


def _with_other_elements(
    prediction: Prediction,
    composition: Composition | None,
    xyz: NDArray[np.float64],
    symbols: list[str],
) -> Prediction:
    """The prediction from its atoms with other elements; unchanged if R1 rises."""
    model, built, data = prediction.model, prediction.built, prediction.amplitudes
    assert model is not None
    assert built is not None
    atoms = [cra.atom for cra in model[0].all()]
    if [atom.element.name for atom in atoms] == symbols:
        return prediction
    b = np.array([atom.b_iso for atom in atoms])
    frac = xyz @ np.array(data.cell.frac.mat.tolist()).T
    fc = direct(
        Scatterers(tuple(symbols), frac, b, np.ones(len(b))), data.cell, data.spacegroup, data.hkl
    )
    start = AssignedAtoms(xyz, tuple(symbols), b, best_scale(np.abs(fc), data.f), built.r1)
    [refined] = refine_against_all_data(
        refinement_data([data], prediction.density.shape, torch.device("cpu")), [start]
    )
    if not refined.r1 < built.r1 + _NO_WORSE:
        return prediction
    note = "The elements of the atoms were assigned by a network."
    before = replace(prediction, notes=(*prediction.notes, note))
    answer = with_built_atoms(before, composition, refined)
    return answer if answer.notes == before.notes else prediction


def _r1(prediction: Prediction, model: gemmi.Structure, frac: NDArray[np.float64]) -> float:
    data = prediction.amplitudes
    atoms = [cra.atom for cra in model[0].all()]
    scatterers = Scatterers(
        tuple(atom.element.name for atom in atoms),
        frac,
        np.array([atom.b_iso for atom in atoms]),
        np.ones(len(atoms)),
    )
    return r_factor(direct(scatterers, data.cell, data.spacegroup, data.hkl), data.f)
