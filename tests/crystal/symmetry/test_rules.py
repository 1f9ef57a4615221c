"""Thresholds behave as they are described."""

import gemmi
import numpy as np

from patterson_gui.crystal.symmetry.operations import operations_of
from patterson_gui.crystal.symmetry.phase_agreement import GroupAgreement
from patterson_gui.crystal.symmetry.rules import comparable, merging_verdict

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
    def verdicts(r_int, radiation="xray"):
        return [merging_verdict(laue, r_int, radiation) for laue in r_int]

    good = {ONE: (0.03, 500), TWO: (0.04, 900), FOUR: (0.41, 990)}
    assert verdicts(good) == ["good", "good", "bad"]
    twin = {ONE: (0.02, 500), TWO: (0.023, 900), FOUR: (0.057, 990)}
    assert verdicts(twin) == ["good", "good", "good"]
    between = {ONE: (0.03, 500), TWO: (0.04, 900), FOUR: (0.18, 990)}
    assert verdicts(between) == ["good", "good", "doubtful"]
    noisy = {ONE: (0.30, 500), TWO: (0.35, 900), FOUR: (0.42, 990)}
    assert verdicts(noisy) == ["good", "good", "good"]
    merged = {ONE: NOTHING, TWO: NOTHING, FOUR: (0.41, 610)}
    assert verdicts(merged) == ["good", "good", "bad"]
    assert verdicts(merged, "electron") == ["good", "good", "good"]
