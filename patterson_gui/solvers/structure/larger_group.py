"""The larger space group of a refined structure whose atoms have more symmetry than its group.

A twin can fill the absences of a glide plane or screw axis. Then the phases lead to a subgroup,
and the symmetry shows in the refined atoms only.
"""

from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import minimum_image
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.crystal.symmetry.group_absences import Absences
from patterson_gui.crystal.symmetry.missed_symmetry import TOLERANCE, find_missed_symmetry
from patterson_gui.crystal.symmetry.operations import operations_of
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.solvers.refinement.least_squares.parameters import Freedom, Parameters
from patterson_gui.solvers.refinement.least_squares.reflection_data import prepare
from patterson_gui.solvers.refinement.least_squares.structure_factors import calculate

# Share of Σ I² of the forbidden reflections that the second domain of a twin may leave unexplained.
_UNEXPLAINED = 0.25
_SAME_ATOM = 0.9  # Å; images of one element that are closer than a bond are one atom


def model_in_larger_group(
    structure: RefinedStructure,
) -> tuple[gemmi.SpaceGroup, AsymmetricUnit] | None:
    """The larger group that the atoms have, and its independent atoms, isotropic.

    Each is the mean of the atoms that the further operations make equivalent. Hydrogen atoms are
    left out. None where no atoms map onto each other, or the group needs other axes.
    """
    cell = structure.merged.cell
    missed = find_missed_symmetry(structure.model, cell, structure.spacegroup)
    if missed is None or missed.spacegroup is None:
        return None
    heavy = structure.model.without_hydrogen()
    return missed.spacegroup, _independent(heavy, missed.shift, missed.spacegroup, cell)


def absences_explained(structure: RefinedStructure, measured: Intensities) -> bool:
    """Whether the reflections that the group forbids are weak, or come from the second domain of
    the twin that was refined.

    A second domain adds K t |F′c|² at the indices h′ of the twin law, which the group may allow.
    """
    group = operations_of(structure.spacegroup)
    centred = gemmi.SpaceGroup(structure.spacegroup.centring_type() + " 1")
    allowed = ~np.asarray(centred.operations().systematic_absences(measured.hkl), dtype=bool)
    if not Absences(measured, allowed).of_group(group).violated:
        return True
    figures = structure.figures
    if figures.twin_law is None:
        return False
    operations = structure.spacegroup.operations()
    absent = np.asarray(operations.systematic_absences(measured.hkl), dtype=bool)
    forbidden = merge(measured.select(allowed & absent), centred, friedel=True)
    data = prepare(replace(forbidden, spacegroup=structure.spacegroup), twin_law=figures.twin_law)
    atoms = Parameters(structure.model, data, Freedom(), TOLERANCE).atoms(structure.model)
    second = calculate(atoms, data).intensity.cpu().numpy()[len(forbidden.hkl) :]
    predicted = figures.scale * figures.twin_fraction * second
    left = float(((forbidden.value - predicted) ** 2).sum())
    return left < _UNEXPLAINED * float((forbidden.value**2).sum())


def _independent(
    model: AsymmetricUnit,
    shift: NDArray[np.float64],
    spacegroup: gemmi.SpaceGroup,
    cell: gemmi.UnitCell,
) -> AsymmetricUnit:
    """One atom of each orbit of the group: the mean of the images near the first of them."""
    axes = orthogonalization(cell).T
    frac = model.frac + shift
    images = symmetry_images(frac, spacegroup.operations())
    left = np.ones(len(model), dtype=bool)
    rows, places = [], []
    for row in range(len(model)):
        if not left[row]:
            continue
        same = np.array([element == model.elements[row] for element in model.elements])
        apart = minimum_image(images - frac[row], axes)
        near = (np.linalg.norm(apart @ axes, axis=-1) < _SAME_ATOM) & (left & same)
        places.append(frac[row] + apart[near].mean(axis=0))
        rows.append(row)
        left &= ~near.any(axis=0)
    chosen = model.select(np.array(rows, dtype=np.int64))
    found = AsymmetricUnit.isotropic(chosen.elements, np.array(places), chosen.u_iso)
    return replace(found, occ=chosen.occ)
