"""Comparison of space groups up to origin and hand."""

import gemmi
import numpy as np
import pytest

from tests.benchmarks.solve.comparison.groups import operations_in_axes, same_up_to_origin_and_hand


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("P 1 21/c 1", "P 1 21/c 1", True),
        ("P 1 21/c 1", "P 1 21/n 1", False),  # other axes
        ("P 41", "P 43", True),  # enantiomorphs
        ("P 32", "P 31", True),
        ("P 3 2 1", "P 3 1 2", False),
        ("I 41/a:1", "I 41/a:2", True),  # origin choices
        ("F d -3 m:1", "F d -3 m:2", True),
        ("P n n n:1", "P n n n:2", True),
        ("P 21 21 2", "P 2 21 21", False),
        ("P 1", "P -1", False),
        ("I 2 2 2", "I 21 21 21", False),
        ("I 2 3", "I 21 3", False),
        ("C 1 2/c 1", "A 1 2/n 1", False),
        ("R 3:H", "R 3:R", False),
    ],
)
def test_same_up_to_origin_and_hand(one: str, other: str, same: bool) -> None:
    first, second = (operations_in_axes(gemmi.SpaceGroup(name)) for name in (one, other))
    assert same_up_to_origin_and_hand(first, second) is same
    assert same_up_to_origin_and_hand(second, first) is same


def test_follows_a_change_of_axes() -> None:
    # P 21/n becomes P 21/c with c' = a + c, so h' = M h with these rows.
    matrix = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1]])
    back = operations_in_axes(gemmi.SpaceGroup("P 1 21/c 1"), matrix)
    there = operations_in_axes(gemmi.SpaceGroup("P 1 21/n 1"))
    assert same_up_to_origin_and_hand(back, there)
