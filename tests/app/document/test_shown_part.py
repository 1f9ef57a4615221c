"""The part of the crystal that is drawn: its bounds, and the radius about the cursor."""

import pytest

from patterson_gui.app.document.shown_part import RADII, ShownPart
from patterson_gui.errors import UserError


def test_the_first_smaller_radius_is_15_angstrom() -> None:
    assert ShownPart().with_radius_changed(-1).radius == 15.0
    assert ShownPart().with_radius_changed(1).radius is None


def test_radii_go_down_to_the_smallest_and_up_to_everything() -> None:
    part, seen = ShownPart(), []
    for _ in range(20):
        part = part.with_radius_changed(-1)
    assert part.radius == min(RADII)
    while part.radius is not None:
        seen.append(part.radius)
        part = part.with_radius_changed(1)
    assert seen == sorted(RADII)


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [
        ((-1.5, 0.0, 0.0), (1.0, 1.0, 1.0), "along a, -1.5 to 1, reach beyond"),
        ((0.0, 0.0, 0.0), (1.0, 2.5, 1.0), "along b, 0 to 2.5, reach beyond"),
        ((0.0, 0.0, 0.5), (1.0, 1.0, 0.5), "along c, 0.5, is not below"),
    ],
)
def test_impossible_bounds_are_refused_in_one_sentence(
    lower: tuple[float, float, float], upper: tuple[float, float, float], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        ShownPart(lower, upper)


def test_not_a_number_is_no_bound() -> None:
    with pytest.raises(UserError):
        ShownPart((float("nan"), 0.0, 0.0))
