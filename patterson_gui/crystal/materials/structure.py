"""Convert gemmi structures to materials with all atoms of the cell, and back."""

from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import distances, minimum_image
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.models.lone_atoms import structure_of_atoms
from patterson_gui.crystal.models.whole_cell import has_unit_cell
from patterson_gui.crystal.reciprocal.structure_factors import spacegroup_of
from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.errors import UserError

B_ISO = 1.0  # Å², for atoms without B; usual for inorganic crystals
SAME_PLACE = 0.4  # Å: an atom closer to its image than this lies on a special position
_LISTED_TWICE = 0.1  # Å: closer atoms of one element are one atom
_WHOLE = 0.95  # occupancy; sites with less are partly occupied
_TOO_NEAR = 0.9  # Å: closer alternatives exclude each other
_LEAST_VOLUME = 1.0  # Å³
_FLATTEST = 1e-3  # smallest volume of a cell over a·b·c
_LONGEST = 1e5  # Å, edge of a cell or coordinate of an atom


def material_of(structure: gemmi.Structure) -> Material:
    """All atoms of the cell of the first model, in P1, in the frame of the PDB convention.

    Of alternative positions those of highest occupancy are used, with occupancy 1. Without a unit
    cell the material has no lattice.

    Raises
    ------
    UserError
        if there are no atoms, or sites are shared or partly occupied, so that no single cell
        represents the crystal.
    """
    name = structure.name or "The model"
    atoms = [cra.atom for cra in structure[0].all()] if len(structure) else []
    atoms = _of_alternatives([atom for atom in atoms if atom.element.atomic_number > 0])
    if not atoms:
        raise UserError(f"{name} holds no atoms of a known element: choose another file.")
    positions = np.array([atom.pos.tolist() for atom in atoms])
    numbers = np.array([atom.element.atomic_number for atom in atoms], np.int64)
    occ = np.array([1.0 if atom.has_altloc() else atom.occ for atom in atoms])
    if not has_unit_cell(structure):
        _refuse_partial(name, atoms, occ)
        return Material(positions, numbers, None, name=structure.name)
    lattice = orthogonalization(structure.cell).T
    frac = positions @ np.linalg.inv(lattice)
    operations = spacegroup_of(structure).operations()
    places = [_images(row, operations, lattice) for row in frac]
    # gemmi's convention: the occupancy of an atom on a special position is divided.
    whole = np.array([len(operations) / len(images) for images in places])
    occ = np.where([atom.has_altloc() for atom in atoms], occ, occ * whole)
    _refuse_partial(name, atoms, occ)
    all_frac = np.concatenate(places)
    all_numbers = np.repeat(numbers, [len(images) for images in places])
    if len(operations) > 1:
        first = _first_of_each(all_frac, all_numbers, lattice)
        all_frac, all_numbers = all_frac[first], all_numbers[first]
    return Material(all_frac @ lattice, all_numbers, lattice, name=structure.name)


def structure_of(material: Material, b_iso: float = B_ISO) -> gemmi.Structure:
    """The material as a structure of one residue, in P1, turned to the PDB convention."""
    positions, cell = material.positions, gemmi.UnitCell()
    if material.lattice is not None:
        turned = to_standard_axes(material)
        positions, cell = turned.positions, turned.cell or cell
    elements = map(gemmi.Element, material.numbers.tolist())
    name = material.name or material.formula
    return structure_of_atoms(name, cell, elements, positions, b_iso)


def to_standard_axes(material: Material) -> Material:
    """The same crystal with a along x, b in the xy plane and right-handed axes.

    The axes of a left-handed lattice are reversed; atoms and lattice points do not change.
    """
    if material.lattice is None:
        return material
    lattice, frac = material.lattice, material.frac
    if np.linalg.det(lattice) < 0:
        lattice, frac = -lattice, -frac
    # L = (lower triangle)(rotation), from the QR of the transpose, the diagonal made positive.
    _, r = np.linalg.qr(lattice.T)
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    turned = np.ascontiguousarray((r * signs[:, None]).T)
    turned[np.triu_indices(3, 1)] = 0.0
    return replace(material, positions=frac @ turned, lattice=turned)


def refuse_impossible(material: Material, where: str) -> Material:
    """Return the material, if it is possible; `where` names file and place in errors.

    Raises
    ------
    UserError : no atoms, a coordinate that is not a number, or a cell without volume.
    """
    if not len(material):
        raise UserError(f"{where} holds no atoms: choose another one.")
    if not np.isfinite(material.positions).all():
        raise UserError(
            f"{where} gives an atom a coordinate that is not a number: correct it or get it again."
        )
    if np.abs(material.positions).max() > _LONGEST:
        raise UserError(
            f"{where} puts an atom farther than {_LONGEST:,.0f} Å from the origin: correct it or "
            "get it again."
        )
    lattice = material.lattice
    if lattice is None:
        return material
    edges = np.linalg.norm(lattice, axis=1)
    least = max(_LEAST_VOLUME, _FLATTEST * float(np.prod(edges)))
    if not (np.isfinite(lattice).all() and material.volume >= least):
        raise UserError(
            f"{where} has a lattice whose axes enclose no volume: correct its three vectors."
        )
    if edges.max() > _LONGEST:
        raise UserError(
            f"{where} has an axis longer than {_LONGEST:,.0f} Å: correct its three vectors."
        )
    return material


def _images(
    frac: NDArray[np.float64], operations: gemmi.GroupOps, lattice: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(m, 3) the different positions of one atom in the cell, its own first.

    An atom that operations nearly map onto itself is moved to the special position.
    """
    rotations, shifts = operation_arrays(operations)
    away = minimum_image(rotations @ frac + shifts - frac, lattice)
    back = np.linalg.norm(away @ lattice, axis=1) < SAME_PLACE
    images: NDArray[np.float64] = rotations @ (frac + away[back].mean(0)) + shifts
    same = distances(images[:, None] - images, lattice) < SAME_PLACE / 2
    images = images[same.argmax(1) == np.arange(len(images))]
    inside = images - np.floor(images + 1e-6)
    inside[0] = images[0]  # as in the file
    return inside


def _first_of_each(
    frac: NDArray[np.float64], numbers: NDArray[np.int64], lattice: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Mask of the atoms to keep if a file also lists symmetry equivalents of atoms."""
    kept: list[int] = []
    for number in np.unique(numbers):
        rows = np.flatnonzero(numbers == number)
        for i in rows:
            others = frac[[k for k in kept if numbers[k] == number]] - frac[i]
            if not (distances(others, lattice) < _LISTED_TWICE).any():
                kept.append(int(i))
    return np.array(sorted(kept), np.int64)


def _of_alternatives(atoms: list[gemmi.Atom]) -> list[gemmi.Atom]:
    """Choose alternative groups by occupancy, highest first, if they can occur together."""
    groups: dict[str, list[gemmi.Atom]] = {}
    for atom in atoms:
        if atom.has_altloc():
            groups.setdefault(atom.altloc, []).append(atom)
    if not groups:
        return atoms
    chosen: set[str] = set()
    taken = np.empty((0, 3))
    ranked = sorted(groups, key=lambda a: (-float(np.mean([x.occ for x in groups[a]])), a))
    for letter in ranked:
        places = np.array([atom.pos.tolist() for atom in groups[letter]])
        apart = np.linalg.norm(places[:, None] - taken, axis=2)
        if not (apart < _TOO_NEAR).any():
            chosen.add(letter)
            taken = np.concatenate([taken, places])
    return [atom for atom in atoms if not atom.has_altloc() or atom.altloc in chosen]


def _refuse_partial(name: str, atoms: list[gemmi.Atom], occ: NDArray[np.float64]) -> None:
    partial = np.flatnonzero(occ < _WHOLE)
    if len(partial):
        worst = atoms[int(partial[0])]
        raise UserError(
            f"{name} has {len(partial)} {'site' if len(partial) == 1 else 'sites'} only partly "
            f"occupied (as {worst.name}, {occ[partial[0]]:.2f}), so that no single cell shows what "
            "is there: choose an ordered crystal."
        )
