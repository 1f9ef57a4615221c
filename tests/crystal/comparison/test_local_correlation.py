"""Local correlation of two maps, against a direct calculation."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.comparison.local_correlation import local_correlation, usual_radius
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind

CELL = gemmi.UnitCell(11, 9, 10, 80, 110, 95)
SHAPE = (12, 10, 11)


def a_map(seed: int, shape: tuple[int, int, int] = SHAPE) -> DensityMap:
    grid = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return DensityMap(grid, CELL, p1(), MapKind.DENSITY)


def directly(one: DensityMap, other: DensityMap, place: tuple[int, int, int], r: float) -> float:
    """Pearson's r over the points within `r` of a grid point, by gemmi's nearest images."""
    here = gemmi.Fractional(*(i / n for i, n in zip(place, SHAPE, strict=True)))
    inside = [
        index for index in np.ndindex(SHAPE)
        if CELL.find_nearest_image(
            CELL.orthogonalize(here),
            CELL.orthogonalize(
                gemmi.Fractional(*(i / n for i, n in zip(index, SHAPE, strict=True)))
            ),
        ).dist() <= r
    ]  # fmt: skip
    a, b = ([density.grid[index] for index in inside] for density in (one, other))
    return float(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize("place", [(0, 0, 0), (5, 3, 10), (11, 9, 4)])
def test_agrees_with_a_direct_calculation(place: tuple[int, int, int]) -> None:
    one, other = a_map(1), a_map(2)
    other = other.with_grid(other.grid + one.grid)
    found = local_correlation(one, other, 2.6)
    assert found.radius == 2.6
    assert found.values.grid[place] == pytest.approx(directly(one, other, place, 2.6), abs=1e-5)


def test_scale_and_mean_do_not_matter_and_the_sign_does() -> None:
    one = a_map(3)
    same, opposite = one.with_grid(7 * one.grid + 40), one.with_grid(-2 * one.grid)
    assert local_correlation(one, same, 2.5).values.grid == pytest.approx(1.0, abs=1e-4)
    assert local_correlation(one, opposite, 2.5).values.grid == pytest.approx(-1.0, abs=1e-4)


def test_tells_where_two_maps_agree() -> None:
    one, other = a_map(4), a_map(5)
    grid = other.grid.copy()
    grid[:6] = one.grid[:6]  # they agree in half of the cell
    r = local_correlation(one, other.with_grid(grid), 2.0).values.grid
    assert r[3].min() > 0.99
    assert abs(float(r[9].mean())) < 0.2


def test_maps_on_different_grids_are_compared_on_the_finer_one() -> None:
    coarse = a_map(6, (6, 6, 6))
    assert local_correlation(coarse, a_map(7), 2.0).values.shape == SHAPE


def test_a_constant_map_correlates_with_nothing() -> None:
    flat = a_map(8).with_grid(np.full(SHAPE, 3.0, dtype=np.float32))
    assert not local_correlation(flat, a_map(9), 2.0).values.grid.any()


def test_maps_of_other_cells_are_refused() -> None:
    other = DensityMap(a_map(1).grid, gemmi.UnitCell(20, 9, 10, 90, 90, 90), p1(), MapKind.DENSITY)
    with pytest.raises(ValueError, match="different cells"):
        local_correlation(a_map(1), other, 2.0)


def test_the_radius_follows_the_resolution() -> None:
    assert usual_radius(None) == usual_radius(1.0) == 2.0
    assert usual_radius(3.0) == 4.5
