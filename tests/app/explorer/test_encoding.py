"""Encode a crystal of a file, of the list or of the main window; refuse what does not fit."""

from pathlib import Path

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import structure_of
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.io.models.writers.materials import write_materials
from tests.app.explorer.conftest import ExplorerDriver
from tests.app.fake_crystals import KNOWN, LARGE, SALT


def test_refuses_a_crystal_that_does_not_fit_and_keeps_the_old_one(
    driver: ExplorerDriver,
) -> None:
    driver.open(LARGE)
    assert len(driver.errors) == 1
    assert "does not fit into a cube" in driver.errors[0]
    assert driver.explorer.encoding.material is KNOWN[0]


def test_encodes_the_crystal_of_a_file(driver: ExplorerDriver, tmp_path: Path) -> None:
    path = tmp_path / "oxide.cif"
    write_materials(path, [KNOWN[1]])
    driver.explorer.encoding.open_file(path)
    driver.wait_until_idle()
    assert driver.explorer.encoding.material is not None
    assert driver.explorer.encoding.material.formula == "Mg4O4"


def test_asks_which_crystal_of_a_file_to_encode(driver: ExplorerDriver, tmp_path: Path) -> None:
    path = tmp_path / "many.extxyz"
    write_materials(path, KNOWN)
    asked: list[tuple[str, list[Material]]] = []
    driver.explorer.encoding.choice_wanted.connect(lambda of, found: asked.append((of, found)))
    driver.explorer.encoding.open_file(path)
    driver.wait_until_idle()
    ((of, found),) = asked
    assert of == "many.extxyz"
    assert [m.formula for m in found] == [m.formula for m in KNOWN]


def test_refuses_a_file_without_a_crystal(driver: ExplorerDriver, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague,\n")
    driver.explorer.encoding.open_file(path)
    driver.wait_until_idle()
    assert len(driver.errors) == 1
    assert driver.notices[-1].details is None


def test_refuses_to_encode_without_an_open_crystal_or_its_atoms(driver: ExplorerDriver) -> None:
    driver.explorer.encoding.open_crystal(None)
    bare = crystal_from_model(structure_of(SALT), 1.0)
    driver.explorer.encoding.open_crystal(Crystal(bare.name, bare.cell, bare.spacegroup))
    driver.wait_until_idle()
    assert "Nothing is open" in driver.errors[0]
    assert "without atoms" in driver.errors[1]
