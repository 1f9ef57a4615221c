"""The plots of the result panel."""

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.comparison.prediction_metrics import Shell
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.plots import ConvergencePlot, ShellPlot, label_place

pytestmark = pytest.mark.gui

EDGES = np.linspace(12.0**-3, 1.5**-3, 13) ** (-1 / 3)
SHELLS = tuple(
    Shell(EDGES[i], EDGES[i + 1], 90, None if i == 4 else 10.0 + i, 5.0) for i in range(12)
)


def test_shells_have_equal_width_and_empty_ones_are_left_out(qtbot: QtBot) -> None:
    plot = ShellPlot()
    qtbot.addWidget(plot)
    plot.set_shells((), SHELLS)
    (curve,) = plot.plot.listDataItems()
    x, y = curve.getData()
    assert list(y) == [10.0 + i for i in range(12) if i != 4]
    assert np.diff(x[:4]) == pytest.approx(np.full(3, np.diff(x)[0]))


def test_ticks_are_in_angstroms_and_include_the_limit(qtbot: QtBot) -> None:
    plot = ShellPlot()
    qtbot.addWidget(plot)
    plot.set_shells(SHELLS, SHELLS)
    (ticks,) = plot.plot.getAxis("bottom")._tickLevels
    assert {words: x for x, words in ticks}["1.5"] == pytest.approx(1.5**-3)
    assert 4 <= len(ticks) <= 8
    assert all(float(words) ** -3 == pytest.approx(x) for x, words in ticks)


def test_draws_both_frames_and_clears_them(qtbot: QtBot) -> None:
    plot = ShellPlot()
    qtbot.addWidget(plot)
    plot.set_shells(SHELLS, SHELLS)
    assert len(plot.plot.listDataItems()) == 2
    plot.set_shells((), ())
    assert plot.plot.listDataItems() == []


def test_labels_of_guide_lines_avoid_the_curves() -> None:
    x = np.linspace(0, 1, 12)

    def curve(y) -> list[tuple[float, float]]:
        return list(zip(x, np.broadcast_to(y, 12), strict=True))

    assert label_place(60.0, []) == (1, True)
    assert label_place(60.0, curve(10.0)) == (1, True)
    assert label_place(60.0, curve(68.0)) == (1, False)
    assert label_place(60.0, curve(20 + 50 * x)) == (0, True)  # rises through it at the right
    assert label_place(60.0, curve(88.0) + curve(20 + 50 * x)) == (0, True)


def test_convergence_survives_a_change_of_theme(qtbot: QtBot, qapp: QApplication) -> None:
    plot = ConvergencePlot()
    qtbot.addWidget(plot)
    plot.show()
    plot.set_history([(0, 0.5), (10, 0.3)])
    theme.apply_theme(qapp, "light")
    (curve,) = plot.plot.listDataItems()
    assert list(curve.getData()[1]) == [0.5, 0.3]
    assert plot.plot.backgroundBrush().color().name() == theme.LIGHT.window
    theme.apply_theme(qapp, "dark")


def test_shells_survive_a_change_of_theme(qtbot: QtBot, qapp: QApplication) -> None:
    plot = ShellPlot()
    qtbot.addWidget(plot)
    plot.show()
    plot.set_shells((), SHELLS)
    theme.apply_theme(qapp, "light")
    (curve,) = plot.plot.listDataItems()
    assert len(curve.getData()[1]) == 11
    assert plot.plot.backgroundBrush().color().name() == theme.LIGHT.window
    theme.apply_theme(qapp, "dark")
