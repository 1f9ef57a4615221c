"""Decode a latent and find its atoms, also while it changes quickly."""

import numpy as np

from patterson_gui.app.explorer.decoding import Source
from tests.app.explorer.conftest import ExplorerDriver


def test_decodes_a_place_on_the_line_and_finds_its_atoms_on_request(
    two_crystals: ExplorerDriver,
) -> None:
    two_crystals.explorer.line.move_to(0.25)
    two_crystals.wait_until_idle()
    assert two_crystals.explorer.decoding.source is Source.BETWEEN
    assert two_crystals.explorer.decoding.decoded is None
    density = two_crystals.explorer.decoding.density
    assert density is not None
    two_crystals.explorer.decoding.find_atoms()
    two_crystals.wait_until_idle()
    assert two_crystals.explorer.decoding.decoded is not None
    check = two_crystals.explorer.decoding.check
    assert check is not None
    assert check.agreement is None  # there is nothing it should agree with
    assert "25" in density.name


def test_dragging_along_the_line_decodes_few_places_and_the_last_one(
    two_crystals: ExplorerDriver,
) -> None:
    coder, explorer = two_crystals.crystals.coder, two_crystals.explorer
    coder.decoded.clear()
    coder.go.clear()
    for fraction in np.linspace(0.01, 0.9, 200):
        explorer.line.move_to(float(fraction))
    coder.go.set()
    two_crystals.wait_until_idle()
    assert len(coder.decoded) <= 3
    assert explorer.decoding.latent is coder.decoded[-1]
    assert explorer.decoding.density is not None
    assert explorer.decoding.latent is not None
    assert explorer.decoding.density.name == explorer.decoding.latent.name


def test_drops_atoms_of_an_earlier_place(two_crystals: ExplorerDriver) -> None:
    coder, explorer = two_crystals.crystals.coder, two_crystals.explorer
    explorer.line.move_to(0.3)
    two_crystals.wait_until_idle()
    coder.go.clear()
    explorer.decoding.find_atoms()
    explorer.line.move_to(0.7)
    coder.go.set()
    two_crystals.wait_until_idle()
    assert coder.searched[-1].name != explorer.decoding.latent.name  # type: ignore[union-attr]
    assert explorer.decoding.decoded is None


def test_a_search_for_atoms_ends_when_its_job_is_cancelled(two_crystals: ExplorerDriver) -> None:
    coder, explorer = two_crystals.crystals.coder, two_crystals.explorer
    explorer.line.move_to(0.3)
    two_crystals.wait_until_idle()
    coder.endless = True
    explorer.decoding.find_atoms()
    (job,) = two_crystals.runner.unfinished()
    two_crystals.runner.cancel(job)
    two_crystals.wait_until_idle()
    assert explorer.decoding.decoded is None
    coder.endless = False
    explorer.decoding.find_atoms()
    two_crystals.wait_until_idle()
    assert explorer.decoding.decoded is not None
