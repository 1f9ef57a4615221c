import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.sections.planes import axis_plane, hkl_plane
from patterson_gui.crystal.sections.sampling import (
    CELL,
    CENTRED,
    THREE_CELLS,
    Bounds,
    SectionSampler,
    Slab,
    default_bounds,
)
from patterson_gui.errors import UserError
from tests.crystal.sections.made_maps import CELL as UNIT_CELL
from tests.crystal.sections.made_maps import direct_sum, made_map

PLANES = [
    axis_plane("u", -0.2),
    axis_plane("v", 0.31),
    axis_plane("w", 0.37),
    hkl_plane((1, -2, 0), 0.3, UNIT_CELL),
    hkl_plane((2, 2, 4), 1.3, UNIT_CELL),
    hkl_plane((1, 2, 3), 3.3, UNIT_CELL, "Å"),
]
ODD = Bounds((-0.5, 0.5), (0.0, 1.7))


@pytest.fixture(scope="module")
def density():
    return made_map()


@pytest.fixture(scope="module")
def sampler(density):
    return SectionSampler(density)


def points_of(section):
    return section.plane.frac(section.s[:, None], section.t[None, :])


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: plane.label)
def test_a_plane_agrees_with_direct_summation(sampler, plane):
    section = sampler.sample(plane, ODD, spacing=0.6)
    expected = direct_sum(points_of(section))
    assert np.abs(section.values - expected).max() < 1e-5 * expected.std()


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: plane.label)
def test_cubic_interpolation_agrees_with_that_of_gemmi(sampler, density, plane):
    section = sampler.sample(plane, CELL, interpolation="cubic", spacing=1.0)
    grid = gemmi.FloatGrid(density.grid, UNIT_CELL, density.spacegroup)
    expected = np.array(
        [
            [grid.interpolate_value(gemmi.Fractional(*x), order=3) for x in row]
            for row in points_of(section)
        ]
    )
    # Both are cubic, gemmi through four points and ours a spline; each is near the true map.
    assert np.corrcoef(section.values.ravel(), expected.ravel())[0, 1] > 0.999
    true = direct_sum(points_of(section))
    assert np.abs(section.values - true).max() < 0.05 * true.std()


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: plane.label)
@pytest.mark.parametrize("interpolation", ["exact", "cubic"])
def test_a_slab_is_the_mean_along_the_normal(sampler, plane, interpolation):
    section = sampler.sample(plane, CELL, Slab(1.5), interpolation=interpolation)
    heights = (np.arange(300) + 0.5) / 300 * 1.5 - 0.75
    start = plane.frac(section.s[5], section.t[9])
    expected = direct_sum(start + heights[:, None] * plane.normal_step(UNIT_CELL)).mean()
    close = 1e-4 if interpolation == "exact" else 0.03
    assert section.values[5, 9] == pytest.approx(expected, abs=close * made_map().rmsd)


def test_a_slab_can_be_the_maximum(sampler):
    plane = PLANES[3]
    section = sampler.sample(plane, CELL, Slab(2.0, "maximum"))
    heights = np.linspace(-1, 1, 301)
    start = plane.frac(section.s[3], section.t[4])
    highest = direct_sum(start + heights[:, None] * plane.normal_step(UNIT_CELL)).max()
    assert section.values[3, 4] == pytest.approx(highest, rel=0.05)
    assert section.values[3, 4] <= highest * (1 + 1e-5)


def test_bounds_repeat_with_the_cell(sampler):
    plane = axis_plane("w", 0.1)
    three = sampler.sample(plane, THREE_CELLS, spacing=1.0)
    again = direct_sum(plane.frac(three.s[:, None] + 1, three.t[None, :] - 1))
    np.testing.assert_allclose(three.values, again, atol=1e-5 * again.std())
    assert (three.s[0], three.s[-1], three.t[0], three.t[-1]) == (-1, 2, -1, 2)


def test_a_grid_with_odd_and_nyquist_terms_is_met_at_its_points():
    grid = np.random.default_rng(2).normal(size=(8, 9, 10)).astype(np.float32)
    density = DensityMap(grid, UNIT_CELL, gemmi.SpaceGroup("P 1"), MapKind.DENSITY)
    section = SectionSampler(density).sample(axis_plane("w", 0.3), CELL, spacing=100.0)
    np.testing.assert_allclose(section.values[0, 0], grid[0, 0, 3], atol=1e-5)


def test_a_large_map_is_sampled_at_most_at_two_thousand_points_along_an_axis():
    grid = np.zeros((1500, 2, 2), np.float32)
    grid[0] = 1
    density = DensityMap(grid, UNIT_CELL, gemmi.SpaceGroup("P 1"), MapKind.DENSITY)
    section = SectionSampler(density).sample(axis_plane("w", 0.0), THREE_CELLS)
    assert len(section.s) <= 2000


def test_a_patterson_map_has_its_origin_in_the_middle():
    assert default_bounds(made_map(MapKind.PATTERSON)) == CENTRED
    assert default_bounds(made_map()) == CELL


def test_tells_the_value_under_the_mouse(sampler):
    section = sampler.sample(axis_plane("w", 0.37), CELL)
    expected = direct_sum(section.plane.frac(0.234, 0.567))
    assert section.cubic_at(0.234, 0.567) == pytest.approx(float(expected), abs=2e-4)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Bounds((0.5, 0.5), (0, 1)), "bounds 0.5…0.5 are not possible"),
        (lambda: Bounds((0, 1), (0, 3)), "between −1 and 2"),
        (lambda: Slab(-1), "slab of -1 Å"),
        (lambda: Slab(1.0, "median"), "mean or a maximum"),
        (
            lambda: SectionSampler(made_map()).sample(axis_plane("u", 0), spacing=1e-4),
            "points along an axis is too large",
        ),
    ],
)
def test_refuses_impossible_sections(make, words):
    with pytest.raises(UserError, match=words):
        make()
