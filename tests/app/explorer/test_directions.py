"""Move the latent along the principal components of the known crystals."""

import pytest

from patterson_gui.app.explorer.decoding import Source
from tests.app.explorer.conftest import ExplorerDriver


def test_moves_the_latent_along_a_direction_and_resets_it(driver: ExplorerDriver) -> None:
    explorer = driver.explorer
    before = explorer.known_crystals.coordinates(explorer.decoding.latent)
    assert before is not None
    explorer.directions.set_coordinate(0, before[0] + 0.5)
    explorer.directions.set_coordinate(1, before[1] - 0.5)
    moved = explorer.known_crystals.coordinates(explorer.decoding.latent)
    assert moved is not None
    assert moved[:2] - before[:2] == pytest.approx([0.5, -0.5], abs=1e-3)
    assert explorer.decoding.source is Source.MOVED
    explorer.directions.reset(0)
    one_reset = explorer.known_crystals.coordinates(explorer.decoding.latent)
    assert one_reset is not None
    assert one_reset[:2] - before[:2] == pytest.approx([0, -0.5], abs=1e-3)
    explorer.directions.reset()
    assert explorer.decoding.latent is explorer.decoding.base
    assert explorer.decoding.source is Source.ENCODED
    driver.wait_until_idle()
