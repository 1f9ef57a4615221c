"""Small-molecule structures as `gemmi.Structure`, so that all models are of one type."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.crystal.lattices import distances
from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import cell_of, operations_of, spacegroup_of

_U_TO_B = 8.0 * np.pi**2
_SAME_PLACE = 0.4  # Å: an atom this near its own image lies on a special position
_U_ORDER = ("U_11", "U_22", "U_33", "U_12", "U_13", "U_23")


@dataclass(frozen=True)
class Site:
    """One atom of the asymmetric unit.

    `occ` is crystallographic: an atom on a special position carries its share. `u_aniso`
    is U11 U22 U33 U12 U13 U23 of the crystallographic convention, Å².
    """

    label: str
    element: str
    frac: tuple[float, float, float]
    occ: float
    u_iso: float
    u_aniso: tuple[float, ...] | None = None
    part: int = 0  # disorder group; atoms of different groups are never there together


def structure_of_sites(
    name: str, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup, sites: Sequence[Site]
) -> gemmi.Structure:
    """A structure of one residue that holds all sites."""
    structure = gemmi.Structure()
    structure.name = name
    structure.cell = cell
    structure.spacegroup_hm = spacegroup.xhm()
    residue = gemmi.Residue()
    residue.name, residue.seqid, residue.het_flag = "UNL", gemmi.SeqId("1"), "H"
    for site in sites:
        residue.add_atom(_atom(site, cell))
    chain, model = gemmi.Chain("A"), gemmi.Model(1)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_cell_images()
    return structure


def _atom(site: Site, cell: gemmi.UnitCell) -> gemmi.Atom:
    atom = gemmi.Atom()
    atom.name = site.label
    atom.element = gemmi.Element(site.element)
    atom.pos = cell.orthogonalize(gemmi.Fractional(*site.frac))
    atom.occ = site.occ
    atom.b_iso = _U_TO_B * site.u_iso
    if site.part:
        atom.altloc = chr(ord("A") + (abs(site.part) - 1) % 26)
    if site.u_aniso is not None:
        u = _cartesian(site.u_aniso, cell)
        atom.aniso = gemmi.SMat33f(*u)
        atom.b_iso = float(_U_TO_B * np.mean(u[:3]))
    return atom


def _cartesian(u: Sequence[float], cell: gemmi.UnitCell) -> list[float]:
    """U from the basis a*a, b*b, c*c to Cartesian axes (Grosse-Kunstleve & Adams, 2002)."""
    u11, u22, u33, u12, u13, u23 = u
    matrix = np.array([[u11, u12, u13], [u12, u22, u23], [u13, u23, u33]])
    reciprocal = cell.reciprocal()
    to_cartesian = np.array(cell.orth.mat.tolist()) @ np.diag(
        [reciprocal.a, reciprocal.b, reciprocal.c]
    )
    full = to_cartesian @ matrix @ to_cartesian.T
    return [float(full[i, j]) for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))]


def symmetry_shares(
    frac: NDArray[np.float64], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> NDArray[np.float64]:
    """(n,) 1/m of positions that m operations leave where they are."""
    orth = np.array(cell.orth.mat.tolist())
    count = np.zeros(len(frac))
    for op in spacegroup.operations():
        rotation = np.array(op.rot) / op.DEN
        image = frac @ rotation.T + np.array(op.tran) / op.DEN
        count += distances(image - frac, orth.T) < _SAME_PLACE
    return np.asarray(1.0 / np.maximum(count, 1.0))


def element_of(text: str) -> str | None:
    """The element that a type symbol or a label begins with: 'Cl1-' → 'Cl'; None: none."""
    letters = "".join(c for c in text[:2] if c.isalpha()).capitalize()
    for candidate in (letters, letters[:1]):
        if candidate and gemmi.Element(candidate).atomic_number > 0:
            return candidate
    return None


def has_sites(block: cif.Block) -> bool:
    """Whether a block of the core dictionary gives atoms."""
    return len(block.find_values("_atom_site_fract_x")) > 0


def structure_of_block(block: cif.Block, file_name: str) -> gemmi.Structure:
    """The structure of a core CIF block (fractional coordinates)."""
    cell = cell_of(block)
    if cell is None:
        raise UserError(
            f"{file_name} gives atoms in fractions of a cell, but no usable cell: "
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
            f"{file_name} gives no space group that is known: add its operations "
            "(_space_group_symop_operation_xyz)."
        )
    sites = _sites(block)
    if not sites:
        raise UserError(f"{file_name} holds no atoms with coordinates: choose another file.")
    # The dictionary counts the chemical occupancy, full on a special position too.
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
            continue  # a dummy, or an atom without coordinates
        u_iso = cif.as_number(
            values["U_iso_or_equiv"], cif.as_number(values["B_iso_or_equiv"]) / _U_TO_B
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
    """U by label, in the order of `Site.u_aniso`."""
    found = {}
    for row in block.find("_atom_site_aniso_", ["label", *_U_ORDER]):
        values = tuple(cif.as_number(row[i]) for i in range(1, 7))
        if np.isfinite(values).all():
            found[cif.as_string(row[0])] = values
    return found


def formula_in_cell(block: cif.Block) -> dict[str, int] | None:
    """Non-hydrogen atoms of the cell from formula and Z; None where either is missing."""
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
