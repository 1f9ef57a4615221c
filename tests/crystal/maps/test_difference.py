"""The difference of two densities, held against plain sums of waves."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.difference import difference_map

CELL = gemmi.UnitCell(9, 11, 13, 75, 82, 105)


def waves(shape: tuple[int, int, int], terms: dict, kind: MapKind, mean: float = 0.0) -> DensityMap:
    """Σ a cos(2π(hx+ky+lz) + φ) on a grid, summed term by term."""
    x, y, z = np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij")
    grid = np.full(shape, mean)
    for (h, k, l), (a, phase) in terms.items():  # noqa: E741
        grid += a * np.cos(2 * np.pi * (h * x + k * y + l * z) + phase)
    return DensityMap(grid.astype(np.float32), CELL, gemmi.SpaceGroup("P 1"), kind, 1.5)


TRUE = {(1, 0, 2): (1.0, 0.3), (2, -1, 1): (0.5, 1.0)}
PREDICTED = {(1, 0, 2): (0.8, 0.3), (2, -1, 1): (0.5, 1.4)}


def test_a_difference_has_the_difference_of_the_terms_on_the_finer_grid() -> None:
    predicted = waves((12, 14, 10), PREDICTED, MapKind.PREDICTED, mean=0.2)
    true = waves((10, 16, 18), TRUE, MapKind.TRUE)
    difference = difference_map(predicted, true)
    shape = (12, 16, 18)
    expected = waves(shape, PREDICTED, MapKind.TRUE).grid - waves(shape, TRUE, MapKind.TRUE).grid
    assert difference.kind is MapKind.DIFFERENCE
    np.testing.assert_allclose(difference.grid, expected, atol=2e-6)


def test_scales_a_prediction_without_a_scale_to_the_truth() -> None:
    true = waves((10, 16, 18), TRUE, MapKind.TRUE)
    predicted = waves((10, 16, 18), TRUE, MapKind.PREDICTED)
    scaled = replace(predicted, grid=7.5 * predicted.grid, absolute=False)
    assert np.abs(difference_map(scaled, true).grid).max() < 1e-5
    absolute = replace(scaled, absolute=True)
    assert np.abs(difference_map(absolute, true).grid).max() > 6


def test_rejects_maps_of_different_cells() -> None:
    true = waves((10, 16, 18), TRUE, MapKind.TRUE)
    other = replace(true, cell=gemmi.UnitCell(9, 11, 14, 75, 82, 105))
    with pytest.raises(ValueError, match="different cells"):
        difference_map(other, true)


def test_a_difference_ends_at_the_coarser_resolution_of_the_two() -> None:
    predicted = waves((10, 16, 18), PREDICTED, MapKind.PREDICTED)
    true = waves((10, 16, 18), TRUE, MapKind.TRUE)
    assert difference_map(replace(predicted, d_min=2.0), true).d_min == 2.0
    assert difference_map(replace(predicted, d_min=None), true).d_min == 1.5
