import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind, invert_grid

CELL = gemmi.UnitCell(8, 9, 10, 80, 95, 110)


def some_map(kind=MapKind.DENSITY, **changes):
    grid = np.random.default_rng(0).normal(size=(6, 8, 10))
    return DensityMap(grid, CELL, p1(), kind, **changes)


def test_values_at_grid_points_are_those_of_the_grid_in_any_cell():
    density = some_map()
    index = np.array([[0, 0, 0], [5, 7, 9], [2, 3, 4]])
    frac = index / np.array(density.shape) + [[0, 0, 0], [1, -2, 3], [-1, 0, 0]]
    np.testing.assert_allclose(density.value_at(frac), density.grid[tuple(index.T)], rtol=1e-5)


def test_values_between_grid_points_agree_with_gemmi_interpolation():
    density = some_map()
    grid = gemmi.FloatGrid(density.grid, CELL, p1())
    points = np.random.default_rng(1).random((50, 3))
    expected = [grid.interpolate_value(gemmi.Fractional(*x)) for x in points]
    np.testing.assert_allclose(density.value_at(points), expected, atol=1e-5)


def test_values_between_two_grid_points_lie_on_the_straight_line_between_them():
    density = some_map()
    nu, nv, nw = density.shape
    # The last interval of each axis ends at the first point of the next cell.
    for axis, n in enumerate((nu, nv, nw)):
        frac, last = np.zeros((1, 3)), [0, 0, 0]
        frac[0, axis], last[axis] = (n - 0.25) / n, n - 1
        expected = 0.25 * density.grid[tuple(last)] + 0.75 * density.grid[0, 0, 0]
        assert density.value_at(frac)[0] == pytest.approx(expected, rel=1e-6)


def test_a_function_linear_in_each_coordinate_is_interpolated_exactly():
    u, v, w = np.meshgrid(*(np.arange(n) / n for n in (6, 8, 10)), indexing="ij")
    density = some_map().with_grid((1 + u) * (2 - v) * (3 + w))
    points = np.random.default_rng(3).uniform(0, [5 / 6, 7 / 8, 9 / 10], (40, 3))
    x, y, z = points.T
    np.testing.assert_allclose(density.value_at(points), (1 + x) * (2 - y) * (3 + z), rtol=1e-6)


def test_the_inverted_map_has_the_value_at_minus_x():
    density = some_map()
    points = np.random.default_rng(2).uniform(-1, 1, (50, 3))
    inverse = density.with_grid(invert_grid(density.grid))
    np.testing.assert_allclose(inverse.value_at(points), density.value_at(-points), atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "absolute", "units"),
    [
        (MapKind.PATTERSON, True, "e²/Å³"),
        (MapKind.TRUE, True, "e/Å³"),
        (MapKind.PATTERSON, False, "arb."),
    ],
)
def test_units_follow_the_kind_of_map_and_its_scale(kind, absolute, units):
    assert some_map(kind, absolute=absolute).units == units


def test_rmsd_is_the_standard_deviation_of_an_ordinary_map():
    density = some_map()
    assert density.rmsd == pytest.approx(density.grid.std(), rel=1e-6)


def test_a_patterson_smaller_than_its_origin_peak_still_has_an_rmsd():
    grid, cell = np.random.default_rng(0).random((4, 4, 4)), gemmi.UnitCell(2, 2, 2, 90, 90, 90)
    tiny = DensityMap(grid, cell, p1(), MapKind.PATTERSON, 1.0)
    assert tiny.rmsd > 0


@pytest.mark.parametrize("shape", [(4, 4), (0, 4, 4)])
def test_rejects_grids_without_three_non_empty_axes(shape):
    with pytest.raises(ValueError, match="three non-empty axes"):
        DensityMap(np.zeros(shape), CELL, p1(), MapKind.DENSITY)


def test_composition_reads_as_a_formula():
    composition = Composition({"O": 2, "C": 5})
    assert str(composition) == "C5 O2"
    assert composition.n_atoms == 7
