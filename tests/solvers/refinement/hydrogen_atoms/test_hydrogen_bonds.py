"""Places of hydrogen atoms that point to the acceptor of a hydrogen bond."""

import numpy as np
import pytest

from patterson_gui.crystal.sites.neighbours import Neighbours
from patterson_gui.solvers.refinement.hydrogen_atoms.hydrogen_bonds import hydrogen_bonded

_ELEMENTS = ("O", "O", "C", "H", "Cl")


def _near(*atoms: tuple[int, tuple[float, float, float]]) -> Neighbours:
    """Neighbours of the first atom: rows of `_ELEMENTS` and vectors in Å."""
    vector = np.array([place for _, place in atoms], dtype=float)
    other = np.array([row for row, _ in atoms])
    return Neighbours(np.zeros_like(other), other, vector, np.linalg.norm(vector, axis=1))


def _points(near: Neighbours) -> bool:
    """Whether a hydrogen atom 0.84 Å along x points to an acceptor."""
    return bool(hydrogen_bonded(np.array([[[0.84, 0.0, 0.0]]]), near, _ELEMENTS)[0, 0])


@pytest.mark.parametrize(
    ("row", "place", "expected"),
    [
        (1, (2.8, 0.0, 0.0), True),
        (1, (2.5, 1.1, 0.0), True),  # 146° at the hydrogen atom
        (1, (2.0, 1.8, 0.0), False),  # 123°
        (1, (3.3, 0.0, 0.0), False),  # too far away
        (4, (3.2, 0.0, 0.0), True),  # chlorine is larger
        (2, (2.8, 0.0, 0.0), False),  # carbon is no acceptor
        (1, (-2.8, 0.0, 0.0), False),
    ],
)
def test_distance_angle_and_element_decide(
    row: int, place: tuple[float, float, float], expected: bool
) -> None:
    assert _points(_near((row, place))) == expected


def test_an_acceptor_that_gives_its_own_hydrogen_atom_is_none() -> None:
    assert not _points(_near((1, (2.8, 0.0, 0.0)), (3, (1.9, 0.2, 0.0))))


def test_an_atom_without_neighbours_points_nowhere() -> None:
    nothing = np.zeros(0, dtype=int)
    assert not _points(Neighbours(nothing, nothing, np.zeros((0, 3)), np.zeros(0)))
