import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.solve.atoms.geometry import find_bonds, in_one_piece

CARBONS = np.array([[0.0, 0, 0], [1.5, 0, 0], [3.0, 0, 0]])
OXYGENS = np.array([[0.0, 4.0, 0], [1.3, 4.0, 0]])


@pytest.mark.parametrize("cell", [(12, 14, 16, 90, 90, 90), (12, 14, 16, 90, 90, 40)])
def test_molecules_are_whole_and_as_near_as_can_be_to_the_largest(cell) -> None:
    orth = orthogonalization(gemmi.UnitCell(*cell))
    together = np.concatenate([CARBONS, OXYGENS])
    numbers = np.array([6, 6, 6, 8, 8])
    steps = np.array([[0, 0, 0], [1, 0, -1], [0, 2, 0], [-1, 1, 1], [2, -1, 0]])
    scattered = together + steps @ orth.T
    placed = in_one_piece(scattered, find_bonds(scattered, numbers, orth), orth)
    expected = together[1:] - together[0]
    assert placed[1:] - placed[0] == pytest.approx(expected, abs=1e-6)
