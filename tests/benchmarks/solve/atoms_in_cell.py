"""Atoms of a crystal with their symmetry operations, read from files or from a solution."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SAME_PLACE = 0.2  # Å: closer images of one atom are one atom on a special position
LOWEST_OCC = 0.5  # atoms with less are disordered
HIGHEST_U = 0.3  # Å²: atoms with more are smeared out


@dataclass(frozen=True, eq=False)
class AtomsInCell:
    """Every non-hydrogen atom of one unit cell.

    Attributes
    ----------
    to_cartesian : (3, 3) matrix A with x_cartesian = x_fractional A, Å.
    frac : (n, 3) fractional coordinates in 0..1.
    elements : (n,) symbols.
    ordered : (n,) false where an atom is disordered or smeared out, so that nothing is asked of it.
    """

    to_cartesian: NDArray[np.float64]
    frac: NDArray[np.float64]
    elements: NDArray[np.str_]
    ordered: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.frac)


def atoms_in_cell(
    cell: gemmi.UnitCell,
    operations: Iterable[gemmi.Op],
    elements: Iterable[str],
    frac: NDArray[np.float64],
    occ: NDArray[np.float64],
    u_iso: NDArray[np.float64],
) -> AtomsInCell:
    """Apply all operations (centring included); coinciding images of an atom become one atom.

    Hydrogen is left out. `frac` is (n, 3); `occ` and `u_iso` are (n,).
    """
    symbols = np.array(list(elements), dtype=str)
    heavy = ~np.isin(symbols, ("H", "D"))
    to_cartesian = np.array(cell.orth.mat.tolist()).T
    every = list(operations)
    rotations = np.array([op.rot for op in every]) / gemmi.Op.DEN
    shifts = np.array([op.tran for op in every]) / gemmi.Op.DEN
    points: list[NDArray[np.float64]] = []
    parents: list[int] = []
    for row in np.flatnonzero(heavy):
        images = (rotations @ frac[row] + shifts) % 1.0
        apart = images[:, None] - images
        apart -= np.rint(apart)
        near = np.linalg.norm(apart @ to_cartesian, axis=2) < SAME_PLACE
        count, groups = connected_components(coo_array(near), directed=False)
        for group in range(count):
            members = np.flatnonzero(groups == group)
            centre = images[members[0]] + apart[members, members[0]].mean(axis=0)
            points.append(centre % 1.0)
            parents.append(int(row))
    of = np.array(parents, dtype=np.int64)
    ordered = (occ[of] >= LOWEST_OCC) & (u_iso[of] <= HIGHEST_U)
    return AtomsInCell(to_cartesian, np.array(points).reshape(-1, 3), symbols[of], ordered)


@dataclass(frozen=True, eq=False)
class Truth:
    """A deposited structure: its atoms and its space group."""

    atoms: AtomsInCell
    spacegroup: gemmi.SpaceGroup


def read_truth(path: Path) -> Truth:
    """The first structure of a CIF of a small molecule, an mmCIF or a PDB file.

    Raises
    ------
    ValueError : there are no atoms.
    """
    if path.suffix == ".cif":
        for block in gemmi.cif.read(str(path)):
            if len(block.find_loop("_atom_site_fract_x")):
                return _of_small_structure(gemmi.make_small_structure_from_block(block))
    structure = gemmi.read_structure(str(path))
    if not len(structure):
        raise ValueError(f"{path.name} holds no atoms")
    return _of_structure(structure)


def _of_small_structure(small: gemmi.SmallStructure) -> Truth:
    sites = [site for site in small.sites if site.element.atomic_number > 0]
    spacegroup = small.spacegroup or gemmi.SpaceGroup("P 1")
    atoms = atoms_in_cell(
        small.cell,
        spacegroup.operations(),
        [site.element.name for site in sites],
        np.array([site.fract.tolist() for site in sites]),
        np.array([site.occ for site in sites]),
        np.array([site.u_iso for site in sites]),
    )
    return Truth(atoms, spacegroup)


def _of_structure(structure: gemmi.Structure) -> Truth:
    sites = [site.atom for site in structure[0].all()]
    spacegroup = structure.find_spacegroup() or gemmi.SpaceGroup("P 1")
    atoms = atoms_in_cell(
        structure.cell,
        spacegroup.operations(),
        [site.element.name for site in sites],
        np.array([structure.cell.fractionalize(site.pos).tolist() for site in sites]),
        np.array([site.occ for site in sites]),
        np.array([site.b_iso for site in sites]) / (8 * np.pi**2),
    )
    return Truth(atoms, spacegroup)
