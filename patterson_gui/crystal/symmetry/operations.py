"""Operations of space groups as arrays, for every group and setting of the table."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import gemmi
import numpy as np
from numpy.typing import NDArray

DEN = 24  # translations are whole numbers of 1/24


class Operation(NamedTuple):
    """x' = R x + t: the code of R, R (3, 3), t (3,) in units of 1/24."""

    code: int
    rotation: NDArray[np.int64]
    translation: NDArray[np.int64]

    @property
    def key(self) -> tuple[int, int, int, int]:
        """Whole numbers that name the operation."""
        a, b, c = self.translation.tolist()
        return self.code, a, b, c


@dataclass(frozen=True, eq=False)
class GroupOperations:
    """A space group in one setting: x' = R x + t, one operation for each rotation.

    Attributes
    ----------
    rotations : (n, 3, 3) int64, the identity first.
    translations : (n, 3) int64 in units of 1/24, 0 ≤ t < 24.
    centring : (m, 3) int64 in units of 1/24, (0, 0, 0) first.
    codes : (n,) int64, one whole number for each rotation (`rotation_code`).
    """

    spacegroup: gemmi.SpaceGroup
    rotations: NDArray[np.int64]
    translations: NDArray[np.int64]
    centring: NDArray[np.int64]
    codes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rotations)

    @property
    def name(self) -> str:
        """Hermann-Mauguin symbol with its setting."""
        return str(self.spacegroup.xhm())

    @property
    def centrosymmetric(self) -> bool:
        """Whether the group has a centre of symmetry."""
        return _INVERSION in self.rotation_set

    @cached_property
    def each(self) -> tuple[Operation, ...]:
        """The operations one by one, the identity first."""
        return tuple(
            Operation(*parts)
            for parts in zip(self.codes.tolist(), self.rotations, self.translations, strict=True)
        )

    @cached_property
    def rotation_set(self) -> frozenset[int]:
        """The rotations as codes: the point group in these axes."""
        return frozenset(int(code) for code in self.codes)

    @cached_property
    def laue_set(self) -> frozenset[int]:
        """The rotations and their products with the inversion: the Laue class in these axes."""
        return self.rotation_set | frozenset(int(c) for c in rotation_code(-self.rotations))

    @cached_property
    def centring_set(self) -> frozenset[tuple[int, ...]]:
        """The centring vectors, units of 1/24."""
        return frozenset(tuple(int(i) for i in vector) for vector in self.centring)

    def restricted(self, codes: frozenset[int]) -> "GroupOperations":
        """The operations with these rotations alone; `spacegroup` remains that of the whole."""
        kept = np.array([int(code) in codes for code in self.codes])
        return replace(
            self,
            rotations=self.rotations[kept],
            translations=self.translations[kept],
            codes=self.codes[kept],
        )

    def inverted(self) -> "GroupOperations":
        """The group of the density inverted in the origin; `spacegroup` remains that of this."""
        return replace(self, translations=-self.translations % DEN)

    @property
    def inversion_at_origin(self) -> bool:
        """Whether the group has a centre of symmetry and it lies at the origin."""
        row = np.flatnonzero(self.codes == _INVERSION)
        if not len(row):
            return False
        return tuple(int(i) for i in self.translations[row[0]]) in self.centring_set


def rotation_code(rotations: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) a whole number for each rotation matrix (n, 3, 3) with elements −1, 0, 1."""
    powers = 3 ** np.arange(9, dtype=np.int64)
    return np.asarray((rotations.reshape(-1, 9) + 1) @ powers)


def rotations_of_codes(codes: Iterable[int]) -> NDArray[np.int64]:
    """(n, 3, 3) the rotation matrices of `rotation_code`, in rising order."""
    values = np.array(sorted(codes), dtype=np.int64)
    digits = values[:, None] // 3 ** np.arange(9, dtype=np.int64) % 3 - 1
    return np.asarray(digits.reshape(-1, 3, 3))


_INVERSION = int(rotation_code(-np.eye(3, dtype=np.int64)[None])[0])


def is_inversion(rotation: NDArray[np.int64]) -> bool:
    """Whether a rotation matrix (3, 3) is that of a centre of symmetry."""
    return bool((rotation == -np.eye(3, dtype=np.int64)).all())


def operations_of(spacegroup: gemmi.SpaceGroup) -> GroupOperations:
    """The operations of a space group as arrays."""
    operations = spacegroup.operations()
    rotations = np.array([op.rot for op in operations.sym_ops], dtype=np.int64) // gemmi.Op.DEN
    translations = np.array([op.tran for op in operations.sym_ops], dtype=np.int64) % DEN
    centring = np.array(operations.cen_ops, dtype=np.int64) % DEN
    return GroupOperations(spacegroup, rotations, translations, centring, rotation_code(rotations))


@lru_cache(maxsize=1)
def all_groups() -> tuple[GroupOperations, ...]:
    """Every entry of gemmi's table of space groups (Grosse-Kunstleve, Sauter & Adams, 2002)."""
    return tuple(operations_of(group) for group in gemmi.spacegroup_table())


def origin_shift(one: GroupOperations, other: GroupOperations) -> NDArray[np.float64] | None:
    """The shift s (3,) with x_other = x_one + s that makes both groups the same; None where
    there is none or the axes differ.

    The operation (R, t) of one group becomes (R, t + (I − R) s), which must be an operation of
    the other up to its centring.
    """
    if one.rotation_set != other.rotation_set or one.centring_set != other.centring_set:
        return None
    order = {code: i for i, code in enumerate(other.codes.tolist())}
    target = other.translations[[order[code] for code in one.codes.tolist()]]
    trials = _trial_shifts()
    weights = np.array((1, DEN, DEN * DEN))
    centring = (one.centring @ weights).tolist()
    # The lower the trace, the fewer shifts are left.
    for row in sorted(range(1, len(one)), key=lambda i: int(np.trace(one.rotations[i]))):
        # In units of 1/24; trials are whole numbers of these, so the arithmetic is exact.
        turn = np.eye(3, dtype=np.int64) - one.rotations[row]
        residue = (one.translations[row] + trials @ turn.T - target[row]) % DEN
        keys = residue @ weights
        good = keys == centring[0]
        for key in centring[1:]:
            good |= keys == key
        trials = trials[good]
        if not len(trials):
            return None
    return np.asarray(trials[np.abs(trials).sum(axis=1).argmin()] / DEN, dtype=np.float64)


@lru_cache(maxsize=1)
def _trial_shifts() -> NDArray[np.int64]:
    # Shifts between origins of the International Tables are multiples of 1/8 or 1/12.
    steps = np.array([i for i in range(DEN) if i % 2 == 0 or i % 3 == 0], dtype=np.int64)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
