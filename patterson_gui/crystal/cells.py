"""Unit cells: grid shapes, comparison of two cells, outline of a cell."""

import math

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError

MOST_POINTS = 2**28  # largest number of points of a grid, 1 GiB
LONGEST_EDGE = 5_000.0  # Å; the longest known are below 3,000 Å
EDGES_DIFFER = 0.01  # largest relative difference of edges of the same crystal
ANGLES_DIFFER = 1.0  # largest difference of its angles, degrees

# The twelve edges of a cell whose corners are numbered 4i + 2j + k.
_EDGES = np.array(
    [(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit], dtype=np.uint32
)


def p1() -> gemmi.SpaceGroup:
    """The space group without symmetry."""
    return gemmi.SpaceGroup("P 1")


def same_cell(one: gemmi.UnitCell, other: gemmi.UnitCell) -> bool:
    """Whether two cells can be of one crystal: edges within 1 %, angles within 1°.

    Cells of one crystal differ by rounding in files (0.1 % at most), by the calibration of the
    detector distance (a few tenths of a per cent) and by temperature (up to about 1 % between
    100 K and room temperature). A difference beyond that makes two crystals non-isomorphous:
    0.5 % in all edges changes intensities at 3 Å by about 15 % (Crick & Magdoff, Acta Cryst. 9,
    901, 1956), so that the model of one is no truth for the other. Differences are
    relative to the edges of `one`.
    """
    edges = zip(one.parameters[:3], other.parameters[:3], strict=True)
    angles = zip(one.parameters[3:], other.parameters[3:], strict=True)
    return all(abs(a - b) <= EDGES_DIFFER * a for a, b in edges) and all(
        abs(a - b) <= ANGLES_DIFFER for a, b in angles
    )


def refuse_impossible_edges(cell: gemmi.UnitCell, name: str) -> None:
    """Refuse what is called `name` if an edge of its cell is longer than any crystal's.

    Raises
    ------
    UserError : it is.
    """
    longest = max(cell.parameters[:3])
    if longest > LONGEST_EDGE:
        raise UserError(
            f"{name} has a cell edge of {longest:,.0f} Å, which no crystal has: correct its cell."
        )


def grid_shape(
    cell: gemmi.UnitCell,
    spacing: float,
    spacegroup: gemmi.SpaceGroup | None = None,
    *,
    d_min: float | None = None,
) -> tuple[int, int, int]:
    """Numbers of grid points (nu, nv, nw) along a, b, c.

    Each is the smallest even product of 2, 3 and 5 that puts neighbouring points at most
    `spacing` Å apart along its axis, holds every reflection to `d_min` (Å; |h| ≤ a/d_min,
    whatever the angles) with none on the Nyquist plane, and maps onto itself under
    `spacegroup`. A grid of more than 2²⁸ points (1 GiB) is refused.
    """
    if not spacing > 0:
        raise ValueError(f"a grid spacing must be positive, not {spacing}")
    factors = [1, 1, 1]
    tied = [[0], [1], [2]]
    if spacegroup is not None:
        operations = spacegroup.operations()
        factors = list(operations.find_grid_factors())
        tied = _axes_exchanged(operations)
    sizes = [0, 0, 0]
    for axes in tied:
        # Even, because several programs take the half-spectrum of an odd axis for an even one.
        factor = math.lcm(2, *(factors[i] for i in axes))
        need = max(_points_needed((cell.a, cell.b, cell.c)[i], spacing, d_min) for i in axes)
        for i in axes:
            sizes[i] = smooth_multiple(need, factor)
    if math.prod(sizes) > MOST_POINTS:
        raise UserError(
            f"A grid of {' × '.join(map(str, sizes))} points needs "
            f"{math.prod(sizes) * 4 / 2**30:.1f} GiB of memory: choose a coarser spacing or a "
            "lower resolution."
        )
    return sizes[0], sizes[1], sizes[2]


def _points_needed(edge: float, spacing: float, d_min: float | None) -> int:
    need = math.ceil(edge / spacing - 1e-6)
    if d_min is not None:
        need = max(need, 2 * math.floor(edge / d_min + 1e-6) + 1)
    return max(need, 1)


def _axes_exchanged(operations: gemmi.GroupOps) -> list[list[int]]:
    """Groups of axes that some operation maps onto one another."""
    mixes = np.zeros((3, 3), dtype=bool)
    for op in operations.sym_ops:
        mixes |= np.array(op.rot) != 0
    mixes |= mixes.T
    groups: list[list[int]] = []
    for i in range(3):
        for group in groups:
            if any(mixes[i, j] for j in group):
                group.append(i)
                break
        else:
            groups.append([i])
    return groups


def smooth_multiple(need: int, factor: int) -> int:
    """Smallest multiple of `factor`, at least `need`, without a prime factor above 5."""
    n = -(-need // factor) * factor
    while not _is_smooth(n):
        n += factor
    return n


def _is_smooth(n: int) -> bool:
    for prime in (2, 3, 5):
        while n % prime == 0:
            n //= prime
    return n == 1


def orthogonalization(cell: gemmi.UnitCell) -> NDArray[np.float64]:
    """(3, 3) matrix M with Cartesian Å = M · fractional (PDB convention)."""
    return np.array(cell.orth.mat.tolist(), dtype=np.float64)


def lattice_outline(cell: gemmi.UnitCell) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """The parallelepiped of the cell.

    Returns
    -------
    corners : (8, 3) Cartesian, Å; corner 4i + 2j + k lies at fractional (i, j, k).
    edges : (12, 2) indices of the corners each edge joins.
    """
    frac = np.array(list(np.ndindex(2, 2, 2)), dtype=np.float64)
    return frac @ orthogonalization(cell).T, _EDGES.copy()
