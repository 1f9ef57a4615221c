"""Iso-surfaces and chicken wire, against analytic surfaces and scikit-image."""

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.measure import marching_cubes

from patterson_gui.crystal.maps import surfaces
from patterson_gui.crystal.maps.boxes import Box
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.mesh import Mesh
from patterson_gui.crystal.maps.surfaces import finely_sampled, isosurface

TRICLINIC = gemmi.UnitCell(13.0, 15.0, 17.0, 75.0, 100.0, 112.0)
CUBE = gemmi.UnitCell(12.0, 12.0, 12.0, 90.0, 90.0, 90.0)


def make_map(grid: NDArray[np.floating], cell: gemmi.UnitCell = CUBE, **more: float) -> DensityMap:
    return DensityMap(grid, cell, gemmi.SpaceGroup("P 1"), MapKind.DENSITY, **more)


def gaussian(
    cell: gemmi.UnitCell, shape: tuple[int, int, int], centre: tuple[float, float, float]
) -> DensityMap:
    """exp(−r²/2) about a fractional centre and its lattice copies, r in Å."""
    frac = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1)
    offset = frac - np.array(centre)
    offset -= np.round(offset)
    away = offset @ np.array(cell.orth.mat.tolist()).T
    return make_map(np.exp(-(away**2).sum(axis=-1) / 2), cell)


def edges_of(mesh: Mesh) -> NDArray[np.uint32]:
    """(3m, 2) directed edges of the triangles."""
    return np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])


def as_set(pairs: NDArray[np.uint32]) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in np.sort(pairs, axis=1)}


@pytest.fixture(scope="module")
def ball() -> Mesh:
    return isosurface(gaussian(TRICLINIC, (40, 45, 54), (0.5, 0.45, 0.55)), np.exp(-2.0))


def test_a_gaussian_in_a_triclinic_cell_is_cut_at_its_cartesian_radius(ball: Mesh) -> None:
    centre = np.array(TRICLINIC.orthogonalize(gemmi.Fractional(0.5, 0.45, 0.55)).tolist())
    radius = np.linalg.norm(ball.vertices - centre, axis=1)
    assert len(radius) > 500
    assert radius == pytest.approx(2.0, abs=0.03)


def test_normals_of_a_ball_point_outwards(ball: Mesh) -> None:
    centre = np.array(TRICLINIC.orthogonalize(gemmi.Fractional(0.5, 0.45, 0.55)).tolist())
    outwards = (ball.vertices - centre) / np.linalg.norm(
        ball.vertices - centre, axis=1, keepdims=True
    )
    assert np.linalg.norm(ball.normals, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.min(np.sum(outwards * ball.normals, axis=1)) > 0.995


def test_triangles_of_a_ball_close_and_turn_the_same_way(ball: Mesh) -> None:
    directed = [(int(a), int(b)) for a, b in edges_of(ball)]
    assert len(directed) == len(set(directed))
    assert {(b, a) for a, b in directed} == set(directed)
    assert len(ball.vertices) - len(as_set(edges_of(ball))) + len(ball.faces) == 2
    a, b, c = (ball.vertices[ball.faces[:, i]].astype(float) for i in range(3))
    area = np.cross(b - a, c - a) / 2
    volume = np.sum(a * area) / 3  # positive where the triangles are seen from outside
    assert volume == pytest.approx(4 / 3 * np.pi * 8, rel=0.01)
    assert np.linalg.norm(area, axis=1).sum() == pytest.approx(4 * np.pi * 4, rel=0.01)


def test_chicken_wire_has_only_edges_in_grid_planes_and_all_of_them(ball: Mesh) -> None:
    to_frac = np.linalg.inv(np.array(TRICLINIC.orth.mat.tolist()))
    steps = (ball.vertices @ to_frac.T) * (40, 45, 54)
    on_plane = np.abs(steps - np.round(steps)) < 1e-4

    def in_a_plane(pairs: NDArray[np.uint32]) -> NDArray[np.bool_]:
        i, j = pairs.T
        same = np.abs(steps[i] - steps[j]) < 1e-4
        return np.any(on_plane[i] & on_plane[j] & same, axis=1)

    assert in_a_plane(ball.lines).all()
    assert len(as_set(ball.lines)) == len(ball.lines)
    edges = np.array(sorted(as_set(edges_of(ball))))
    assert as_set(edges[in_a_plane(edges)]) == as_set(ball.lines)


def test_a_sparser_wire_lies_in_every_second_and_every_fourth_plane(ball: Mesh) -> None:
    to_frac = np.linalg.inv(np.array(TRICLINIC.orth.mat.tolist()))
    steps = (ball.vertices @ to_frac.T) * (40, 45, 54)
    every, second, fourth = ball.wires
    assert every == len(ball.lines)
    assert second == pytest.approx(every / 2, rel=0.1)
    assert fourth == pytest.approx(every / 4, rel=0.15)
    for count, n in ((second, 2), (fourth, 4)):
        i, j = ball.lines[:count].T
        off = np.abs(steps / n - np.round(steps / n)) * n < 1e-4
        assert np.any(off[i] & off[j], axis=1).all()


def test_vertices_are_those_of_marching_cubes_elsewhere() -> None:
    rng = np.random.default_rng(7)
    grid = rng.normal(size=(12, 14, 16)).astype(np.float32)
    padded = np.pad(grid, ((0, 1),) * 3, mode="wrap")
    reference = marching_cubes(padded, 0.8)[0] / grid.shape * 12.0
    mesh = isosurface(make_map(grid), 0.8)

    def keys(points: NDArray[np.floating]) -> set[tuple[int, ...]]:
        return {tuple(p) for p in np.round(points * 500).astype(int).tolist()}

    ours, theirs = keys(mesh.vertices), keys(reference)
    # scikit-image adds points inside cubes of unclear topology; rounding may split a few.
    assert len(ours & theirs) > 0.97 * len(ours)


def test_noise_with_every_case_of_a_cube_still_has_no_holes() -> None:
    rng = np.random.default_rng(11)
    grid = np.full((20, 20, 20), -5.0)
    grid[2:18, 2:18, 2:18] = rng.normal(size=(16, 16, 16))
    mesh = isosurface(make_map(grid), 0.1)
    directed = [(int(a), int(b)) for a, b in edges_of(mesh)]
    assert sorted(directed) == sorted((b, a) for a, b in directed)


def test_three_different_axes_come_out_in_the_order_u_v_w() -> None:
    grid = np.zeros((20, 30, 40), dtype=np.float32)
    grid[2, 9, 28] = 1.0
    cell = gemmi.UnitCell(10.0, 15.0, 20.0, 90, 90, 90)
    mesh = isosurface(make_map(grid, cell), 0.5)
    assert mesh.vertices.mean(axis=0) == pytest.approx([1.0, 4.5, 14.0], abs=1e-4)


def test_a_peak_at_the_origin_is_whole_in_a_box_about_it_and_in_pieces_in_the_cell() -> None:
    density = gaussian(TRICLINIC, (40, 45, 54), (0.0, 0.0, 0.0))
    half = (0.5, 0.5, 0.5)
    about = isosurface(density, np.exp(-2.0), lower_frac=(-0.5, -0.5, -0.5), upper_frac=half)
    assert np.linalg.norm(about.vertices, axis=1) == pytest.approx(2.0, abs=0.03)
    cell = isosurface(density, np.exp(-2.0))
    corners = np.array(list(np.ndindex(2, 2, 2))) @ np.array(TRICLINIC.orth.mat.tolist()).T
    near = np.linalg.norm(cell.vertices[:, None] - corners, axis=2).min(axis=1)
    assert near == pytest.approx(2.0, abs=0.03)
    area = [_area(mesh) for mesh in (about, cell)]
    assert area[0] == pytest.approx(area[1], rel=1e-3)


@pytest.mark.parametrize("shape", [(40, 45, 54), (41, 46, 53)], ids=["even", "odd"])
def test_every_second_grid_point_gives_a_ball_of_the_same_radius_at_the_same_place(
    shape: tuple[int, int, int],
) -> None:
    centre = np.array(TRICLINIC.orthogonalize(gemmi.Fractional(0.5, 0.45, 0.55)).tolist())
    density = gaussian(TRICLINIC, shape, (0.5, 0.45, 0.55))
    fine, draft = (isosurface(density, np.exp(-2.0), step=step) for step in (1, 2))
    assert draft.step == 2
    assert len(draft.vertices) == pytest.approx(len(fine.vertices) / 4, rel=0.1)
    radius = np.linalg.norm(draft.vertices - centre, axis=1)
    assert radius == pytest.approx(2.0, abs=0.1)
    middle = (draft.vertices.min(axis=0) + draft.vertices.max(axis=0)) / 2
    assert middle == pytest.approx(centre, abs=0.06)


@pytest.mark.parametrize("shape", [(40, 45, 54), (41, 46, 53)], ids=["even", "odd"])
def test_every_second_grid_point_of_a_box_across_the_cell_faces_gives_a_whole_ball(
    shape: tuple[int, int, int],
) -> None:
    density = gaussian(TRICLINIC, shape, (0.0, 0.0, 0.0))
    mesh = isosurface(
        density, np.exp(-2.0), lower_frac=(-0.5, -0.5, -0.5), upper_frac=(0.5, 0.5, 0.5), step=2
    )
    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(2.0, abs=0.1)
    directed = [(int(a), int(b)) for a, b in edges_of(mesh)]
    assert sorted(directed) == sorted((b, a) for a, b in directed)


def test_a_contour_can_be_stopped_between_its_parts() -> None:
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise InterruptedError

    density = gaussian(TRICLINIC, (40, 45, 54), (0.5, 0.5, 0.5))
    with pytest.raises(InterruptedError):
        isosurface(density, 0.5, check=check)
    assert len(calls) == 3


@pytest.mark.parametrize("step", [1, 2])
def test_a_closed_surface_cut_by_cell_faces_has_no_holes_and_the_volume_of_a_ball(
    step: int,
) -> None:
    density = gaussian(TRICLINIC, (40, 44, 54), (0.0, 0.0, 0.5))
    level = float(np.exp(-2.0))
    mesh = isosurface(density, level, closed=True, step=step)
    places = np.round(mesh.vertices.astype(float), 3)
    _, number = np.unique(places, axis=0, return_inverse=True)
    faces = number[mesh.faces]
    faces = faces[(faces != np.roll(faces, 1, axis=1)).all(axis=1)]  # not those without any area
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there, back = (sorted(map(tuple, pairs.tolist())) for pairs in (directed, directed[:, ::-1]))
    assert there == back
    a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(float) for i in range(3))
    volume = np.sum(a * np.cross(b - a, c - a)) / 6  # of the four quarters of a ball
    assert volume == pytest.approx(4 / 3 * np.pi * 8, rel=0.02 * step**2)


def test_faces_that_close_a_surface_lie_in_the_faces_of_the_box_and_face_outwards() -> None:
    density = gaussian(TRICLINIC, (40, 45, 54), (0.25, 0.4, 0.5))
    box = {"lower_frac": (0.25, 0.0, 0.0), "upper_frac": (1.0, 0.4, 1.0)}
    opened, closed = (isosurface(density, 0.2, closed=on, **box) for on in (False, True))  # type: ignore[arg-type]
    assert len(closed.lines) == len(opened.lines)
    new = slice(len(opened.vertices), None)
    to_frac = np.linalg.inv(np.array(TRICLINIC.orth.mat.tolist()))
    frac = closed.vertices[new] @ to_frac.T
    low, high = np.abs(frac[:, 0] - 0.25) < 1e-5, np.abs(frac[:, 1] - 0.4) < 1e-5
    assert np.all(low | high)
    values = density.value_at(frac)
    assert values.min() == pytest.approx(0.2, abs=0.005)
    for side, axis, sign in ((low & ~high, 0, -1), (high & ~low, 1, 1)):
        out = sign * to_frac[axis] / np.linalg.norm(to_frac[axis])
        assert np.allclose(closed.normals[new][side], out, atol=1e-5)


def test_closing_changes_nothing_where_the_box_cuts_no_surface(ball: Mesh) -> None:
    density = gaussian(TRICLINIC, (40, 45, 54), (0.5, 0.45, 0.55))
    assert len(isosurface(density, np.exp(-2.0), closed=True).faces) == len(ball.faces)


def _area(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(float) for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize("level", [2.0, -1.0])
def test_a_level_the_map_does_not_cross_gives_an_empty_mesh(level: float) -> None:
    mesh = isosurface(gaussian(CUBE, (24, 24, 24), (0.5, 0.5, 0.5)), level)
    assert mesh.is_empty
    assert len(mesh.vertices) == len(mesh.faces) == len(mesh.lines) == len(mesh.normals) == 0


def test_a_flat_map_has_no_surface_and_no_invalid_numbers() -> None:
    mesh = isosurface(make_map(np.zeros((8, 8, 8))), 0.0)
    assert mesh.is_empty
    grid = np.zeros((8, 8, 8))
    grid[3:5, 3:5, 3:5] = 1.0  # plateaus have no gradient
    mesh = isosurface(make_map(grid), 1.0)
    assert np.isfinite(mesh.vertices).all()
    assert np.isfinite(mesh.normals).all()


def test_rejects_an_empty_box() -> None:
    density = make_map(np.zeros((8, 8, 8)))
    with pytest.raises(ValueError, match="empty box"):
        isosurface(density, 1.0, lower_frac=(0.5, 0, 0), upper_frac=(0.5, 1, 1))


def test_a_very_large_map_is_sampled_coarsely_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surfaces, "MOST_POINTS", 20**3)
    mesh = isosurface(gaussian(CUBE, (48, 48, 48), (0.5, 0.5, 0.5)), np.exp(-2.0))
    assert mesh.step == 3
    assert np.linalg.norm(mesh.vertices - 6.0, axis=1) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("shape", [(24, 25, 26), (12, 12, 15)])
def test_fine_sampling_is_the_same_sum_of_waves(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(3)
    waves = [(rng.normal(), rng.integers(-4, 5, 3), rng.uniform(0, 6)) for _ in range(20)]

    def sampled(n: tuple[int, int, int]) -> NDArray[np.float64]:
        x = np.stack(np.meshgrid(*(np.arange(k) / k for k in n), indexing="ij"), axis=-1)
        total: NDArray[np.float64] = sum(a * np.cos(2 * np.pi * (x @ h) + p) for a, h, p in waves)
        return total

    fine = finely_sampled(make_map(sampled(shape), CUBE, d_min=1.5))
    assert fine.shape == (32, 32, 32)
    assert fine.grid == pytest.approx(sampled((32, 32, 32)), abs=1e-4)


def test_a_map_of_unknown_resolution_is_not_interpolated() -> None:
    density = make_map(np.zeros((8, 8, 8)))
    assert finely_sampled(density) is density


def test_only_the_part_near_some_points_is_kept() -> None:
    cell = gemmi.UnitCell(12, 12, 12, 90, 90, 90)
    frac = np.stack(np.meshgrid(*[np.arange(24) / 24] * 3, indexing="ij"), axis=-1)
    grid = np.zeros((24, 24, 24))
    for centre in ((0.25, 0.25, 0.25), (0.75, 0.75, 0.75)):
        grid += np.exp(-((12 * (frac - np.array(centre))) ** 2).sum(axis=-1))
    density = DensityMap(grid, cell, gemmi.SpaceGroup("P 1"), MapKind.DENSITY, 1.5)
    mesh = isosurface(density, 0.5)
    part = mesh.near(np.array([[3.0, 3.0, 3.0]]), 2.0)
    assert 0 < len(part.lines) < len(mesh.lines)
    assert 0 < len(part.faces) < len(mesh.faces)
    drawn = part.vertices[part.lines.ravel()]
    assert np.linalg.norm(drawn - 3.0, axis=1).max() < 2.0
    assert part.wires[0] == len(part.lines)
    assert part.wires[0] >= part.wires[1] >= part.wires[2]


def test_the_parts_inside_and_outside_a_box_make_the_whole_surface() -> None:
    density = gaussian(TRICLINIC, (24, 28, 32), (0.0, 0.5, 0.5))
    axes = density.orthogonalization.T
    wide = isosurface(density, 0.3, lower_frac=(-0.5, 0.0, 0.0), upper_frac=(0.5, 1.0, 1.0))
    inside = isosurface(density, 0.3, lower_frac=(0.0, 0.0, 0.0), upper_frac=(0.5, 1.0, 1.0))
    outside = wide.outside(axes, Box((0.0, 0.0, 0.0), (0.5, 1.0, 1.0)))
    whole = inside.joined(outside)
    assert _area(inside) == pytest.approx(_area(wide) / 2, rel=0.01)
    assert _area(whole) == pytest.approx(_area(wide), rel=1e-5)
    assert len(whole.faces) == len(wide.faces)


def test_joined_surfaces_have_their_sparse_wires_first() -> None:
    one = isosurface(gaussian(CUBE, (24, 24, 24), (0.3, 0.5, 0.5)), 0.3)
    other = isosurface(gaussian(CUBE, (32, 32, 32), (0.7, 0.5, 0.5)), 0.3)
    both = one.joined(other)
    for n in range(3):
        assert both.wires[n] == one.wires[n] + other.wires[n]
        ends = both.vertices[both.lines[: both.wires[n]].ravel()]
        parts = [m.vertices[m.lines[: m.wires[n]].ravel()] for m in (one, other)]
        expected = np.concatenate(parts)
        assert sorted(map(tuple, ends.tolist())) == sorted(map(tuple, expected.tolist()))
    empty = isosurface(gaussian(CUBE, (24, 24, 24), (0.3, 0.5, 0.5)), 2.0)
    assert one.joined(empty) is one
    assert empty.joined(one) is one


def test_nothing_of_a_surface_is_near_no_points() -> None:
    mesh = isosurface(gaussian(CUBE, (24, 24, 24), (0.5, 0.5, 0.5)), 0.5)
    assert not mesh.is_empty
    assert not mesh.near(np.full((1, 3), 6.0), 3.0).is_empty
    assert mesh.near(np.zeros((0, 3)), 3.0).is_empty
