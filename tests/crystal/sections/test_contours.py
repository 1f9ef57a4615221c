import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.sections.contours import (
    ContourLevels,
    all_contour_lines,
    contour_lines,
    default_levels,
)
from patterson_gui.crystal.sections.planes import axis_plane
from patterson_gui.crystal.sections.sampling import CELL, CENTRED, Section, SectionSampler, Slab
from patterson_gui.errors import UserError

HEXAGONAL = gemmi.UnitCell(10, 10, 12, 90, 90, 120)


def waves() -> DensityMap:
    """cos 2πu + cos 2πv + cos 2π(u − v): the three shortest waves of a hexagonal cell."""
    u, v = np.meshgrid(np.arange(24) / 24, np.arange(24) / 24, indexing="ij")
    plane = sum(np.cos(2 * np.pi * x) for x in (u, v, u - v))
    grid = np.repeat(plane[:, :, None], 12, axis=2).astype(np.float32)
    return DensityMap(grid, HEXAGONAL, gemmi.SpaceGroup("P 1"), MapKind.DENSITY)


def test_lines_of_an_analytic_function_are_circles_in_the_sheared_cell():
    section = SectionSampler(waves()).sample(axis_plane("w", 0.2), CENTRED, spacing=0.05)
    level = 2.9
    middle = min(contour_lines(section, level), key=lambda line: np.linalg.norm(line.mean(axis=0)))
    # Near the origin the function is 3 − 4π² r²/a² in the true distance r, up to r⁴.
    radii = np.linalg.norm(middle, axis=1)
    assert radii.std() < 0.003 * radii.mean()
    assert radii.mean() == pytest.approx(10 * np.sqrt(0.1) / (2 * np.pi), rel=0.02)
    s, t = (middle @ np.linalg.inv(section.axes)).T
    values = np.cos(2 * np.pi * s) + np.cos(2 * np.pi * t) + np.cos(2 * np.pi * (s - t))
    np.testing.assert_allclose(values, level, atol=2e-3)


def test_closed_lines_end_where_they_begin():
    section = SectionSampler(waves()).sample(axis_plane("w", 0.2), CENTRED)
    middle = min(contour_lines(section, 2.5), key=lambda line: np.linalg.norm(line.mean(axis=0)))
    np.testing.assert_allclose(middle[0], middle[-1], atol=1e-9)


def flat(values: np.ndarray) -> Section:
    density = waves()
    n, m = values.shape
    return Section(
        density, axis_plane("w", 0.0), CELL, Slab(), values.astype(np.float32),
        np.linspace(0, 1, n), np.linspace(0, 1, m),
    )  # fmt: skip


def test_levels_are_counted_from_the_mean_in_rmsd_or_absolutely():
    section = flat(np.array([[0.0, 5.0], [-3.0, 1.0]]))
    rmsd, mean = section.density.rmsd, section.density.mean
    positive, negative = ContourLevels(1.0, 0.5).values(section)
    np.testing.assert_allclose(
        positive, mean + rmsd * np.array([1, 1.5, 2, 2.5, 3, 3.5, 4])[: len(positive)]
    )
    assert positive[-1] <= 5.0 < positive[-1] + 0.5 * rmsd
    assert negative[-1] >= -3.0 > negative[-1] - 0.5 * rmsd
    positive, negative = ContourLevels(1.0, 1.5, unit="absolute").values(section)
    np.testing.assert_allclose(positive, [1.0, 2.5, 4.0])
    np.testing.assert_allclose(negative, [-1.0, -2.5])


def test_negative_levels_can_be_left_out_and_the_number_limited():
    section = flat(np.array([[0.0, 5.0], [-3.0, 1.0]]))
    levels = ContourLevels(1.0, 1.0, 2, "absolute", negative=False)
    positive, negative = all_contour_lines(section, levels)
    assert len(positive) == 2
    assert negative == []
    assert levels.words(section.density) == "1, 2 e/Å³"
    assert ContourLevels(2, 1).words(section.density) == "2, 3, 4 … rmsd"
    assert ContourLevels(2, 1, 8).words(section.density) == "2, 3, 4 … 9 rmsd"


def test_a_flat_map_has_no_levels():
    density = waves()
    empty = density.with_grid(np.zeros_like(density.grid))
    section = SectionSampler(empty).sample(axis_plane("w", 0.0))
    assert all_contour_lines(section, default_levels(empty)) == ([], [])


@pytest.mark.parametrize("wrong", [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (float("nan"), 1.0)])
def test_refuses_levels_that_do_not_rise(wrong):
    with pytest.raises(UserError, match="begin above 0"):
        ContourLevels(*wrong)


def test_refuses_an_absurd_number_of_levels():
    with pytest.raises(UserError, match="from 1 to 100"):
        ContourLevels(1.0, 1.0, 1000)
