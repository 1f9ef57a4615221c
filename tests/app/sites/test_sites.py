"""The list of heavy-atom sites: added, edited and removed, each as a step."""

import math
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.app.sites.sites import SEARCHED, SiteField, SiteList
from patterson_gui.app.vectors.vectors import VectorSource
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.errors import UserError
from tests.app.workbench_driver import WorkbenchDriver

FOUND = (
    HeavySite("Au", (0.1, 0.2, 0.3), 1.0, 5.0, 60.0),
    HeavySite("Au", (0.4, 0.5, 0.6), 0.5, 5.0, 20.0),
)


@pytest.fixture
def sites(driver: WorkbenchDriver, fragment: Crystal) -> SiteList:
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    return driver.workbench.sites


def test_every_change_is_a_step(driver: WorkbenchDriver, sites: SiteList) -> None:
    history = driver.workbench.history
    sites.replace_all(FOUND, SEARCHED, "2 sites.")
    sites.add("hg", (1.25, -0.1, 0.3))
    sites.edit(0, SiteField.X, "0,15")
    sites.remove([1])
    sites.clear()
    expected = [
        ("Remove all sites", ("Au1", "Hg1")), ("Remove Au2", ("Au1", "Au2", "Hg1")),
        ("Edit Au1", ("Au1", "Au2", "Hg1")), ("Add Hg site", ("Au1", "Au2")), ("Find sites", ()),
    ]  # fmt: skip
    for name, labels in expected:
        assert history.undo_name == name
        driver.workbench.undo()
        assert sites.labels() == labels
    driver.workbench.redo()
    assert sites.sites == FOUND
    assert sites.words == "2 sites."


def test_an_added_site_lies_in_the_cell_and_is_chosen(sites: SiteList) -> None:
    sites.add("HG", (1.25, -0.1, 0.3))
    (site,) = sites.sites
    assert site.element == "Hg"
    assert site.frac == pytest.approx((0.25, 0.9, 0.3))
    assert sites.chosen == 0


def test_an_edited_site_has_no_score_and_the_search_no_longer_speaks(sites: SiteList) -> None:
    sites.replace_all(FOUND, SEARCHED, "2 sites.")
    sites.edit(1, SiteField.OCCUPANCY, "0.7")
    assert sites.sites[1].occupancy == 0.7
    assert math.isnan(sites.sites[1].score)
    assert sites.listed[1].how == "edited"
    assert sites.sites[0].score == 60.0
    assert sites.words == ""


def test_the_same_value_typed_again_is_no_change(driver: WorkbenchDriver, sites: SiteList) -> None:
    sites.replace_all(FOUND, SEARCHED)
    sites.edit(0, SiteField.Y, "0.2")
    sites.edit(0, SiteField.ELEMENT, "au")
    assert sites.sites == FOUND
    assert driver.workbench.history.undo_name == "Find sites"


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        (SiteField.ELEMENT, "Qq", "is not an element"),
        (SiteField.X, "abc", "no coordinate"),
        (SiteField.Z, "nan", "no coordinate"),
        (SiteField.Y, "1e9", "no coordinate"),
        (SiteField.OCCUPANCY, "0", "no occupancy"),
        (SiteField.OCCUPANCY, "inf", "no occupancy"),
    ],
)
def test_refuses_values_that_mean_nothing(
    sites: SiteList, field: SiteField, text: str, words: str
) -> None:
    sites.replace_all(FOUND, SEARCHED)
    with pytest.raises(UserError, match=words):
        sites.edit(0, field, text)
    assert sites.sites == FOUND


def test_another_crystal_begins_with_an_empty_list(
    driver: WorkbenchDriver, sites: SiteList, fragment: Crystal
) -> None:
    sites.replace_all(FOUND, SEARCHED)
    sites.choose(1)
    driver.workbench.show(fragment)
    assert len(sites) == 0
    assert sites.chosen is None
    driver.wait_until_idle()


def test_the_vectors_of_sites_are_shown(driver: WorkbenchDriver, sites: SiteList) -> None:
    vectors = driver.workbench.vectors
    assert VectorSource.SITES not in vectors.sources()
    sites.replace_all(FOUND, SEARCHED)
    vectors.watch(True, by="sites")
    vectors.show_site(1)
    driver.wait_until_idle()
    shown = vectors.shown
    assert shown is not None
    assert shown.source is VectorSource.SITES
    assert shown.atoms.labels == ("Au1", "Au2")
    (row,) = vectors.rows()  # in P1 there is one vector between two atoms
    u = shown.vectors.frac[row]
    assert min(np.abs((sign * 0.3 - u + 0.5) % 1.0 - 0.5).max() for sign in (1, -1)) < 1e-6
    sites.remove([0])
    driver.wait_until_idle()
    assert vectors.shown is not None
    assert len(vectors.shown.atoms) == 1


def test_refuses_a_site_where_there_is_one(sites: SiteList) -> None:
    sites.add("Au", (0.1, 0.2, 0.3))
    with pytest.raises(UserError, match="Au1 is at this place already"):
        sites.add("Hg", (1.1, 0.2, 0.3))
    assert sites.labels() == ("Au1",)


def test_vectors_follow_a_site_that_is_added_and_chosen(
    driver: WorkbenchDriver, sites: SiteList
) -> None:
    vectors = driver.workbench.vectors
    vectors.watch(True, by="sites")
    sites.add("Au", (0.1, 0.2, 0.3))
    vectors.show_site(0)
    driver.wait_until_idle()
    sites.add("Hg", (0.6, 0.7, 0.3))
    vectors.show_site(1)  # before the new vectors are there
    driver.wait_until_idle()
    assert vectors.atom == 1
    assert vectors.shown is not None
    assert len(vectors.shown.atoms) == 2


def test_sites_are_unsaved_until_a_file_has_just_these(
    driver: WorkbenchDriver, sites: SiteList, tmp_path: Path
) -> None:
    workbench = driver.workbench
    assert not workbench.has_unsaved
    sites.replace_all(FOUND, SEARCHED)
    assert workbench.unsaved_sites
    driver.saver.save_sites(tmp_path / "a.csv")
    driver.wait_until_idle()
    assert not workbench.unsaved_sites
    sites.remove([0])
    assert workbench.unsaved_sites
    workbench.undo()
    assert not workbench.unsaved_sites
    sites.clear()
    assert not workbench.unsaved_sites  # nothing is lost
