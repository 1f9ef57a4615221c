"""Amplitudes of an opened map, by Fourier transform."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError

# Beyond this a Patterson takes minutes and gigabytes, and shows nothing more.
MOST_REFLECTIONS = 1_500_000
_SHELLS = 60
_NOTHING = 1e-7  # of the strongest shell's mean |F|²: rounding of 32-bit values


def amplitudes_of_map(density: DensityMap) -> tuple[Amplitudes, tuple[str, ...]]:
    """|F(h)| of a density to the finest spacing that its grid and its values carry.

    Of a Patterson map, whose coefficients are |F|², their roots (those below zero as
    zero). The phases of the transform are dropped here.
    """
    cell, group = density.cell, density.spacegroup
    notes = []
    # An index |h| reaches a/d, whatever the angles, and must stay below half the points.
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
            f"{density.name} has too few grid points in its cell to hold any reflection: "
            "open a finer map."
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
    """d, Å, to which a crystal has about `n` unique reflections."""
    return float((2.0 * np.pi * cell.volume / (3.0 * n * len(group.operations()))) ** (1 / 3))


def _resolution(d: NDArray[np.float64], squared: NDArray[np.float64]) -> float:
    """Spacing beyond which the map holds nothing but rounding: maps are mostly sampled
    more finely than their resolution."""
    order = np.argsort(-d)
    shells = np.array_split(order, min(_SHELLS, len(order)))
    means = np.array([squared[shell].mean() for shell in shells])
    last = int(np.flatnonzero(means > _NOTHING * means.max())[-1])
    return float(d[shells[last]].min())
