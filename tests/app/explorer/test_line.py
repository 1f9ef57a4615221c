"""The line between the latents of two crystals."""

import pytest

from tests.app.explorer.conftest import ExplorerDriver
from tests.app.fake_crystals import KNOWN


def test_the_first_two_crystals_are_the_ends_of_the_line(two_crystals: ExplorerDriver) -> None:
    first, last = two_crystals.explorer.line.ends
    assert first is not None
    assert last is not None
    assert (first.name, last.name) == (KNOWN[0].label, KNOWN[1].label)
    assert two_crystals.explorer.line.fraction == 1.0
    assert two_crystals.explorer.line.has_current


def test_the_ends_of_the_line_are_the_crystals_and_can_be_swapped(
    two_crystals: ExplorerDriver,
) -> None:
    explorer = two_crystals.explorer
    first, last = explorer.line.ends
    explorer.line.move_to(0.0)
    assert explorer.decoding.latent is first
    explorer.line.move_to(0.2)
    explorer.line.swap_ends()
    assert explorer.line.ends == (last, first)
    assert explorer.line.fraction == pytest.approx(0.8)
    two_crystals.wait_until_idle()


def test_does_not_move_along_a_line_with_one_end(driver: ExplorerDriver) -> None:
    latent = driver.explorer.decoding.latent
    driver.explorer.line.move_to(0.5)
    assert driver.explorer.decoding.latent is latent
