"""Which peaks are named in a view: the highest ones, and none over another."""

import numpy as np

from patterson_gui.gui.viewer3d.overlay import MOST_NAMED_PEAKS, NAME_ROOM, _free_of_others


def test_the_higher_of_two_near_peaks_is_named() -> None:
    spots = np.array([[0.0, 0.0, 1.0], [10.0, 5.0, 1.0], [10.0, 40.0, 1.0]])
    assert _free_of_others(spots, np.arange(3)) == {0, 2}


def test_names_of_many_peaks_do_not_overlap_and_have_a_limit() -> None:
    spots = np.random.default_rng(1).uniform(0, 2000, (600, 3))
    named = sorted(_free_of_others(spots, np.arange(600)))
    assert len(named) == MOST_NAMED_PEAKS
    few = sorted(_free_of_others(spots / 16, np.arange(600)))
    assert len(few) < MOST_NAMED_PEAKS
    places = spots[few, :2] / 16
    apart = np.abs(places[:, None] - places[None])
    clash = (apart <= NAME_ROOM).all(axis=2)
    assert not (clash & ~np.eye(len(few), dtype=bool)).any()
