"""The Explorer's first crystal, a missing network, and the change of kind."""

import pytest

from patterson_gui.crystal.materials.structure import structure_of
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from tests.app.explorer.conftest import ExplorerDriver
from tests.app.fake_crystals import KNOWN, LARGE


def test_starts_with_a_known_crystal_encoded_and_decoded(driver: ExplorerDriver) -> None:
    explorer = driver.explorer
    encoded = explorer.encoding.encoded
    assert encoded is not None
    assert encoded.material is KNOWN[0]
    assert explorer.decoding.latent is encoded.latent
    assert explorer.decoding.density is not None
    assert explorer.decoding.decoded is not None
    assert explorer.decoding.decoded.material.formula == "Cl4Na4"
    assert explorer.decoding.check is not None
    assert explorer.decoding.check.same_atoms
    assert explorer.decoding.check.agreement == pytest.approx(1, abs=0.1)
    assert driver.errors == []


def test_starts_with_the_open_crystal_if_it_fits(unstarted: ExplorerDriver) -> None:
    opened = crystal_from_model(structure_of(KNOWN[3]), 1.0)
    unstarted.explorer.start(opened)
    unstarted.wait_until_idle()
    assert unstarted.explorer.encoding.material is not None
    assert unstarted.explorer.encoding.material.formula == "Ca4S4"


def test_starts_with_a_known_crystal_if_the_open_one_does_not_fit(
    unstarted: ExplorerDriver,
) -> None:
    unstarted.explorer.start(crystal_from_model(structure_of(LARGE), 2.0))
    unstarted.wait_until_idle()
    assert unstarted.explorer.encoding.material is KNOWN[0]
    assert unstarted.errors == []


def test_shows_crystals_without_a_network_and_says_why_it_is_missing(
    unstarted: ExplorerDriver,
) -> None:
    unstarted.crystals.problem = "There is no trained network for crystals here: train one."
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    assert unstarted.explorer.network.problem == unstarted.crystals.problem
    assert unstarted.explorer.network.coder is None
    encoded = unstarted.explorer.encoding.encoded
    assert encoded is not None
    assert encoded.latent is None
    assert unstarted.explorer.decoding.density is None
    assert unstarted.errors == []


def test_finds_a_network_that_was_added_before_the_next_start(unstarted: ExplorerDriver) -> None:
    unstarted.crystals.problem = "There is no trained network for crystals here: train one."
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    unstarted.crystals.problem = ""
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    assert unstarted.explorer.network.problem == ""
    assert unstarted.explorer.decoding.decoded is not None


def test_another_kind_encodes_the_same_crystal_again_and_forgets_old_latents(
    two_crystals: ExplorerDriver,
) -> None:
    explorer = two_crystals.explorer
    explorer.samples.draw(1, 1.0, around=False)
    two_crystals.wait_until_idle()
    explorer.set_kind("lattice")
    two_crystals.wait_until_idle()
    assert explorer.decoding.latent is not None
    assert explorer.decoding.latent.kind == "lattice"
    assert explorer.samples.kept == ()
    assert explorer.line.ends[1] is None
    encoded = explorer.encoding.encoded
    assert encoded is not None
    assert encoded.material.formula == "Mg4O4"
    assert encoded.nearest(encoded.place(5)) == 5
    assert explorer.known_crystals.map is not None
    explorer.set_kind("crystal")
    two_crystals.wait_until_idle()
    assert explorer.decoding.latent.kind == "crystal"
