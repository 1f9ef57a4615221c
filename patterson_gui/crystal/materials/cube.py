"""The cube that crystals are encoded from: 10 Å, 30 points an edge, Z-weighted Gaussians.

After Hoffmann et al., arXiv:1909.00949: ρ(x) = Σ Z (2π σ²)^(−3/2) exp(−|x − x_a|² / 2σ²), σ = 1 Å,
e/Å³. A sample is either the atoms of one unit cell, centred, without copies, or a window onto the
periodic crystal. The first grid point lies at a corner, as in a P1
cell of that size; nothing is periodic in the cube.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.lattices import reduced_lattice
from patterson_gui.crystal.material import Material
from patterson_gui.errors import UserError

EDGE = 10.0  # Å
POINTS = 30
SPACING = EDGE / POINTS
SIGMA = 1.0  # Å
AMPLITUDE = (2 * np.pi * SIGMA**2) ** -1.5  # Å⁻³, the height of a Gaussian of one electron
REACH = 4.5  # Å: at larger distances a Gaussian is below 4e-5 of its height
_STARTS = 8  # number of atoms around which a compact cell is tried
VOXEL_RADIUS = 0.65  # Å: closer points have the number of the atom in a species grid

SampleKind = Literal["crystal", "lattice"]
SAMPLE_KINDS: tuple[SampleKind, ...] = ("crystal", "lattice")


@dataclass(frozen=True, eq=False)
class Sample:
    """The contents of a cube.

    Attributes
    ----------
    positions : (n, 3) Å from the corner of the cube. In a window also the atoms outside the cube
        whose Gaussians reach into it.
    numbers : (n,) atomic numbers.
    lattice : (3, 3) Å, rows a, b, c, in the frame of the cube.
    kind : 'crystal': one unit cell; 'lattice': a window.
    """

    positions: NDArray[np.float64]
    numbers: NDArray[np.int64]
    lattice: NDArray[np.float64]
    kind: SampleKind

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(n,) true for atoms within the cube."""
        within = (self.positions >= 0) & (self.positions < EDGE)
        return np.asarray(within.all(axis=1))


def gaussian_density(
    positions: NDArray[np.float64], numbers: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(30, 30, 30) e/Å³ of atoms at `positions` (n, 3), Å from the cube's corner."""
    along = np.arange(POINTS) * SPACING
    x, y, z = (np.exp(-((along - positions[:, k, None]) ** 2) / (2 * SIGMA**2)) for k in range(3))
    heights = (AMPLITUDE * numbers)[:, None]
    planes = (y[:, :, None] * z[:, None, :]).reshape(len(numbers), POINTS**2)
    density: NDArray[np.float64] = (heights * x).T @ planes
    return density.reshape(POINTS, POINTS, POINTS).astype(np.float32)


def compact(material: Material) -> Material:
    """The same crystal with the copies of the atoms that lie closest together, centred at 0.

    The choice of copies does not depend on the origin of the cell.

    Raises
    ------
    UserError : there is no lattice.
    """
    lattice = _lattice(material)
    steps = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    shifts = steps @ lattice
    shifts = shifts[np.argsort((shifts**2).sum(1), kind="stable")]
    frac = material.positions @ np.linalg.inv(lattice)
    best: NDArray[np.float64] | None = None
    least = np.inf
    n = len(material)
    for first in np.unique(np.linspace(0, n - 1, min(n, _STARTS)).astype(int)):
        # First around each of some atoms, then around the centre of the result. The first copies
        # are those given by rounding, because existing encodings depend on this choice.
        around = (frac - frac[first] - np.rint(frac - frac[first])) @ lattice
        positions = _gathered(around, shifts)
        spread = float((positions**2).sum())
        if spread < least - 1e-3:
            best, least = positions, spread
    if best is None:
        raise UserError(f"{material.label or 'The crystal'} has no atoms: choose another one.")
    return replace(material, positions=best)


def _gathered(positions: NDArray[np.float64], shifts: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) relative to their centre, each moved by the one of `shifts` that brings it closest."""
    for _ in range(20):
        middle = positions.mean(0)
        squared = ((positions[:, None] + shifts - middle) ** 2).sum(-1)
        best = squared.argmin(1)
        # Positions at equal distances must not alternate.
        moves = squared[np.arange(len(best)), best] < squared[:, 0] - 1e-3
        if not moves.any():
            break
        positions[moves] += shifts[best[moves]]
    gathered: NDArray[np.float64] = positions - positions.mean(0)
    return gathered


def unit_cell_sample(material: Material) -> Sample:
    """One unit cell in the middle of the cube.

    Raises
    ------
    UserError : there is no lattice, or the atoms do not fit.
    """
    atoms = compact(material)
    extent = np.abs(atoms.positions).max(initial=0.0)
    if extent >= EDGE / 2:
        raise UserError(
            f"The unit cell of {material.label} does not fit into a cube of {EDGE:g} Å (an atom "
            f"lies {extent:.1f} Å from the middle): choose a crystal with a smaller cell."
        )
    return Sample(atoms.positions + EDGE / 2, atoms.numbers, _lattice(material), "crystal")


def window_sample(
    material: Material,
    rotation: NDArray[np.float64] | None = None,
    offset: NDArray[np.float64] | None = None,
) -> Sample:
    """A window onto the whole crystal.

    Parameters
    ----------
    rotation : (3, 3) of the crystal; None: no rotation.
    offset : (3,) fractional position of the corner of the cube; None: the origin of the cell.
    """
    turn = np.eye(3) if rotation is None else rotation
    lattice = _lattice(material) @ turn.T
    start = np.zeros(3) if offset is None else np.asarray(offset, np.float64)
    positions = material.positions @ turn.T - start @ lattice
    return periodic_sample(positions, material.numbers, lattice)


def periodic_sample(
    positions: NDArray[np.float64], numbers: NDArray[np.int64], lattice: NDArray[np.float64]
) -> Sample:
    """All copies of the atoms of one cell that reach into the cube."""
    positions, numbers, _ = images(positions, numbers, lattice)
    return Sample(positions, numbers, lattice, "lattice")


def images(
    positions: NDArray[np.float64], numbers: NDArray[np.int64], lattice: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Copies of atoms (n, 3), Å, in the cube or within `REACH` of it.

    Returns their positions, their atomic numbers, and the index of the atom of each copy.
    """
    if not len(positions):
        return positions, numbers, np.zeros(0, np.int64)
    # The reduced lattice needs fewer steps for long or flat cells and for atoms far from the cell.
    lattice = reduced_lattice(lattice)
    inverse = np.linalg.inv(lattice)
    corners = np.array(list(np.ndindex(2, 2, 2)), np.float64)
    corners = corners * (EDGE + 2 * REACH) - REACH
    frac = positions @ inverse
    frac, positions = frac - np.floor(frac), positions - np.floor(frac) @ lattice
    spread = corners @ inverse
    low = np.floor(spread.min(0) - frac.max(0)).astype(int)
    high = np.ceil(spread.max(0) - frac.min(0)).astype(int)
    steps = np.stack(
        np.meshgrid(*[np.arange(a, b + 1) for a, b in zip(low, high, strict=True)], indexing="ij"),
        -1,
    ).reshape(-1, 3)
    copies = positions[:, None] + steps @ lattice
    near = ((copies > -REACH) & (copies < EDGE + REACH)).all(-1)
    atom, _ = np.nonzero(near)
    return copies[near], numbers[atom], atom


def _lattice(material: Material) -> NDArray[np.float64]:
    if material.lattice is None:
        raise UserError(
            f"{material.label} has no lattice, so it cannot be encoded: choose a crystal."
        )
    return material.lattice
