"""Symmetry operations as arrays, and the positions that they make equivalent."""

from collections.abc import Iterable

import gemmi
import numpy as np
from numpy.typing import NDArray


def operation_arrays(
    operations: Iterable[gemmi.Op],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotations R (k, 3, 3) and translations t (k, 3): x' = Rx + t for fractional x."""
    every = list(operations)
    rotations = np.array([op.rot for op in every], dtype=np.float64) / gemmi.Op.DEN
    translations = np.array([op.tran for op in every], dtype=np.float64) / gemmi.Op.DEN
    return rotations, translations


def unique_images(frac: NDArray[np.float64], spacegroup: gemmi.SpaceGroup) -> NDArray[np.float64]:
    """(k, 3) the positions in 0..1 that symmetry makes of one position (3,), each once."""
    images = symmetry_images(np.asarray(frac)[None], spacegroup.operations())[:, 0] % 1.0
    # Rounded so that positions that differ by rounding errors, or by a cell, are one.
    _, first = np.unique(np.round(images, 4) % 1.0, axis=0, return_index=True)
    return np.asarray(images[np.sort(first)])


def symmetry_images(
    frac: NDArray[np.float64], operations: Iterable[gemmi.Op]
) -> NDArray[np.float64]:
    """(k, n, 3) the images of fractional positions (n, 3) by k operations, not moved into the cell.

    The operations of a space group, `spacegroup.operations()`, include the centring and begin with
    the identity.
    """
    rotations, translations = operation_arrays(operations)
    return np.asarray(frac @ rotations.swapaxes(1, 2) + translations[:, None])
