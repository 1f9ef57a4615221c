"""Thresholds behave as they are described."""

import gemmi
import numpy as np

from patterson_gui.crystal.symmetry.operations import operations_of
from patterson_gui.crystal.symmetry.phase_agreement import GroupAgreement
from patterson_gui.crystal.symmetry.rules import comparable, merges_badly

ONE, TWO, FOUR = frozenset({1}), frozenset({1, 2}), frozenset({1, 2, 3, 4})
NOTHING = (float("nan"), 0)


def test_puts_the_agreement_of_a_centre_on_the_scale_of_the_rotations() -> None:
    """By the mean cosines of normally distributed phase errors, drawn at random."""
    rng = np.random.default_rng(5)
    first, second = 0.5 * rng.normal(size=(2, 200_000))
    group = operations_of(gemmi.SpaceGroup("P 1 2/m 1"))
    rotation, centre = np.cos(first - second).mean(), np.cos(2 * first).mean()
    values = {"2": rotation, "-1": centre, "m": rotation}
    order = [1.0] + [values["-1" if (r == -np.eye(3)).all() else "2"] for r in group.rotations[1:]]
    assert centre < rotation - 0.1
    found = comparable(group, GroupAgreement(np.zeros(3), np.array(order)))
    assert abs(found - rotation) < 0.01


def test_r_int_of_a_smaller_class_sets_what_a_larger_may_have() -> None:
    good = {ONE: (0.03, 500), TWO: (0.04, 900), FOUR: (0.41, 990)}
    assert [merges_badly(laue, good, "xray") for laue in good] == [False, False, True]
    noisy = {ONE: (0.30, 500), TWO: (0.35, 900), FOUR: (0.42, 990)}
    assert not any(merges_badly(laue, noisy, "xray") for laue in noisy)
    merged = {ONE: NOTHING, TWO: NOTHING, FOUR: (0.41, 610)}
    assert [merges_badly(laue, merged, "xray") for laue in merged] == [False, False, True]
    assert not merges_badly(FOUR, merged, "electron")
