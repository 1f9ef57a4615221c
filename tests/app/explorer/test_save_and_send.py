"""Save the decoded crystal and density, send them, and open them in the main window."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.app.explorer.save_and_send import Look
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.opening.materials import read_materials
from patterson_gui.io.viewers.scene import Viewer
from tests.app.explorer.conftest import ExplorerDriver


def test_writes_the_decoded_crystal_with_its_provenance(
    two_crystals: ExplorerDriver, tmp_path: Path
) -> None:
    path = tmp_path / "decoded.cif"
    two_crystals.explorer.line.move_to(0.5)
    two_crystals.explorer.decoding.find_atoms()
    two_crystals.wait_until_idle()
    two_crystals.export.save_crystal(path)
    two_crystals.wait_until_idle()
    (read,) = read_materials(path)
    text = path.read_text()
    assert len(read) == 8
    assert "stability was not judged" in text
    assert "a latent between two others" in text
    assert "Saved decoded.cif" in two_crystals.notices[-1].text


def test_does_not_save_a_crystal_before_its_atoms_are_found(
    two_crystals: ExplorerDriver, tmp_path: Path
) -> None:
    two_crystals.explorer.line.move_to(0.5)
    two_crystals.export.save_crystal(tmp_path / "decoded.cif")
    assert "not decoded yet" in two_crystals.errors[-1]
    two_crystals.wait_until_idle()
    assert list(tmp_path.glob("*.cif")) == []


def test_refuses_an_unknown_file_ending(two_crystals: ExplorerDriver, tmp_path: Path) -> None:
    two_crystals.export.save_crystal(tmp_path / "decoded.docx")
    two_crystals.wait_until_idle()
    assert "cannot be written as" in two_crystals.errors[-1]


def test_writes_the_density_as_a_map_of_the_cube(
    two_crystals: ExplorerDriver, tmp_path: Path
) -> None:
    path = tmp_path / "decoded.ccp4"
    two_crystals.export.save_density(path)
    two_crystals.wait_until_idle()
    read = read_map(path)
    assert read.cell.parameters[:3] == (10, 10, 10)
    assert two_crystals.explorer.decoding.density is not None
    assert read.grid == pytest.approx(two_crystals.explorer.decoding.density.grid, abs=1e-5)


def test_sends_densities_and_atoms_in_the_frame_of_the_cube(two_crystals: ExplorerDriver) -> None:
    two_crystals.export.send(Look(2.0, 3.0, "wire"), Viewer.COOT)
    two_crystals.wait_until_idle()
    (items,) = two_crystals.programs.sent
    assert [item.path.name for item in items] == [
        "decoded.ccp4", "encoded.ccp4", "decoded.pdb", "encoded.pdb",
    ]  # fmt: skip
    density = two_crystals.explorer.decoding.density
    assert density is not None
    assert items[0].level == pytest.approx(3.0 * density.rmsd)
    assert two_crystals.notices[-1].text == "Sent to Coot."


def test_opens_the_decoded_crystal_with_amplitudes_to_predict(two_crystals: ExplorerDriver) -> None:
    taken: list[Crystal] = []
    two_crystals.export.open_decoded(taken.append)
    two_crystals.wait_until_idle()
    (crystal,) = taken
    assert crystal.model is not None
    assert crystal.amplitudes is not None
    assert crystal.material is not None
    assert np.all((crystal.material.frac >= -1e-9) & (crystal.material.frac < 1))
    assert "stability was not judged" in crystal.provenance
