"""Make a `gemmi.Structure` from atoms in fractional coordinates (SHELX, small-molecule CIF)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np

from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.symmetry_images import symmetry_images

U_TO_B = 8.0 * np.pi**2
SAME_PLACE = 0.4  # Å; an atom this near to its own image is on a special position


@dataclass(frozen=True)
class Site:
    """One atom of the asymmetric unit.

    `occ` : crystallographic occupancy, ½ for a full atom on a twofold axis. `u_aniso` : U11 U22
    U33 U12 U13 U23, Å², in the crystallographic convention.
    """

    label: str
    element: str
    frac: tuple[float, float, float]
    occ: float
    u_iso: float
    u_aniso: tuple[float, ...] | None = None
    part: int = 0  # disorder group: atoms of different groups exclude one another


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


def expanded_sites(
    sites: Sequence[Site], cell: gemmi.UnitCell, operations: gemmi.GroupOps
) -> list[Site]:
    """The sites of the whole cell in P 1, for a setting that is in no table.

    Images of an atom on a special position coincide: one is kept, with the sum of occupancies.
    """
    every = list(operations)
    orth = np.array(cell.orth.mat.tolist())
    expanded = []
    for site in sites:
        images = symmetry_images(np.array([site.frac]), every)[:, 0] % 1.0
        kept: list[int] = []
        for number, image in enumerate(images):
            if not any(distances(images[i] - image, orth.T) < SAME_PLACE for i in kept):
                kept.append(number)
        share = site.occ * len(every) / len(kept)
        for i in kept:
            x, y, z = (float(value) for value in images[i])
            u = None if site.u_aniso is None else _turned(site.u_aniso, every[i], cell)
            expanded.append(replace(site, frac=(x, y, z), occ=share, u_aniso=u))
    return expanded


def _turned(u: Sequence[float], op: gemmi.Op, cell: gemmi.UnitCell) -> tuple[float, ...]:
    """U of the image of an atom: with x' = Rx, U' = N⁻¹R N U Nᵀ Rᵀ N⁻¹ᵀ, where N = diag(a*, b*, c*)
    (Trueblood et al., Acta Cryst. A52, 770, 1996)."""
    u11, u22, u33, u12, u13, u23 = u
    matrix = np.array([[u11, u12, u13], [u12, u22, u23], [u13, u23, u33]])
    reciprocal = cell.reciprocal()
    scale = np.array([reciprocal.a, reciprocal.b, reciprocal.c])
    turn = np.array(op.rot) / gemmi.Op.DEN * scale / scale[:, None]
    full = turn @ matrix @ turn.T
    pairs = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
    return tuple(float(full[i, j]) for i, j in pairs)


def _atom(site: Site, cell: gemmi.UnitCell) -> gemmi.Atom:
    atom = gemmi.Atom()
    atom.name = site.label
    atom.element = gemmi.Element(site.element)
    atom.pos = cell.orthogonalize(gemmi.Fractional(*site.frac))
    atom.occ = site.occ
    atom.b_iso = U_TO_B * site.u_iso
    if site.part:
        atom.altloc = chr(ord("A") + (abs(site.part) - 1) % 26)
    if site.u_aniso is not None:
        u = _cartesian(site.u_aniso, cell)
        atom.aniso = gemmi.SMat33f(*u)
        atom.b_iso = float(U_TO_B * np.mean(u[:3]))
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


def element_of(text: str) -> str | None:
    """The element at the beginning of a type symbol or label: 'Cl1-' → 'Cl'; None: none."""
    letters = "".join(c for c in text[:2] if c.isalpha()).capitalize()
    for candidate in (letters, letters[:1]):
        if candidate and gemmi.Element(candidate).atomic_number > 0:
            return candidate
    return None
