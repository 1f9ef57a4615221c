"""Planes through a unit cell: u, v or w constant, or any h k l with a distance from the origin."""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, isfinite
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.sections.coordinates_text import fraction_text
from patterson_gui.crystal.sections.harker import HarkerSection
from patterson_gui.errors import UserError

Index = tuple[int, int, int]
AXES = "uvw"
LOWEST, HIGHEST = -1.0, 2.0  # range of positions along an axis, fractions of the cell
LARGEST_INDEX = 30
_MOST_DISTANCE = 1000.0  # spacings or Å
_AXIS = re.compile(r"([uvw])\s*=\s*(\S+)")
_HKL = re.compile(r"\(?\s*(-?\d+)[\s,]+(-?\d+)[\s,]+(-?\d+)\s*\)?\s*=\s*(\S+?)\s*(Å|A|d)?")


@dataclass(frozen=True)
class Plane:
    """The points h u + k v + l w = offset of a cell, with two lattice vectors along the plane.

    Attributes
    ----------
    normal : (h, k, l) without a common factor.
    offset : distance from the origin in spacings of the lattice planes h k l.
    right, up : lattice vectors that span the lattice of the plane; points of the plane are
        offset · next_plane + s · right + t · up.
    next_plane : lattice vector c with h·c = 1, to the next lattice plane.
    label : its points as text: "u, v, ½" or "1 1 0 at 0.5 d".
    """

    normal: Index
    offset: float
    right: Index
    up: Index
    next_plane: Index
    label: str

    @property
    def origin(self) -> tuple[float, float, float]:
        """Fractional coordinates of the point s = t = 0."""
        a, b, c = (self.offset * i for i in self.next_plane)
        return a, b, c

    @property
    def axis(self) -> str | None:
        """The coordinate that is constant, "u", "v" or "w"; None for other planes."""
        constant = [i for i in range(3) if self.normal[i]]
        return AXES[constant[0]] if len(constant) == 1 else None

    @property
    def names(self) -> tuple[str, str]:
        """Names of the axes to the right and up: "u" or "[1 2 0]"."""
        return _direction_name(self.right), _direction_name(self.up)

    def frac(
        self, s: NDArray[np.float64] | float, t: NDArray[np.float64] | float
    ) -> NDArray[np.float64]:
        """(..., 3) fractional coordinates of the points s, t of the plane."""
        along = np.asarray(s, dtype=np.float64)[..., None] * np.array(self.right)
        across = np.asarray(t, dtype=np.float64)[..., None] * np.array(self.up)
        return np.asarray(np.array(self.origin) + along + across)

    def axes_angstrom(self, cell: gemmi.UnitCell) -> NDArray[np.float64]:
        """(2, 2) Å in the plane of the paper: rows are `right`, along x, and `up`."""
        to_cartesian = orthogonalization(cell)
        p, q = to_cartesian @ self.right, to_cartesian @ self.up
        length = float(np.linalg.norm(p))
        along = float(p @ q) / length
        return np.array([[length, 0.0], [along, np.sqrt(max(float(q @ q) - along**2, 0.0))]])

    def spacing(self, cell: gemmi.UnitCell) -> float:
        """Distance of neighbouring lattice planes, Å."""
        return float(cell.calculate_d(self.normal))

    def normal_step(self, cell: gemmi.UnitCell) -> NDArray[np.float64]:
        """(3,) fractional coordinates of 1 Å along the normal."""
        to_cartesian = orthogonalization(cell)
        # h is the gradient of h·x; its Cartesian components are those of h in reciprocal space.
        gradient = np.array(self.normal) @ np.linalg.inv(to_cartesian)
        unit = gradient / np.linalg.norm(gradient)
        return np.asarray(np.linalg.solve(to_cartesian, unit))

    def project(
        self, frac: NDArray[np.float64], cell: gemmi.UnitCell
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where (n, 3) fractional points lie beside the plane.

        Returns
        -------
        s_t : (n, 2) of the foot of the perpendicular onto the plane.
        distance : (n,) Å, positive on the side of h k l.
        """
        points = np.asarray(frac, dtype=np.float64).reshape(-1, 3)
        distance = (points @ np.array(self.normal) - self.offset) * self.spacing(cell)
        foot = points - distance[:, None] * self.normal_step(cell) - np.array(self.origin)
        basis = np.array([self.right, self.up], dtype=np.float64)
        s_t = np.linalg.lstsq(basis.T, foot.T, rcond=None)[0].T
        return np.asarray(s_t), np.asarray(distance)


def axis_plane(axis: str, position: float) -> Plane:
    """The section u, v or w = `position`, a fraction of the cell edge.

    Raises
    ------
    UserError : no such axis, or the position is outside −1…2.
    """
    if axis not in AXES or len(axis) != 1:
        raise UserError(f"A section is at constant u, v or w, not {axis!r}: write w=0.5.")
    if not LOWEST <= position <= HIGHEST:
        raise UserError(
            f"The section {axis} = {position:g} lies outside −1…2: the map repeats with the cell, "
            f"so choose {axis} from 0 to 1."
        )
    row = AXES.index(axis)
    right, up = (i for i in range(3) if i != row)
    texts = list(AXES)
    texts[row] = _position_text(position)
    normal = _unit(row)
    return Plane(normal, position, _unit(right), _unit(up), normal, ", ".join(texts))


def hkl_plane(
    hkl: Index, distance: float, cell: gemmi.UnitCell, unit: Literal["d", "Å"] = "d"
) -> Plane:
    """The plane h k l at `distance` from the origin, in spacings d of h k l or in Å.

    Raises
    ------
    UserError : h k l are all zero or absurdly large, or the distance is more than 1000.
    """
    if not any(hkl) or max(map(abs, hkl)) > LARGEST_INDEX:
        raise UserError(
            f"{' '.join(map(str, hkl))} is no lattice plane: give three whole numbers up to "
            f"{LARGEST_INDEX} that are not all zero, such as 1 1 0."
        )
    if not isfinite(distance) or abs(distance) > _MOST_DISTANCE:
        raise UserError(
            f"A distance of {distance:g} {unit} from the origin is too large: the map repeats, so "
            "choose one from 0 to 1 d."
        )
    in_d = distance / cell.calculate_d(hkl) if unit == "Å" else distance
    common = gcd(*hkl)
    h, k, l = (i // common for i in hkl)  # noqa: E741
    label = f"({' '.join(map(str, hkl))}) at {distance:g} {unit}".replace("-", "−")
    return _plane_with_axes((h, k, l), in_d / common, cell, label)


def harker_plane(section: HarkerSection, cell: gemmi.UnitCell) -> Plane:
    """The plane of a Harker section; for a line, the plane that is drawn to show it."""
    constant = [i for i in range(3) if section.normal[i]]
    offset = float(section.offset)
    if len(constant) == 1:
        return axis_plane(AXES[constant[0]], offset)
    return _plane_with_axes(section.normal, offset, cell, section.label)


def parse_plane(text: str, cell: gemmi.UnitCell) -> Plane:
    """A plane as it is typed: "w=0.5", "v=1/4", "1 1 0 = 0.5" (spacings) or "1 1 0 = 2.5 Å".

    Raises
    ------
    UserError : the text is none of these, or the plane is outside the bounds.
    """
    typed = text.strip()
    if found := _AXIS.fullmatch(typed.lower()):
        position = _number(found[2])
        if position is not None:
            return axis_plane(found[1], position)
    if found := _HKL.fullmatch(typed):
        distance = _number(found[4])
        if distance is not None:
            hkl = int(found[1]), int(found[2]), int(found[3])
            return hkl_plane(hkl, distance, cell, "Å" if found[5] in ("Å", "A") else "d")
    raise UserError(
        f"“{typed}” is no section: write w=0.5 for a constant coordinate, or 1 1 0 = 0.5 for a "
        "plane h k l and its distance from the origin in spacings (1 1 0 = 2.5 Å in Å)."
    )


def _number(text: str) -> float | None:
    named = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅙": "1/6", "⅚": "5/6"}
    try:
        value = float(Fraction(named.get(text, text).replace("−", "-")))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value if isfinite(value) else None


def _position_text(position: float) -> str:
    near = Fraction(position).limit_denominator(8)
    if abs(float(near) - position) < 1e-6 and near.denominator in (1, 2, 3, 4, 6, 8):
        return fraction_text(near)
    return f"{position:.4f}".rstrip("0").replace("-", "−")


def _plane_with_axes(normal: Index, offset: float, cell: gemmi.UnitCell, label: str) -> Plane:
    """A plane with the two shortest lattice vectors in it."""
    p, q = _in_plane_basis(normal)
    p, q = _reduced(p, q, orthogonalization(cell))
    # The vector that is nearer to c goes up, that nearer to a to the right.
    if (abs(p[2]), -abs(p[0])) > (abs(q[2]), -abs(q[0])):
        p, q = q, p
    right, up = _positive(p), _positive(q)
    return Plane(normal, offset, right, up, _next_plane(normal), label)


def _in_plane_basis(normal: Index) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two lattice vectors that span all lattice vectors t with h·t = 0."""
    h, k, l = normal  # noqa: E741
    common = gcd(h, k)
    if common == 0:
        return np.array([1, 0, 0]), np.array([0, 1, 0])
    first = np.array([k // common, -h // common, 0])
    # x h + y k = common, so that (x l, y l, −common) is in the plane and completes the basis.
    x, y = _bezout(h, k)
    return first, np.array([x * l, y * l, -common])


def _bezout(a: int, b: int) -> tuple[int, int]:
    """x, y with x a + y b = gcd(a, b) > 0."""
    (r, x, y), (r2, x2, y2) = (a, 1, 0), (b, 0, 1)
    while r2:
        q = r // r2
        (r, x, y), (r2, x2, y2) = (r2, x2, y2), (r - q * r2, x - q * x2, y - q * y2)
    return (x, y) if r > 0 else (-x, -y)


def _next_plane(normal: Index) -> Index:
    """A lattice vector c with h·c = 1."""
    h, k, l = normal  # noqa: E741
    x, y = _bezout(h, k) if h or k else (0, 0)
    common = gcd(h, k)
    # m gcd(h, k) + n l = 1
    m, n = _bezout(common, l)
    return m * x, m * y, n


def _reduced(
    p: NDArray[np.int64], q: NDArray[np.int64], to_cartesian: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two shortest vectors of the lattice of p and q (Gauss)."""
    if _length(p, to_cartesian) > _length(q, to_cartesian):
        p, q = q, p
    while True:
        a, b = to_cartesian @ p, to_cartesian @ q
        q = q - round(float(a @ b) / float(a @ a)) * p
        if _length(q, to_cartesian) >= _length(p, to_cartesian) * (1 - 1e-9):
            return p, q
        p, q = q, p


def _length(vector: NDArray[np.int64] | Index, to_cartesian: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(to_cartesian @ np.asarray(vector)))


def _positive(vector: NDArray[np.int64]) -> Index:
    """The vector or its opposite: the first coordinate that is not zero is positive."""
    sign = 1 if next(int(i) for i in vector if i) > 0 else -1
    a, b, c = (sign * int(i) for i in vector)
    return a, b, c


def _unit(row: int) -> Index:
    return int(row == 0), int(row == 1), int(row == 2)


def _direction_name(vector: Index) -> str:
    if sum(map(abs, vector)) == 1:
        return AXES[vector.index(1)]
    return f"[{' '.join(map(str, vector))}]".replace("-", "−")
