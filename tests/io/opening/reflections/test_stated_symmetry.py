"""Every reader finds the symmetry by one rule: cases that are known to be misread."""

import math
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.opening.open import open_any


@pytest.mark.parametrize(
    ("case", "setting", "note"),
    [
        ("K08a-B20/c04c_fd3mZ.cif", "F d -3 m:2", ""),
        ("K08a-B22/c04b_fd3m_o2.cif", "F d -3 m:2", "choice 2 is used"),
        ("K08b-B23/c06b_P21b_c.cif", "P 1 1 21/b", ""),
        ("K08b-B25/c05e_num_rho.cif", "R -3 c:R", "by its cell it is R -3 c:R"),
        ("K08b-B27/p08_P1121_ispg4.map", "P 1 1 21", "by its cell it is P 1 1 21"),
        ("K08c-B30/n03_typo.cif", "P 1", "“P 21/cc”, which is not known"),
        ("K08c-B32/m06_sgname_alt.cif", "P 1 21 1", ""),
        ("K08c-B34/d10_sg_blank.pdb", "P 1", "states no space group: P 1 is assumed"),
        ("K08c-B36/c31_HMref.cif", "F m -3 m", ""),
        ("K09-B37/c07_nocentring.cif", "P 1 2/c 1", "names the space group C 1 2/c 1, but"),
        ("K10-B39/z03_No4.mtz", "P 21 1 1", ""),
        ("K10-B41/z04_I23prim.mtz", "P 1", "expanded to P 1 by its 12 operations"),
        ("K11-B42/c33_B21d.cif", "P 1", "expanded to P 1 by its 8 operations"),
        ("K11-B44/r15_shifted.res", "P 1", "expanded to P 1 by its 4 operations"),
        ("K19-B77/c27_magcif.mcif", "P 1 21/c 1", ""),
    ],
)
def test_reads_the_symmetry_or_says_what_it_assumed(
    cases: Path, case: str, setting: str, note: str
):
    crystal = open_any(cases / case)
    assert crystal.spacegroup.xhm() == setting
    assert note in " ".join(crystal.notes)


def test_refuses_a_name_that_could_mean_several_settings(cases: Path):
    with pytest.raises(UserError, match=r"“I 1 2/n 1” \(number 15\), which is not known"):
        open_any(cases / "K08c-B29" / "c06h_I2.cif")


ATOMS = (
    ("Fe", (0.1, 0.02, 0.3), (0.01, 0.03, 0.02, 0.004, -0.003, 0.006)),
    ("S", (0.2, 0.4, 0.1), (0.02, 0.01, 0.05, -0.002, 0.004, 0.001)),
)
ORTHORHOMBIC, HEXAGONAL = (7, 8, 9, 90, 90, 90), (9, 9, 7, 90, 90, 120)


def write_cif(
    path: Path, group: gemmi.SpaceGroup, cell: tuple[float, ...], shift: tuple[float, ...]
) -> Path:
    """A structure in the operations of `group`, with the origin at `shift` (fractional)."""
    move = gemmi.Op()
    move.tran = [round(-gemmi.Op.DEN * value) for value in shift]
    operations = [(move * op * move.inverse()).wrap().triplet() for op in group.operations()]
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_x", *(f"_cell_{item} {value}" for item, value in zip(names, cell, strict=True))]
    lines += ["loop_", "_space_group_symop_operation_xyz"]
    lines += [f"'{triplet}'" for triplet in operations]
    lines += ["loop_", *(f"_atom_site_{item}" for item in ("label", "type_symbol", "fract_x"))]
    lines += ["_atom_site_fract_y", "_atom_site_fract_z"]
    for element, place, _ in ATOMS:
        x, y, z = np.subtract(place, shift)
        lines.append(f"{element}1 {element} {x:.6f} {y:.6f} {z:.6f}")
    lines += ["loop_", "_atom_site_aniso_label"]
    lines += [f"_atom_site_aniso_U_{ij}" for ij in ("11", "22", "33", "12", "13", "23")]
    lines += [" ".join(map(str, (f"{element}1", *u))) for element, _, u in ATOMS]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "cell", "shift"),
    [
        ("P 21 2 21", ORTHORHOMBIC, (0.0, 0.25, 0.0)),
        ("P 31 2 1", HEXAGONAL, (0.125, 0.0, 0.25)),
    ],
)
def test_a_setting_in_no_table_gives_the_amplitudes_of_the_same_crystal_in_the_table(
    tmp_path: Path, name: str, cell: tuple[float, ...], shift: tuple[float, ...]
):
    """gemmi applies the operations of the table, and this program those of the shifted origin."""
    group = gemmi.SpaceGroup(name)
    usual = open_any(write_cif(tmp_path / "usual.cif", group, cell, (0, 0, 0)))
    moved = open_any(write_cif(tmp_path / "moved.cif", group, cell, shift))
    assert usual.spacegroup.xhm() == name
    assert moved.spacegroup.xhm() == "P 1"
    of_usual, of_moved = (
        dict(zip(map(tuple, data.hkl.tolist()), data.f.tolist(), strict=True))
        for data in (usual.amplitudes, moved.amplitudes)
    )
    # P 1 lists each reflection or its Friedel mate.
    pairs = [
        (of_moved.get(index) or of_moved[tuple(-i for i in index)], f)
        for index, f in of_usual.items()
    ]
    assert np.allclose(*zip(*pairs, strict=True), rtol=1e-3, atol=0.05)


def test_reflections_of_a_setting_in_no_table_fill_the_sphere_for_maps_but_not_for_a_solution(
    tmp_path: Path,
):
    (tmp_path / "a.ins").write_text(
        "TITL a\nCELL 0.71073 7 8 9 90 90 90\nLATT -1\nSYMM -X,-Y,0.5+Z\nSYMM 0.5+X,-Y,-Z\n"
        "SYMM 0.5-X,Y,0.5-Z\nSFAC C\nUNIT 4\nHKLF 4\n",
        "utf-8",
    )
    rows = [(1, 2, 3), (2, 0, 0), (2, 1, 1), (0, 0, 1)]  # 001 is forbidden
    text = "".join("{:4d}{:4d}{:4d}".format(*row) + f"{100:8.2f}{1:8.2f}\n" for row in rows)
    path = tmp_path / "a.hkl"
    path.write_text(text + f"{0:4d}{0:4d}{0:4d}\n", "utf-8")
    crystal = open_any(path)
    assert crystal.spacegroup.xhm() == "P 1"
    # In P 1 without Friedel mates: 4 of hkl, 4 of 211 and 1 of 200.
    assert len(crystal.amplitudes) == 9
    read = read_intensities(path)
    assert len(read.intensities.value) == len(rows)
    assert not read.intensities.stated


def test_a_pdb_file_is_read_by_the_operations_of_remark_290(tmp_path: Path):
    path = tmp_path / "a.pdb"
    path.write_text(
        "REMARK 290       1555   X,Y,Z\n"
        "REMARK 290       2555   -X,Y+1/2,-Z\n"
        "CRYST1   25.000   30.000   35.000  90.00  97.00  90.00 odd name\n"
        "ATOM      1  CA  GLY A   1       2.400   2.200   3.100  1.00 15.00           C\n",
        "utf-8",
    )
    crystal = open_any(path)
    assert crystal.spacegroup.xhm() == "P 1 21 1"
    text = path.read_text("utf-8")
    path.write_text("".join(text.splitlines(keepends=True)[2:]), "utf-8")
    with pytest.raises(UserError, match="odd name"):
        open_any(path)


def test_macromolecules_in_no_table_are_expanded(tmp_path: Path):
    path = tmp_path / "a.pdb"
    path.write_text(
        "REMARK 290       1555   X,Y,Z\n"
        "REMARK 290       2555   -X+1/3,Y+1/2,-Z\n"
        "CRYST1   25.000   30.000   35.000  90.00  97.00  90.00 P 1 21 1\n"
        "ATOM      1  CA  GLY A   1       2.400   2.200   3.100  1.00 15.00           C\n",
        "utf-8",
    )
    crystal = open_any(path)
    assert crystal.spacegroup.xhm() == "P 1"
    assert crystal.model is not None
    atoms = [cra.atom.pos for cra in crystal.model[0].all()]
    assert len(atoms) == 2
    first, second = (crystal.cell.fractionalize(position) for position in atoms)
    assert (first.x + second.x) % 1 == pytest.approx(1 / 3)
    assert second.y - first.y == pytest.approx(0.5)


def test_instructions_without_symmetry_are_said_to_be_taken_as_shelx_does(tmp_path: Path):
    path = tmp_path / "a.res"
    path.write_text("TITL a\nCELL 0.71073 7 8 9 80 85 95\nSFAC C\nUNIT 4\nC1 1 .1 .2 .3 11 .03\n")
    crystal = open_any(path)
    assert crystal.spacegroup.xhm() == "P -1"
    assert "a.res has neither LATT nor SYMM: P -1 is assumed, as in SHELX." in crystal.notes


@pytest.mark.parametrize(("water", "choice"), [("0 0 0", "1"), ("0.25 0.25 0.25", "2")])
def test_chooses_the_origin_by_the_elements_that_labels_mean(
    tmp_path: Path, water: str, choice: str
):
    """Cu₂O in P n -3 m: O lies on 2a and Cu on 4b. "Wat1" is O, and a dummy is no atom."""
    copper = "0.25 0.25 0.25" if water == "0 0 0" else "0 0 0"
    path = tmp_path / "a.cif"
    path.write_text(
        "data_a\n_cell_length_a 4.27\n_cell_length_b 4.27\n_cell_length_c 4.27\n"
        "_chemical_formula_sum 'Cu2 H2 O'\n_symmetry_space_group_name_H-M 'P n -3 m'\nloop_\n"
        "_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        "_atom_site_calc_flag\n"
        f"Wat1 {water} d\nCu1 {copper} d\nC1 0.5 0.5 0.5 dum\n"
    )
    crystal = open_any(path)
    assert crystal.spacegroup.xhm() == f"P n -3 m:{choice}"
    assert any("do not give the formula in the other" in note for note in crystal.notes)


ATOM = (
    "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"
    "_atom_site_fract_z\nFe1 Fe .1 .2 .3\n"
)


def core_cif(folder: Path, symmetry: str, more: str = "") -> Path:
    path = folder / "a.cif"
    path.write_text(
        "data_a\n_cell_length_a 8.5\n_cell_length_b 9.5\n_cell_length_c 12.5\n"
        f"_cell_angle_alpha 90\n_cell_angle_beta 103\n_cell_angle_gamma 90\n"
        f"{symmetry}\n{ATOM}{more}"
    )
    return path


def test_opens_the_average_structure_of_a_modulated_crystal(tmp_path: Path):
    crystal = open_any(
        core_cif(
            tmp_path,
            "loop_\n_space_group_symop_ssg_operation_algebraic\nx1,x2,x3,x4\n"
            "-x1,x2+1/2,-x3+1/2,x4+1/2\n-x1,-x2,-x3,-x4\nx1,-x2+1/2,x3+1/2,-x4+1/2\n",
        )
    )
    assert crystal.spacegroup.xhm() == "P 1 21/c 1"
    assert any("its average structure is opened" in note for note in crystal.notes)


def test_multiplies_magnetic_operations_by_their_centrings(tmp_path: Path):
    """Without time, P2₁/c with a centring (½ 0 0) has eight operations."""
    crystal = open_any(
        core_cif(
            tmp_path,
            "loop_\n_space_group_symop_magn_operation.xyz\nx,y,z,+1\n-x,y+1/2,-z+1/2,-1\n"
            "-x,-y,-z,+1\nx,-y+1/2,z+1/2,-1\nloop_\n_space_group_symop_magn_centering.xyz\n"
            "x,y,z,+1\nx+1/2,y,z,-1\n",
        )
    )
    assert crystal.model[0].count_atom_sites() == 8


def test_reads_operations_separated_by_blanks(tmp_path: Path):
    loop = "loop_\n_symmetry_equiv_pos_as_xyz\n'x y z'\n'-x y+1/2 -z'\n"
    assert open_any(core_cif(tmp_path, loop)).spacegroup.xhm() == "P 1 21 1"


def test_tells_that_operations_are_fewer_than_those_of_the_name(tmp_path: Path):
    loop = "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,y+1/2,-z+1/2\n"
    crystal = open_any(core_cif(tmp_path, f"_symmetry_space_group_name_H-M 'P 21/c'\n{loop}"))
    assert any("P 21/c, which has 4 operations, not 2" in note for note in crystal.notes)


def test_reads_displacements_given_as_beta(tmp_path: Path):
    """With isotropic U, β_ij = 2π² U a*_i a*_j cos(a*_i, a*_j)."""
    reciprocal = gemmi.UnitCell(8.5, 9.5, 12.5, 90, 103, 90).reciprocal()
    a, b, c = reciprocal.a, reciprocal.b, reciprocal.c
    u = 0.04
    beta = [2 * math.pi**2 * u * x for x in (a * a, b * b, c * c)]
    beta13 = 2 * math.pi**2 * u * a * c * math.cos(math.radians(reciprocal.beta))
    loop = "loop_\n_atom_site_aniso_label\n" + "".join(
        f"_atom_site_aniso_beta_{ij}\n" for ij in ("11", "22", "33", "12", "13", "23")
    )
    row = "Fe1 " + " ".join(f"{x:.8f}" for x in (*beta, 0.0, beta13, 0.0)) + "\n"
    crystal = open_any(core_cif(tmp_path, "_symmetry_space_group_name_H-M 'P 21/c'", loop + row))
    (atom,) = (each.atom for each in crystal.model[0].all())
    assert atom.aniso.elements_pdb() == pytest.approx([u, u, u, 0, 0, 0], abs=1e-5)


def test_tells_that_displacements_are_negative(tmp_path: Path):
    path = core_cif(tmp_path, "_symmetry_space_group_name_H-M 'P 21/c'")
    path.write_text(
        path.read_text()
        .replace("_atom_site_fract_z\n", "_atom_site_fract_z\n_atom_site_U_iso_or_equiv\n")
        .replace(".1 .2 .3", ".1 .2 .3 -0.01")
    )
    assert any("displacement parameters of Fe1 are negative" in n for n in open_any(path).notes)
