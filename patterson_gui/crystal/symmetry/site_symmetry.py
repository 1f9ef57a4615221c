"""Special positions: site symmetry, and which shifts and displacement parameters it allows."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization

_SAME = 1e-6
# Rows and columns of U11 U22 U33 U12 U13 U23 in the 3 × 3 matrix.
U_ROWS = (0, 1, 2, 0, 0, 1)
U_COLUMNS = (0, 1, 2, 1, 2, 2)


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


def rotations_and_translations(
    spacegroup: gemmi.SpaceGroup,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3, 3) and (n, 3) of all operations, centring included: x' = R x + t."""
    operations = list(spacegroup.operations())
    rotations = np.array([op.rot for op in operations], dtype=np.float64) / gemmi.Op.DEN
    translations = np.array([op.tran for op in operations], dtype=np.float64) / gemmi.Op.DEN
    return rotations, translations


def site_symmetries(
    frac: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    tolerance: float = 0.05,
) -> list[SiteSymmetry]:
    """Site symmetry of positions (n, 3), fractional.

    A position is special if an image of it is closer than `tolerance` Å. Images that would
    not form a group are left out, nearest first.
    """
    rotations, translations = rotations_and_translations(spacegroup)
    metric = orthogonalization(cell)
    result: list[SiteSymmetry] = []
    for x in np.asarray(frac, dtype=np.float64).reshape(-1, 3):
        images = rotations @ x + translations
        nearest = images - np.round(images - x)
        distance = np.linalg.norm((nearest - x) @ metric.T, axis=1)
        keep = np.flatnonzero(distance < tolerance)
        result.append(_site(x, rotations, translations, keep, cell))
    return result


def _site(
    x: NDArray[np.float64],
    rotations: NDArray[np.float64],
    translations: NDArray[np.float64],
    keep: NDArray[np.int64],
    cell: gemmi.UnitCell,
) -> SiteSymmetry:
    if len(keep) == 1:
        return SiteSymmetry(1, x.copy(), np.eye(3), np.eye(6))
    for _ in range(6):
        # The mean of the images lies on the site if `keep` is its group.
        images = rotations[keep] @ x + translations[keep]
        centre = (images - np.round(images - x)).mean(axis=0)
        on_site = rotations @ centre + translations - centre
        fixed = np.flatnonzero(np.abs(on_site - np.round(on_site)).max(axis=1) < _SAME)
        if np.array_equal(fixed, keep):
            break
        keep, x = np.intersect1d(fixed, keep), (centre if len(fixed) > 1 else x)
    else:
        return SiteSymmetry(1, x.copy(), np.eye(3), np.eye(6))
    group = rotations[keep]
    return SiteSymmetry(
        len(keep), centre, _invariant(group.mean(axis=0)), _invariant_u(group, cell)
    )


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


def snap_to_special_positions(
    frac: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    distance: float = 0.45,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Positions (n, 3) closer than `distance` Å to their image moved onto the site, and orders.

    Returns
    -------
    frac : (n, 3); order : (n,) of the site symmetry, 1 at general positions.
    """
    sites = site_symmetries(frac, cell, spacegroup, distance)
    return (
        np.array([site.frac for site in sites]).reshape(-1, 3),
        np.array([site.order for site in sites], dtype=np.int64),
    )


def polar_directions(spacegroup: gemmi.SpaceGroup) -> NDArray[np.float64]:
    """(k, 3) fractional directions along which the origin is not fixed by symmetry."""
    rotations, _ = rotations_and_translations(spacegroup)
    return _invariant(rotations.mean(axis=0)).T
