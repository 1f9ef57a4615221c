"""Permissible origins: shifts of the whole structure after which its space group reads the same."""

from functools import lru_cache

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.sites.site_symmetry import polar_directions
from patterson_gui.crystal.symmetry_images import operation_arrays

_STEPS = 24  # shifts are multiples of 1/24 of the axes
_SAME = 1e-6


def permissible_origins(spacegroup: gemmi.SpaceGroup) -> NDArray[np.float64]:
    """(k, 3) fractional shifts s with R s − s a lattice vector for every operation (R, t).

    Adding s to all atoms changes no |F| and keeps the operations (International Tables for
    Crystallography A, chapter 3.5, the translations of the Euclidean normaliser). The first is
    zero. Shifts that differ by a lattice vector, centring included, or along a polar direction,
    where any shift is allowed (`polar_directions`), are one.
    """
    return _shifts(spacegroup.xhm(), inverted=False).copy()


def inverted_origins(spacegroup: gemmi.SpaceGroup) -> NDArray[np.float64]:
    """(k, 3) fractional shifts s for which −x + s has the same operations as x, and the same |F|.

    That is (R − I) s + 2 t is a lattice vector for every operation (R, t). There is none in the 22
    groups that the inversion turns into another one, such as P 41 and P 43.
    """
    return _shifts(spacegroup.xhm(), inverted=True).copy()


@lru_cache(maxsize=128)
def _shifts(name: str, *, inverted: bool) -> NDArray[np.float64]:
    spacegroup = gemmi.SpaceGroup(name)
    operations = spacegroup.operations()
    rotations, translations = operation_arrays(operations.sym_ops)
    centring = np.array(operations.cen_ops, dtype=np.float64).reshape(-1, 3) / gemmi.Op.DEN
    free = polar_directions(spacegroup)
    shifts = np.array(list(np.ndindex(_STEPS, _STEPS, _STEPS)), dtype=np.float64) / _STEPS
    for rotation, translation in zip(rotations, translations, strict=True):
        moved = shifts @ rotation.T - shifts + (2.0 * translation if inverted else 0.0)
        moved = moved[:, None] + centring
        shifts = shifts[(np.abs(moved - np.rint(moved)) < _SAME).all(axis=2).any(axis=1)]
    kept: list[NDArray[np.float64]] = []
    while len(shifts):
        kept.append(shifts[0])
        shifts = shifts[~equal_up_to(shifts - shifts[0], centring, free)]
    return np.array(kept, dtype=np.float64).reshape(-1, 3)


def equal_up_to(
    difference: NDArray[np.float64],
    centring: NDArray[np.float64],
    free: NDArray[np.float64],
    tolerance: float = _SAME,
) -> NDArray[np.bool_]:
    """(n,) whether differences (n, 3), fractional, are lattice vectors plus a step along `free`.

    `centring` (m, 3) with zero; `free` (k, 3) directions; `tolerance` fractional.
    """
    # What remains across the free directions; a lattice vector may have to be added first.
    across = np.eye(3) - np.linalg.pinv(free) @ free if len(free) else np.eye(3)
    lattice = np.array(list(np.ndindex(3, 3, 3)), dtype=np.float64) - 1.0
    steps = (lattice[:, None] + centring).reshape(-1, 3)
    near = difference - np.rint(difference)
    left = np.abs((near[:, None] + steps) @ across.T)
    return np.asarray((left.max(axis=2) < tolerance).any(axis=1))
