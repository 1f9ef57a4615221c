"""The Harker sections and lines of a space group, derived from its operations.

An atom at x and its image Rx + t have the vector u = x − (Rx + t) = (I − R) x − t. Where I − R has
rank 2, as for rotations and screws, these vectors of all atoms lie in a plane; where it has rank 1,
as for mirrors and glides, on a line (Harker, J. Chem. Phys. 4, 381, 1936). Other operations have
their vectors anywhere: inversions at 2x, 2y, 2z. The vector of two images of an atom is, up to a
rotation of the group, the vector of the atom and one image, so single operations give all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.sections.coordinates_text import (
    MINUS,
    coordinate_text,
    coordinates_text,
    operation_text,
)
from patterson_gui.crystal.stated_symmetry.cell_fit import fitting_settings
from patterson_gui.crystal.stated_symmetry.space_group_names import meant_by
from patterson_gui.errors import UserError

Index = tuple[int, int, int]
_DEN = gemmi.Op.DEN
_Integers = NDArray[np.int64]


@dataclass(frozen=True)
class HarkerVector:
    """The vectors that one operation makes.

    Attributes
    ----------
    operation : the operation, "−x, y+½, −z".
    vector : u = x − (Rx + t) of an atom at x, up to a lattice vector: "2x, ½, 2z".
    label : the plane or line of these vectors, which the Patterson symmetry makes equivalent to
        that of the section: "u, ½, w".
    rotation, translation : R as rows and t.
    """

    operation: str
    vector: str
    label: str
    rotation: tuple[Index, Index, Index]
    translation: tuple[Fraction, Fraction, Fraction]


@dataclass(frozen=True)
class HarkerSection:
    """A plane or line of the Patterson map on which vectors between symmetry mates lie.

    Attributes
    ----------
    kind : "plane" or "line".
    label : its points, "u, ½, w" or "0, v, ½".
    normal : (h, k, l) without a common factor; the plane, or for a line a plane that holds it, has
        the points h u + k v + l w = offset.
    offset : 0 ≤ offset < 1.
    direction : lattice vector along a line; None for a plane.
    point : u, v, w of one of its points.
    vectors : the operations that make it, each with its vectors.
    """

    kind: Literal["plane", "line"]
    label: str
    normal: Index
    offset: Fraction
    direction: Index | None
    point: tuple[Fraction, Fraction, Fraction]
    vectors: tuple[HarkerVector, ...]

    def __repr__(self) -> str:
        return f"<Harker {self.kind} {self.label}: {self.made_by(2)}>"

    def made_by(self, most: int = 4) -> str:
        """The vectors and their operations as text, `most` of them: "2x, ½, 2z by −x, y+½, −z"."""
        made = [f"{v.vector} by {v.operation}" for v in self.vectors[:most]]
        more = len(self.vectors) - most
        return "; ".join([*made, *([f"{more} more"] if more > 0 else [])])


def harker_sections(spacegroup: gemmi.SpaceGroup) -> tuple[HarkerSection, ...]:
    """The Harker sections of a space group, each once of those that are equivalent.

    Equivalent are planes and lines that the symmetry of the Patterson map makes so: rotations of
    the group, the inversion and all lattice vectors, centring included. Planes come before lines;
    the one that most operations make comes first. Empty for P 1, P −1 and other groups that have
    neither rotations nor mirrors.
    """
    return _sections(spacegroup.xhm())


def group_named(name: str, cell: gemmi.UnitCell | None = None) -> gemmi.SpaceGroup:
    """The space group that a user types, in the setting that suits the cell.

    Raises
    ------
    UserError : there is no such group, or the cell does not have its symmetry.
    """
    settings = meant_by(name)
    fitting = fitting_settings(settings, cell)
    if not fitting:
        raise UserError(
            f"The cell does not have the symmetry of {settings[0].xhm()}: choose a group or "
            "setting that suits the axes."
        )
    return fitting[0]


def why_none(spacegroup: gemmi.SpaceGroup) -> str:
    """Why a group has no Harker sections, as one sentence for the user."""
    return (
        f"{spacegroup.xhm()} has no Harker sections, because it has no rotation or screw axis, "
        "mirror or glide plane: choose a section by its height, such as w = 0."
    )


@lru_cache(maxsize=64)
def _sections(xhm: str) -> tuple[HarkerSection, ...]:
    operations = gemmi.SpaceGroup(xhm).operations()
    symmetry = _patterson_operations(operations)
    best: dict[_Plane | _Line, _Plane | _Line] = {}  # of each, the equivalent that is shown
    made: dict[_Plane | _Line, list[HarkerVector]] = {}
    for op in operations:
        rotation = np.array(op.rot, dtype=np.int64) // _DEN
        own = _locus(rotation, np.array(op.tran, dtype=np.int64))
        if own is None:
            continue
        if own not in best:
            images: set[_Plane | _Line] = set(own.images(symmetry))
            simplest = min(images, key=lambda each: each.preference)
            best |= dict.fromkeys(images, simplest)
        made.setdefault(best[own], []).append(_vector(op, rotation, own.label))
    order = sorted(made, key=lambda each: (each.is_line, -len(made[each]), each.order))
    return tuple(each.section(tuple(made[each])) for each in order)


def _patterson_operations(operations: gemmi.GroupOps) -> list[tuple[_Integers, _Integers]]:
    """R and t, units of 1/24, of the group of the Patterson map, centring included.

    From the operations, because the Patterson group of some settings is not tabulated.
    """
    symmetry = operations.derive_symmorphic()
    symmetry.add_inversion()
    return [
        (np.array(op.rot, dtype=np.int64) // _DEN, np.array(op.tran, dtype=np.int64))
        for op in symmetry
    ]


def _vector(op: gemmi.Op, rotation: _Integers, label: str) -> HarkerVector:
    turn = (np.eye(3, dtype=np.int64) - rotation).tolist()
    rows = rotation.tolist()
    shift = tuple(Fraction(int(t), _DEN) % 1 for t in op.tran)
    return HarkerVector(
        operation=operation_text(op),
        vector=coordinates_text(turn, [-t % 1 for t in shift], "xyz"),
        label=label,
        rotation=(tuple(rows[0]), tuple(rows[1]), tuple(rows[2])),
        translation=(shift[0], shift[1], shift[2]),
    )


# ---------------------------------------------------------------- planes and lines as numbers
@dataclass(frozen=True)
class _Plane:
    """h u + k v + l w = offset / 24, up to whole numbers."""

    normal: Index
    offset: int
    is_line = False

    @classmethod
    def of(cls, normal: _Integers, offset: int) -> "_Plane":
        sign = _sign(normal)
        h, k, l = (int(i) for i in sign * normal)  # noqa: E741
        return cls((h, k, l), sign * offset % _DEN)

    @property
    def label(self) -> str:
        """Solved for the last coordinate that has the factor 1 or −1."""
        last = max(i for i in range(3) if abs(self.normal[i]) == 1)
        texts = list("uvw")
        sign = self.normal[last]
        factors = [0 if i == last else -sign * self.normal[i] for i in range(3)]
        constant = Fraction(sign * self.offset, _DEN) % 1
        texts[last] = coordinate_text(factors, constant, "uvw")
        return ", ".join(texts)

    @property
    def order(self) -> tuple[int, ...]:
        """½, v, w before u, ½, w before u, v, ½."""
        return *(-i for i in self.normal), self.offset

    @property
    def preference(self) -> tuple[object, ...]:
        return *_simplicity(self.label), self.offset, _letters(self.label)

    def images(self, symmetry: list[tuple[_Integers, _Integers]]) -> "Iterator[_Plane]":
        """All planes that the symmetry makes of this: n·u = d becomes nR·u = d − n·t."""
        normal = np.array(self.normal)
        for rotation, shift in symmetry:
            yield _Plane.of(normal @ rotation, self.offset - int(normal @ shift))

    def section(self, vectors: tuple[HarkerVector, ...]) -> HarkerSection:
        return HarkerSection(
            "plane", self.label, self.normal, Fraction(self.offset, _DEN), None,
            _point_of_plane(self.normal, self.offset), vectors,
        )  # fmt: skip


@dataclass(frozen=True)
class _Line:
    """The points s · direction + point / 24, up to whole numbers."""

    direction: Index
    point: Index
    is_line = True

    @classmethod
    def of(cls, direction: _Integers, point: _Integers) -> "_Line":
        along = _sign(direction) * direction
        # The point moves along the line until its coordinate with the factor 1 is 0.
        first = next(i for i in range(3) if abs(along[i]) == 1)
        moved = (point - int(point[first]) * int(along[first]) * along) % _DEN
        u, v, w = (int(i) for i in moved)
        a, b, c = (int(i) for i in along)
        return cls((a, b, c), (u, v, w))

    @property
    def label(self) -> str:
        """In the variable of the first coordinate that has the factor 1."""
        first = next(i for i in range(3) if abs(self.direction[i]) == 1)
        sign = self.direction[first]
        letter = "uvw"[first]
        texts = [
            coordinate_text([sign * step], Fraction(shift, _DEN), letter)
            for step, shift in zip(self.direction, self.point, strict=True)
        ]
        return ", ".join(texts)

    @property
    def order(self) -> tuple[int, ...]:
        return *(-i for i in self.direction), *self.point

    @property
    def preference(self) -> tuple[object, ...]:
        return *_simplicity(self.label), _letters(self.label), self.point

    def images(self, symmetry: list[tuple[_Integers, _Integers]]) -> "Iterator[_Line]":
        direction, point = np.array(self.direction), np.array(self.point)
        for rotation, shift in symmetry:
            yield _Line.of(rotation @ direction, rotation @ point + shift)

    def section(self, vectors: tuple[HarkerVector, ...]) -> HarkerSection:
        # Every line of a mirror has a coordinate that is constant: the last one makes the plane.
        normal = np.zeros(3, dtype=np.int64)
        normal[max(i for i in range(3) if self.direction[i] == 0)] = 1
        plane = _Plane.of(normal, int(normal @ self.point))
        u, v, w = (Fraction(i, _DEN) for i in self.point)
        return HarkerSection(
            "line", self.label, plane.normal, Fraction(plane.offset, _DEN), self.direction,
            (u, v, w), vectors,
        )  # fmt: skip


def _simplicity(label: str) -> tuple[int, ...]:
    """Low for a label that is easy to read: few minus signs, few letters."""
    return label.count(MINUS), len(label), len(_letters(label))


def _letters(label: str) -> str:
    """The variables in their order: u, 0, w is preferred to 0, v, w, and u, u, w to u, v, u."""
    return "".join(letter for letter in label if letter in "uvw")


def _locus(rotation: _Integers, translation: _Integers) -> _Plane | _Line | None:
    """Where the vectors (I − R) x − t lie; None: everywhere, or in lattice points alone."""
    turn = np.eye(3, dtype=np.int64) - rotation
    rank = int(np.linalg.matrix_rank(turn.astype(np.float64)))
    if rank == 2:
        # The normal n has n (I − R) = 0: a row of the adjugate of I − R is a multiple of it.
        normal = _primitive(_largest_row(_adjugate(turn)))
        return _Plane.of(normal, -int(normal @ translation))
    if rank == 1:
        direction = _primitive(_largest_row(turn.T))
        return _Line.of(direction, -translation)
    return None


def _adjugate(m: _Integers) -> _Integers:
    """The matrix A with A m = det(m) I, here 0."""
    columns = m.T
    return np.array(
        [
            np.cross(columns[1], columns[2]),
            np.cross(columns[2], columns[0]),
            np.cross(columns[0], columns[1]),
        ]
    )


def _largest_row(m: _Integers) -> _Integers:
    return np.asarray(m[int(np.abs(m).sum(axis=1).argmax())])


def _primitive(vector: _Integers) -> _Integers:
    return np.asarray(vector // gcd(*(int(i) for i in vector)))


def _sign(vector: _Integers) -> int:
    return 1 if next(int(i) for i in vector if i) > 0 else -1


def _point_of_plane(normal: Index, offset: int) -> tuple[Fraction, Fraction, Fraction]:
    last = max(i for i in range(3) if abs(normal[i]) == 1)
    point = [Fraction(0)] * 3
    point[last] = Fraction(normal[last] * offset, _DEN) % 1
    return point[0], point[1], point[2]
