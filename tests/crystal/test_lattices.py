import gemmi
import numpy as np
import pytest
from ase.geometry import find_mic

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import distances, minimum_image, steps_within

SKEWED = {
    "cubic": (5, 5, 5, 90, 90, 90),
    "hexagonal": (6, 6, 15, 90, 90, 120),
    "rhombohedral, acute": (8, 8, 8, 25, 25, 25),
    "rhombohedral, obtuse": (8, 8, 8, 115, 115, 115),
    "monoclinic, 160°": (6, 7, 14, 90, 160, 90),
    "triclinic, acute": (5, 9, 12, 30, 40, 50),
    "triclinic, mixed": (4, 11, 6, 150, 80, 110),
    "long and flat": (3, 3, 40, 85, 95, 30),
}


def by_brute_force(frac, axes, reach):
    """Å, the shortest of (2 reach + 1)³ copies of each vector."""
    steps = np.array(list(np.ndindex(*[2 * reach + 1] * 3))) - reach
    home = frac - np.rint(frac)
    return np.array([np.linalg.norm((one + steps) @ axes, axis=1).min() for one in home])


@pytest.mark.parametrize("cell", SKEWED.values(), ids=SKEWED)
def test_distances_are_the_shortest_over_all_copies(cell):
    axes = orthogonalization(gemmi.UnitCell(*cell)).T
    frac = np.random.default_rng(0).uniform(-2, 2, (60, 3))
    np.testing.assert_allclose(
        distances(frac, axes), by_brute_force(frac, axes, reach=8), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("cell", SKEWED.values(), ids=SKEWED)
def test_distances_are_those_of_ase(cell):
    # Not of gemmi's find_nearest_image, which rounds and is wrong in a hexagonal cell already.
    axes = orthogonalization(gemmi.UnitCell(*cell)).T
    frac = np.random.default_rng(1).uniform(-2, 2, (300, 3))
    np.testing.assert_allclose(distances(frac, axes), find_mic(frac @ axes, axes)[1], atol=1e-9)


def test_rounding_alone_is_wrong_in_a_skewed_cell():
    axes = orthogonalization(gemmi.UnitCell(10, 10, 10, 90, 90, 30)).T
    frac = np.array([0.45, 0.45, 0.0])
    # By the cosine rule: 2 · 4.5 cos 15°; and of the copy at (−0.55, 0.45, 0).
    cosine = np.cos(np.radians(30))
    assert np.linalg.norm((frac - np.rint(frac)) @ axes) == pytest.approx(8.6933, abs=1e-3)
    expected = np.sqrt(5.5**2 + 4.5**2 - 2 * 5.5 * 4.5 * cosine)
    assert distances(frac, axes) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("cell", SKEWED.values(), ids=SKEWED)
def test_the_image_differs_from_the_vector_by_whole_numbers(cell):
    axes = orthogonalization(gemmi.UnitCell(*cell)).T
    frac = np.random.default_rng(2).uniform(-3, 3, (4, 5, 3))
    steps = minimum_image(frac, axes) - frac
    assert steps.shape == (4, 5, 3)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-12)


def test_in_an_orthogonal_cell_the_image_is_the_rounded_vector():
    axes = np.diag([4.0, 7.0, 30.0])
    frac = np.random.default_rng(3).uniform(-3, 3, (200, 3))
    np.testing.assert_array_equal(minimum_image(frac, axes), frac - np.rint(frac))


def test_left_handed_and_turned_axes_give_the_same_distances():
    axes = orthogonalization(gemmi.UnitCell(5, 9, 12, 30, 40, 50)).T
    turn = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0]
    frac = np.random.default_rng(5).uniform(-1, 1, (50, 3))
    np.testing.assert_allclose(distances(frac, -axes @ turn), distances(frac, axes), atol=1e-9)


def test_axes_in_one_plane_raise_no_error_from_reduction():
    flat = np.array([[4.0, 0, 0], [0, 5.0, 0], [4.0, 5.0, 1e-9]])
    assert np.isfinite(distances(np.array([[0.1, 0.2, 0.0]]), flat)).all()


def test_no_vectors_give_no_images():
    assert minimum_image(np.zeros((0, 3)), np.eye(3)).shape == (0, 3)


@pytest.mark.parametrize("cell", SKEWED.values(), ids=SKEWED)
def test_steps_within_a_distance_reach_all_copies_there(cell):
    axes, reach = orthogonalization(gemmi.UnitCell(*cell)).T, 2.5
    points = np.random.default_rng(6).random((40, 3))
    frac = (points[:, None] - points).reshape(-1, 3)

    def lengths(steps):
        all_ = np.linalg.norm((frac[:, None] + steps) @ axes, axis=2).ravel()
        return np.sort(all_[all_ < reach])

    every = np.array(list(np.ndindex(19, 19, 19))) - 9
    np.testing.assert_allclose(lengths(steps_within(axes, reach)), lengths(every), atol=1e-12)


def test_steps_within_a_short_distance_are_the_home_cell_and_its_neighbours():
    steps = steps_within(np.diag([4.0, 5.0, 6.0]), 3.0)
    np.testing.assert_array_equal(steps, np.array(list(np.ndindex(3, 3, 3))) - 1)
    assert len(steps_within(np.diag([4.0, 5.0, 2.0]), 3.0)) == 3 * 3 * 5
