"""Encode the known crystals, search them and find the nearest."""

import pytest

from tests.app.explorer.conftest import ExplorerDriver
from tests.app.fake_crystals import KNOWN, LARGE, SALT


def test_the_encoded_known_crystal_is_its_own_nearest_neighbour(driver: ExplorerDriver) -> None:
    found = driver.explorer.known_crystals.nearest(driver.explorer.decoding.latent)
    assert found[0] == (0, pytest.approx(0, abs=1e-6))
    assert len(found) == len(KNOWN)
    driver.explorer.open_known(found[1][0])
    driver.wait_until_idle()
    assert (
        driver.explorer.known_crystals.nearest(driver.explorer.decoding.latent)[0][0] == found[1][0]
    )


def test_reports_progress_of_the_known_crystals_and_does_not_wait_for_them(
    unstarted: ExplorerDriver,
) -> None:
    unstarted.crystals.coder.go.clear()
    fractions: list[float | None] = []
    known_crystals = unstarted.explorer.known_crystals
    known_crystals.progressed.connect(lambda: fractions.append(known_crystals.fraction))
    unstarted.explorer.start()
    unstarted.mailbox.pump(lambda: unstarted.explorer.encoding.encoded is not None)
    assert known_crystals.map is None
    assert known_crystals.fraction is not None
    assert unstarted.explorer.decoding.latent is not None
    unstarted.crystals.coder.go.set()
    unstarted.wait_until_idle()
    assert known_crystals.map is not None
    assert known_crystals.fraction is None
    assert fractions


def test_finds_known_crystals_by_formula_and_identifier(driver: ExplorerDriver) -> None:
    known = driver.explorer.known_crystals.table
    assert known is not None
    assert known.search("mg") == [1]
    assert known.search("MP-3") == [2]
    assert known.search(" ") == list(range(5))
    assert known.search("helium") == []


def test_says_that_there_are_too_few_known_crystals(unstarted: ExplorerDriver) -> None:
    unstarted.crystals.known = [SALT, LARGE]
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    assert "Too few" in unstarted.explorer.known_crystals.problem
    assert unstarted.explorer.decoding.decoded is not None
