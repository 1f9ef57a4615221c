"""Vectors between the atoms of a crystal, at the places where its Patterson map has their peaks."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.sites.site_symmetry import site_symmetries
from patterson_gui.crystal.symmetry_images import operation_arrays

MOST_VECTORS = 20_000
_MOST_ATOMS = 2_000  # heaviest atoms whose pairs are compared
_STEPS = 100_000  # fractional coordinates are compared in units of 1/_STEPS
_OFFSET = 0.0371  # of a unit: coordinates with five decimals do not lie on a boundary
_SAME = 1e-4  # fractional; vectors that differ by less coincide
_ZERO = 0.05  # Å; shorter vectors are those of an atom to itself
_CHUNK = 2_000_000  # images of vectors in memory at once


@dataclass(frozen=True, eq=False)
class InteratomicVectors:
    """Vectors u = x_i − (R x_j + t), unique under the symmetry of the Patterson map.

    Attributes
    ----------
    frac : (n, 3) fractional u v w in 0..1, of one of the equivalent vectors.
    length : (n,) Å, of the shortest of all vectors that differ by a lattice translation.
    weight : (n,) Σ Z_i Z_j over all pairs in the cell whose vectors coincide at `frac`, Z with
        occupancy: the height of the peak relative to Σ Z² at the origin.
    first, second : (n,) rows of the atoms i and j; equal for an atom and its image.
    operation : (n,) number of (R, t) among `spacegroup.operations().sym_ops`.
    left_out : number of pairs of atoms that are too light to be here.
    """

    frac: NDArray[np.float64]
    length: NDArray[np.float64]
    weight: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    operation: NDArray[np.int64]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.weight)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "InteratomicVectors":
        """The vectors in `rows` (a mask or row numbers)."""
        return InteratomicVectors(
            self.frac[rows], self.length[rows], self.weight[rows], self.first[rows],
            self.second[rows], self.operation[rows], self.left_out,
        )  # fmt: skip

    def of_atom(self, row: int) -> NDArray[np.int64]:
        """Row numbers of the vectors that begin or end at an atom."""
        return np.flatnonzero((self.first == row) | (self.second == row))


def interatomic_vectors(
    atoms: AsymmetricUnit,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    most: int = MOST_VECTORS,
) -> InteratomicVectors:
    """The vectors of all pairs of atoms, through all symmetry operations, heaviest first.

    Each stands for its equivalents in the Patterson map: those by the point group, by inversion
    and by the lattice. Zero vectors, of an atom to itself, are left out.

    Parameters
    ----------
    atoms : the independent atoms.
    most : largest number of vectors before equivalent ones are joined. Pairs with the smallest
        Z_i Z_j are left out beyond it, and counted.
    """
    operations = spacegroup.operations()
    rotations, translations = operation_arrays(operations.sym_ops)
    centring = np.array(operations.cen_ops, dtype=np.float64).reshape(-1, 3) / gemmi.Op.DEN
    sites = site_symmetries(atoms.frac, cell, spacegroup)
    frac = np.array([site.frac for site in sites]).reshape(-1, 3)
    electrons = np.array([gemmi.Element(e).atomic_number for e in atoms.elements], dtype=float)
    # An atom on a special position is its own image: each of `order` operations counts it again.
    electrons = electrons * atoms.occ / np.array([site.order for site in sites], dtype=float)

    first, second, left_out = _heaviest_pairs(electrons, max(1, most // len(rotations)))
    images = np.einsum("gij,mj->mgi", rotations, frac[second]) + translations
    u = (frac[first][:, None] - images).reshape(-1, 3)
    axes = orthogonalization(cell).T
    pair = np.repeat(np.arange(len(first)), len(rotations))
    operation = np.tile(np.arange(len(rotations)), len(first))
    away = _lengths(u, axes, centring) > _ZERO
    u, pair, operation = u[away], pair[away], operation[away]

    code, place = _canonical(u, rotations, centring)
    _, row, number = np.unique(
        np.column_stack([pair, code]), axis=0, return_index=True, return_counts=True
    )
    place, pair, operation = place[row], pair[row], operation[row]
    first, second = first[pair], second[pair]
    same, inverted = _coincidences(place, rotations, centring)
    # Each operation of the group moves the pair, so `number` pairs meet at each of `same` images;
    # vectors from j to i add as many where u and −u are equivalent by rotation, and stand for
    # half of the operations where i = j.
    both = np.where(inverted > 0, 2.0, 1.0) * np.where(first == second, 0.5, 1.0)
    weight = electrons[first] * electrons[second] * len(centring) * same * number * both
    order = np.argsort(-weight, kind="stable")
    return InteratomicVectors(
        place[order], _lengths(place[order], axes, centring), weight[order], first[order],
        second[order], operation[order], left_out,
    )  # fmt: skip


def _lengths(
    u: NDArray[np.float64], axes: NDArray[np.float64], centring: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) Å, the length of the shortest vector to u from a point of the lattice."""
    return np.asarray(np.min([distances(u + c, axes) for c in centring], axis=0))


def _heaviest_pairs(
    electrons: NDArray[np.float64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Rows i ≤ j of the `most` pairs with the largest Z_i Z_j, and how many others there are."""
    n = len(electrons)
    kept = np.sort(np.argsort(-electrons, kind="stable")[:_MOST_ATOMS])
    one, other = np.triu_indices(len(kept))
    one, other = kept[one], kept[other]
    order = np.argsort(-electrons[one] * electrons[other], kind="stable")[:most]
    return one[order], other[order], n * (n + 1) // 2 - len(order)


def _canonical(
    u: NDArray[np.float64], rotations: NDArray[np.float64], centring: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(n,) a number that equivalent vectors share, and (n, 3) the equivalent in 0..1 of that
    number."""
    moves = np.concatenate([rotations, -rotations])
    codes = np.empty(len(u), dtype=np.int64)
    places = np.empty((len(u), 3))
    size = max(1, _CHUNK // (len(moves) * len(centring)))
    for start in range(0, len(u), size):
        part = slice(start, start + size)
        images = np.einsum("rij,nj->nri", moves, u[part])[:, :, None] + centring
        images = images.reshape(len(images), -1, 3)
        steps = np.floor(images * _STEPS + _OFFSET + 0.5).astype(np.int64) % _STEPS
        each = (steps[..., 0] * _STEPS + steps[..., 1]) * _STEPS + steps[..., 2]
        best = each.argmin(axis=1)
        rows = np.arange(len(best))
        codes[part], places[part] = each[rows, best], images[rows, best] % 1.0
    return codes, places


def _coincidences(
    u: NDArray[np.float64], rotations: NDArray[np.float64], centring: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,) numbers of rotations R with R u = u, and with R u = −u, up to the lattice."""
    counts = np.zeros((2, len(u)), dtype=np.int64)
    size = max(1, _CHUNK // (len(rotations) * len(centring)))
    for start in range(0, len(u), size):
        part = slice(start, start + size)
        images = np.einsum("rij,nj->nri", rotations, u[part])
        for row, sign in enumerate((1, -1)):
            difference = (images - sign * u[part][:, None])[:, :, None] + centring
            meets = (np.abs(difference - np.rint(difference)) < _SAME).all(axis=3).any(axis=2)
            counts[row, part] = meets.sum(axis=1)
    return counts[0], counts[1]
