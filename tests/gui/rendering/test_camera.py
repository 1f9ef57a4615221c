"""The camera: movements, projection and its inverse."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from patterson_gui.gui.rendering.camera import CameraState, axis_view, facing_view, standard_view

SIZE = (640, 480)
CORNERS = np.array(list(np.ndindex(2, 2, 2))) * 12.0


def test_the_target_is_in_the_middle_and_the_span_fills_the_shorter_side() -> None:
    camera = CameraState(target=(1.0, 2.0, 3.0), span=10.0)
    places = camera.project(np.array([[1.0, 2.0, 3.0], [1.0, 7.0, 3.0]]), SIZE)
    assert places[0, :2] == pytest.approx((320, 240))
    assert places[1, :2] == pytest.approx((320, 0))
    assert places[0, 2] == pytest.approx(camera.distance)


def test_a_ray_through_a_pixel_hits_the_point_drawn_there() -> None:
    camera = standard_view(CORNERS).zoomed(1.7).moved(30, -12, SIZE).turned(0.9, 0.4)
    eye, direction = camera.ray(123.0, 77.0, SIZE)
    points = eye + np.array([[10.0], [40.0]]) * direction
    assert camera.project(points, SIZE)[:, :2] == pytest.approx(np.array([[123.0, 77.0]] * 2))


def test_the_point_under_the_mouse_follows_it() -> None:
    camera = standard_view(CORNERS)
    place = np.array([camera.target])
    before = camera.project(place, SIZE)[0, :2]
    after = camera.moved(25.0, -40.0, SIZE).project(place, SIZE)[0, :2]
    assert after - before == pytest.approx((25.0, -40.0))


def test_turning_right_moves_near_points_right() -> None:
    camera = CameraState(span=10.0)
    front = np.array([[0.0, 0.0, 3.0]])
    x, y, _ = camera.turned(0.1, 0.0).project(front, SIZE)[0]
    assert x > 320
    assert y == pytest.approx(240)
    x, y, _ = camera.turned(0.0, 0.1).project(front, SIZE)[0]
    assert x == pytest.approx(320)
    assert y > 240


def test_many_turns_keep_the_matrix_a_rotation() -> None:
    camera = CameraState()
    for step in range(500):
        camera = camera.turned(0.1 * np.cos(step), 0.07)
    assert camera.matrix @ camera.matrix.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(camera.matrix) == pytest.approx(1.0)


def test_the_standard_view_shows_a_to_the_left_b_to_the_right_c_up() -> None:
    camera = standard_view(CORNERS)
    eye = camera.matrix @ np.eye(3)
    a, b, c = eye.T
    assert a[0] < 0
    assert a[2] > 0.7  # towards the viewer
    assert b[0] > 0.8
    assert c[1] > 0.9


@pytest.mark.parametrize("size", [(500, 500), (350, 620), (900, 300)])
@pytest.mark.parametrize("edges", [(12.0, 12.0, 12.0), (20.0, 30.0, 140.0)])
def test_the_standard_view_is_filled_by_the_whole_cell(
    size: tuple[int, int], edges: tuple[float, float, float]
) -> None:
    corners = CORNERS / 12.0 * np.array(edges)
    places = standard_view(corners, size).project(corners, size)[:, :2] / size
    assert places.min() >= 0.06
    assert places.max() <= 0.94
    assert np.ptp(places, axis=0).max() == pytest.approx(0.86, abs=0.01)


def test_does_not_clip_a_cell_that_fills_the_view() -> None:
    camera = standard_view(CORNERS)
    centre, radius = (6.0, 6.0, 6.0), float(np.linalg.norm([6.0, 6.0, 6.0]))
    for _ in range(12):
        camera = camera.turned(0.5, 0.3)
        near, far = camera.depth_range(radius, centre)
        depth = camera.project(CORNERS, SIZE)[:, 2]
        assert near <= depth.min()
        assert far >= depth.max()


def test_near_and_far_planes_stay_apart_for_every_target() -> None:
    for target in ((0.0, 0.0, 0.0), (0.0, 0.0, 500.0), (0.0, 0.0, -500.0)):
        near, far = CameraState(target=target, span=0.6).depth_range(5.0, (0.0, 0.0, 0.0))
        assert 0 < near < far


def test_the_planes_of_a_slab_are_the_near_and_far_ends_of_the_depth() -> None:
    camera = standard_view(CORNERS).turned(0.4, 1.1)
    clip = camera.clip_matrix(SIZE, 10.0, (6.0, 6.0, 6.0), slab=(3.0, 1.0))
    towards = camera.matrix[2]  # the eye
    for away, depth in ((3.0, -1.0), (-1.0, 1.0)):
        point = np.append(np.array(camera.target) + away * towards, 1.0)
        found = clip @ point
        assert found[2] / found[3] == pytest.approx(depth, abs=1e-4)
    assert camera.slab_depths(None) == (0.0, np.inf)
    assert camera.slab_depths((1e6, -1e5))[0] > 0


def test_flat_points_are_seen_from_their_flat_side() -> None:
    rng = np.random.default_rng(3)
    flat = rng.normal(size=(40, 3)) * (5.0, 2.0, 0.1)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    points = flat @ turn.T + (7.0, -3.0, 11.0)
    for size in ((800, 400), (400, 800)):
        view = facing_view(points, size)
        seen = (points - np.array(view.target)) @ view.matrix.T
        spread = seen.std(axis=0)
        assert spread[2] < 0.2
        long, short = (0, 1) if size[0] > size[1] else (1, 0)
        assert spread[long] > spread[short]
        assert np.linalg.det(view.matrix) == pytest.approx(1.0)


def test_spinning_turns_the_crystal_about_an_axis_through_the_target() -> None:
    camera = standard_view(CORNERS)
    axis = np.array([1.0, -2.0, 0.5])
    spun = camera.spun(axis, 0.7)
    turn = Rotation.from_rotvec(0.7 * axis / np.linalg.norm(axis)).as_matrix()
    np.testing.assert_allclose(spun.matrix, camera.matrix @ turn, atol=1e-12)
    on_axis = np.array(camera.target) + np.outer([-3.0, 4.0], axis)
    np.testing.assert_allclose(spun.project(on_axis, SIZE), camera.project(on_axis, SIZE))
    whole = camera.spun(axis, 2 * np.pi)
    np.testing.assert_allclose(whole.matrix, camera.matrix, atol=1e-12)


@pytest.mark.parametrize("size", [(640, 480), (300, 500)])
def test_an_axis_that_points_at_the_eye_is_seen_as_a_point(size: tuple[int, int]) -> None:
    axes = np.array([[9.0, 0.0, 0.0], [-2.0, 11.0, 0.0], [-3.0, 1.0, 13.0]])
    corners = np.array(list(np.ndindex(2, 2, 2))) @ axes
    for towards, up in ((axes[0], axes[2]), (axes[2], axes[1]), (np.cross(*axes[1:]), axes[2])):
        camera = axis_view(towards, up, corners, size)
        along = camera.matrix @ towards
        assert along == pytest.approx((0.0, 0.0, np.linalg.norm(towards)), abs=1e-9)
        assert camera.matrix @ up == pytest.approx((0.0, *(camera.matrix @ up)[1:]), abs=1e-9)
        assert (camera.matrix @ up)[1] > 0
        seen = camera.project(corners, size)[:, :2]
        assert (seen >= 0).all()
        assert (seen <= np.array(size)).all()
        share = (seen.max(axis=0) - seen.min(axis=0)) / np.array(size)
        assert share.max() == pytest.approx(0.86, abs=0.02)
