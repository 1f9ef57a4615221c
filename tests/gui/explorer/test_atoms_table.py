"""Edit elements and coordinates in the table of encoded atoms."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.material import Material
from patterson_gui.gui.explorer.atoms_table import ELEMENT, AtomsTable
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


def test_coordinates_fit_beside_the_scroll_bar(qtbot: QtBot) -> None:
    """They were cut to "0.25…" where the atoms did not fit the height."""
    table = AtomsTable()
    qtbot.addWidget(table)
    n = 40
    positions = np.full((n, 3), -0.12345)
    table.atoms.set_material(Material(positions, np.full(n, 14), np.eye(3)))
    table.resize(table.minimumWidth(), 120)
    table.show()
    qtbot.waitUntil(lambda: table.verticalScrollBar().isVisible())
    needed = table.fontMetrics().horizontalAdvance("-0.1235")
    assert all(table.columnWidth(column) >= needed + 6 for column in (2, 3, 4))
