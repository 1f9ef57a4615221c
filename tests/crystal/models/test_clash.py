import itertools

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.models.clash import comes_too_near, nearest_copy, pieces_too_near


def by_brute_force(positions: np.ndarray, cell: gemmi.UnitCell, steps: int) -> float:
    """Over every cell up to so many steps away, the lattice by gemmi."""
    nearest = np.inf
    for shift in itertools.product(range(-steps, steps + 1), repeat=3):
        if any(shift):
            vector = np.array(cell.orthogonalize(gemmi.Fractional(*shift)).tolist())
            differences = positions[:, None] + vector - positions[None]
            nearest = min(nearest, float(np.linalg.norm(differences, axis=-1).min()))
    return nearest


CELLS = [
    (12, 12, 12, 90, 90, 90),
    (7, 9, 11, 80, 95, 110),
    (10, 10, 10, 60, 60, 60),
    (9, 14, 8, 90, 130, 90),
    (9, 9, 9, 35, 60, 60),  # so oblique that the nearest copy is more than a step away
]


@pytest.mark.parametrize("parameters", CELLS)
def test_nearest_copy_is_that_of_every_lattice_vector(parameters: tuple[float, ...]) -> None:
    cell = gemmi.UnitCell(*parameters)
    rng = np.random.default_rng(3)
    for _ in range(8):
        positions = rng.uniform(-4, 4, (9, 3)) * rng.uniform(0.3, 1.5, 3)
        true = by_brute_force(positions, cell, 5)
        assert nearest_copy(positions, cell) == pytest.approx(true, abs=1e-9)
        assert comes_too_near(positions, cell) == (true < 3.0)


def test_a_single_atom_is_an_edge_away_from_itself() -> None:
    cell = gemmi.UnitCell(5, 7, 9, 90, 90, 90)
    assert nearest_copy(np.zeros((1, 3)), cell) == pytest.approx(5.0)


def test_a_molecule_longer_than_its_cell_is_found_too_near() -> None:
    rod = np.array([[x, 0.0, 0.0] for x in np.arange(0, 40, 1.3)])
    cell = gemmi.UnitCell(12, 12, 12, 90, 90, 90)
    # Multiples of 1.3 and of 12 meet most closely at 12 ≈ 9 × 1.3 + 0.3 and 36 ≈ 28 × 1.3 − 0.4.
    assert nearest_copy(rod, cell) == pytest.approx(by_brute_force(rod, cell, 5), abs=1e-9)
    assert comes_too_near(rod, cell)


@pytest.mark.parametrize(("distance", "near"), [(2.99, True), (3.01, False)])
def test_three_angstroms_from_the_copy_is_the_limit(distance: float, near: bool) -> None:
    pair = np.array([[0.0, 0.0, 0.0], [10.0 - distance, 0.0, 0.0]])
    assert comes_too_near(pair, gemmi.UnitCell(10, 10, 10, 90, 90, 90)) == near


@pytest.mark.parametrize("parameters", CELLS)
def test_pieces_come_too_near_where_some_lattice_vector_brings_them(
    parameters: tuple[float, ...],
) -> None:
    cell = gemmi.UnitCell(*parameters)
    rng = np.random.default_rng(5)
    start = np.array([0, 2, 5, 6, 10, 13])
    atoms = rng.uniform(-6, 6, (13, 3))
    near = pieces_too_near(atoms, start, 4, cell)
    expected = np.zeros((4, 5), dtype=bool)
    for shift in itertools.product(range(-6, 7), repeat=3):
        if any(shift):
            vector = np.array(cell.orthogonalize(gemmi.Fractional(*shift)).tolist())
            distances = np.linalg.norm(atoms[:, None] - (atoms + vector)[None], axis=-1)
            for k, i in itertools.product(range(4), range(5)):
                if i + k < 5:
                    rows, columns = slice(*start[i : i + 2]), slice(*start[i + k : i + k + 2])
                    expected[k, i] |= bool((distances[rows, columns] < 3.0).any())
    assert expected.any()
    np.testing.assert_array_equal(near, expected)
