"""Symmetry copies of a whole model whose middles lie in a box of the crystal."""

from typing import NamedTuple

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.structure_factors import spacegroup_of
from patterson_gui.crystal.symmetry_images import operation_arrays

MOST_ATOMS = 60_000
_SAME = 1e-3  # cell edges; atoms of copies that are closer than this are the same


Corner = tuple[float, float, float]


class _Copy(NamedTuple):
    """x' = rotation · x + shift, fractional; `moved`: it is not the original."""

    rotation: NDArray[np.float64]
    shift: NDArray[np.float64]
    moved: bool


def symmetry_copies(
    structure: gemmi.Structure,
    lower: Corner,
    upper: Corner,
    *,
    most_atoms: int = MOST_ATOMS,
) -> gemmi.Structure:
    """The copies of the first model, by the operations and lattice vectors of the crystal, whose
    mean atomic place lies in lower ≤ x < upper (fractional), as one model in P 1.

    Chains of copies have the names of the original ones and a prime. Where there would be more than
    `most_atoms` atoms, the copies nearest to the middle of the box are kept. A copy that the
    operations make twice, as of a molecule on a mirror plane, is there once.
    """
    cell, original = structure.cell, structure[0]
    positions = np.array([cra.atom.pos.tolist() for cra in original.all()]).reshape(-1, 3)
    result = gemmi.Structure()
    result.cell, result.spacegroup_hm = cell, "P 1"
    model = gemmi.Model(1)
    if len(positions):
        to_frac = np.array(cell.frac.mat.tolist())
        to_orth = np.array(cell.orth.mat.tolist())
        frac = positions @ to_frac.T
        most = max(1, most_atoms // len(frac))
        for rotation, shift, moved in _copies(structure, frac, lower, upper, most):
            places = (frac @ rotation.T + shift) @ to_orth.T
            _add(model, original, places, moved)
    result.add_model(model)
    return result


def _copies(
    structure: gemmi.Structure, frac: NDArray[np.float64], lower: Corner, upper: Corner, most: int
) -> list[_Copy]:
    """At most `most` copies of atoms at (n, 3) fractional places, nearest to the middle first."""
    rotations, translations = operation_arrays(spacegroup_of(structure).operations())
    low, high = np.array(lower), np.array(upper)
    found: list[tuple[float, int, _Copy]] = []
    kept: list[NDArray[np.float64]] = []
    for number, (rotation, translation) in enumerate(zip(rotations, translations, strict=True)):
        image = frac @ rotation.T + translation
        middle = image.mean(axis=0)
        ordered = np.sort(image, axis=0)
        if any(_differ_by_lattice(ordered, other) for other in kept):
            continue  # all copies of this operation are also those of an earlier one
        kept.append(ordered)
        first = np.ceil(low - middle - 1e-9).astype(int)
        last = np.ceil(high - middle - 1e-9).astype(int)
        for step in np.ndindex(*np.maximum(last - first, 0).tolist()):
            lattice = first + np.array(step)
            distance = float(np.abs(middle + lattice - (low + high) / 2).max())
            copy = _Copy(rotation, translation + lattice, number > 0 or bool(lattice.any()))
            found.append((distance, len(found), copy))
    found.sort(key=lambda one: one[:2])
    return [copy for _, _, copy in found[:most]]


def _differ_by_lattice(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether (n, 3) sorted coordinates differ by one lattice vector alone."""
    apart = one[0] - other[0]
    lattice = np.rint(apart)
    if np.abs(apart - lattice).max() >= _SAME:
        return False
    return bool(np.abs(one - other - lattice).max() < _SAME)


def _add(
    model: gemmi.Model,
    original: gemmi.Model,
    places: NDArray[np.float64],
    moved: bool,
) -> None:
    row = 0
    for chain in original:
        copy = chain.clone()
        if moved:
            copy.name = f"{chain.name}′"
        for residue in copy:
            for atom in residue:
                atom.pos = gemmi.Position(*places[row])
                row += 1
        model.add_chain(copy)
