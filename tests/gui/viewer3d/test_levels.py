"""Steps of the contour level, and how it is written."""

import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.viewer3d.levels import LOWEST_LEVEL, level_texts, stepped
from tests.gui.scenes import blob


@pytest.mark.parametrize(
    ("level", "steps", "expected"),
    [(2.5, 1, 2.6), (2.5, -1, 2.4), (2.53, 1, 2.6), (5.0, 1, 5.2), (5.0, -1, 4.9), (12.0, 3, 13.5)],
)
def test_a_step_goes_to_the_next_round_level(level: float, steps: int, expected: float) -> None:
    assert stepped(level, steps, np.inf) == pytest.approx(expected)


def test_a_step_up_and_one_down_return_to_the_level() -> None:
    level = 2.5
    for _ in range(120):
        level = stepped(level, 1, np.inf)
    for _ in range(120):
        level = stepped(level, -1, np.inf)
    assert level == pytest.approx(2.5)


def test_levels_stay_within_the_range_of_the_map() -> None:
    assert stepped(LOWEST_LEVEL, -5, np.inf) == LOWEST_LEVEL
    assert stepped(7.9, 1, 8.0) == pytest.approx(7.9)
    assert stepped(7.0, 40, 8.0) == pytest.approx(7.84)
    assert stepped(9.0, -1, 8.0) == pytest.approx(8.8)


def test_the_readout_gives_the_level_in_units_and_in_rmsd() -> None:
    density = blob(kind=MapKind.PATTERSON)
    assert level_texts(density, 3.0, 4.1333) == ("12.4 e²/Å³ (3.0 rmsd)", "12.4 e²/Å³")
    assert level_texts(blob(), 2.55, 0.2)[0] == "0.510 e/Å³ (2.55 rmsd)"
    assert level_texts(blob(), 2.0, 1e6)[0] == "2.00e+06 e/Å³ (2.0 rmsd)"
    assert level_texts(blob(), 2.0, None) == ("2.0 rmsd",)


def test_the_longest_text_of_a_patterson_level_has_its_share_of_the_origin_peak() -> None:
    texts = level_texts(blob(kind=MapKind.PATTERSON), 3.0, 4.0, 400.0)
    assert texts[0] == "12.0 e²/Å³ (3.0 rmsd, 3 % of origin)"
    assert texts[-2:] == level_texts(blob(kind=MapKind.PATTERSON), 3.0, 4.0)
