from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.crystal.material import Material
from patterson_gui.errors import UserError
from patterson_gui.io.datasets.crystals import read_material_dataset
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.io.opening.materials import (
    choose_materials,
    iterate_materials,
    open_materials,
    read_materials,
)
from patterson_gui.io.resources import known_crystals_path
from tests.crystal.example_materials import hematite, perovskite, rock_salt

SALT_CIF = """\
data_salt
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
_cod_database_code 1000041
_chemical_name_mineral Halite
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 Na+ 0 0 0 1
Cl1 Cl- 0.5 0.5 0.5 1
"""
GEN = """\
2 F
Ga As
1 1 0.0 0.0 0.0
2 2 0.25 0.25 0.25
0.0 0.0 0.0
2.8 2.8 0.0
0.0 2.8 2.8
2.8 0.0 2.8
"""
XSF = """\
# gallium arsenide
CRYSTAL
PRIMVEC
2.8 2.8 0.0
0.0 2.8 2.8
2.8 0.0 2.8
PRIMCOORD
2 1
Ga 0.0 0.0 0.0
As 1.4 1.4 1.4
"""
AIMS = """\
# comment
lattice_vector 2.8 2.8 0.0
lattice_vector 0.0 2.8 2.8
lattice_vector 2.8 0.0 2.8
atom_frac 0.0 0.0 0.0 Ga
atom_frac 0.25 0.25 0.25 As
"""
RES = """\
TITL salt
CELL 0.71073 5.64 5.64 5.64 90 90 90
ZERR 4 0 0 0 0 0 0
LATT -1
SFAC Na Cl
UNIT 1 1
Na1 1 0.0 0.0 0.0 11.0 0.01
Cl1 2 0.5 0.5 0.5 11.0 0.01
HKLF 4
END
"""


def _same_crystal(a: Material, b: Material) -> bool:
    difference = a.frac[np.argsort(a.numbers, kind="stable")] - b.frac
    difference -= np.rint(difference)
    return a.volume == pytest.approx(b.volume, rel=1e-4) and bool(np.abs(difference).max() < 3e-4)


def test_a_cif_gives_the_whole_cell_and_its_names(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    path.write_text(SALT_CIF)
    (salt,) = read_materials(path)
    assert salt.formula == "Cl4Na4"
    assert (salt.name, salt.identifier) == ("Halite", "COD 1000041")


def test_a_disordered_block_is_named_and_can_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    half = SALT_CIF.replace("data_salt", "data_half").replace("0.5 1\n", "0.5 0.5\n")
    path.write_text(SALT_CIF + half)
    with pytest.raises(UserError, match=r"Block half of a\.cif has 1 site only partly occupied"):
        read_materials(path)
    said: list[UserError] = []
    assert len(list(iterate_materials(path, said.append))) == 1
    assert len(said) == 1


@pytest.mark.parametrize(
    ("name", "text"), [("a.gen", GEN), ("a.xsf", XSF), ("geometry.in", AIMS), ("none", GEN)]
)
def test_formats_of_other_programs_are_read_by_their_content(
    tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    (material,) = read_materials(path)
    assert material.numbers.tolist() == [31, 33]
    assert material.volume == pytest.approx(2 * 2.8**3)
    assert np.allclose(material.positions[1], 1.4)


def test_a_shelx_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "salt.res"
    path.write_text(RES)
    (material,) = read_materials(path)
    assert material.numbers.tolist() == [11, 17]
    assert material.identifier == "salt"


@pytest.mark.parametrize("text", [GEN[:40], XSF[:90], AIMS + "atom 1 2\n"])
def test_reports_a_damaged_file_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cut"
    path.write_text(text)
    with pytest.raises(UserError, match=r"cut cannot be read as .*\.$"):
        read_materials(path)


@pytest.mark.parametrize("name", ["a.cif", "a.extxyz", "a.xyz", "a.pdb", "POSCAR", "a.vasp"])
def test_reads_back_the_same_crystal(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    ore = hematite()
    write_materials(path, [ore], "Decoded from a latent by the network “x”.")
    (back,) = read_materials(path)
    order = np.argsort(back.numbers, kind="stable")
    ordered = replace(back, numbers=back.numbers[order], positions=back.positions[order])
    assert _same_crystal(ore, ordered)
    assert "Decoded from a latent" in path.read_text()


def test_several_crystals_go_into_cif_and_xyz_but_not_into_pdb(tmp_path: Path) -> None:
    many = [rock_salt(), perovskite(), rock_salt()]
    for name in ("a.cif", "a.extxyz"):
        write_materials(tmp_path / name, many)
        assert [m.formula for m in read_materials(tmp_path / name)] == [m.formula for m in many]
    with pytest.raises(UserError, match="can hold only one crystal, not 3"):
        write_materials(tmp_path / "a.pdb", many)
    with pytest.raises(UserError, match="choose a name for"):
        write_materials(tmp_path / "a.txt", many)
    assert not (tmp_path / "a.pdb").exists()


def test_writes_atoms_without_lattice_in_formats_that_allow_it(tmp_path: Path) -> None:
    molecule = Material(np.zeros((1, 3)), np.array([2]))
    with pytest.raises(UserError, match="has no lattice"):
        write_materials(tmp_path / "a.cif", [molecule])
    for name in ("a.xyz", "a.pdb"):
        write_materials(tmp_path / name, [molecule])
        assert read_materials(tmp_path / name)[0].lattice is None


def test_builds_only_the_chosen_crystals(tmp_path: Path) -> None:
    path = tmp_path / "a.extxyz"
    write_materials(path, [rock_salt(), perovskite(), hematite()])
    broken = path.read_text().replace("Ca 1.9", "Xq 1.9")
    path.write_text(broken)
    assert [m.identifier for m in choose_materials(path, [2, 0])] == ["hematite", "salt"]
    assert open_materials(path).fields(2)["material_id"] == "hematite"
    with pytest.raises(UserError, match="has no crystal number 9, only 3"):
        choose_materials(path, [8])
    with pytest.raises(UserError, match="Frame 2"):
        read_materials(path)


def test_rejects_reflections_as_crystals(tmp_path: Path) -> None:
    path = tmp_path / "a.hkl"
    path.write_text("   1   0   0   10.00    1.00\n   2   0   0   10.00    1.00\n")
    with pytest.raises(UserError, match="has no atoms"):
        open_materials(path)


def test_two_hundred_of_many_thousand_are_drawn_quickly(shared_data: Path) -> None:
    path = shared_data / "crystals_dev.extxyz.xz"
    chosen = choose_materials(path, range(0, 46_000, 230))
    assert len(chosen) == 200
    assert {m.split for m in chosen} == {"train", "val", "test"}
    assert all(m.identifier.startswith("mp-") and m.lattice is not None for m in chosen)


def test_the_crystals_of_a_data_set_are_read_as_those_of_any_file() -> None:
    file = open_materials(known_crystals_path())
    data = read_material_dataset(known_crystals_path())
    assert len(file) == len(data)
    assert file.fields(7) == {"split": "train", "material_id": data.material(7).identifier}
    assert file.material(7).formula == data.material(7).formula
