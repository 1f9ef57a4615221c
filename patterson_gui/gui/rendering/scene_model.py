"""An atomic model in a 3D view: balls and sticks, or plain lines where it is large."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.colours import element_colour
from patterson_gui.crystal.models.bonds import TOLERANCE, are_bonded, covalent_radii
from patterson_gui.gui.rendering.scene import Geometry, Part, Shape
from patterson_gui.gui.widgets.theme import rgb

MOST_STICKS = 700  # atoms; more are drawn as lines
STICK_RADIUS = 0.115  # Å
BALL_RADIUS = 0.23
HYDROGEN_BALL_RADIUS = 0.14
FOG = 0.4  # less than that of the map, so that the model is seen
LINE_WIDTH = 2.4  # screen points
LONE_ATOM = 0.35  # half the width of the cross that marks an atom without bonds, Å
_SIDES = 12


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms and bonds of a model, as they are drawn.

    Attributes
    ----------
    positions : (n, 3) Cartesian Å.
    colours : (n, 3) red, green, blue in 0..1.
    radii : (n,) of the balls, Å.
    bonds : (m, 2) indices.
    names : of each atom, for example "A 12 LYS NZ".
    """

    positions: NDArray[np.float64]
    colours: NDArray[np.float32]
    radii: NDArray[np.float64]
    bonds: NDArray[np.intp]
    names: tuple[str, ...]

    def moved_into(self, axes: NDArray[np.float64] | None) -> "Atoms":
        """Moved by a lattice vector so that the middle lies in the cell of these (3, 3) axes
        (rows, Å); models are often deposited outside the cell."""
        if axes is None or len(self.positions) == 0:
            return self
        middle = self.positions.mean(axis=0) @ np.linalg.inv(axes)
        return replace(self, positions=self.positions - np.floor(middle) @ axes)


def read_atoms(structure: gemmi.Structure, carbon: str | None = None) -> Atoms:
    """The atoms of the first model, and their bonds by distance. `carbon` : '#rrggbb' of carbon
    atoms; None: the usual colour."""
    positions, elements, alternatives, names = [], [], [], []
    for chain in structure[0] if len(structure) else ():
        for residue in chain:
            for atom in residue:
                positions.append(atom.pos.tolist())
                elements.append(atom.element)
                alternatives.append(atom.altloc)
                names.append(f"{chain.name} {residue.seqid} {residue.name} {atom.name}")
    where = np.array(positions, dtype=np.float64).reshape(-1, 3)
    symbols = [element.name for element in elements]
    look = {symbol: rgb(element_colour(symbol)) for symbol in set(symbols)}
    if carbon is not None:
        look["C"] = rgb(carbon)
    colours = np.array([look[symbol] for symbol in symbols], dtype=np.float32).reshape(-1, 3)
    hydrogen = np.array([e.is_hydrogen for e in elements], dtype=bool)
    radii = np.where(hydrogen, HYDROGEN_BALL_RADIUS, BALL_RADIUS)
    bonds = _bonds(where, symbols, np.array(alternatives))
    return Atoms(where, colours, radii, bonds, tuple(names))


def _bonds(
    positions: NDArray[np.float64], elements: Sequence[str], alternative: NDArray[np.str_]
) -> NDArray[np.intp]:
    """Pairs that are bonded by their distance, of one conformer."""
    if len(positions) < 2:
        return np.zeros((0, 2), dtype=np.intp)
    reach = 2 * float(covalent_radii(elements).max()) + TOLERANCE
    pairs = cKDTree(positions).query_pairs(reach, output_type="ndarray")
    i, j = pairs.T
    distance = np.linalg.norm(positions[i] - positions[j], axis=1)
    names = np.array(elements)
    bonded = are_bonded(names[i].tolist(), names[j].tolist(), distance)
    none = alternative == "\0"
    bonded &= (alternative[i] == alternative[j]) | none[i] | none[j]
    return np.asarray(pairs[bonded])


@dataclass(frozen=True, eq=False)
class ModelScene:
    """A model as drawn."""

    structure: gemmi.Structure
    atoms: Atoms
    parts: tuple[Part, ...]


def model_scene(
    structure: gemmi.Structure, axes: NDArray[np.float64] | None, carbon: str | None = None
) -> ModelScene:
    """A model moved into the cell of these axes, coloured by element; `carbon` as in
    `read_atoms`."""
    atoms = read_atoms(structure, carbon).moved_into(axes)
    if len(atoms.positions) == 0:
        return ModelScene(structure, atoms, ())
    geometry = _lines(atoms) if len(atoms.positions) > MOST_STICKS else _sticks(atoms)
    return ModelScene(structure, atoms, (Part(geometry, width=LINE_WIDTH, fog=FOG),))


def _halves(atoms: Atoms) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Each bond as two halves, each from its atom to the middle: starts, ends, atoms."""
    i, j = atoms.bonds.T
    middle = (atoms.positions[i] + atoms.positions[j]) / 2
    owner = np.concatenate([i, j])
    return atoms.positions[owner], np.concatenate([middle, middle]), owner


def _lines(atoms: Atoms) -> Geometry:
    start, end, owner = _halves(atoms)
    lone = np.setdiff1d(np.arange(len(atoms.positions)), atoms.bonds.ravel())
    arms = LONE_ATOM * np.eye(3)
    cross = atoms.positions[lone, None, None] + np.stack([-arms, arms], axis=1)
    points = np.concatenate([np.stack([start, end], axis=1), cross.reshape(-1, 2, 3)])
    colours = np.repeat(atoms.colours[np.concatenate([owner, np.repeat(lone, 3)])], 2, axis=0)
    indices = np.arange(2 * len(points), dtype=np.uint32).reshape(-1, 2)
    return Geometry(Shape.LINES, points.reshape(-1, 3).astype(np.float32), indices, colours=colours)


def _sticks(atoms: Atoms) -> Geometry:
    start, end, owner = _halves(atoms)
    ring, rods = _cylinders(start, end)
    sphere, sphere_faces = _sphere()
    balls = atoms.positions[:, None] + atoms.radii[:, None, None] * sphere
    n_rod, n_ball = ring.shape[1], len(sphere)
    points = np.concatenate([rods.reshape(-1, 3), balls.reshape(-1, 3)])
    normals = np.concatenate(
        [ring.reshape(-1, 3), np.broadcast_to(sphere, balls.shape).reshape(-1, 3)]
    )
    colours = np.concatenate(
        [np.repeat(atoms.colours[owner], n_rod, axis=0), np.repeat(atoms.colours, n_ball, axis=0)]
    )
    rod_faces = np.arange(len(owner))[:, None, None] * n_rod + _cylinder_faces()
    ball_faces = np.arange(len(balls))[:, None, None] * n_ball + sphere_faces + rods.size // 3
    faces = np.concatenate([rod_faces.reshape(-1, 3), ball_faces.reshape(-1, 3)])
    return Geometry(
        Shape.TRIANGLES,
        points.astype(np.float32),
        faces.astype(np.uint32),
        normals.astype(np.float32),
        colours,
    )


def _cylinders(
    start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 2·sides, 3) normals and points of rods from `start` to `end`."""
    axis = end - start
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-9)
    aside = np.where(np.abs(axis[:, :1]) < 0.8, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    u = np.cross(axis, aside)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(axis, u)
    angle = np.arange(_SIDES) * (2 * np.pi / _SIDES)
    ring = np.cos(angle)[:, None] * u[:, None] + np.sin(angle)[:, None] * v[:, None]
    rods = np.concatenate(
        [start[:, None] + STICK_RADIUS * ring, end[:, None] + STICK_RADIUS * ring], axis=1
    )
    return np.concatenate([ring, ring], axis=1), rods


def _cylinder_faces() -> NDArray[np.intp]:
    i = np.arange(_SIDES)
    j = (i + 1) % _SIDES
    first = np.stack([i, j, i + _SIDES], axis=1)
    second = np.stack([j, j + _SIDES, i + _SIDES], axis=1)
    return np.concatenate([first, second])


def _sphere() -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Points and faces of a unit sphere of rings."""
    rings, sides = 8, _SIDES
    polar = np.linspace(0, np.pi, rings + 1)
    around = np.arange(sides) * (2 * np.pi / sides)
    points = np.stack(
        [
            np.outer(np.sin(polar), np.cos(around)),
            np.outer(np.sin(polar), np.sin(around)),
            np.outer(np.cos(polar), np.ones(sides)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    i = (np.arange(rings)[:, None] * sides + np.arange(sides)).ravel()
    j = (np.arange(rings)[:, None] * sides + (np.arange(sides) + 1) % sides).ravel()
    faces = np.concatenate(
        [np.stack([i, i + sides, j], axis=1), np.stack([j, i + sides, j + sides], axis=1)]
    )
    return points, faces
