"""Make a crystal from a deposited model: amplitudes, density and composition of the cell."""

import math
from collections import Counter

import gemmi
import numpy as np

from patterson_gui.crystal.cells import refuse_impossible_edges
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.reciprocal.structure_factors import (
    atoms_of,
    spacegroup_of,
    structure_factors,
    with_ncs_copies,
)
from patterson_gui.errors import UserError

_SMALL_VOLUME = 150_000.0  # Å³: smaller cells are quick to calculate to 1.5 Å
_MANY_REFLECTIONS = 3_000_000  # reflections of one hemisphere that are still quick to calculate


class NoUnitCell(UserError):  # noqa: N818
    """The model has no unit cell; a P1 box around it can be used instead."""


def crystal_from_model(structure: gemmi.Structure, d_min: float | None = None) -> Crystal:
    """A model's crystal in its own space group, with amplitudes calculated to `d_min` Å.

    `d_min` None: see `default_resolution`.

    Raises
    ------
    NoUnitCell
        where the model has no unit cell (no CRYST1, or the 1 Å cube that stands for none).
    UserError
        where an edge of the cell is longer than any crystal's.
    """
    atoms = atoms_of(structure)
    if not has_unit_cell(structure):
        raise NoUnitCell(
            f"{structure.name or 'The model'} has no unit cell (CRYST1): "
            "put it into a P1 box, or add its cell to the file."
        )
    cell, spacegroup = structure.cell, spacegroup_of(structure)
    refuse_impossible_edges(cell, structure.name or "The model")
    if d_min is None:
        d_min = default_resolution(cell)
    coefficients = structure_factors(atoms, cell, spacegroup, d_min)
    notes = []
    if not cell.is_compatible_with_spacegroup(spacegroup):
        notes.append(f"The cell does not have the symmetry of {spacegroup.xhm()}.")
    if len(structure) > 1:
        notes.append(f"The first of {len(structure)} models is used.")
    source = structure.name or "the model"
    return Crystal(
        name=structure.name,
        cell=cell,
        spacegroup=spacegroup,
        amplitudes=coefficients.amplitudes(f"calculated to {d_min:g} Å from {source}"),
        model=structure,
        composition=composition_of(structure),
        truth=true_density(structure, d_min, coefficients=coefficients),
        provenance=(
            f"Amplitudes of {source}, {len(atoms)} atoms, {spacegroup.xhm()}, "
            f"calculated to {d_min:g} Å."
        ),
        notes=tuple(notes),
    )


def default_resolution(cell: gemmi.UnitCell) -> float:
    """1.5 Å for cells up to 150,000 Å³, 2.0 Å for larger ones, lower for very large ones."""
    if cell.volume <= _SMALL_VOLUME:
        return 1.5
    limit: float = (2.0 / 3.0 * math.pi * cell.volume / _MANY_REFLECTIONS) ** (1 / 3)
    return max(2.0, math.ceil(2.0 * limit) / 2.0)


def has_unit_cell(structure: gemmi.Structure) -> bool:
    """Whether the model has a real unit cell."""
    cell = structure.cell
    lengths = (cell.a, cell.b, cell.c)
    return (
        cell.is_crystal()
        and all(math.isfinite(x) and x > 1.0 for x in lengths)
        and math.isfinite(cell.volume)
        and cell.volume > 1.0
    )


def composition_of(structure: gemmi.Structure) -> Composition:
    """Non-hydrogen atoms of the whole cell: occupancies summed, times the symmetry."""
    copies = len(spacegroup_of(structure).operations())
    atoms = atoms_of(structure)
    sums: Counter[str] = Counter()
    for element, occupancy in zip(atoms.elements, atoms.occ, strict=True):
        if element not in ("H", "D"):
            sums[element] += float(occupancy) * copies  # type: ignore[assignment]
    return Composition({element: max(1, round(n)) for element, n in sums.items()})


def without_cell(structure: gemmi.Structure, margin: float = 5.0) -> gemmi.Structure:
    """A copy in a P1 box: the model's extent plus `margin` Å along each axis, its middle
    at the middle of the box."""
    boxed = with_ncs_copies(structure).clone()
    if len(boxed) == 0 or boxed[0].count_atom_sites() == 0:
        raise UserError("The model holds no atoms: choose a file with coordinates.")
    positions = np.array([cra.atom.pos.tolist() for cra in boxed[0].all()])
    low, high = positions.min(axis=0), positions.max(axis=0)
    edges = np.ceil(high - low + margin)
    boxed.cell = gemmi.UnitCell(edges[0], edges[1], edges[2], 90, 90, 90)
    boxed.spacegroup_hm = "P 1"
    boxed.has_origx = False
    boxed.ncs = gemmi.NcsOpList()
    shift = gemmi.Position(*(edges / 2 - (low + high) / 2))
    for model in boxed:
        for cra in model.all():
            cra.atom.pos += shift
    boxed.setup_cell_images()
    return boxed
