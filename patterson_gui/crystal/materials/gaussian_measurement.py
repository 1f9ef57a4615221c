"""Linear measurements of a density of Z-weighted Gaussians, and contributions of atoms."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.materials.cube import AMPLITUDE, EDGE, POINTS, SIGMA, SPACING, images

Array = NDArray[np.float64]

CHUNK = 2000  # positions at a time
_COARSE = 0.4  # Å between candidates


@dataclass(frozen=True, eq=False)
class Measurement:
    """A linear measurement of a density: `value` = `matrix` · coefficients.

    Attributes
    ----------
    functions : (30, K) orthonormal functions of a coordinate on the grid; the coefficients of a
        density are its products with those of x, y and z, in C order.
    matrix : (m, K³), with weighted rows.
    value : (m,).
    lattice : (3, 3) Å, rows a, b, c, of a periodic crystal; None: no copies of the atoms.
    """

    functions: Array
    matrix: Array
    value: Array
    lattice: Array | None = None

    @cached_property
    def size(self) -> float:
        """Σ value²."""
        return float(self.value @ self.value)

    @cached_property
    def candidates(self) -> tuple[Array, NDArray[np.float32]]:
        """Positions (p, 3) on a grid over the cube or the cell, and `of_atoms` (p, m) of each."""
        if self.lattice is None:
            along = np.arange(0, EDGE + 1e-6, _COARSE)
            places = np.stack(np.meshgrid(along, along, along, indexing="ij"), -1).reshape(-1, 3)
        else:
            places = grid_of(self.lattice, _COARSE).reshape(-1, 3)
        parts = [
            self.of_atoms(places[i : i + CHUNK]).astype(np.float32)
            for i in range(0, len(places), CHUNK)
        ]
        return places, np.concatenate(parts)

    def profiles(self, along: Array) -> tuple[Array, Array]:
        """(n, K) coefficients of a Gaussian at coordinates (n,), Å, and their derivatives."""
        difference = np.arange(POINTS) * SPACING - along[:, None]
        gaussian = np.exp(-(difference**2) / (2 * SIGMA**2))
        return gaussian @ self.functions, (gaussian * difference / SIGMA**2) @ self.functions

    def of_atoms(self, positions: Array) -> Array:
        """(n, m) contribution to the measurements of one electron at each position."""
        everywhere, atom = self._copies(positions)
        (x, _), (y, _), (z, _) = (self.profiles(everywhere[:, k]) for k in range(3))
        return self._measured(x, y, z, atom, len(positions))

    def with_slopes(self, positions: Array) -> tuple[Array, Array]:
        """(n, m) as `of_atoms`, and (n, 3, m) its derivatives by the positions, Å⁻¹."""
        everywhere, atom = self._copies(positions)
        (x, dx), (y, dy), (z, dz) = (self.profiles(everywhere[:, k]) for k in range(3))
        n = len(positions)
        slopes = [self._measured(*axes, atom, n) for axes in ((dx, y, z), (x, dy, z), (x, y, dz))]
        return self._measured(x, y, z, atom, n), np.stack(slopes, axis=1)

    def _copies(self, positions: Array) -> tuple[Array, NDArray[np.int64]]:
        if self.lattice is None:
            return positions, np.arange(len(positions))
        everywhere, _, atom = images(positions, np.zeros(len(positions), np.int64), self.lattice)
        return everywhere, atom

    def _measured(self, x: Array, y: Array, z: Array, atom: NDArray[np.int64], n: int) -> Array:
        k = self.functions.shape[1]
        if self.lattice is None:
            products = x[:, :, None, None] * y[:, None, :, None] * z[:, None, None, :]
        else:
            products = np.zeros((n, k, k, k))
            start = np.searchsorted(atom, np.arange(n + 1))
            for i in range(n):
                mine = slice(start[i], start[i + 1])
                planes = (y[mine, :, None] * z[mine, None, :]).reshape(-1, k * k)
                products[i] = (x[mine].T @ planes).reshape(k, k, k)
        measured: Array = AMPLITUDE * (products.reshape(n, -1) @ self.matrix.T)
        return measured


def grid_of(lattice: Array, spacing: float) -> Array:
    """(nu, nv, nw, 3) grid of positions in a cell, Å, at most `spacing` apart along the edges."""
    sides = np.maximum(2, np.ceil(np.linalg.norm(lattice, axis=1) / spacing).astype(int))
    frac = np.stack(np.meshgrid(*[np.arange(n) / n for n in sides], indexing="ij"), -1)
    grid: Array = frac @ lattice
    return grid
