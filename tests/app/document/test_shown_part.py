"""The part of the crystal that is drawn: its bounds, the radius about the cursor, the slab."""

import pytest

from patterson_gui.app.document.shown_part import RADII, THICKNESSES, ShownPart
from patterson_gui.errors import UserError


def test_the_first_smaller_radius_is_15_angstrom() -> None:
    assert ShownPart().with_radius_changed(-1).radius == 15.0
    assert ShownPart().with_radius_changed(-1, first=22.0).radius == 22.0
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


def test_the_first_slab_is_20_angstrom_about_the_middle() -> None:
    assert ShownPart().with_slab_changed(-1).slab == (10.0, 10.0)
    assert ShownPart().with_slab_changed(1).slab is None
    assert ShownPart().with_slab_moved(1).slab is None


def test_slabs_go_down_to_the_thinnest_and_up_to_everything_about_their_middle() -> None:
    part = ShownPart().with_slab_changed(-1).with_slab_moved(1)
    assert part.slab == (15.0, 5.0)
    for _ in range(20):
        part = part.with_slab_changed(-1)
    assert part.slab == pytest.approx((6.0, -4.0))
    seen = []
    while part.slab is not None:
        front, back = part.slab
        seen.append(front + back)
        assert front - back == pytest.approx(10.0)
        part = part.with_slab_changed(1)
    assert seen == pytest.approx(sorted(THICKNESSES))


def test_a_slab_moved_there_and_back_is_in_its_place() -> None:
    part = ShownPart(slab=(4.0, 8.0))
    assert part.with_slab_moved(1).slab == (7.0, 5.0)
    assert part.with_slab_moved(1).with_slab_moved(-1) == part


@pytest.mark.parametrize("slab", [(1.0, -1.0), (float("nan"), 5.0), (1e9, 0.0)])
def test_impossible_slabs_are_refused_in_one_sentence(slab: tuple[float, float]) -> None:
    with pytest.raises(UserError, match="at least 2 Å thick"):
        ShownPart(slab=slab)
