"""The electron density of a model, calculated from its structure factors."""

import gemmi

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.crystal.reciprocal.structure_factors import spacegroup_of, structure_factors


def true_density(
    structure: gemmi.Structure,
    d_min: float,
    spacing: float | None = None,
    *,
    coefficients: Coefficients | None = None,
) -> DensityMap:
    """Density of a model, e/Å³, zero-mean, from its structure factors to `d_min` Å.

    `spacing` (Å, default d_min/3) bounds the distance of grid points. `coefficients`
    may be given where they are already known.
    """
    spacegroup = spacegroup_of(structure)
    cell = structure.cell
    terms = coefficients or structure_factors(structure, cell, spacegroup, d_min)
    shape = grid_shape(cell, spacing or d_min / 3.0, spacegroup, d_min=d_min)
    grid = map_from_coefficients(terms, shape)
    return DensityMap(grid, cell, spacegroup, MapKind.TRUE, d_min, "True density")
