"""Phasing with listed sites in the workbench: both hands kept and shown, stopped, saved."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.app.document.patterson_source import PattersonSource
from patterson_gui.app.phasing.phased_maps import HandsPair, prediction_of
from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.comparison.atom_agreement import aligned_model
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.differences.heavy_phases import DerivativeSites, Phased, PhasedHand
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.io.heavy_atoms.sites import atoms_structure
from tests.app.fake_sites import FakePhaser, FakeRefiner
from tests.app.test_patterson_maps import derivative_file, open_file
from tests.app.workbench_driver import WorkbenchDriver


@pytest.fixture
def phasing(driver: WorkbenchDriver, tmp_path: Path) -> WorkbenchDriver:
    """A workbench that shows isomorphous differences, with two sites in its list."""
    open_file(driver, derivative_file(tmp_path))
    driver.workbench.patterson_maps.choose(PattersonSource("isomorphous", "FHG(+)", "FNAT"))
    driver.wait_until_idle()
    driver.workbench.sites.add("Hg", (0.1, 0.2, 0.3))
    driver.workbench.sites.add("Hg", (0.4, 0.6, 0.2), 0.5)
    driver.notices.clear()
    return driver


def phaser_of(driver: WorkbenchDriver) -> FakePhaser:
    phaser = driver.workbench.services.sites.phase
    assert isinstance(phaser, FakePhaser)
    return phaser


def test_both_hands_are_kept_and_stand_side_by_side(phasing: WorkbenchDriver) -> None:
    workbench, document = phasing.workbench, phasing.document
    workbench.site_phasing.start(0.4)
    phasing.wait_until_idle()
    ((sites, settings),) = phaser_of(phasing).calls
    assert (len(sites), settings.solvent) == (2, 0.4)
    better, other = workbench.predicting.kept.items
    assert (better.name, other.name) == ("Phases 1, better hand", "Phases 1, other hand")
    assert document.prediction is better.prediction
    assert document.prediction.solved
    assert not other.prediction.solved
    pair = document.compared
    assert isinstance(pair, HandsPair)
    assert pair.density is other.prediction.density
    assert pair.sentence == "This hand is better: it fits."
    (notice,) = phasing.notices
    assert "1 site was left out." in notice.text
    assert not workbench.solving.is_shown


def test_a_map_that_agrees_badly_is_not_called_solved(phasing: WorkbenchDriver) -> None:
    phaser_of(phasing).agreement = 0.5
    phasing.workbench.site_phasing.start(0.4)
    phasing.wait_until_idle()
    prediction = phasing.document.prediction
    assert prediction is not None
    assert prediction.hand_determined
    assert not prediction.solved
    assert prediction.verdict.endswith("this is the better hand, but the map is weak.")


def test_the_refined_sites_take_the_place_of_the_list(phasing: WorkbenchDriver) -> None:
    workbench = phasing.workbench
    phaser_of(phasing).inverted = True
    before = workbench.sites.sites
    workbench.site_phasing.start(0.5)
    phasing.wait_until_idle()
    assert [site.frac for site in workbench.sites.sites] != [site.frac for site in before]
    assert {listed.how for listed in workbench.sites.listed} == {"phasing"}
    shown = workbench.site_phasing.sites_in(beside=False)
    assert shown is not None
    assert shown.listed
    assert shown.labels == ("Hg1", "Hg2")
    beside = workbench.site_phasing.sites_in(beside=True)
    assert beside is not None
    np.testing.assert_allclose(beside.frac, [site.frac for site in before])
    workbench.undo()
    assert workbench.sites.sites == before


def test_two_hands_are_compared_without_moving_them(phasing: WorkbenchDriver) -> None:
    workbench = phasing.workbench
    workbench.site_phasing.start(0.5)
    phasing.wait_until_idle()
    better, other = workbench.predicting.kept.items
    workbench.predicting.show_kept(other)
    phasing.wait_until_idle()
    assert phasing.document.compared is None
    assert workbench.site_phasing.show_hands(other, better)
    phasing.wait_until_idle()
    assert isinstance(phasing.document.compared, HandsPair)
    assert not workbench.site_phasing.show_hands(better, better)


@pytest.mark.parametrize("inverted", [False, True])
def test_sites_move_with_a_map_that_is_aligned_to_the_truth(
    phasing: WorkbenchDriver, inverted: bool
) -> None:
    """They stay at the atoms of the aligned model."""
    workbench, document = phasing.workbench, phasing.document
    phaser_of(phasing).hands = 1
    workbench.site_phasing.start(0.5)
    phasing.wait_until_idle()
    crystal, prediction = document.crystal, document.prediction
    assert crystal is not None
    assert prediction is not None
    assert prediction.model is not None
    model = atoms_structure(crystal.cell, crystal.spacegroup, [("Hg", (0.15, 0.3, 0.45), 1.0)])
    document.set_truth(model, true_density(model, 3.0, 1.0))
    workbench.predicting.take(prediction)
    phasing.wait_until_idle()
    assert document.displayed_is_aligned
    found = document.truth_comparison
    assert found is not None
    comparison = replace(found.comparison, inverted=inverted, shift_frac=(0.11, 0.22, 0.33))
    document.truth_comparison = replace(
        found, comparison=comparison, aligned_model=aligned_model(prediction.model, comparison)
    )
    shown, atoms = workbench.site_phasing.sites_in(beside=False), document.displayed_atoms
    assert shown is not None
    assert not shown.listed
    assert atoms is not None
    places = [crystal.cell.fractionalize(cra.atom.pos).tolist() for cra in atoms[0].all()]
    for frac in shown.frac:
        apart = np.array(places) - frac
        assert np.abs(apart - np.rint(apart)).max(axis=1).min() < 1e-4


def test_one_hand_alone_is_open(phasing: WorkbenchDriver) -> None:
    phaser_of(phasing).hands = 1
    phasing.workbench.site_phasing.start(0.5)
    phasing.wait_until_idle()
    (item,) = phasing.workbench.predicting.kept.items
    assert item.prediction.verdict.endswith("the hand is open.")
    assert not item.prediction.solved
    assert phasing.document.compared is None


def test_phasing_can_be_stopped(phasing: WorkbenchDriver) -> None:
    workbench, phaser = phasing.workbench, phaser_of(phasing)
    phaser.go.clear()
    workbench.site_phasing.start(0.5)
    phasing.mailbox.pump(
        lambda: (p := workbench.site_work.progress) is not None and p.fraction == 0.25
    )
    workbench.site_phasing.start(0.5)  # one at a time
    workbench.site_refinement.start()
    workbench.site_work.cancel()
    phasing.wait_until_idle()
    assert not workbench.site_work.running
    assert len(phaser.calls) == 1
    assert workbench.predicting.kept.items == []


def test_another_crystal_ends_phasing(phasing: WorkbenchDriver, fragment: Crystal) -> None:
    workbench = phasing.workbench
    phaser_of(phasing).go.clear()
    workbench.site_phasing.start(0.5)
    workbench.show(fragment)
    phasing.wait_until_idle()
    assert not workbench.site_work.running
    assert workbench.predicting.kept.items == []
    assert phasing.errors() == []


def test_the_phases_are_saved_with_their_space_group(
    phasing: WorkbenchDriver, tmp_path: Path
) -> None:
    workbench = phasing.workbench
    workbench.site_phasing.start(0.5)
    phasing.wait_until_idle()
    path = tmp_path / "phases.mtz"
    phasing.saver.save_phases(path)
    phasing.wait_until_idle()
    mtz = gemmi.read_mtz_file(str(path))
    assert mtz.column_with_label("HLA") is not None
    assert mtz.spacegroup.xhm() == phasing.document.crystal.spacegroup.xhm()
    better, other = workbench.predicting.kept.items
    assert better.saved
    assert not other.saved


def test_refined_sites_keep_their_order_and_are_undone(phasing: WorkbenchDriver) -> None:
    workbench = phasing.workbench
    assert isinstance(workbench.services.sites.refine, FakeRefiner)
    before = workbench.sites.sites
    workbench.site_refinement.start()
    phasing.wait_until_idle()
    first, second = workbench.sites.sites
    assert first.frac[0] == pytest.approx(0.11)
    assert (first.score, second.score) == (20.0, 1.0)
    assert "Hg2 explains nothing of the differences: remove it." in workbench.sites.words
    workbench.undo()
    assert workbench.sites.sites == before


def test_says_what_is_missing(driver: WorkbenchDriver, fragment: Crystal) -> None:
    workbench = driver.workbench
    workbench.show(fragment)
    driver.wait_until_idle()
    assert "choose anomalous or isomorphous" in str(workbench.site_phasing.blocked())
    workbench.site_phasing.start(0.5)
    workbench.site_refinement.start()
    assert driver.errors() == [workbench.site_phasing.blocked()] * 2


def test_a_hand_as_a_prediction_has_its_map_in_p1() -> None:
    cell, group = gemmi.UnitCell(30, 30, 40, 90, 90, 90), gemmi.SpaceGroup("P 41 21 2")
    hkl = np.asarray(gemmi.make_miller_array(cell, group, 4.0), dtype=np.int32)
    crystal = gemmi.SmallStructure()
    crystal.cell, crystal.spacegroup = cell, group
    site = gemmi.SmallStructure.Site()
    site.element, site.fract, site.u_iso = gemmi.Element("Hg"), gemmi.Fractional(0.1, 0.2, 0.3), 0.3
    crystal.add_site(site)
    crystal.setup_cell_images()
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    f = np.array([calculator.calculate_sf_from_small_structure(crystal, h) for h in hkl.tolist()])
    hand = PhasedHand(
        group, cell, hkl, np.abs(f), 0.1 * np.abs(f), 0.7 * np.exp(1j * np.angle(f)),
        np.zeros((len(hkl), 4)),
        (DerivativeSites("FHG", "Hg", ((0.1, 0.2, 0.3), (0.2, 0.2, 0.0)), (1.0, 0.5)),),
        0.4, 0.6, 0.5, (0.2, 0.3),
    )  # fmt: skip
    prediction = prediction_of(Phased(hand, None, False, "Open.", 0.0), hand)
    data = prediction.amplitudes
    assert data.spacegroup == p1() == prediction.density.spacegroup
    # An independent sum over the atoms of the whole cell gives the phases at every reflection.
    wanted = np.array(
        [calculator.calculate_sf_from_small_structure(crystal, h) for h in data.hkl.tolist()]
    )
    strong = np.abs(wanted) > 0.1 * np.abs(wanted).max()
    apart = np.angle(np.exp(1j * np.radians(prediction.phases_deg)) * np.conj(wanted))
    np.testing.assert_allclose(apart[strong], 0.0, atol=1e-3)
    in_map = coefficients_from_map(prediction.density.grid, cell, data.hkl[strong])
    np.testing.assert_allclose(in_map, 0.7 * wanted[strong], rtol=0.02)
    assert prediction.model is not None
    assert len(prediction.model[0]["A"]) == 8 + 4  # the second site lies on a twofold axis
