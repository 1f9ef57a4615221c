"""Finding the point or density under the mouse."""

import numpy as np
import pytest

from patterson_gui.gui.rendering.camera import standard_view
from patterson_gui.gui.viewer3d.picking import density_on_ray, nearest_point
from tests.gui.scenes import TRICLINIC, blob

SIZE = (500, 400)
AXES = np.array(TRICLINIC.orth.mat.tolist()).T
CORNERS = np.array(list(np.ndindex(2, 2, 2))) @ AXES


@pytest.mark.parametrize("centre", [(0.5, 0.5, 0.5), (0.2, 0.7, 0.4)])
def test_a_click_on_density_finds_its_peak(centre: tuple[float, float, float]) -> None:
    density = blob(centre, cell=TRICLINIC)
    camera = standard_view(CORNERS)
    x, y, _ = camera.project(np.array(centre) @ AXES, SIZE)[0]
    found = density_on_ray(density, 3 * density.rmsd, camera, x, y, SIZE)
    assert found is not None
    assert (found - centre) @ AXES == pytest.approx(np.zeros(3), abs=0.2)


def test_a_click_beside_everything_finds_nothing() -> None:
    density = blob(cell=TRICLINIC)
    camera = standard_view(CORNERS)
    assert density_on_ray(density, 3 * density.rmsd, camera, 2.0, 2.0, SIZE) is None
    assert nearest_point(np.zeros((0, 3)), camera, 100, 100, SIZE) is None


def test_picks_the_nearer_of_two_points_in_line() -> None:
    camera = standard_view(CORNERS)
    eye, direction = camera.ray(200, 150, SIZE)
    points = eye + np.array([[camera.distance + 4.0], [camera.distance - 4.0]]) * direction
    assert nearest_point(points, camera, 203, 151, SIZE) == 1
    assert nearest_point(points, camera, 240, 150, SIZE) is None


def test_picks_nothing_outside_a_slab() -> None:
    camera = standard_view(CORNERS)
    eye, direction = camera.ray(200, 150, SIZE)
    points = eye + np.array([[camera.distance + 4.0], [camera.distance - 4.0]]) * direction
    assert nearest_point(points, camera, 203, 151, SIZE, slab=(1.0, 6.0)) == 0
    assert nearest_point(points, camera, 203, 151, SIZE, slab=(1.0, 1.0)) is None
    density = blob(cell=TRICLINIC, width=0.8)
    x, y, _ = camera.project(np.full(3, 0.5) @ AXES, SIZE)[0]
    for slab, is_found in (((3.0, 3.0), True), ((-5.0, 9.0), False), ((9.0, -5.0), False)):
        found = density_on_ray(density, 3 * density.rmsd, camera, x, y, SIZE, slab=slab)
        assert (found is not None) is is_found
