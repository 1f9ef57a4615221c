"""Calculate the amplitudes of a map by Fourier transform."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError

# With more, a Patterson map takes minutes and gigabytes and shows no more detail.
MOST_REFLECTIONS = 1_500_000
_SHELLS = 60
_ROUNDING = 1e-7  # of the strongest shell's mean |F|²; below it, values are rounding errors


def amplitudes_of_map(density: DensityMap) -> tuple[Amplitudes, tuple[str, ...]]:
    """|F(h)| of a map to the resolution of its grid and its values, and notes for the user.

    The coefficients of a Patterson map are |F|²: their square roots are used, with negative ones
    set to zero. The phases of the transform are not kept.

    Raises
    ------
    UserError : the grid is too coarse for any reflection, or the map is constant.
    """
    cell, group = density.cell, density.spacegroup
    notes = []
    # |h| reaches a/d for any angles, and must be below half the number of grid points.
    finest = max(
        2.0 * edge / n for edge, n in zip((cell.a, cell.b, cell.c), density.shape, strict=True)
    )
    affordable = _spacing_for(MOST_REFLECTIONS, cell, group)
    if affordable > finest:
        notes.append(f"Its amplitudes were calculated to {affordable:.2f} Å only, to save time.")
    d_min = max(finest * 1.0001, affordable, density.d_min or 0.0)
    hkl = unique_reflections(cell, group, d_min)
    if len(hkl) == 0:
        raise UserError(
            f"{density.name} has too few grid points for any reflection: open a finer map."
        )
    f = coefficients_from_map(density.grid, cell, hkl)
    if density.kind is MapKind.PATTERSON:
        squared = np.maximum(f.real.astype(np.float64), 0.0)
    else:
        squared = np.abs(f).astype(np.float64) ** 2
    amplitudes = Amplitudes(
        hkl,
        np.sqrt(squared).astype(np.float32),
        cell,
        group,
        label=f"Fourier transform of {density.name}",
        absolute=density.absolute,
    )
    if not squared.any():
        raise UserError(f"{density.name} has no variation to calculate amplitudes from.")
    cut = _resolution(amplitudes.d, squared)
    return amplitudes.cut(cut), tuple(notes)


def _spacing_for(n: int, cell: gemmi.UnitCell, group: gemmi.SpaceGroup) -> float:
    """The d, Å, to which a crystal has about `n` unique reflections."""
    return float((2.0 * np.pi * cell.volume / (3.0 * n * len(group.operations()))) ** (1 / 3))


def _resolution(d: NDArray[np.float64], squared: NDArray[np.float64]) -> float:
    """The resolution of the map, Å: amplitudes beyond it are rounding errors.

    The grid of most maps is finer than their resolution.
    """
    order = np.argsort(-d)
    shells = np.array_split(order, min(_SHELLS, len(order)))
    means = np.array([squared[shell].mean() for shell in shells])
    last = int(np.flatnonzero(means > _ROUNDING * means.max())[-1])
    return float(d[shells[last]].min())
