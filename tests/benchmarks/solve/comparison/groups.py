"""Whether two space groups are the same, up to the origin and to the hand."""

from collections.abc import Iterable

import gemmi
import numpy as np
from numpy.typing import NDArray

# Origins of the International Tables differ by multiples of 1/8 and 1/12.
_STEPS = np.array([i / 24 for i in range(24) if i % 2 == 0 or i % 3 == 0])
_TRIALS = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS, indexing="ij"), axis=-1).reshape(-1, 3)
_TOLERANCE = 1e-3

Operations = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


def operations_in_axes(
    spacegroup: gemmi.SpaceGroup, change_of_axes: NDArray[np.int64] | None = None
) -> Operations:
    """Operations (R, t) for fractional coordinates, centring included.

    Parameters
    ----------
    change_of_axes : M with h_group = M h, where the group belongs to other axes than the ones
        asked for. Coordinates change as x = Mᵀ x_group.
    """
    operations = [
        (np.array(op.rot) / gemmi.Op.DEN, np.array(op.tran) / gemmi.Op.DEN)
        for op in spacegroup.operations()
    ]
    if change_of_axes is None:
        return operations
    forward = np.asarray(change_of_axes, dtype=np.float64).T
    back = np.linalg.inv(forward)
    return [(np.rint(forward @ R @ back), forward @ t) for R, t in operations]


def same_up_to_origin_and_hand(one: Operations, other: Operations) -> bool:
    """Whether a shift of the origin makes all operations of `one` those of `other`, or those of
    its mirror image."""
    if len(one) != len(other):
        return False
    mirrored = [(R, -t) for R, t in one]
    return _shift_exists(one, other) or _shift_exists(mirrored, other)


def _shift_exists(one: Operations, other: Operations) -> bool:
    # With x' = x + s the operation (R, t) becomes (R, t + (I − R) s).
    by_rotation: dict[tuple[int, ...], list[NDArray[np.float64]]] = {}
    for rotation, translation in other:
        by_rotation.setdefault(_key(rotation), []).append(translation)
    trials = _TRIALS
    for rotation, translation in one:
        allowed = by_rotation.get(_key(rotation))
        if allowed is None:
            return False
        moved = translation + trials @ (np.eye(3) - rotation).T
        fits = np.zeros(len(trials), dtype=bool)
        for target in allowed:
            away = moved - target
            fits |= (np.abs(away - np.rint(away)) < _TOLERANCE).all(axis=1)
        trials = trials[fits]
        if not len(trials):
            return False
    return True


def _key(rotation: Iterable[Iterable[float]]) -> tuple[int, ...]:
    return tuple(round(value) for row in rotation for value in row)
