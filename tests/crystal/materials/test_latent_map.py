"""Principal directions of latents, and neighbours among them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from patterson_gui.crystal.materials.latent_map import LatentMap, latent_map

N = 300
METRIC = np.concatenate([np.linspace(2.0, 0.1, N - 9), np.zeros(9)]).astype(np.float32)


def cloud(n: int = 400, seed: int = 1) -> NDArray[np.float32]:
    """Latents spread mostly along three hidden directions, the lattice going along with the
    first."""
    random = np.random.default_rng(seed)
    along = random.standard_normal((n, 3)) * [8.0, 4.0, 2.0]
    hidden = np.linalg.qr(random.standard_normal((N, 3)))[0].T
    vectors = along @ hidden + 0.01 * random.standard_normal((n, N))
    vectors[:, -1] = 5 + 0.1 * along[:, 0]
    return vectors.astype(np.float32)


@pytest.fixture(scope="module")
def known() -> LatentMap:
    return latent_map(cloud(), METRIC)


def test_directions_are_ordered_by_how_much_the_density_differs_along_them(
    known: LatentMap,
) -> None:
    assert np.all(np.diff(known.spreads) <= 0)
    assert known.shares[:3].sum() > 0.99
    assert known.axes @ known.axes.T == pytest.approx(np.eye(len(known.axes)), abs=1e-9)


def test_a_step_along_a_direction_changes_its_coordinate_by_one_and_no_other(
    known: LatentMap,
) -> None:
    start = known.vectors[7]
    for i, direction in enumerate(known.directions[:3]):
        by = known.place(start + direction) - known.place(start)
        assert by == pytest.approx(np.eye(len(by))[i], abs=1e-3)


def test_a_step_along_a_direction_also_changes_the_lattice(known: LatentMap) -> None:
    scores = known.coordinates[:, 0]
    slope = np.polyfit(scores, known.vectors[:, -1], 1)[0]
    assert known.directions[0, -1] == pytest.approx(slope, rel=1e-3)


def test_moves_a_vector_to_given_coordinates(known: LatentMap) -> None:
    start = known.vectors[3]
    wanted = known.place(start)
    wanted[0], wanted[2] = 1.5, -2.0
    assert known.place(known.moved(start, wanted)) == pytest.approx(wanted, abs=1e-3)


def test_the_coordinates_of_the_known_crystals_have_unit_spread(known: LatentMap) -> None:
    assert known.coordinates.std(axis=0) == pytest.approx(1.0)
    assert known.place(known.vectors) == pytest.approx(known.coordinates, abs=1e-3)


def test_the_nearest_crystal_is_the_crystal_itself_and_distances_are_those_of_the_metric(
    known: LatentMap,
) -> None:
    found, distances = known.nearest(known.vectors[42], 5)
    assert found[0] == 42
    assert distances[0] == 0
    assert np.all(np.diff(distances) >= 0)
    away = (known.vectors[found[4]] - known.vectors[42]) * METRIC
    assert distances[4] == pytest.approx(np.linalg.norm(away), rel=1e-5)


def test_leaves_out_crystals_that_could_not_be_encoded() -> None:
    vectors = cloud(50)
    vectors[3] = np.nan
    found = latent_map(vectors, METRIC)
    assert len(found) == 49
    assert list(found.rows[:4]) == [0, 1, 2, 4]


def test_the_sign_of_a_direction_does_not_change() -> None:
    vectors = cloud(60)
    assert latent_map(vectors, METRIC).axes == pytest.approx(
        latent_map(vectors[::-1], METRIC).axes, abs=1e-6
    )


def test_returns_all_crystals_when_asked_for_more_neighbours() -> None:
    known = latent_map(cloud(5), METRIC)
    assert len(known.nearest(known.vectors[0], 24)[0]) == 5
    assert len(known.directions) <= 5


@pytest.mark.parametrize("vectors", [cloud(2), np.ones((9, N), np.float32)])
def test_rejects_too_few_or_identical_crystals(vectors: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match=r"directions|same latent"):
        latent_map(vectors, METRIC)
