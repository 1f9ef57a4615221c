"""Atoms of a crystal with their symmetry operations, read from files or from a solution."""

from collections import Counter
from collections.abc import Iterable, Iterator
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
    sites : (n,) number of the site; alternative positions of one atom share it.
    ordered : (n,) false where an atom is disordered or smeared out, so that nothing is asked of it.
    u_iso : (n,) Å².
    """

    to_cartesian: NDArray[np.float64]
    frac: NDArray[np.float64]
    elements: NDArray[np.str_]
    sites: NDArray[np.int64]
    ordered: NDArray[np.bool_]
    u_iso: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.frac)


def atoms_in_cell(
    cell: gemmi.UnitCell,
    operations: Iterable[gemmi.Op],
    elements: Iterable[str],
    frac: NDArray[np.float64],
    occ: NDArray[np.float64],
    u_iso: NDArray[np.float64],
    sites: NDArray[np.int64] | None = None,
) -> AtomsInCell:
    """Apply all operations (centring included); coinciding images of an atom become one atom.

    Hydrogen is left out. `frac` is (n, 3); `occ` and `u_iso` are (n,). `sites` (n,) numbers the
    sites where some atoms are alternative positions of one.
    """
    symbols = np.array(list(elements), dtype=str)
    heavy = ~np.isin(symbols, ("H", "D"))
    to_cartesian = np.array(cell.orth.mat.tolist()).T
    every = list(operations)
    rotations = np.array([op.rot for op in every]) / gemmi.Op.DEN
    shifts = np.array([op.tran for op in every]) / gemmi.Op.DEN
    points: list[NDArray[np.float64]] = []
    parents: list[int] = []
    numbers: list[int] = []
    own = np.arange(len(symbols)) if sites is None else sites
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
            numbers.append(int(own[row]) * len(every) + group)
    of = np.array(parents, dtype=np.int64)
    ordered = (occ[of] >= LOWEST_OCC) & (u_iso[of] <= HIGHEST_U)
    return AtomsInCell(
        to_cartesian,
        np.array(points).reshape(-1, 3),
        symbols[of],
        np.array(numbers, dtype=np.int64),
        ordered,
        u_iso[of],
    )


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
    return truth_of_structure(structure)


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


def truth_of_structure(structure: gemmi.Structure) -> Truth:
    """Atoms of a macromolecule; where an atom has alternative positions, their mean is a further
    one, because at moderate resolution the density has its peak there."""
    spacegroup = structure.find_spacegroup() or gemmi.SpaceGroup("P 1")
    elements, frac, occ, u_iso, sites = [], [], [], [], []
    for number, alternatives in enumerate(_alternatives(structure)):
        weights = np.array([max(atom.occ, 1e-3) for atom in alternatives])
        places = np.array(
            [structure.cell.fractionalize(atom.pos).tolist() for atom in alternatives]
        )
        if len(alternatives) > 1:
            places = np.concatenate([places, [weights @ places / weights.sum()]])
        b_iso = min(atom.b_iso for atom in alternatives)
        for place in places:
            elements.append(alternatives[0].element.name)
            frac.append(place)
            occ.append(weights.sum())
            u_iso.append(b_iso / (8 * np.pi**2))
            sites.append(number)
    atoms = atoms_in_cell(
        structure.cell,
        spacegroup.operations(),
        elements,
        np.array(frac),
        np.array(occ),
        np.array(u_iso),
        np.array(sites),
    )
    return Truth(atoms, spacegroup)


def _alternatives(structure: gemmi.Structure) -> Iterator[list[gemmi.Atom]]:
    for chain in structure[0]:
        for residue in chain:
            by_name: dict[str, list[gemmi.Atom]] = {}
            for atom in residue:
                by_name.setdefault(atom.name, []).append(atom)
            yield from by_name.values()


def contents_of(path: Path) -> dict[str, float]:
    """Atoms of each element in the whole cell of a macromolecule, without hydrogen."""
    structure = gemmi.read_structure(str(path))
    spacegroup = structure.find_spacegroup() or gemmi.SpaceGroup("P 1")
    counts: Counter[str] = Counter()
    for site in structure[0].all():
        if site.atom.element.atomic_number > 1:
            counts[site.atom.element.name] += site.atom.occ * len(spacegroup.operations())
    return {element: round(number) for element, number in counts.items()}
