"""Special positions: site symmetry, and which shifts and displacement parameters it allows."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.displacements import U_COLUMNS, U_ROWS
from patterson_gui.crystal.symmetry_images import operation_arrays

_SAME = 1e-8
_MOST_MOVES = 100


@dataclass(frozen=True, eq=False)
class SiteSymmetry:
    """What the symmetry of a site allows.

    Attributes
    ----------
    order : number of operations that leave the site where it is; 1 at a general position.
    frac : (3,) the position moved exactly onto the site.
    shifts : (3, m) basis of the allowed shifts, fractional coordinates.
    u : (6, k) basis of the allowed U11 U22 U33 U12 U13 U23 (CIF convention).
    """

    order: int
    frac: NDArray[np.float64]
    shifts: NDArray[np.float64]
    u: NDArray[np.float64]

    @property
    def is_special(self) -> bool:
        """Whether some operation other than the identity leaves the site where it is."""
        return self.order > 1


def site_symmetries(
    frac: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    tolerance: float = 0.05,
) -> list[SiteSymmetry]:
    """Site symmetry of positions (n, 3), fractional.

    A position is special if an image of it is closer than `tolerance` Å. It moves to the mean of
    these images, and again, until they coincide.
    """
    rotations, translations = operation_arrays(spacegroup.operations())
    to_cartesian = orthogonalization(cell).T
    result: list[SiteSymmetry] = []
    for start in np.asarray(frac, dtype=np.float64).reshape(-1, 3):
        x = start
        for _ in range(_MOST_MOVES):
            shifts = rotations @ x + translations - x
            shifts -= np.round(shifts)
            keep = np.linalg.norm(shifts @ to_cartesian, axis=1) < tolerance
            move = shifts[keep].mean(axis=0)
            x = x + move
            if np.abs(move).max() < _SAME:
                break
        group = rotations[np.abs(shifts).max(axis=1) < 10 * _SAME]
        if len(group) == 1:
            result.append(SiteSymmetry(1, start.copy(), np.eye(3), np.eye(6)))
            continue
        allowed_u = _invariant_u(group, cell)
        result.append(SiteSymmetry(len(group), x, _invariant(group.mean(axis=0)), allowed_u))
    return result


def _invariant(projection: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal basis (columns) of the vectors that a projection leaves unchanged."""
    n = len(projection)
    _, values, rows = np.linalg.svd(projection - np.eye(n))
    return np.asarray(rows[values < 1e-6].T)


def _invariant_u(group: NDArray[np.float64], cell: gemmi.UnitCell) -> NDArray[np.float64]:
    """(6, k) basis of U with U* = R U* Rᵀ for all R; U*_ij = a*_i a*_j U_ij."""
    star = np.array([cell.reciprocal().a, cell.reciprocal().b, cell.reciprocal().c])
    projection = np.zeros((6, 6))
    for column, (i, j) in enumerate(zip(U_ROWS, U_COLUMNS, strict=True)):
        unit = np.zeros((3, 3))
        unit[i, j] = unit[j, i] = 1.0
        u_star = unit * np.outer(star, star)
        mean = np.einsum("nij,jk,nlk->il", group, u_star, group) / len(group)
        projection[:, column] = (mean / np.outer(star, star))[U_ROWS, U_COLUMNS]
    return _invariant(projection)


def polar_directions(spacegroup: gemmi.SpaceGroup) -> NDArray[np.float64]:
    """(k, 3) fractional directions along which the origin is not fixed by symmetry."""
    rotations, _ = operation_arrays(spacegroup.operations())
    return _invariant(rotations.mean(axis=0)).T
