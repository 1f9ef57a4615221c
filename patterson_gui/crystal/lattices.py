"""Lattices: shortest vectors between points, copies within a distance, reduced axes."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_NEIGHBOURS = np.array(list(np.ndindex(3, 3, 3)), np.float64) - 1.0
# A copy replaces the rounded vector only if its squared length is below this share.
_SHORTER = 1.0 - 1e-9
_CHUNK = 100_000  # number of vectors whose 27 copies are in memory at once


def minimum_image(frac: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shortest of all vectors that differ from `frac` by a lattice vector.

    Rounding fractional coordinates to −1/2 … 1/2 is not enough in a skewed cell: with edges of
    10 Å and an angle of 30° it gives up to 9.7 Å where no distance exceeds 5.2 Å. Here the rounded
    vector is kept where no copy can be shorter, that is up to half the shortest lattice vector.
    Elsewhere it is compared with its 27 neighbours in a reduced basis, which always include the
    shortest one (Nguyen & Stehlé, ACM Trans. Algorithms 5, 46, 2009, section 5).

    Parameters
    ----------
    frac : (..., 3) differences of fractional coordinates.
    axes : (3, 3) Å, the rows a, b, c.

    Returns
    -------
    (..., 3) fractional, `frac` plus whole numbers. Of equally short vectors the rounded one.
    Multiply by `axes` for Cartesian coordinates in Å; see `distances` for lengths.
    """
    frac = np.asarray(frac, np.float64)
    nearest = frac - np.rint(frac)
    flat = nearest.reshape(-1, 3)
    squared = ((flat @ axes) ** 2).sum(1)
    reduced, to_reduced, from_reduced = _reduced(np.ascontiguousarray(axes, np.float64).tobytes())
    # Just below a quarter, because the reduction stops at a gain of a thousandth.
    far = np.flatnonzero(squared > 0.249 * (reduced**2).sum(1).min())
    for start in range(0, len(far), _CHUNK):
        rows = far[start : start + _CHUNK]
        home = np.rint(flat[rows] @ to_reduced)
        copies = (flat[rows] @ to_reduced - home)[:, None] + _NEIGHBOURS
        lengths = ((copies @ reduced) ** 2).sum(2)
        best = lengths.argmin(1)
        shorter = lengths[np.arange(len(rows)), best] < squared[rows] * _SHORTER
        steps = np.rint((_NEIGHBOURS[best] - home) @ from_reduced)
        flat[rows[shorter]] += steps[shorter]
    return flat.reshape(frac.shape)


def distances(frac: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...) Å, the length of the shortest vector that differs from `frac` (..., 3), fractional,
    by a lattice vector of `axes` (3, 3), rows, Å."""
    return np.asarray(np.linalg.norm(minimum_image(frac, axes) @ axes, axis=-1))


def steps_within(axes: NDArray[np.float64], reach: float) -> NDArray[np.int64]:
    """The lattice vectors that lead from the home cell to every copy within `reach` Å.

    For any two points with fractional coordinates in 0 … 1, the copies of one that lie within
    `reach` of the other are among these. Two points that differ by u along a are at least |u|
    times the spacing of the (100) planes apart, so that steps of up to reach/spacing + 1 along a
    are enough, and likewise along b and c. In ordinary cells and for short distances this gives
    the home cell and its 26 neighbours; in strongly skewed cells these are too few.

    Parameters
    ----------
    axes : (3, 3) Å, the rows a, b, c.
    reach : Å.

    Returns
    -------
    (k, 3) whole steps along the axes, the third index running fastest.
    """
    spacings = 1.0 / np.linalg.norm(np.linalg.inv(axes), axis=0)
    most = np.floor(reach / spacings).astype(np.int64) + 1
    ranges = [np.arange(-n, n + 1) for n in most]
    return np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)


@lru_cache(maxsize=64)
def _reduced(
    axes: bytes,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(3, 3) reduced axes; matrices (3, 3) for fractional coordinates to these axes and back."""
    given = np.frombuffer(axes).reshape(3, 3)
    # Rows of whole numbers: reduced = from_reduced @ given.
    from_reduced = np.rint(reduced_lattice(given) @ np.linalg.inv(given))
    if round(abs(float(np.linalg.det(from_reduced)))) != 1:
        # The axes are so nearly in one plane that rounding errors dominate.
        from_reduced = np.eye(3)
    return from_reduced @ given, np.rint(np.linalg.inv(from_reduced)), from_reduced


def reduced_lattice(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) Å, the shortest basis (rows) of the same lattice, shortest first (Semaev, 2001)."""
    basis = np.array(lattice, np.float64)
    near = np.array(list(np.ndindex(3, 3)), np.float64) - 1
    for _ in range(100):
        basis = basis[np.argsort((basis**2).sum(1), kind="stable")]
        a, b, c = basis
        shorter = b - np.rint(a @ b / max(a @ a, 1e-300)) * a
        if shorter @ shorter < 0.999 * (b @ b):
            basis[1] = shorter
            continue
        along = np.linalg.lstsq(basis[:2].T, c, rcond=None)[0]
        others = c - (np.rint(along) + near) @ basis[:2]
        squared = (others**2).sum(1)
        least = int(squared.argmin())
        if squared[least] >= 0.999 * (c @ c):
            break
        basis[2] = others[least]
    return basis
