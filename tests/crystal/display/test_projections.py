import io

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.display.projections import projections_png
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind


def shades(density):
    """The picture as another library reads it."""
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(projections_png(density)))
    assert image.mode == "L"
    return np.asarray(image)


def spot_at(frac, cell, shape=(24, 24, 24)):
    grid = np.zeros(shape, np.float32)
    grid[tuple(round(x * n) for x, n in zip(frac, shape, strict=True))] = 1.0
    return DensityMap(grid, cell, p1(), MapKind.DENSITY)


def panels(image):
    """Three projections of a cube, side by side with gaps."""
    size = image.shape[0]
    gap = (image.shape[1] - 3 * size) // 2
    return [image[:, i * (size + gap) : i * (size + gap) + size] for i in range(3)]


def darkest(panel):
    """(x, y) of the darkest pixel inside the frame, 0..1 to the right and upwards."""
    inner = panel.astype(float)
    inner[[0, 1, -1, -2], :] = inner[:, [0, 1, -1, -2]] = 255
    row, column = np.unravel_index(inner.argmin(), inner.shape)
    n = len(panel)
    return (column + 0.5) / n, 1 - (row + 0.5) / n


def test_a_spot_is_at_its_coordinates_in_each_projection():
    u, v, w = 0.25, 0.5, 0.75
    image = shades(spot_at((u, v, w), gemmi.UnitCell(10, 10, 10, 90, 90, 90)))
    for panel, place in zip(panels(image), [(v, w), (u, w), (u, v)], strict=True):
        assert darkest(panel) == pytest.approx(place, abs=0.02)


def test_the_projection_of_an_oblique_cell_leans_with_its_angle():
    cell = gemmi.UnitCell(10, 10, 10, 90, 90, 60)
    image = shades(spot_at((0.5, 0.5, 0.5), cell))
    along_c = image[:, -150:]
    # b leans to the right by 60°: 5 Å over the whole height, of 15 Å.
    assert along_c[:2, :40].min() == 255
    assert along_c[-2:, :40].min() < 255
    assert along_c[:, 140:][-20:].min() == 255


def test_a_longer_axis_gives_a_longer_picture():
    image = shades(spot_at((0.5, 0.5, 0.5), gemmi.UnitCell(10, 20, 10, 90, 90, 90)))
    assert image.shape == (150, 150 + 12 + 150 + 12 + 75)


def test_a_map_without_features_is_white():
    flat = DensityMap(
        np.zeros((8, 8, 8)), gemmi.UnitCell(9, 9, 9, 90, 90, 90), p1(), MapKind.DENSITY
    )
    panel = panels(shades(flat))[0]
    assert panel[3:-3, 3:-3].min() == 255
