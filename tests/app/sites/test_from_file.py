"""Sites of a file in place of the list."""

from pathlib import Path

from patterson_gui.crystal.crystal import Crystal
from tests.app.conftest import WorkbenchDriver


def test_sites_of_a_table_replace_the_list_and_can_be_undone(
    driver: WorkbenchDriver, fragment: Crystal, tmp_path: Path
) -> None:
    workbench = driver.workbench
    workbench.show(fragment)
    driver.wait_until_idle()
    workbench.sites.add("Au", (0.1, 0.2, 0.3))
    before = workbench.sites.sites
    (tmp_path / "a.csv").write_text("element,x,y,z\nHg,0.4,0.5,0.6\nI,0.7,0.1,0.2\n")
    workbench.sites_from_file.load(tmp_path / "a.csv")
    driver.wait_until_idle()
    assert [site.element for site in workbench.sites.sites] == ["Hg", "I"]
    assert workbench.sites.words == "2 sites of a.csv."
    assert not workbench.sites.unsaved  # a file has them
    workbench.history.undo()
    assert workbench.sites.sites == before


def test_a_wrong_file_leaves_the_list(
    driver: WorkbenchDriver, fragment: Crystal, tmp_path: Path
) -> None:
    workbench = driver.workbench
    (tmp_path / "a.csv").write_text("Au 1 2\n")
    workbench.sites_from_file.load(tmp_path / "a.csv")
    assert driver.errors() == ["No crystal is open: open measured reflections first."]
    workbench.show(fragment)
    driver.wait_until_idle()
    workbench.sites_from_file.load(tmp_path / "a.csv")
    driver.wait_until_idle()
    assert "Row 1 of a.csv is no site" in driver.errors()[-1]
    assert not len(workbench.sites)
