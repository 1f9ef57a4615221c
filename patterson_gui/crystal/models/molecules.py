"""Molecules of a crystal: one piece of each in the asymmetric unit, complete ones, a full cell."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.displacements import U_COLUMNS, U_ROWS, u_matrices
from patterson_gui.crystal.lattices import minimum_image
from patterson_gui.crystal.models.atom_images import Operations
from patterson_gui.crystal.models.bonds import Bonds

_MOST_VECTORS = 3_000_000  # between two groups of atoms; beyond, only their centres are compared


@dataclass(frozen=True, eq=False)
class PlacedAtoms:
    """Atoms of a crystal, each an independent atom moved by an operation.

    Attributes
    ----------
    atom : (m,) rows of the asymmetric unit.
    operation, shift : (m,), (m, 3) the atom is at R x + t + shift of that operation.
    frac : (m, 3) fractional coordinates.
    molecule : (m,) number of the connected molecule, from 0.
    endless : (number of molecules,) whether bonds connect a molecule to copies of itself in other
        cells: chains, layers and frameworks, of which only one repeat is given.
    operations : of the space group.
    """

    atom: NDArray[np.int64]
    operation: NDArray[np.int64]
    shift: NDArray[np.int64]
    frac: NDArray[np.float64]
    molecule: NDArray[np.int64]
    endless: NDArray[np.bool_]
    operations: Operations

    def __len__(self) -> int:
        return len(self.atom)


# ---------------------------------------------------------------- the asymmetric unit
def connected(model: AsymmetricUnit, cell: gemmi.UnitCell, bonds: Bonds) -> AsymmetricUnit:
    """The same asymmetric unit with each molecule in one piece and the molecules together.

    Atoms move by operations of the space group alone, so structure factors stay the same. The
    centre of the largest molecule lies within the cell; the others (ions, solvent) are placed at
    their images nearest to it.

    Parameters
    ----------
    bonds : of this model, as `find_bonds` gives them.
    """
    if len(model) == 0:
        return model
    rotation, translation, group = _spanned(model, bonds)
    moved = np.einsum("nij,nj->ni", rotation, model.frac) + translation
    sizes = np.bincount(group, weights=~model.is_hydrogen + 1e-3)
    order = np.argsort(-sizes, kind="stable")
    largest = group == order[0]
    translation[largest] -= np.floor(moved[largest].mean(axis=0) + 1e-6)
    anchor = np.einsum("nij,nj->ni", rotation[largest], model.frac[largest]) + translation[largest]
    ops = bonds.images.operations
    for number in order[1:]:
        rows = np.flatnonzero(group == number)
        operation, step = _nearest_image(moved[rows], anchor, ops, cell)
        turn = ops.rotations[operation]
        translation[rows] = translation[rows] @ turn.T + ops.translations[operation] + step
        rotation[rows] = np.einsum("ij,njk->nik", turn, rotation[rows])
    return moved_model(model, rotation, translation, cell)


def _spanned(
    model: AsymmetricUnit, bonds: Bonds
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Motions (n, 3, 3), (n, 3) that join the atoms along bonds; the (n,) number of the molecule.

    The shortest spanning tree by (has a metal, leaves the given place, relative length), so that
    a ligand is joined through its own bonds and atoms stay where they are if possible.
    """
    n = len(model)
    ops = bonds.images.operations
    metal = np.array([gemmi.Element(element).is_metal for element in model.elements])
    leaving = (bonds.operation != 0) | bonds.shift.any(axis=1)
    with_metal = metal[bonds.atom] | metal[bonds.neighbour]
    by_atom = _rows_of(bonds.atom, n)
    rotation = np.repeat(np.eye(3, dtype=np.int64)[None], n, axis=0)
    translation = np.zeros((n, 3))
    group = np.full(n, -1, dtype=np.int64)
    for number, start in enumerate(np.argsort(model.is_hydrogen, kind="stable")):
        if group[start] >= 0:
            continue
        waiting: list[tuple[bool, bool, float, int]] = []
        group[start] = number

        def offer(atom: int, waiting: list[tuple[bool, bool, float, int]] = waiting) -> None:
            for row in by_atom[atom]:
                if group[bonds.neighbour[row]] < 0:
                    entry = bool(with_metal[row]), bool(leaving[row]), float(bonds.length[row])
                    heapq.heappush(waiting, (*entry, int(row)))

        offer(int(start))
        while waiting:
            row = heapq.heappop(waiting)[-1]
            atom, new = int(bonds.atom[row]), int(bonds.neighbour[row])
            if group[new] >= 0:
                continue
            group[new] = number
            step = ops.translations[bonds.operation[row]] + bonds.shift[row]
            rotation[new] = rotation[atom] @ ops.rotations[bonds.operation[row]]
            translation[new] = rotation[atom] @ step + translation[atom]
            offer(new)
    return rotation, translation, np.unique(group, return_inverse=True)[1]


def _rows_of(values: NDArray[np.int64], n: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(n)]
    for row, value in enumerate(values.tolist()):
        rows[value].append(row)
    return rows


def _nearest_image(
    frac: NDArray[np.float64],
    anchor: NDArray[np.float64],
    operations: Operations,
    cell: gemmi.UnitCell,
) -> tuple[int, NDArray[np.float64]]:
    """Operation and whole cells that bring a group of atoms nearest to the anchor's."""
    axes = orthogonalization(cell).T
    images = operations.images(frac)
    if images[..., 0].size * len(anchor) > _MOST_VECTORS:
        images = images.mean(axis=1, keepdims=True)
        anchor = anchor.mean(axis=0, keepdims=True)
    difference = images[:, :, None] - anchor
    nearest = minimum_image(difference, axes)
    lengths = np.linalg.norm(nearest @ axes, axis=-1)
    # The identity wins where several images are equally near.
    lengths = lengths + 1e-4 * np.arange(len(lengths))[:, None, None]
    best = np.unravel_index(int(lengths.argmin()), lengths.shape)
    return int(best[0]), np.rint(nearest[best] - difference[best])


def moved_model(
    model: AsymmetricUnit,
    rotation: NDArray[np.int64],
    translation: NDArray[np.float64],
    cell: gemmi.UnitCell,
) -> AsymmetricUnit:
    """Each atom moved by its own operation: x' = R x + t, and U with it.

    Parameters
    ----------
    rotation, translation : (n, 3, 3), (n, 3) in fractional coordinates.
    """
    frac = np.einsum("nij,nj->ni", rotation, model.frac) + translation
    sigma, sigma_u = model.sigma_frac, model.sigma_u_aniso
    if sigma is not None:
        # Uncertainties of coordinates taken as independent.
        sigma = np.sqrt(np.einsum("nij,nj->ni", rotation.astype(float) ** 2, sigma**2))
    if sigma_u is not None:
        sigma_u = _moved_u(sigma_u, np.abs(rotation), cell)
    return replace(
        model,
        frac=frac,
        u_aniso=_moved_u(model.u_aniso, rotation, cell),
        sigma_frac=sigma,
        sigma_u_aniso=sigma_u,
    )


def _moved_u(
    u_aniso: NDArray[np.float64], rotation: NDArray[np.int64], cell: gemmi.UnitCell
) -> NDArray[np.float64]:
    """(n, 6) U after rotations (n, 3, 3) of fractional coordinates.

    On a, b, c the mean square displacement is V_ij = U_ij a*_i a*_j, and V' = R V Rᵀ
    (International Tables D, 1.9.2.2).
    """
    reciprocal = cell.reciprocal()
    star = np.array([reciprocal.a, reciprocal.b, reciprocal.c])
    scale = np.outer(star, star)
    unmoved = (rotation == np.eye(3, dtype=np.int64)).all(axis=(1, 2))
    v = u_matrices(u_aniso) * scale
    moved = np.einsum("nij,njk,nlk->nil", rotation, v, rotation) / scale
    six = moved[:, U_ROWS, U_COLUMNS]
    return np.where(unmoved[:, None], u_aniso, six)


# ---------------------------------------------------------------- beyond the asymmetric unit
def grown(model: AsymmetricUnit, bonds: Bonds) -> PlacedAtoms:
    """The molecules of the asymmetric unit, completed by symmetry.

    Pass a model that is `connected`, otherwise each piece of a molecule grows to a whole one.
    """
    starts = [(i, 0) for i in np.argsort(model.is_hydrogen, kind="stable").tolist()]
    return _placed(model, bonds, starts)


def packed(model: AsymmetricUnit, cell: gemmi.UnitCell, bonds: Bonds) -> PlacedAtoms:
    """All atoms of one unit cell, in complete molecules with their centres in the cell."""
    first = bonds.images.first
    order = np.argsort(model.is_hydrogen, kind="stable").tolist()
    starts = [
        (atom, operation)
        for operation in range(len(first))
        for atom in order
        if first[operation, atom] == operation
    ]
    placed = _placed(model, bonds, starts)
    n = len(placed.endless)
    counts = np.bincount(placed.molecule, minlength=n)[:, None]
    centre = np.stack(
        [np.bincount(placed.molecule, placed.frac[:, axis], n) for axis in range(3)], axis=1
    )
    step = -np.floor(centre / counts + 1e-6).astype(np.int64)[placed.molecule]
    return replace(placed, shift=placed.shift + step, frac=placed.frac + step)


def with_neighbours(model: AsymmetricUnit, bonds: Bonds) -> PlacedAtoms:
    """The independent atoms and all atoms bonded to them, as one group: the surroundings in
    frameworks, whose molecules have no end."""
    images, ops = bonds.images, bonds.images.operations
    own = np.arange(len(model))
    atom = np.concatenate([own, bonds.neighbour])
    operation = np.concatenate([np.zeros_like(own), bonds.operation])
    shift = np.concatenate([np.zeros((len(own), 3), dtype=np.int64), bonds.shift])
    shift = shift + images.shift[operation, atom]
    operation = images.first[operation, atom]
    keys = np.column_stack([atom, operation, shift])
    rows = np.sort(np.unique(keys, axis=0, return_index=True)[1])
    return _at(model, atom[rows], operation[rows], shift[rows], ops)


def filled_cell(model: AsymmetricUnit, bonds: Bonds, edge: float = 0.01) -> PlacedAtoms:
    """All atoms with coordinates 0 to 1, those on faces of the cell on both, as one group."""
    first, ops = bonds.images.first, bonds.images.operations
    operation, atom = np.nonzero(first == np.arange(len(first))[:, None])
    places = ops.images(model.frac)[operation, atom]
    home = -np.floor(places + edge).astype(np.int64)
    steps = np.array(list(np.ndindex(2, 2, 2)), dtype=np.int64)
    shift = (home[:, None] + steps).reshape(-1, 3)
    inside = ((np.repeat(places, len(steps), axis=0) + shift) <= 1.0 + edge).all(axis=1)
    atom, operation = (np.repeat(values, len(steps))[inside] for values in (atom, operation))
    return _at(model, atom, operation, shift[inside], ops)


def _at(
    model: AsymmetricUnit,
    atom: NDArray[np.int64],
    operation: NDArray[np.int64],
    shift: NDArray[np.int64],
    operations: Operations,
) -> PlacedAtoms:
    """One group of placed atoms."""
    frac = np.einsum("mij,mj->mi", operations.rotations[operation], model.frac[atom])
    frac = frac + operations.translations[operation] + shift
    molecule = np.zeros(len(atom), dtype=np.int64)
    return PlacedAtoms(atom, operation, shift, frac, molecule, np.ones(1, dtype=bool), operations)


def _placed(model: AsymmetricUnit, bonds: Bonds, starts: Sequence[tuple[int, int]]) -> PlacedAtoms:
    """Follow bonds from each start (atom, operation) that is not reached yet."""
    images, ops = bonds.images, bonds.images.operations
    product, product_shift = ops.products
    by_atom = _rows_of(bonds.atom, len(model))

    def neighbours(atom: int, operation: int) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        """Neighbours of an image of an atom, with their shift against that image."""
        for row in by_atom[atom]:
            other, inner = int(bonds.neighbour[row]), bonds.operation[row]
            number = int(product[operation, inner])
            shift = ops.rotations[operation] @ bonds.shift[row] + product_shift[operation, inner]
            shift = shift + images.shift[number, other]
            yield other, int(images.first[number, other]), shift

    seen: dict[tuple[int, int], NDArray[np.int64]] = {}
    rows: list[tuple[int, int, int]] = []
    endless: list[bool] = []
    for start in starts:
        atom, operation = start[0], int(images.first[start[1], start[0]])
        if (atom, operation) in seen:
            continue
        molecule = len(endless)
        endless.append(False)
        seen[atom, operation] = images.shift[start[1], atom]
        members = [(atom, operation)]
        for member in members:
            for other, number, shift in neighbours(*member):
                where = seen[member] + shift
                if (other, number) not in seen:
                    seen[other, number] = where
                    members.append((other, number))
                elif (seen[other, number] != where).any():
                    endless[molecule] = True
        rows += [(*member, molecule) for member in members]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    shift = np.array([seen[a, o] for a, o, _ in rows], dtype=np.int64).reshape(-1, 3)
    turned = np.einsum("mij,mj->mi", ops.rotations[table[:, 1]], model.frac[table[:, 0]])
    frac = turned + ops.translations[table[:, 1]] + shift
    return PlacedAtoms(
        table[:, 0], table[:, 1], shift, frac, table[:, 2], np.array(endless, dtype=bool), ops
    )
