"""R1 of refinements decides between space groups."""

from patterson_gui.crystal.solution import SpaceGroupCandidate
from patterson_gui.crystal.symmetry.decide import decide_by_r1


def row(name: str, r1: float = float("nan"), centre: bool = False) -> SpaceGroupCandidate:
    return SpaceGroupCandidate(name, 0, centre, 0.9, 0.9, r1=r1)


def test_keeps_the_centrosymmetric_group_unless_r1_falls_clearly() -> None:
    pair = (row("P n m a", 0.080, True), row("P n 21 a", 0.065))
    assert decide_by_r1(pair)[0].name == "P n m a"
    pair = (row("P n m a", 0.120, True), row("P n 21 a", 0.065))
    assert decide_by_r1(pair)[0].name == "P n 21 a"


def test_prefers_the_larger_group_and_then_the_lower_r1() -> None:
    rows = (
        row("P 1", 0.050),
        row("P 1 21 1", 0.055),
        row("P 1 2 1", 0.30),
        row("P -1", 0.31, True),
    )
    decided = decide_by_r1(rows)
    assert [c.name for c in decided] == ["P 1 21 1", "P 1", "P 1 2 1", "P -1"]
    assert [c.chosen for c in decided] == [True, False, False, False]
    assert all(c.reason for c in decided)


def test_keeps_candidates_that_were_not_refined_behind_the_others() -> None:
    decided = decide_by_r1((row("P -1", centre=True), row("P 1", 0.1)))
    assert [c.name for c in decided] == ["P 1", "P -1"]
    unrefined = (row("P -1", centre=True), row("P 1"))
    assert decide_by_r1(unrefined) == unrefined


def test_of_groups_of_one_order_the_one_with_a_centre_is_kept_unless_r1_falls_clearly() -> None:
    assert decide_by_r1((row("P 1 2 1", 0.065), row("P -1", 0.080, True)))[0].name == "P -1"
    assert decide_by_r1((row("P 1 2 1", 0.065), row("P -1", 0.090, True)))[0].name == "P 1 2 1"
