"""Drag along the line between two crystals, and set its ends."""

import pytest

from tests.gui.explorer.conftest import ExplorerDriver
from tests.gui.main_window_driver import WAIT

pytestmark = pytest.mark.gui


def test_dragging_along_the_line_decodes_on_the_way(two_crystals: ExplorerDriver) -> None:
    bar, views = two_crystals.window.line, two_crystals.window.views
    assert "Cl4Na4" in bar.ends[0].name.text()
    assert "Mg4O4" in bar.ends[1].name.text()
    before = views.decoded.density
    bar.slider.setSliderDown(True)
    bar.slider.setSliderPosition(400)
    two_crystals.qtbot.waitUntil(lambda: views.decoded.density is not before, timeout=WAIT)
    assert two_crystals.window.validity.formula.text() == "Finding atoms…"
    assert "40 %" in bar.words.text()
    bar.slider.setSliderDown(False)
    two_crystals.wait_until_idle()
    assert two_crystals.explorer.decoding.decoded is not None
    assert "atoms" in two_crystals.window.validity.formula.text()
    two_crystals.click(bar.swap)
    assert "Mg4O4" in bar.ends[0].name.text()
    assert bar.slider.value() == 600
    two_crystals.click(bar.ends[0].name)
    two_crystals.wait_until_idle()
    assert two_crystals.explorer.decoding.latent is two_crystals.explorer.line.ends[0]


def test_sets_an_end_of_the_line_to_the_decoded_crystal(two_crystals: ExplorerDriver) -> None:
    two_crystals.explorer.open_known(3)
    two_crystals.wait_until_idle()
    assert "Drag" in two_crystals.window.line.words.text()
    two_crystals.click(two_crystals.window.line.ends[1].set_button)
    assert "Ca4S4" in two_crystals.window.line.ends[1].name.text()
