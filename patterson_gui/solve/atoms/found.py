"""Atoms that something else found in a density, taken into the prediction.

They tell the hand as built ones do, and how well they explain the data says whether to believe in
them. Density and phases stay what they were.
"""

from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.agreement import r_factor
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.prediction import BuiltAtoms, Prediction
from patterson_gui.crystal.structure_factors import Atoms, direct
from patterson_gui.solve.atoms.chirality import hand_of_atoms
from patterson_gui.solve.atoms.geometry import find_bonds, in_one_piece
from patterson_gui.solve.mirror import mirrored

BELIEVED_R1 = 0.35  # atoms nobody asked for are kept below it


def with_found_atoms(
    prediction: Prediction, structure: gemmi.Structure, n_expected: int | None
) -> Prediction:
    """The prediction with these atoms, in one piece around the middle of the cell, and in the hand
    that they speak for where nothing has told it yet.

    Parameters
    ----------
    structure : P1, in the frame of the density.
    n_expected : atoms in the cell, where that is known.
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
    if prediction.hand_determined:
        return answer
    hand, inverted = hand_of_atoms(numbers, bonds)
    if hand is None:
        return answer
    return replace(mirrored(answer) if inverted else answer, hand=hand, hand_determined=True)


def _r1(prediction: Prediction, model: gemmi.Structure, frac: NDArray[np.float64]) -> float:
    data = prediction.amplitudes
    atoms = [cra.atom for cra in model[0].all()]
    scatterers = Atoms(
        tuple(atom.element.name for atom in atoms),
        frac,
        np.array([atom.b_iso for atom in atoms]),
        np.ones(len(atoms)),
    )
    return r_factor(direct(scatterers, data.cell, data.spacegroup, data.hkl), data.f)
