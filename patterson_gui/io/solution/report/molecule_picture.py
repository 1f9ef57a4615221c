"""Pictures of a structure as SVG: a molecule with displacement ellipsoids, the packed cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import lattice_outline, orthogonalization
from patterson_gui.crystal.colours import element_colour
from patterson_gui.crystal.displacements import u_matrices
from patterson_gui.crystal.models.bonds import Bonds, are_bonded, covalent_radii
from patterson_gui.crystal.models.molecules import (
    PlacedAtoms,
    filled_cell,
    grown,
    packed,
    with_neighbours,
)

_ELLIPSOID = 1.5382  # semi-axes in root mean square displacements that hold 50 % of an atom
_BALL = 0.24  # of the covalent radius
_HYDROGEN_BALL = 0.11  # Å
_LARGEST = 0.55  # Å: larger displacements are drawn with this size
_BOND = 0.085  # Å, half the width of a bond
_HIDDEN = 0.55  # Å: atoms nearer than this in the picture hide one another
_MARGIN = 0.9  # Å around the picture
_MOST_LABELS = 80
_MOST_ATOMS = 1500  # of a picture of the cell
_INK, _FAINT, _BOND_COLOUR = "#222222", "#9aa0a8", "#8b929c"


@dataclass(frozen=True, eq=False)
class DrawnAtoms:
    """What is drawn: Cartesian positions in Å, seen along −z with y upwards.

    Attributes
    ----------
    xyz : (n, 3).
    shape : (n, 2, 2) projected squares of the outline, Å²: an ellipse {v : vᵀ S⁻¹ v = 1}.
    bonds : (m, 2) rows of bonded atoms.
    """

    elements: tuple[str, ...]
    labels: tuple[str, ...]
    xyz: NDArray[np.float64]
    shape: NDArray[np.float64]
    bonds: NDArray[np.int64]


def molecule_svg(
    model: AsymmetricUnit,
    cell: gemmi.UnitCell,
    bonds: Bonds,
    *,
    width: int = 640,
    labels: bool = True,
) -> str:
    """The molecules of the asymmetric unit, completed by symmetry, from their broadest side,
    turned where atoms would hide others.

    Atoms with U_ij are ellipsoids of 50 % probability, others balls. Of chains, layers and
    frameworks, which have no end, the independent atoms and their neighbours are shown.
    """
    atoms = grown(model, bonds)
    if atoms.endless.any():
        atoms = with_neighbours(model, bonds)
    if len(atoms) == 0:
        return ""
    axes = orthogonalization(cell).T
    xyz = atoms.frac @ axes
    heavy = ~model.is_hydrogen[atoms.atom]
    view = _least_hidden(xyz[heavy] if heavy.any() else xyz)
    return _svg(_drawn(model, cell, atoms, view), width, labels, "molecule", ())


def cell_svg(model: AsymmetricUnit, cell: gemmi.UnitCell, bonds: Bonds, *, width: int = 640) -> str:
    """The unit cell with all its molecules, seen nearly along its shortest axis.

    Chains, layers and frameworks are cut at the faces of the cell. Empty where the cell holds
    more than 1,500 atoms.
    """
    atoms = packed(model, cell, bonds)
    if atoms.endless.any():
        atoms = filled_cell(model, bonds)
    if not 0 < len(atoms) <= _MOST_ATOMS:
        return ""
    axes = orthogonalization(cell).T
    view = _along_shortest(cell)
    corners, edges = lattice_outline(cell)
    lines = [(corners[a] @ view.T, corners[b] @ view.T, "") for a, b in edges.tolist()]
    names = [(axes[i] @ view.T, "abc"[i]) for i in range(3)]
    lines += [(np.zeros(3), end, name) for end, name in names]
    return _svg(_drawn(model, cell, atoms, view), width, False, "cell", lines)


# ---------------------------------------------------------------- the view
def _least_hidden(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) rotation to the broadest side, turned by up to 40° so that few atoms hide others."""
    broad = _broadest_side(xyz)
    best, fewest = broad, np.inf
    for a, b in sorted(np.ndindex(7, 7), key=lambda t: abs(t[0] - 3) + abs(t[1] - 3)):
        view = _turned(13.0 * (a - 3), 13.0 * (b - 3)) @ broad
        pairs = cKDTree((xyz @ view.T)[:, :2]).query_pairs(_HIDDEN)
        if len(pairs) < fewest:
            best, fewest = view, len(pairs)
    return np.asarray(best)


def _broadest_side(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) rotation; its rows are the directions of the widest, next and narrowest spread."""
    centred = xyz - xyz.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    right, up = vectors[:, 2], vectors[:, 1]
    # The largest component is positive, so that the view does not depend on the library.
    right = right * np.sign(right[np.abs(right).argmax()])
    up = up * np.sign(up[np.abs(up).argmax()])
    return np.stack([right, up, np.cross(right, up)])


def _turned(about_x: float, about_y: float) -> NDArray[np.float64]:
    """(3, 3) a rotation by angles in degrees, about x first."""
    a, b = np.radians([about_x, about_y])
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    return np.asarray(y @ x)


def _along_shortest(cell: gemmi.UnitCell) -> NDArray[np.float64]:
    """(3, 3) a view along the shortest axis, turned by a few degrees to show depth."""
    axes = orthogonalization(cell).T
    lengths = np.linalg.norm(axes, axis=1)
    shortest = int(lengths.argmin())
    others = [i for i in range(3) if i != shortest]
    right = axes[max(others, key=lambda i: lengths[i])]
    depth = axes[shortest] / lengths[shortest]
    right = right - (right @ depth) * depth
    right /= np.linalg.norm(right)
    view = np.stack([right, np.cross(depth, right), depth])
    return np.asarray(_turned(7.0, -5.0) @ view)


def _drawn(
    model: AsymmetricUnit, cell: gemmi.UnitCell, atoms: PlacedAtoms, view: NDArray[np.float64]
) -> DrawnAtoms:
    axes = orthogonalization(cell).T
    xyz = atoms.frac @ axes @ view.T
    elements = tuple(model.elements[i] for i in atoms.atom)
    first_time = np.zeros(len(atoms), dtype=bool)
    first_time[np.unique(atoms.atom, return_index=True)[1]] = True
    labels = tuple(
        model.labels[i] if first else "" for i, first in zip(atoms.atom, first_time, strict=True)
    )
    return DrawnAtoms(
        elements,
        labels,
        xyz,
        _outlines(model, cell, atoms, view),
        _drawn_bonds(elements, model, atoms, xyz),
    )


def _outlines(
    model: AsymmetricUnit, cell: gemmi.UnitCell, atoms: PlacedAtoms, view: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n, 2, 2) projected outlines.

    The outline of an ellipsoid with covariance V seen along z is the ellipse of the upper left
    2 × 2 block of V.
    """
    radius = _BALL * covalent_radii(model.elements)
    radius = np.where(model.is_hydrogen, _HYDROGEN_BALL, radius)[atoms.atom]
    shape = radius[:, None, None] ** 2 * np.eye(2)
    anisotropic = np.flatnonzero(model.is_anisotropic[atoms.atom])
    if len(anisotropic) == 0:
        return shape
    reciprocal = cell.reciprocal()
    star = np.diag([reciprocal.a, reciprocal.b, reciprocal.c])
    rows = atoms.atom[anisotropic]
    rotation = atoms.operations.rotations[atoms.operation[anisotropic]].astype(np.float64)
    v = star @ u_matrices(model.u_aniso[rows]) @ star
    v = np.einsum("nij,njk,nlk->nil", rotation, v, rotation)
    to_view = view @ orthogonalization(cell)
    projected = np.einsum("ij,njk,lk->nil", to_view, v, to_view)[:, :2, :2] * _ELLIPSOID**2
    values, vectors = np.linalg.eigh(projected)
    # An atom that is not positive definite is drawn thin, a huge one cut.
    values = np.clip(values, 0.03**2, _LARGEST**2)
    shape[anisotropic] = np.einsum("nij,nj,nkj->nik", vectors, values, vectors)
    return shape


def _drawn_bonds(
    elements: Sequence[str],
    model: AsymmetricUnit,
    atoms: PlacedAtoms,
    xyz: NDArray[np.float64],
) -> NDArray[np.int64]:
    """(m, 2) bonded pairs of the atoms that are drawn."""
    reach = 2.0 * float(covalent_radii(elements).max()) + 0.4
    pairs = cKDTree(xyz).query_pairs(reach, output_type="ndarray").astype(np.int64)
    if len(pairs) == 0:
        return np.zeros((0, 2), dtype=np.int64)
    one, other = pairs.T
    length = np.linalg.norm(xyz[one] - xyz[other], axis=1)
    kept = are_bonded([elements[i] for i in one], [elements[i] for i in other], length)
    part = model.part[atoms.atom]
    kept &= (part[one] == 0) | (part[other] == 0) | (part[one] == part[other])
    parent = model.parent[atoms.atom]
    for end, far in ((one, other), (other, one)):
        kept &= (parent[end] < 0) | (parent[end] == atoms.atom[far])
    return np.asarray(pairs[kept])


# ---------------------------------------------------------------- drawing
_Line = tuple[NDArray[np.float64], NDArray[np.float64], str]


def _svg(drawn: DrawnAtoms, width: int, labels: bool, name: str, lines: Sequence[_Line]) -> str:
    points = np.vstack([drawn.xyz, *(line[:2] for line in lines)]) if lines else drawn.xyz
    low, high = points[:, :2].min(axis=0) - _MARGIN, points[:, :2].max(axis=0) + _MARGIN
    size = high - low
    height = max(60, round(width * float(size[1] / size[0])))
    scale = width / float(size[0])
    if height > 1.2 * width:
        height = round(1.2 * width)
        scale = height / float(size[1])
    offset = np.array([width, height]) / 2.0
    middle = (low + high) / 2.0

    def at(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(offset + (xyz[..., :2] - middle) * scale * np.array([1.0, -1.0]))

    where = at(drawn.xyz)
    depth = drawn.xyz[:, 2]
    nearness = (depth - depth.min()) / max(float(np.ptp(depth)), 3.0)
    items: list[tuple[float, str]] = []
    for start, end, word in lines:
        items.append((-1e6, _cell_edge(at(start), at(end), word)))
    radius = np.sqrt(np.trace(drawn.shape, axis1=1, axis2=2) / 2.0)
    for i, j in drawn.bonds.tolist():
        vector = drawn.xyz[j] - drawn.xyz[i]
        unit = vector / np.linalg.norm(vector)
        middle_of_bond = (drawn.xyz[i] + drawn.xyz[j]) / 2.0
        # Each half begins at the surface of its atom and is hidden by what is nearer than it.
        for atom, direction in ((i, unit), (j, -unit)):
            start = drawn.xyz[atom] + 0.8 * radius[atom] * direction
            half = np.stack([start, middle_of_bond + 0.02 * direction])
            opacity = 0.45 + 0.55 * float(nearness[[i, j]].mean())
            near, far = at(half)
            items.append((float(half[:, 2].mean()), _bond(near, far, scale, opacity)))
    for i, element in enumerate(drawn.elements):
        opacity = 0.55 + 0.45 * float(nearness[i])
        gradient = _gradient_name(element)
        items.append(
            (float(depth[i]), _atom(where[i], drawn.shape[i] * scale**2, gradient, opacity))
        )
    items.sort(key=lambda item: item[0])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="sans-serif">',
        f"<title>{'Unit cell' if name == 'cell' else 'Molecule'}</title><defs>",
        *(_gradient(element) for element in sorted(set(drawn.elements))),
        "</defs>",
        *(text for _, text in items),
    ]
    if labels:
        parts += _labels(drawn, where, scale)
    return "\n".join([*parts, "</svg>"])


def _gradient_name(element: str) -> str:
    """The same for the same colour, because a page of several pictures shares its names."""
    return f"shade-{element_colour(element).lstrip('#')}"


def _gradient(element: str) -> str:
    colour = element_colour(element)
    return (
        f'<radialGradient id="{_gradient_name(element)}" cx="0.35" cy="0.3" r="0.75">'
        f'<stop offset="0" stop-color="#ffffff" stop-opacity="0.85"/>'
        f'<stop offset="0.35" stop-color="{colour}"/><stop offset="1" stop-color="{colour}"/>'
        "</radialGradient>"
    )


def _cell_edge(start: NDArray[np.float64], end: NDArray[np.float64], word: str) -> str:
    line = (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
        f'stroke="{_INK if word else _FAINT}" stroke-width="{1.6 if word else 1}"/>'
    )
    if not word:
        return line
    outward = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    x, y = end + 9.0 * outward
    return line + (
        f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="13" font-style="italic" '
        f'text-anchor="middle" fill="{_INK}">{word}</text>'
    )


def _bond(
    one: NDArray[np.float64], other: NDArray[np.float64], scale: float, opacity: float
) -> str:
    ends = f'x1="{one[0]:.1f}" y1="{one[1]:.1f}" x2="{other[0]:.1f}" y2="{other[1]:.1f}"'
    wide = max(1.2, 2 * _BOND * scale)
    # Mixed with white and not transparent, because halves of bonds overlap.
    grey = [round(255 - opacity * (255 - c)) for c in bytes.fromhex(_BOND_COLOUR[1:])]
    colour = "#" + bytes(grey).hex()
    return (
        f'<line {ends} stroke="#ffffff" stroke-width="{wide + 2.0:.1f}"/>'
        f'<line {ends} stroke="{colour}" stroke-width="{wide:.1f}"/>'
    )


def _atom(
    where: NDArray[np.float64], shape: NDArray[np.float64], gradient: str, opacity: float
) -> str:
    values, vectors = np.linalg.eigh(shape)
    long, short = np.sqrt(np.maximum(values[::-1], 0.0))
    # Upwards is negative in SVG.
    angle = -float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
    x, y = where
    place = f'cx="{x:.1f}" cy="{y:.1f}" rx="{max(long, 1.2):.1f}" ry="{max(short, 1.2):.1f}"'
    turn = f'transform="rotate({angle:.1f} {x:.1f} {y:.1f})"'
    return (
        f'<ellipse {place} {turn} fill="#ffffff"/>'
        f'<ellipse {place} {turn} fill="url(#{gradient})" fill-opacity="{opacity:.2f}" '
        f'stroke="{_INK}" stroke-opacity="{opacity:.2f}" stroke-width="0.8"/>'
    )


def _labels(drawn: DrawnAtoms, where: NDArray[np.float64], scale: float) -> list[str]:
    """Names of atoms other than hydrogen, on the side where there are no bonds."""
    named = [i for i, e in enumerate(drawn.elements) if e not in ("H", "D") and drawn.labels[i]]
    if len(named) > _MOST_LABELS:
        named = [i for i in named if drawn.elements[i] != "C"]
    size = float(np.clip(0.34 * scale, 8.0, 13.0))
    parts = []
    for i in named:
        others = drawn.bonds[(drawn.bonds == i).any(axis=1)]
        ends = where[others[others != i]] - where[i] if len(others) else np.zeros((0, 2))
        lengths = np.linalg.norm(ends, axis=1)
        units = ends[lengths > 1] / lengths[lengths > 1, None]
        away = -units.sum(axis=0) if len(units) else np.array([1.0, -1.0])
        length = float(np.linalg.norm(away))
        away = away / length if length > 0.15 else np.array([0.7, -0.7])
        radius = float(np.sqrt(np.trace(drawn.shape[i]) / 2)) * scale
        x, y = where[i] + away * (radius + 0.75 * size)
        parts.append(
            f'<text x="{x:.1f}" y="{y + 0.36 * size:.1f}" font-size="{size:.1f}" '
            f'text-anchor="middle" fill="{_INK}" stroke="#ffffff" stroke-width="2.5" '
            f'paint-order="stroke">{escape(drawn.labels[i])}</text>'
        )
    return parts
