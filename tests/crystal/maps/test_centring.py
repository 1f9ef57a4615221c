import numpy as np
import pytest

from patterson_gui.crystal.maps.centring import centre_of_density, shifted_phases


def blob(centre: tuple[float, float, float], n: int = 40, sigma: float = 0.06) -> np.ndarray:
    x = np.arange(n) / n
    profiles = [np.exp(-(((x - c + 0.5) % 1.0 - 0.5) ** 2) / (2 * sigma**2)) for c in centre]
    return np.einsum("i,j,k->ijk", *profiles).astype(np.float32)


@pytest.mark.parametrize("centre", [(0.5, 0.5, 0.5), (0.03, 0.97, 0.41)])
def test_the_centre_of_a_gaussian_is_found_across_the_cell_edge(
    centre: tuple[float, float, float],
) -> None:
    found = centre_of_density(blob(centre))
    offset = (found - np.array(centre) + 0.5) % 1.0 - 0.5
    assert np.abs(offset).max() < 1e-3


def test_two_unequal_blobs_have_their_weighted_mean_as_centre() -> None:
    grid = 3 * blob((0.4, 0.5, 0.5)) + blob((0.6, 0.5, 0.5))
    assert centre_of_density(grid)[0] == pytest.approx(0.45, abs=2e-3)


def test_an_empty_map_gives_no_error() -> None:
    assert np.array_equal(centre_of_density(np.zeros((4, 4, 4), np.float32)), np.zeros(3))


def test_shifting_phases_moves_an_atom() -> None:
    hkl = np.array([[1, 0, 0], [2, -1, 3]], np.int32)
    x, t = np.array([0.1, 0.2, 0.3]), np.array([0.05, -0.1, 0.4])
    moved = shifted_phases(2 * np.pi * (hkl @ x), hkl, t)
    assert np.allclose(np.exp(1j * moved), np.exp(2j * np.pi * (hkl @ (x + t))))
