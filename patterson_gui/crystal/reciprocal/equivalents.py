"""Symmetry-equivalent reflections: expanding, mapping to the asymmetric unit.

For x' = Rx + t the equivalents of h are hR, with F(hR) = F(h) exp(−2πi h·t)
(International Tables B, 1.3.4.2.2.4).
"""

from typing import NamedTuple

import gemmi
import numpy as np
from numpy.typing import ArrayLike, NDArray


class PhaseChange(NamedTuple):
    """The change from F of a reflection to F of an equivalent.

    Multiply by `shift` (n,), complex, then conjugate where `conjugate_mask` (n,) is true.
    """

    shift: NDArray[np.complex128]
    conjugate_mask: NDArray[np.bool_]


def packed(hkl: NDArray[np.int32]) -> NDArray[np.int64]:
    """(n,) one integer per reflection, unique for |h|, |k|, |l| below 2²⁰."""
    index = np.asarray(hkl, dtype=np.int64) + (1 << 20)
    return np.asarray((index[:, 0] << 42) | (index[:, 1] << 21) | index[:, 2])


def to_hemisphere(hkl: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The Friedel mate with l > 0, or l = 0 and h > 0, or l = h = 0 and k ≥ 0; and
    whether that is the mate, (n,)."""
    h, k, l = hkl.T  # noqa: E741
    flip = (l < 0) | ((l == 0) & ((h < 0) | ((h == 0) & (k < 0))))
    return np.where(flip[:, None], -hkl, hkl).astype(np.int32), flip


def expand(
    hkl: NDArray[np.int32], spacegroup: gemmi.SpaceGroup
) -> tuple[NDArray[np.int32], NDArray[np.intp], PhaseChange]:
    """All equivalents of `hkl` (n, 3) in one hemisphere, each once.

    Returns
    -------
    hkl : (m, 3), in the order of the first operation that makes them.
    source : (m,) index of the reflection each comes from.
    change : change of F.
    """
    hkl = np.asarray(hkl, dtype=np.int32).reshape(-1, 3)
    images, shifts = [], []
    for op in spacegroup.operations().sym_ops:
        rotation = np.array(op.rot, dtype=np.int64) // op.DEN
        translation = np.array(op.tran, dtype=np.float64) / op.DEN
        images.append((hkl @ rotation).astype(np.int32))
        shifts.append(-2.0 * np.pi * (hkl @ translation))
    every, flipped = to_hemisphere(np.concatenate(images))
    _, first = np.unique(packed(every), return_index=True)
    first.sort()
    change = PhaseChange(np.exp(1j * np.concatenate(shifts)[first]), flipped[first])
    return every[first], first % max(len(hkl), 1), change


def to_asu(hkl: ArrayLike, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup) -> NDArray[np.int32]:
    """Each reflection's equivalent (Friedel mates alike) in the asymmetric unit, (n, 3)."""
    index = np.array(hkl, dtype=np.int32).reshape(-1, 3)
    order = np.arange(len(index), dtype=np.int32)
    data = gemmi.IntAsuData(cell, spacegroup, index, order)
    data.ensure_asu()
    mapped = np.empty_like(index)
    mapped[np.asarray(data.value_array)] = np.asarray(data.miller_array).reshape(-1, 3)
    return mapped


def unique_reflections(
    cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup, d_min: float
) -> NDArray[np.int32]:
    """Reflections of the asymmetric unit with d ≥ d_min (Å), no (000), no absences."""
    hkl = gemmi.make_miller_array(cell, spacegroup, d_min - 1e-6)
    return np.asarray(hkl, dtype=np.int32).reshape(-1, 3)


def match(
    hkl: NDArray[np.int32], wanted: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each of `wanted` (m, 3) stands in `hkl` (n, 3), both in one hemisphere.

    Returns
    -------
    index : (m,) position in `hkl`, meaningless where not found.
    found : (m,)
    """
    keys, targets = packed(hkl), packed(wanted)
    order = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys[order], targets), max(len(keys) - 1, 0))
    if len(keys) == 0:
        return place, np.zeros(len(targets), dtype=bool)
    index = order[place]
    return index, keys[index] == targets
