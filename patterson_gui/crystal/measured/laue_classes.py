"""The Laue classes that a lattice allows, and how well equivalents agree in each."""

from dataclasses import dataclass
from functools import lru_cache

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.merging import MergingStatistics, statistics_of_groups
from patterson_gui.crystal.reciprocal.orbits import image_keys

_IDENTITY = ((1, 0, 0, 0, 1, 0, 0, 0, 1),)
TOLERANCE = 1.0  # degrees by which the axes of a rotation may miss each other (Le Page, 1982)


@dataclass(frozen=True, eq=False)
class LaueClass:
    """One Laue class in the axes of a cell.

    Attributes
    ----------
    symbol : "2/m", "mmm", "-3m1", ...; "-3m" where the axis is not c
    axis : direction of its main axis, "b" or "[110]"; "" where there is none or all are axes.
    rotations : (m, 3, 3) its proper rotations R, x' = R x; the class has the inversion as well.
    """

    symbol: str
    axis: str
    rotations: NDArray[np.int64]

    @property
    def order(self) -> int:
        """Number of its operations, with the inversion."""
        return 2 * len(self.rotations)

    @property
    def name(self) -> str:
        """Symbol and axis: "2/m (b)"."""
        return f"{self.symbol} ({self.axis})" if self.axis else self.symbol


@dataclass(frozen=True, eq=False)
class LaueAgreement:
    """A Laue class, and how well measurements agree that it makes equivalent."""

    laue: LaueClass
    statistics: MergingStatistics


def laue_classes(
    cell: gemmi.UnitCell, centring: str, tolerance: float = TOLERANCE
) -> tuple[LaueClass, ...]:
    """Every Laue class that the lattice allows in these axes, the one of lowest order first.

    Parameters
    ----------
    centring : "P", "A", "B", "C", "I", "F" or "R".
    tolerance : degrees, see `TOLERANCE`.
    """
    while tolerance > 0.01:
        rotations = _rotations(gemmi.find_lattice_symmetry(cell, centring, tolerance))
        try:
            return _subgroups(rotations)
        except KeyError:  # not a group, because some rotations miss the tolerance narrowly
            tolerance /= 2.0
    return _subgroups(_IDENTITY)


def _rotations(operations: gemmi.GroupOps) -> tuple[tuple[int, ...], ...]:
    """The proper rotations with whole numbers in these axes, in rising order."""
    every = np.array([op.rot for op in operations.sym_ops], dtype=np.int64)
    proper = np.linalg.det(every) > 0
    whole = (every % gemmi.Op.DEN == 0).all(axis=(1, 2))
    kept = every[proper & whole] // gemmi.Op.DEN
    return tuple(sorted(tuple(int(x) for x in rotation.ravel()) for rotation in kept))


@lru_cache(maxsize=64)
def _subgroups(rotations: tuple[tuple[int, ...], ...]) -> tuple[LaueClass, ...]:
    """Every subgroup of a group of proper rotations; two generators are enough for any.

    Raises `KeyError` where the rotations are not a group.
    """
    matrices = np.array(rotations, dtype=np.int64).reshape(-1, 3, 3)
    number = {rotation: i for i, rotation in enumerate(rotations)}
    products = np.einsum("aij,bjk->abik", matrices, matrices)
    n = len(matrices)
    table = [
        [number[tuple(int(x) for x in products[a, b].ravel())] for b in range(n)] for a in range(n)
    ]
    found: set[frozenset[int]] = set()
    for a in range(n):
        for b in range(a, n):
            members = {number[_IDENTITY[0]], a, b}
            while more := {table[i][j] for i in members for j in members} - members:
                members |= more
            found.add(frozenset(members))
    classes = [_named(matrices[sorted(members)]) for members in found]
    return tuple(sorted(classes, key=lambda each: (each.order, each.name)))


def _named(rotations: NDArray[np.int64]) -> LaueClass:
    """A Laue class with its symbol, which the numbers of rotations of each order give."""
    orders = np.array([_order(rotation) for rotation in rotations])
    highest, n = int(orders.max()), len(rotations)
    symbol = {
        (1, 1): "-1", (2, 2): "2/m", (4, 2): "mmm", (4, 4): "4/m", (8, 4): "4/mmm", (3, 3): "-3",
        (6, 3): "-3m", (6, 6): "6/m", (12, 6): "6/mmm", (12, 3): "m-3", (24, 4): "m-3m",
    }[n, highest]  # fmt: skip
    axis = ""
    if symbol not in ("-1", "mmm", "m-3", "m-3m"):
        axis = _direction(rotations[int(np.argmax(orders))])
    twofold = sorted(_direction(rotation) for rotation in rotations[orders == 2])
    if symbol == "mmm":  # its axes need not be those of the cell
        axis = "" if twofold == ["a", "b", "c"] else ", ".join(twofold)
    if symbol == "-3m" and axis == "c":
        symbol, axis = ("-3m1" if "a" in twofold else "-31m"), ""
    return LaueClass(symbol, axis, rotations)


def _order(rotation: NDArray[np.int64]) -> int:
    """Of a proper rotation, by its trace 1 + 2 cos φ."""
    return {3: 1, -1: 2, 0: 3, 1: 4, 2: 6}[int(np.trace(rotation))]


def _direction(rotation: NDArray[np.int64]) -> str:
    """The direction that a rotation leaves unchanged, in whole numbers of the cell axes."""
    power, total = np.eye(3, dtype=np.int64), np.zeros((3, 3), dtype=np.int64)
    for _ in range(_order(rotation)):
        total, power = total + power, power @ rotation
    column = total[:, int(np.abs(total).sum(axis=0).argmax())]
    column = column // np.gcd.reduce(column)
    if column[np.flatnonzero(column)[0]] < 0:
        column = -column
    named = {(1, 0, 0): "a", (0, 1, 0): "b", (0, 0, 1): "c"}
    key = (int(column[0]), int(column[1]), int(column[2]))
    return named.get(key, "[" + "".join(f"{x}" for x in key) + "]")


def laue_agreement(
    intensities: Intensities, classes: tuple[LaueClass, ...]
) -> tuple[LaueAgreement, ...]:
    """How well equivalents agree in each class; no measurement is rejected, none is absent."""
    if not classes:
        return ()
    every = np.unique(np.concatenate([each.rotations for each in classes]), axis=0)
    place = {rotation.tobytes(): i for i, rotation in enumerate(every)}
    images = np.abs(image_keys(intensities.hkl, every))
    rows = []
    for each in classes:
        columns = [place[rotation.tobytes()] for rotation in each.rotations]
        keys = images[:, columns].max(axis=1)
        unique, group = np.unique(keys, return_inverse=True)
        rows.append(
            LaueAgreement(
                each,
                statistics_of_groups(intensities.value, intensities.sigma, group, len(unique)),
            )
        )
    return tuple(rows)
