import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.solvers.atoms.geometry import find_bonds, in_one_piece

CARBONS = np.array([[0.0, 0, 0], [1.5, 0, 0], [3.0, 0, 0]])
OXYGENS = np.array([[0.0, 4.0, 0], [1.3, 4.0, 0]])


@pytest.mark.parametrize("cell", [(12, 14, 16, 90, 90, 90), (12, 14, 16, 90, 90, 40)])
def test_makes_molecules_whole_and_moves_them_close_to_the_largest(cell) -> None:
    orth = orthogonalization(gemmi.UnitCell(*cell))
    together = np.concatenate([CARBONS, OXYGENS])
    numbers = np.array([6, 6, 6, 8, 8])
    steps = np.array([[0, 0, 0], [1, 0, -1], [0, 2, 0], [-1, 1, 1], [2, -1, 0]])
    scattered = together + steps @ orth.T
    placed = in_one_piece(scattered, find_bonds(scattered, numbers, orth), orth)
    expected = together[1:] - together[0]
    assert placed[1:] - placed[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "cell", [(12, 14, 16, 25, 25, 25), (6, 7, 14, 90, 160, 90), (8, 8, 9, 90, 90, 15)]
)
def test_finds_all_bonds_in_a_strongly_skewed_cell(cell) -> None:
    orth = orthogonalization(gemmi.UnitCell(*cell))
    rng = np.random.default_rng(0)
    frac = rng.random((60, 3))
    numbers = rng.choice([6, 8, 26], 60)
    radius = np.select([numbers == 6, numbers == 8], [0.76, 0.66], 1.3)
    steps = np.array(list(np.ndindex(9, 9, 9))) - 4.0
    vectors = (frac[None, :, None] - frac[:, None, None] + steps) @ orth.T
    lengths = np.linalg.norm(vectors, axis=-1)
    most = (radius[:, None] + radius)[:, :, None] + 0.35
    i, j, step = np.nonzero((lengths > 0.3) & (lengths < most))
    bonds = find_bonds((frac + rng.integers(-2, 3, (60, 3))) @ orth.T, numbers, orth)

    def in_order(i, j, vectors):
        return sorted(zip(i, j, *np.round(vectors.T, 6) + 0.0, strict=True))

    assert len(i) > 100
    np.testing.assert_allclose(
        in_order(bonds.i, bonds.j, bonds.step), in_order(i, j, vectors[i, j, step]), atol=2e-6
    )
