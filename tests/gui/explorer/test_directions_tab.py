"""Move the latent with the sliders of the Directions tab."""

import pytest

from patterson_gui.app.explorer.decoding import Source
from tests.gui.explorer.conftest import ExplorerDriver

pytestmark = pytest.mark.gui


def test_moves_along_a_direction_and_resets_it(driver: ExplorerDriver) -> None:
    tab = driver.window.directions
    assert len(tab.sliders) == 4  # five crystals have no more
    assert not tab.reset_all.isEnabled()
    start = tab.sliders[0].value()
    tab.sliders[0].setValue(start + 80)
    driver.wait_until_idle()
    assert driver.explorer.decoding.source is Source.MOVED
    at = driver.explorer.known_crystals.coordinates(driver.explorer.decoding.latent)
    assert at is not None
    assert at[0] == pytest.approx((start + 80) / 100, abs=0.01)
    assert tab.resets[0].isEnabled()
    driver.click(tab.resets[0])
    driver.wait_until_idle()
    assert abs(tab.sliders[0].value() - start) <= 1
    tab.sliders[1].setValue(150)
    driver.wait_until_idle()
    driver.click(tab.reset_all)
    driver.wait_until_idle()
    assert driver.explorer.decoding.latent is driver.explorer.decoding.base
