from pathlib import Path

import numpy as np
import pytest

from patterson_gui.crystal.models.whole_cell import NoUnitCell
from patterson_gui.errors import UserError
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.opening.reader import FileKind
from patterson_gui.io.opening.registry import kind_of
from tests.crystal.example_materials import hematite, perovskite, rock_salt
from tests.io.opening.test_materials import AIMS, GEN, SALT_CIF, XSF


def test_opens_the_first_frame_of_extended_xyz_and_notes_the_others(tmp_path: Path) -> None:
    path = tmp_path / "many.extxyz"
    write_materials(path, [rock_salt(), perovskite()])
    crystal = open_any(path)
    assert crystal.name == "NaCl salt"
    assert crystal.spacegroup.xhm() == "P 1"
    assert crystal.model is not None
    assert crystal.model[0].count_atom_sites() == 8
    assert crystal.material is not None
    assert crystal.material.identifier == "salt"
    assert crystal.truth is not None
    (note,) = crystal.notes
    assert note.startswith("The first of 2 crystals is open; 'patterson-gui dataset build")


def test_amplitudes_are_those_of_the_atoms(tmp_path: Path) -> None:
    path = tmp_path / "POSCAR"
    write_materials(path, [rock_salt()])
    data = open_any(path).amplitudes
    assert data is not None
    f = {tuple(hkl): value for hkl, value in zip(data.hkl.tolist(), data.f.tolist(), strict=True)}
    assert f[(0, 0, 1)] == pytest.approx(0.0, abs=1e-3)  # absent, the lattice is face-centred
    assert f[(0, 0, 2)] > f[(1, 1, 1)] > 1.0  # sum and difference of the ions


@pytest.mark.parametrize("text", [GEN, XSF, AIMS])
def test_crystals_of_other_programs_open(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gaas"
    path.write_text(text)
    assert kind_of(path) is FileKind.ATOMS
    crystal = open_any(path)
    assert crystal.name == "gaas"
    assert crystal.material is not None
    assert crystal.material.formula == "AsGa"
    assert crystal.notes == ()


def test_an_inorganic_cif_opens_with_its_symmetry_and_its_material(tmp_path: Path) -> None:
    path = tmp_path / "salt.cif"
    path.write_text(SALT_CIF)
    crystal = open_any(path)
    assert crystal.spacegroup.xhm() == "F m -3 m"
    assert crystal.material is not None
    assert crystal.material.formula == "Cl4Na4"


def test_a_disordered_cif_opens_without_a_material(tmp_path: Path) -> None:
    path = tmp_path / "half.cif"
    path.write_text(SALT_CIF.replace("0.5 1\n", "0.5 0.5\n"))
    assert open_any(path).material is None


def test_a_left_handed_lattice_opens_as_the_same_crystal(tmp_path: Path) -> None:
    path = tmp_path / "left.gen"
    lines = GEN.splitlines()
    lines[-1], lines[-2] = lines[-2], lines[-1]
    path.write_text("\n".join(lines) + "\n")
    material = open_any(path).material
    assert material is not None
    assert material.lattice is not None
    assert np.linalg.det(material.lattice) > 0
    assert np.linalg.norm(material.positions[1] - material.positions[0]) == pytest.approx(
        1.4 * 3**0.5, abs=1e-6
    )


def test_a_molecule_asks_for_a_box(tmp_path: Path) -> None:
    path = tmp_path / "water.xyz"
    path.write_text("3\nwater\nO 0 0 0\nH 0.96 0 0\nH 0 0.96 0\n")
    with pytest.raises(NoUnitCell):
        open_any(path)
    crystal = open_any(path, box_if_no_cell=True)
    assert crystal.name == "water"
    assert crystal.cell.volume > 100


def test_opens_the_first_crystal_of_a_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "cut.xyz"
    write_materials(path, [rock_salt(), hematite()])
    path.write_text(path.read_text()[:-200])
    crystal = open_any(path)
    assert "cannot be read to its end" in crystal.notes[-1]
    path.write_text(path.read_text()[:150])
    with pytest.raises(UserError, match="cannot be read to its end"):
        open_any(path)


def test_thousands_of_crystals_open_with_the_first(shared_data: Path) -> None:
    crystal = open_any(shared_data / "crystals_dev.extxyz.xz")
    assert "46,381 crystals" in crystal.notes[0]
    assert crystal.material is not None
    assert crystal.material.split == "train"


@pytest.mark.parametrize("name", ["2012000.hkl", "NaCl.res", "biotin_talos.cif"])
def test_small_molecules_carry_their_material(shared_data: Path, name: str) -> None:
    crystal = open_any(shared_data / "smallmol" / name)
    assert crystal.material is not None
    assert crystal.material.volume == pytest.approx(crystal.cell.volume, rel=0.01)
