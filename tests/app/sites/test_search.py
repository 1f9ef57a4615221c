"""The search of sites in the workbench: its result in the list, no signal, cancel."""

from pathlib import Path

import pytest

from patterson_gui.app.document.patterson_source import PattersonSource
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.errors import UserError
from tests.app.fake_sites import FakeSiteFinder
from tests.app.test_patterson_maps import derivative_file, open_file
from tests.app.workbench_driver import WorkbenchDriver

FOUND = (HeavySite("Hg", (0.1, 0.2, 0.3), 1.0, 5.0, 60.0),)


@pytest.fixture
def searching(driver: WorkbenchDriver, tmp_path: Path) -> WorkbenchDriver:
    """A workbench that shows isomorphous differences."""
    open_file(driver, derivative_file(tmp_path))
    driver.workbench.patterson_maps.choose(PattersonSource("isomorphous", "FHG(+)", "FNAT"))
    driver.wait_until_idle()
    driver.notices.clear()
    return driver


def finder_of(workbench: Workbench) -> FakeSiteFinder:
    finder = workbench.services.sites.find
    assert isinstance(finder, FakeSiteFinder)
    return finder


def test_found_sites_take_the_place_of_the_list(searching: WorkbenchDriver) -> None:
    workbench = searching.workbench
    finder = finder_of(workbench)
    finder.sites = FOUND
    workbench.sites.add("Au", (0.5, 0.5, 0.5))
    assert "Isomorphous differences: " in workbench.site_work.data_words()
    workbench.site_search.start("Hg", 3)
    searching.wait_until_idle()
    ((differences, settings),) = finder.calls
    assert differences is searching.document.differences.differences
    assert (settings.element, settings.n) == ("Hg", 3)
    assert workbench.sites.sites == FOUND
    assert "1 site:" in workbench.sites.words
    (notice,) = searching.notices
    assert "Outliers were left out." in notice.text
    assert not workbench.site_work.running
    workbench.undo()
    assert workbench.sites.labels() == ("Au1",)


def test_without_a_signal_the_list_stays_and_the_reason_is_told(
    searching: WorkbenchDriver,
) -> None:
    workbench = searching.workbench
    workbench.sites.add("Au", (0.5, 0.5, 0.5))
    workbench.site_search.start("Hg", None)
    searching.wait_until_idle()
    assert workbench.sites.labels() == ("Au1",)
    assert workbench.site_search.said.startswith("No site stands out")
    (notice,) = searching.notices
    assert "those from before" in notice.text
    assert not notice.error


def test_a_search_can_be_stopped(searching: WorkbenchDriver) -> None:
    workbench = searching.workbench
    finder = finder_of(workbench)
    finder.sites = FOUND
    finder.go.clear()
    workbench.site_search.start("Hg", None)
    searching.mailbox.pump(
        lambda: (p := workbench.site_work.progress) is not None and p.fraction == 0.5
    )
    workbench.site_search.start("Au", None)  # one at a time
    workbench.site_work.cancel()
    searching.wait_until_idle()
    assert not workbench.site_work.running
    assert len(workbench.sites) == 0
    assert len(finder.calls) == 1


def test_another_crystal_ends_the_search(searching: WorkbenchDriver, fragment: Crystal) -> None:
    workbench = searching.workbench
    finder = finder_of(workbench)
    finder.sites = FOUND
    finder.go.clear()
    workbench.site_search.start("Hg", None)
    workbench.show(fragment)
    assert not workbench.site_work.running
    searching.wait_until_idle()
    assert len(workbench.sites) == 0
    assert searching.errors() == []


def test_a_failure_is_told_and_ends_the_search(searching: WorkbenchDriver) -> None:
    workbench = searching.workbench
    finder_of(workbench).failure = UserError("There are too few differences.")
    workbench.site_search.start("Hg", None)
    searching.wait_until_idle()
    assert searching.errors() == ["There are too few differences."]
    assert not workbench.site_work.running


def test_says_what_to_do_without_differences(driver: WorkbenchDriver, fragment: Crystal) -> None:
    search = driver.workbench.site_search
    assert search.blocked() == "Open measured reflections first."
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    assert "choose anomalous or isomorphous" in str(search.blocked())
    search.start("Hg", None)
    assert driver.errors() == [search.blocked()]
