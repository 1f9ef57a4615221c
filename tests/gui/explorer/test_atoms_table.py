"""Edit elements and coordinates in the table of encoded atoms."""

import pytest

from patterson_gui.gui.explorer.atoms_table import ELEMENT
from tests.gui.explorer.conftest import ExplorerDriver

pytestmark = pytest.mark.gui


def test_changes_an_element_in_the_table_and_undoes_it(driver: ExplorerDriver) -> None:
    driver.type(0, ELEMENT, "k")
    assert driver.row(0)[1] == "K"
    assert driver.window.crystal.name.text() == "Cl4KNa3, edited"
    assert driver.window.crystal.undo.isEnabled()
    driver.click(driver.window.crystal.undo)
    driver.wait_until_idle()
    assert driver.row(0)[1] == "Na"
    driver.click(driver.window.crystal.redo)
    driver.wait_until_idle()
    assert driver.row(0)[1] == "K"


@pytest.mark.parametrize("text", ["Xx", "sodium", "", "200"])
def test_rejects_text_that_is_not_an_element(driver: ExplorerDriver, text: str) -> None:
    driver.type(0, ELEMENT, text)
    assert driver.row(0)[1] == "Na"
    assert "is not an element" in driver.toasts()[0]


def test_moves_an_atom_by_fractional_or_cartesian_coordinates(driver: ExplorerDriver) -> None:
    driver.type(1, ELEMENT + 1, "0,25")
    assert driver.row(1)[2] == "0.2500"
    driver.click(driver.window.crystal.frac)
    assert driver.row(1)[2] == "1.410"
    driver.type(1, ELEMENT + 1, "2")
    assert driver.row(1)[2] == "2.000"
    driver.type(1, ELEMENT + 2, "here")
    assert "is not a number" in driver.toasts()[0]
    assert driver.row(1)[3] == "2.820"
