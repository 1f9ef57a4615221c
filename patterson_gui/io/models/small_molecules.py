"""Read small-molecule structures from CIF (core dictionary) as `gemmi.Structure`."""

from collections import Counter

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import cell_of, operations_of, spacegroup_of
from patterson_gui.io.formats.sites import U_TO_B, Site, element_of, structure_of_sites

_SAME_PLACE = 0.4  # Å; an atom this near to its own image is on a special position
_U_ORDER = ("U_11", "U_22", "U_33", "U_12", "U_13", "U_23")


def symmetry_shares(
    frac: NDArray[np.float64], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> NDArray[np.float64]:
    """(n,) 1/m, where m is the number of operations that map a position to itself."""
    orth = np.array(cell.orth.mat.tolist())
    count = np.zeros(len(frac))
    for image in symmetry_images(frac, spacegroup.operations()):
        count += distances(image - frac, orth.T) < _SAME_PLACE
    return np.asarray(1.0 / np.maximum(count, 1.0))


def has_sites(block: cif.Block) -> bool:
    """Whether a block of the core dictionary has atoms."""
    return len(block.find_values("_atom_site_fract_x")) > 0


def structure_of_block(block: cif.Block, file_name: str) -> gemmi.Structure:
    """The structure of a block of the core dictionary.

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
    listed = operations_of(block)
    if listed is not None and gemmi.find_spacegroup_by_ops(listed) is None:
        raise UserError(
            f"{file_name} uses a setting of its space group that is in no table: "
            "transform the structure to a standard setting (PLATON and VESTA can)."
        )
    spacegroup = spacegroup_of(block, cell)
    if spacegroup is None:
        raise UserError(
            f"{file_name} has no known space group: add its operations "
            "(_space_group_symop_operation_xyz)."
        )
    sites = _sites(block)
    if not sites:
        raise UserError(f"{file_name} holds no atoms with coordinates: choose another file.")
    # In the dictionary, occupancies are chemical: 1 for a full atom on a special position too.
    frac = np.array([site.frac for site in sites])
    shares = symmetry_shares(frac, cell, spacegroup)
    shared = [
        Site(s.label, s.element, s.frac, s.occ * share, s.u_iso, s.u_aniso, s.part)
        for s, share in zip(sites, shares, strict=True)
    ]
    return structure_of_sites(block.name, cell, spacegroup, shared)


def _sites(block: cif.Block) -> list[Site]:
    items = ["label", "fract_x", "fract_y", "fract_z"]
    optional = [
        "type_symbol", "occupancy", "U_iso_or_equiv", "B_iso_or_equiv", "disorder_group",
    ]  # fmt: skip
    aniso = _anisotropic(block)
    sites = []
    for row in block.find("_atom_site_", [*items, *(f"?{item}" for item in optional)]):
        label = cif.as_string(row[0])
        frac = tuple(cif.as_number(row[i]) for i in (1, 2, 3))
        values = {
            item: row[i] if row.has(i) else "?" for i, item in enumerate(optional, start=len(items))
        }
        element = element_of(cif.as_string(values["type_symbol"])) or element_of(label)
        if element is None or not np.isfinite(frac).all():
            continue  # a dummy atom, or one without coordinates
        u_iso = cif.as_number(
            values["U_iso_or_equiv"], cif.as_number(values["B_iso_or_equiv"]) / U_TO_B
        )
        group = cif.as_string(values["disorder_group"])
        sites.append(
            Site(
                label=label,
                element=element,
                frac=(frac[0], frac[1], frac[2]),
                occ=cif.as_number(values["occupancy"], 1.0),
                u_iso=u_iso if np.isfinite(u_iso) else 0.05,
                u_aniso=aniso.get(label),
                part=int(group) if group.lstrip("-").isdigit() else 0,
            )
        )
    return sites


def _anisotropic(block: cif.Block) -> dict[str, tuple[float, ...]]:
    """U of each label, in the order of `Site.u_aniso`."""
    found = {}
    for row in block.find("_atom_site_aniso_", ["label", *_U_ORDER]):
        values = tuple(cif.as_number(row[i]) for i in range(1, 7))
        if np.isfinite(values).all():
            found[cif.as_string(row[0])] = values
    return found


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
