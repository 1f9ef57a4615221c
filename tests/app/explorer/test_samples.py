"""Draw random latents and keep them in a list."""

import numpy as np

from patterson_gui.app.explorer.decoding import Source
from tests.app.explorer.conftest import ExplorerDriver
from tests.app.fake_crystals import KNOWN


def test_draws_and_decodes_a_sample_and_lists_its_formula(driver: ExplorerDriver) -> None:
    explorer = driver.explorer
    explorer.samples.draw(7, 0.5, around=True)
    driver.wait_until_idle()
    (kept,) = explorer.samples.kept
    assert kept.latent is explorer.decoding.latent
    assert explorer.decoding.source is Source.SAMPLED
    assert "sample 7 around" in kept.latent.name
    assert kept.formula
    explorer.encoding.open_material(KNOWN[1])
    driver.wait_until_idle()
    explorer.samples.go_to(0)
    driver.wait_until_idle()
    assert explorer.decoding.latent is kept.latent
    assert explorer.decoding.decoded is not None


def test_the_same_seed_draws_the_same_sample(driver: ExplorerDriver) -> None:
    for _ in range(2):
        driver.explorer.samples.draw(3, 1.0, around=False)
        driver.wait_until_idle()
    first, last = driver.explorer.samples.kept
    assert np.array_equal(first.latent.vector, last.latent.vector)


def test_keeps_the_present_latent_once(two_crystals: ExplorerDriver) -> None:
    two_crystals.explorer.line.move_to(0.5)
    two_crystals.explorer.decoding.find_atoms()
    two_crystals.wait_until_idle()
    two_crystals.explorer.samples.keep_present()
    two_crystals.explorer.samples.keep_present()
    (kept,) = two_crystals.explorer.samples.kept
    assert kept.source is Source.BETWEEN
    assert kept.formula
