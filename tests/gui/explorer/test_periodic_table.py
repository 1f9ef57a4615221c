"""Choose an element in the periodic table."""

import gemmi
import pytest

from patterson_gui.gui.explorer.periodic_table import place_of
from tests.gui.explorer.conftest import ExplorerDriver

pytestmark = pytest.mark.gui


def test_the_periodic_table_changes_all_selected_atoms(driver: ExplorerDriver) -> None:
    crystal = driver.window.crystal
    assert not crystal.element.isEnabled()
    crystal.table.selectAll()
    driver.click(crystal.element)
    periodic = crystal._periodic
    assert periodic is not None
    assert periodic.isVisible()
    driver.click(periodic.buttons[26])
    driver.wait_until_idle()
    assert not periodic.isVisible()
    assert {driver.row(i)[1] for i in range(8)} == {"Fe"}


def test_every_element_has_its_own_place_in_the_periodic_table() -> None:
    places = {place_of(number) for number in range(1, 95)}
    assert len(places) == 94
    column = {gemmi.Element(z).name: place_of(z) for z in range(1, 95)}
    assert column["He"] == (0, 17)
    assert column["B"][1] == column["Al"][1] == 12
    assert column["Ti"][1] == column["Zr"][1] == column["Hf"][1]
    assert column["La"][0] > column["Ra"][0]
