"""The atoms of a solved structure as they are drawn: asymmetric unit, molecules, cell, packing."""

from enum import StrEnum

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.models.bonds import Bonds
from patterson_gui.crystal.models.molecules import (
    PlacedAtoms,
    filled_cell,
    grown,
    packed,
    with_neighbours,
)
from patterson_gui.io.formats.sites import Site, structure_of_sites

_MOST_PACKED = 20_000  # atoms; of larger packings one cell is drawn
_AROUND = 0.5  # cells beyond each face whose molecules belong to the packing


class Extent(StrEnum):
    """How much of the crystal is drawn."""

    UNIT = "unit"
    MOLECULES = "molecules"
    CELL = "cell"
    PACKING = "packing"


EXTENT_WORDS = {
    Extent.UNIT: "Asymmetric unit",
    Extent.MOLECULES: "Complete molecules",
    Extent.CELL: "Unit cell",
    Extent.PACKING: "Packing",
}


def drawn_structure(
    model: AsymmetricUnit,
    cell: gemmi.UnitCell,
    bonds: Bonds,
    extent: Extent = Extent.UNIT,
    *,
    hydrogens: bool = True,
) -> gemmi.Structure:
    """The atoms to draw, each with its label; symmetry mates have a prime.

    Parameters
    ----------
    model : connected, see `crystal/models/molecules.py: connected`.
    bonds : of this model.
    """
    frac, atom, moved = _places(model, cell, bonds, extent)
    sites = [
        Site(
            label=model.labels[row] + ("′" if mate else ""),
            element=model.elements[row],
            frac=(float(place[0]), float(place[1]), float(place[2])),
            occ=float(model.occ[row]),
            u_iso=float(model.u_iso[row]),
            part=int(model.part[row]),
        )
        for place, row, mate in zip(frac, atom.tolist(), moved.tolist(), strict=True)
        if hydrogens or not model.is_hydrogen[row]
    ]
    return structure_of_sites("model", cell, gemmi.SpaceGroup("P 1"), sites)


def _places(
    model: AsymmetricUnit, cell: gemmi.UnitCell, bonds: Bonds, extent: Extent
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """(m, 3) places, (m,) rows of the model, (m,) whether an atom is a symmetry mate."""
    n = len(model)
    if extent is Extent.UNIT or n == 0:
        return model.frac, np.arange(n), np.zeros(n, dtype=bool)
    if extent is Extent.MOLECULES:
        placed = grown(model, bonds)
        if placed.endless.any():
            placed = with_neighbours(model, bonds)
    else:
        placed = packed(model, cell, bonds)
        if placed.endless.any():
            placed = filled_cell(model, bonds)
        elif extent is Extent.PACKING and 8 * len(placed) <= _MOST_PACKED:
            return _packing(placed)
    moved = (placed.operation != 0) | placed.shift.any(axis=1)
    return placed.frac, placed.atom, moved


def _packing(
    placed: PlacedAtoms,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """The molecules of a cell and of those around it whose centres are near the cell."""
    n = len(placed.endless)
    counts = np.maximum(np.bincount(placed.molecule, minlength=n), 1)[:, None]
    total = [np.bincount(placed.molecule, placed.frac[:, i], n) for i in range(3)]
    centre = np.stack(total, axis=1) / counts
    places, atoms, moved = [], [], []
    for step in np.array(list(np.ndindex(3, 3, 3)), dtype=np.int64) - 1:
        inside = ((centre + step > -_AROUND) & (centre + step < 1 + _AROUND)).all(axis=1)
        rows = inside[placed.molecule]
        places.append(placed.frac[rows] + step)
        atoms.append(placed.atom[rows])
        shift = placed.shift[rows] + step
        moved.append((placed.operation[rows] != 0) | shift.any(axis=1))
    return np.concatenate(places), np.concatenate(atoms), np.concatenate(moved)
