"""The Patterson function of known atoms, superposed on itself."""

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.solvers.phasing.grid import phasing_grid
from patterson_gui.solvers.phasing.superposition import SharpenedPatterson

CELL = gemmi.UnitCell(9.1, 10.3, 11.2, 85, 95, 102)
HKL = gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 0.9)
HEAVY = np.array([[0.0, 0.0, 0.0], [0.31, 0.22, 0.43]])
LIGHT = np.array([[0.12, 0.71, 0.33], [0.55, 0.48, 0.91], [0.83, 0.29, 0.57], [0.42, 0.87, 0.14]])
VECTOR = HEAVY[1] - HEAVY[0]


def structure_factors() -> np.ndarray:
    """(n,) F of two atoms of 10 electrons and four of one, smeared so that no map has ripples."""
    blur = np.exp(-6.0 / (4 * CELL.calculate_d_array(HKL) ** 2))
    light = np.exp(2j * np.pi * (HKL @ LIGHT.T)).sum(axis=1)
    return blur * (10 * np.exp(2j * np.pi * (HKL @ HEAVY.T)).sum(axis=1) + light)


@pytest.fixture(scope="module")
def patterson() -> SharpenedPatterson:
    return SharpenedPatterson(phasing_grid(HKL, np.abs(structure_factors()), CELL), CELL)


def value_at(density: torch.Tensor, frac: np.ndarray) -> float:
    """The highest value within one grid point of a position."""
    voxel = np.rint(frac * density.shape).astype(int)
    near = [(voxel + step - 1) % density.shape for step in np.ndindex(3, 3, 3)]
    return max(float(density[tuple(v)]) for v in near)


def test_the_shifted_map_is_a_sum_of_cosines(patterson):
    shift = np.array([0.1, -0.27, 0.4])
    squares = np.abs(structure_factors()) ** 2
    points = np.array([[0, 0, 0], [5, 3, 8], [11, 20, 1]])
    x = points / patterson.shape - shift
    expected = 2 * (squares * np.cos(2 * np.pi * (x @ HKL.T))).sum(axis=1)
    found = patterson.shifted(shift).numpy()[tuple(points.T)] * np.prod(patterson.shape)
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-3 * squares.sum())


def test_the_highest_peak_is_the_vector_between_heavy_atoms(patterson):
    (first,) = patterson.highest_vectors(1)
    away = min(np.abs(first - s * VECTOR - np.rint(first - s * VECTOR)).max() for s in (1, -1))
    assert away < 0.03


def test_keeps_one_of_two_opposite_vectors(patterson):
    vectors = patterson.highest_vectors(12)
    for i, one in enumerate(vectors):
        for other in vectors[:i]:
            total = one + other
            assert np.abs(total - np.rint(total)).max() > 0.02


def test_the_minimum_function_shows_the_structure_and_its_inverted_image(patterson):
    density = patterson.minimum_function(VECTOR[None])
    structure = np.concatenate([HEAVY, LIGHT])
    image = VECTOR - structure  # the centre of inversion is half way between the heavy atoms
    at_atoms = [value_at(density, x) for x in np.concatenate([structure, image])]
    elsewhere = np.quantile(density.numpy(), 0.9)
    assert min(at_atoms) > 3 * max(elsewhere, 0.0)


def test_a_second_vector_removes_the_inverted_image(patterson):
    # The vector leads to a light atom; in the image of the structure nothing is there.
    both = patterson.minimum_function(np.array([VECTOR, LIGHT[0] - HEAVY[0]]))
    atoms = [value_at(both, x) for x in LIGHT]
    image = [value_at(both, VECTOR - x) for x in LIGHT]
    print(atoms, image)
    assert min(atoms) > 2 * np.median(image)


def test_a_start_has_the_measured_moduli_and_phases_near_the_true_ones():
    f = structure_factors()
    e = np.abs(f) / np.sqrt((np.abs(f) ** 2).mean())
    grid = phasing_grid(HKL, e, CELL)
    start = SharpenedPatterson(grid, CELL).start(VECTOR[None])
    found = grid.values(start).numpy()
    assert np.allclose(np.abs(found), e, atol=1e-4)
    assert (e * np.cos(np.angle(found) - np.angle(f))).sum() / e.sum() > 0.8
