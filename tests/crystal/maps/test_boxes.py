"""The part of the crystal that is shown."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.boxes import AROUND_ATOMS, Box, box_about

CELL = gemmi.UnitCell(9, 11, 13, 75, 82, 105)


def test_the_box_of_a_molecule_inside_the_cell_is_the_cell() -> None:
    assert box_about(np.full((3, 3), 6.0), 12.0 * np.eye(3)) == Box()
    assert box_about(np.zeros((0, 3)), 12.0 * np.eye(3)) == Box()


def test_the_box_reaches_as_far_from_the_faces_of_a_skewed_cell() -> None:
    axes = np.array(CELL.orth.mat.tolist()).T
    atom = np.array([0.5, 0.5, 1.0]) @ axes
    reach = box_about(atom[None], axes).upper[2] - 1.0
    height = CELL.volume / np.linalg.norm(np.cross(axes[0], axes[1]))
    assert reach * height == pytest.approx(AROUND_ATOMS)


def test_the_box_of_a_very_large_model_is_limited() -> None:
    spread = np.array([[-10.0, 6.0, 6.0], [30.0, 6.0, 6.0]])
    assert box_about(spread, 12.0 * np.eye(3)) == Box()


def test_the_box_reaches_as_far_below_the_cell_as_above_it() -> None:
    box = box_about(np.array([[0.0, 6.0, 12.0]]), 12.0 * np.eye(3))
    assert box.lower == pytest.approx((-AROUND_ATOMS / 12, 0.0, 0.0))
    assert box.upper == pytest.approx((1.0, 1.0, 1.0 + AROUND_ATOMS / 12))
