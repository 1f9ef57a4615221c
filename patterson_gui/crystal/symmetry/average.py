"""Structure factors of P1 moved to the origin of a group and averaged over its operations."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.equivalents import match, to_asu, to_hemisphere
from patterson_gui.crystal.symmetry.operations import DEN, GroupOperations


def average(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    cell: gemmi.UnitCell,
    group: GroupOperations,
    shift: NDArray[np.float64],
) -> tuple[NDArray[np.int32], NDArray[np.complex128]]:
    """Mean structure factors of the unique reflections of a group.

    F'(h) = F(h) exp(2πi h·s) is the density moved by s. Of a density with the operations
    x' = R x + t, F'(h) = F'(hR) exp(2πi h·t); the mean is over all operations whose hR is among
    the given reflections.

    Parameters
    ----------
    hkl : (n, 3) indices of one hemisphere, each once.
    f : (n,) structure factors of P1.
    shift : (3,) fractional; x_group = x_P1 + shift.

    Returns
    -------
    hkl : (m, 3) unique reflections as gemmi's asymmetric unit has them, without absences.
    f : (m,) their means. Where phases of equivalents disagree, |f| is less than the mean |F|.
    """
    half, f = _moved(hkl, f, shift)
    unique = np.unique(to_asu(half, cell, group.spacegroup), axis=0).astype(np.int32)
    absent = group.spacegroup.operations().systematic_absences(unique)
    unique = unique[~np.asarray(absent, dtype=bool)]
    return unique, _mean(half, f, group, unique)


def symmetrise(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    group: GroupOperations,
    shift: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """(n,) the same means (see `average`) at every reflection of P1, in the frame of the group."""
    half, moved = _moved(hkl, f, shift)
    flipped = (half != hkl).any(axis=1)
    mean = _mean(half, moved, group, half)
    return np.where(flipped, np.conj(mean), mean)


def _moved(
    hkl: NDArray[np.int32], f: NDArray[np.complex128], shift: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.complex128]]:
    """Reflections of one hemisphere and their F in the frame of the group."""
    half, flipped = to_hemisphere(hkl)
    return half, np.where(flipped, np.conj(f), f) * np.exp(2j * np.pi * (half @ shift))


def _mean(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    group: GroupOperations,
    wanted: NDArray[np.int32],
) -> NDArray[np.complex128]:
    total = np.zeros(len(wanted), dtype=np.complex128)
    count = np.zeros(len(wanted), dtype=np.int64)
    for rotation, translation in zip(group.rotations, group.translations, strict=True):
        image, mates = to_hemisphere((wanted @ rotation).astype(np.int32))
        place, found = match(hkl, image)
        value = np.where(mates, np.conj(f[place]), f[place])
        value = value * np.exp(2j * np.pi * (wanted @ (translation / DEN)))
        total += np.where(found, value, 0.0)
        count += found
    return np.asarray(total / np.maximum(count, 1))
