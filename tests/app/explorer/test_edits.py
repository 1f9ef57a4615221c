"""Edit the atoms of the encoded crystal: elements, coordinates, undo and redo."""

import pytest

from patterson_gui.app.explorer.edits import atomic_number
from patterson_gui.errors import UserError
from tests.app.explorer.conftest import ExplorerDriver
from tests.app.fake_crystals import KNOWN


def test_encodes_again_after_an_edit_undo_and_redo(driver: ExplorerDriver) -> None:
    encoding = driver.explorer.encoding
    encoding.set_element([0, 1], "K")
    driver.wait_until_idle()
    assert encoding.material is not None
    assert encoding.material.formula == "Cl4K2Na2"
    assert driver.explorer.decoding.latent is encoding.encoded.latent  # type: ignore[union-attr]
    encoding.step(-1)
    driver.wait_until_idle()
    assert encoding.material is KNOWN[0]
    encoding.step(1)
    driver.wait_until_idle()
    assert encoding.material.formula == "Cl4K2Na2"
    assert not encoding.edits.can_redo


def test_edits_in_quick_succession_add_up(driver: ExplorerDriver) -> None:
    encoding = driver.explorer.encoding
    encoding.set_element([0], "K")
    encoding.set_element([4], "Br")
    driver.wait_until_idle()
    assert encoding.material is not None
    assert encoding.material.formula == "BrCl3KNa3"


def test_moves_an_atom_by_fractional_or_cartesian_coordinates(driver: ExplorerDriver) -> None:
    encoding = driver.explorer.encoding
    encoding.set_coordinate(0, 2, 0.1, frac=True)
    driver.wait_until_idle()
    assert encoding.material is not None
    assert encoding.material.positions[0] == pytest.approx([0, 0, 0.564])
    encoding.set_coordinate(0, 0, 0.3, frac=False)
    driver.wait_until_idle()
    assert encoding.material.positions[0] == pytest.approx([0.3, 0, 0.564])


@pytest.mark.parametrize("text", ["Xx", "", "0", "95", "Na2", "½"])
def test_refuses_text_that_is_not_an_element(driver: ExplorerDriver, text: str) -> None:
    changes: list[int] = []
    driver.explorer.encoding.changed.connect(lambda: changes.append(1))
    driver.explorer.encoding.set_element([0], text)
    driver.wait_until_idle()
    assert "is not an element" in driver.errors[0]
    assert changes  # the table shows the old symbol again
    assert driver.explorer.encoding.material is KNOWN[0]


def test_accepts_element_symbols_in_any_case_and_atomic_numbers() -> None:
    assert [atomic_number(t) for t in ("na", "NA", " Na ", "11")] == [11] * 4
    with pytest.raises(UserError):
        atomic_number("Zz")


def test_refuses_coordinates_that_are_not_finite_or_too_large(driver: ExplorerDriver) -> None:
    driver.explorer.encoding.set_coordinate(0, 0, float("nan"), frac=True)
    driver.explorer.encoding.set_coordinate(0, 0, 1e9, frac=True)
    assert len(driver.errors) == 2
