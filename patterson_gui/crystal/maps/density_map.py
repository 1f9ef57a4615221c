"""A scalar field on the whole unit cell: Patterson map or electron density."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import gemmi
import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.ndimage import map_coordinates

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.display.words import cell_words, named
from patterson_gui.crystal.maps.masks import origin_mask


class MapKind(StrEnum):
    """What a map shows; decides its units, its colour and its file name."""

    PATTERSON = "patterson"
    PREDICTED = "predicted"
    TRUE = "true"
    DENSITY = "density"  # a map the user opened
    DIFFERENCE = "difference"  # of two densities; contoured above and below zero


@dataclass(frozen=True, eq=False)
class DensityMap:
    """A periodic scalar field sampled over one whole unit cell.

    Attributes
    ----------
    grid : (nu, nv, nw) float32, C order
        Values at fractional (i/nu, j/nv, k/nw); first point at the origin. Density in
        e/Å³, Patterson in e²/Å³ where the amplitudes are on absolute scale. Zero-mean
        unless F(000) was included.
    cell : the unit cell, Å and degrees.
    spacegroup : symmetry of the *map* (the Patterson group for a Patterson, P1 for a
        prediction).
    d_min : resolution limit of the terms summed, Å; None where unknown (opened maps).
    """

    grid: NDArray[np.float32]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    kind: MapKind
    d_min: float | None = None
    name: str = ""
    absolute: bool = True

    def __post_init__(self) -> None:
        grid = np.ascontiguousarray(self.grid, dtype=np.float32)
        if grid.ndim != 3 or 0 in grid.shape:
            raise ValueError(f"a map needs three non-empty axes, not shape {grid.shape}")
        object.__setattr__(self, "grid", grid)

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.generic]:
        """The grid, for numpy: `np.asarray(map)`."""
        return np.array(self.grid, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        points = " × ".join(map(str, self.shape))
        limit = "" if self.d_min is None else f", to {self.d_min:.2f} Å"
        return (
            f"<{named('DensityMap', self.name)}: {self.kind.value}, {points} points of "
            f"{cell_words(self.cell)}, {self.spacegroup.xhm()}{limit}, rmsd {self.rmsd:.4g} "
            f"{self.units}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("kind", self.kind.value),
            ("cell", cell_words(self.cell)),
            ("space group", self.spacegroup.xhm()),
            ("grid", f"{' × '.join(map(str, self.shape))} points"),
            ("resolution", "unknown" if self.d_min is None else f"{self.d_min:.2f} Å"),
            ("rmsd", f"{self.rmsd:.4g} {self.units}"),
            ("highest", f"{float(self.grid.max()):.4g} {self.units}"),
        ]
        return summary(self.name or self.kind.value, rows, self)

    @property
    def shape(self) -> tuple[int, int, int]:
        nu, nv, nw = self.grid.shape
        return nu, nv, nw

    @property
    def units(self) -> str:
        """'e²/Å³' or 'e/Å³'; 'arb.' when the data are not on absolute scale."""
        if not self.absolute:
            return "arb."
        return "e²/Å³" if self.kind is MapKind.PATTERSON else "e/Å³"

    @cached_property
    def orthogonalization(self) -> NDArray[np.float64]:
        """(3, 3) matrix M with Cartesian Å = M · fractional (PDB convention)."""
        return orthogonalization(self.cell)

    @property
    def spacing(self) -> float:
        """Distance of grid points, Å, along the axis where they are farthest apart."""
        return float(np.max(np.linalg.norm(self.orthogonalization, axis=0) / self.shape))

    @cached_property
    def mean(self) -> float:
        return float(self.grid.mean(dtype=np.float64))

    @cached_property
    def rmsd(self) -> float:
        """Root-mean-square deviation from the mean over the cell.

        For a Patterson the origin peak and its lattice copies are left out: everything
        nearer to a lattice point than `origin_radius`, unless that is nearly the whole cell.
        """
        values = self.grid.astype(np.float64)
        if self.kind is MapKind.PATTERSON:
            outside = ~self.origin_mask()
            if outside.mean() > 0.05:
                values = values[outside]
        return float(values.std())

    @property
    def origin_radius(self) -> float:
        """Radius, Å, that holds the origin peak of a Patterson: the resolution (three grid
        spacings where it is not known), or 1.5 Å if that is more."""
        return max(1.5, 3.0 * self.spacing if self.d_min is None else self.d_min)

    def origin_mask(self, radius: float | None = None) -> NDArray[np.bool_]:
        """(nu, nv, nw) true nearer than `radius` Å (None: `origin_radius`) to a lattice point,
        centring included."""
        reach = self.origin_radius if radius is None else radius
        return origin_mask(self.cell, self.spacegroup, self.shape, reach)

    def with_grid(self, grid: NDArray[np.float32], **changes: object) -> "DensityMap":
        """The same map with other values (and, where given, other attributes)."""
        return replace(self, grid=grid, **changes)  # type: ignore[arg-type]

    def value_at(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        """Trilinear interpolation at (n, 3) fractional coordinates; periodic."""
        points = np.asarray(frac, dtype=np.float64).reshape(-1, 3) % 1.0 * self.shape
        values = map_coordinates(self.grid, points.T, np.float64, order=1, mode="grid-wrap")
        return np.asarray(values)


def invert_grid(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    """(nu, nv, nw) ρ(−x): the map inverted through the origin, which is its first point.

    Inversion through the middle of the cell is the same, since that is half a lattice vector.
    """
    return np.ascontiguousarray(np.roll(grid[::-1, ::-1, ::-1], 1, axis=(0, 1, 2)))
