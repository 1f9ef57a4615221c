"""The views share the middle of the window so that the smallest of them is large."""

import pytest
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from patterson_gui.gui.viewer3d.arrangement import (
    Arrangement,
    ViewSplitter,
    best_arrangement,
    smallest,
)

SIDE, TWO, STACKED = Arrangement.SIDE_BY_SIDE, Arrangement.ONE_AND_TWO, Arrangement.STACKED


@pytest.mark.parametrize(
    ("n", "width", "height", "best"),
    [
        (3, 1400, 500, SIDE), (3, 715, 470, SIDE), (3, 460, 680, TWO), (3, 300, 1000, STACKED),
        (2, 900, 500, SIDE), (2, 460, 900, STACKED), (1, 460, 900, SIDE),
    ],
)  # fmt: skip
def test_the_smallest_view_is_as_large_as_it_can_be(
    n: int, width: int, height: int, best: Arrangement
) -> None:
    found = best_arrangement(n, width, height, SIDE)
    assert found is best
    if n > 1:
        assert smallest(found, n, width, height) >= smallest(SIDE, n, width, height)


def test_the_arrangement_does_not_change_for_a_small_gain() -> None:
    for width in range(400, 1400):
        chosen = best_arrangement(3, width, 600, SIDE)
        assert best_arrangement(3, width, 600, chosen) is chosen
    gain = smallest(TWO, 3, 600, 600) / smallest(SIDE, 3, 600, 600)
    assert best_arrangement(3, 600, 600, SIDE) is (TWO if gain > 1.15 else SIDE)


@pytest.mark.gui
def test_each_arrangement_gives_every_view_its_place(qtbot: QtBot) -> None:
    views = [QWidget() for _ in range(3)]
    splitter = ViewSplitter(*views)
    qtbot.addWidget(splitter)
    splitter.resize(900, 600)
    splitter.show()
    for arrangement, sizes in (
        (SIDE, [(300, 600)] * 3),
        (TWO, [(450, 600), (450, 300), (450, 300)]),
        (STACKED, [(900, 200)] * 3),
    ):
        splitter.show_only(tuple(views), arrangement)
        QApplication.processEvents()
        for view, (width, height) in zip(views, sizes, strict=True):
            assert abs(view.width() - width) < 12
            assert abs(view.height() - height) < 12
    splitter.show_only((views[1],), TWO)
    QApplication.processEvents()
    assert views[1].width() > 890
    assert not views[0].isVisible()
    splitter.show_only((views[0],), SIDE)
    QApplication.processEvents()
    assert views[0].width() > 890
    splitter.show_only((views[0], views[2]), SIDE)
    QApplication.processEvents()
    assert abs(views[0].width() - views[2].width()) < 12
