"""Read small-molecule structures from CIF (core dictionary) as `gemmi.Structure`."""

from collections import Counter
from dataclasses import replace

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import cell_of, is_modulated, symmetry_of_block
from patterson_gui.io.formats.sites import (
    SAME_PLACE,
    element_of,
    expanded_sites,
    structure_of_sites,
)
from patterson_gui.io.models.cif_sites import prefix_of_sites, sites_of_block
from patterson_gui.io.models.contents import ReadModel

_MODULATED = "The crystal is modulated: its average structure is opened."


def symmetry_shares(
    frac: NDArray[np.float64], cell: gemmi.UnitCell, operations: gemmi.GroupOps
) -> NDArray[np.float64]:
    """(n,) 1/m, where m is the number of operations that map a position to itself."""
    orth = np.array(cell.orth.mat.tolist())
    count = np.zeros(len(frac))
    for image in symmetry_images(frac, operations):
        count += distances(image - frac, orth.T) < SAME_PLACE
    return np.asarray(1.0 / np.maximum(count, 1.0))


def has_sites(block: cif.Block) -> bool:
    """Whether a block of the core dictionary has atoms."""
    return prefix_of_sites(block) is not None


def model_of_block(block: cif.Block, file_name: str) -> ReadModel:
    """The model of a block of the core dictionary, with notes.

    A setting of the space group that is in no table is expanded to P 1 by its own operations.

    Raises
    ------
    UserError : cell or space group is missing or unknown, or there are no atoms.
    """
    cell = cell_of(block)
    if cell is None:
        raise UserError(
            f"{file_name} has fractional coordinates but no usable cell: "
            "add _cell_length_a … _cell_angle_gamma."
        )
    symmetry = symmetry_of_block(block, cell, file_name)
    if not symmetry.known:
        problem = symmetry.problem or "has no known space group"
        raise UserError(
            f"{file_name} {problem}: add its operations (_space_group_symop_operation_xyz)."
        )
    group = symmetry.spacegroup or p1()
    operations = symmetry.operations or group.operations()
    sites, notes = sites_of_block(block, cell, operations)
    if not sites:
        raise UserError(f"{file_name} holds no atoms with coordinates: choose another file.")
    # In the dictionary, occupancies are chemical: 1 for a full atom on a special position too.
    frac = np.array([site.frac for site in sites])
    shares = symmetry_shares(frac, cell, operations)
    shared = [
        replace(site, occ=site.occ * share) for site, share in zip(sites, shares, strict=True)
    ]
    if symmetry.operations is not None:
        shared = expanded_sites(shared, cell, symmetry.operations)
    structure = structure_of_sites(block.name, cell, group, shared)
    modulated = (_MODULATED,) if is_modulated(block) else ()
    return ReadModel(structure, (*symmetry.notes, *modulated, *notes))


def formula_in_cell(block: cif.Block) -> dict[str, int] | None:
    """Numbers of non-hydrogen atoms in the cell, from formula and Z; None: either is missing."""
    formula = block.find_value("_chemical_formula_sum")
    z = cif.as_number(block.find_value("_cell_formula_units_Z") or "?")
    if not formula or cif.is_null(formula) or not z > 0:
        return None
    counts: Counter[str] = Counter()
    for part in cif.as_string(formula).replace(",", " ").split():
        symbol = part.rstrip("0123456789.")
        if element_of(symbol) != symbol.capitalize() or symbol in ("H", "D"):
            continue
        try:
            counts[symbol] += round(float(part[len(symbol) :] or 1) * z)
        except ValueError:
            return None
    return dict(counts) or None
