"""Intensities for a structure solution, from files of each format."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.resources import measured_example_path

ROWS = (
    "   1   2   3  100.00    2.00\n  -1  -2  -3   90.00    2.00\n   2   0   0   50.00    1.00\n"
    "   0   3   0   -1.00   -1.00\n   0   4   0   12.00    0.00\n   0   0   0    0.00    0.00\n"
)
INS = "TITL x\nCELL 0.71073 7 8 9 90 100 90\nLATT -1\nSFAC C H O\nUNIT 12 24 4.5\nHKLF 4\nEND\n"


def shelx(folder: Path, instructions: str = INS, rows: str = ROWS) -> Path:
    """A .hkl with its instructions."""
    (folder / "a.ins").write_text(instructions)
    path = folder / "a.hkl"
    path.write_text(rows)
    return path


def test_keeps_friedel_mates_apart_and_leaves_placeholders_out(tmp_path: Path) -> None:
    read = read_intensities(shelx(tmp_path))
    assert read.intensities.hkl.tolist() == [[1, 2, 3], [-1, -2, -3], [2, 0, 0]]
    assert read.intensities.value.tolist() == [100.0, 90.0, 50.0]
    assert any("2 rows whose σ is not positive" in note for note in read.notes)


def test_takes_wavelength_group_and_contents_from_the_instructions(tmp_path: Path) -> None:
    read = read_intensities(shelx(tmp_path))
    assert read.intensities.wavelength == 0.71073
    assert read.intensities.radiation == "xray"
    assert read.intensities.stated
    assert read.intensities.spacegroup.xhm() == "P 1"
    assert read.contents is not None
    assert dict(read.contents.counts or {}) == {"C": 12.0, "H": 24.0, "O": 4.5}


def test_elements_without_unit_and_no_group(tmp_path: Path) -> None:
    text = "TITL x\nCELL 1.54184 7 8 9 90 100 90\nSFAC C H Cl\nHKLF 4\nEND\n"
    read = read_intensities(shelx(tmp_path, text))
    assert not read.intensities.stated
    assert read.contents is not None
    assert read.contents.elements == ("C", "H", "Cl")
    assert read.contents.counts is None


def test_a_name_that_is_no_element_is_told(tmp_path: Path) -> None:
    read = read_intensities(shelx(tmp_path, INS.replace("SFAC C H O", "SFAC C Xx O")))
    assert read.contents is not None
    assert dict(read.contents.counts or {}) == {"C": 12, "O": 4.5}
    assert "SFAC of a.ins names Xx, which is not an element: it is left out." in read.notes


def test_a_file_of_the_same_name_with_another_cell_is_of_another_crystal(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    path.write_text(CIF.replace("_diffrn_radiation_wavelength 0.71073\n", "") + LOOP)
    (tmp_path / "a.ins").write_text(INS)
    assert read_intensities(path).intensities.wavelength == 0.71073
    (tmp_path / "a.ins").write_text(INS.replace(" 7 8 9 ", " 7 8 10 "))
    assert read_intensities(path).intensities.wavelength is None


def test_neut_means_neutrons(tmp_path: Path) -> None:
    read = read_intensities(shelx(tmp_path, INS.replace("SFAC", "NEUT\nSFAC")))
    assert read.intensities.radiation == "neutron"


def test_a_wavelength_of_electrons_means_electrons(tmp_path: Path) -> None:
    read = read_intensities(shelx(tmp_path, INS.replace("0.71073", "0.02508")))
    assert read.intensities.radiation == "electron"
    assert any("electrons" in note for note in read.notes)


def test_the_user_can_say_the_radiation(tmp_path: Path) -> None:
    assert read_intensities(shelx(tmp_path), radiation="neutron").intensities.radiation == "neutron"


def test_a_bare_list_asks_for_the_cell(tmp_path: Path) -> None:
    path = shelx(tmp_path)
    (tmp_path / "a.ins").unlink()
    with pytest.raises(UserError, match="no unit cell"):
        read_intensities(path)
    given = read_intensities(path, cell=gemmi.UnitCell(7, 8, 9, 90, 100, 90), wavelength=0.7)
    assert (given.intensities.cell.a, given.intensities.wavelength) == (7, 0.7)
    assert not given.intensities.stated


def test_an_impossible_cell_of_the_instructions_is_told(tmp_path: Path) -> None:
    path = shelx(tmp_path, INS.replace("90 100 90", "90 20 130"))
    with pytest.raises(UserError, match=r"a\.ins has no usable CELL line"):
        read_intensities(path)
    assert read_intensities(path, cell=gemmi.UnitCell(7, 8, 9, 90, 100, 90)).intensities.cell.a == 7


def test_a_cell_of_the_user_counts_before_that_of_files(tmp_path: Path) -> None:
    path = shelx(tmp_path)
    read = read_intensities(path, cell=gemmi.UnitCell(7.5, 8, 9, 90, 100, 90), wavelength=0.8)
    assert (read.intensities.cell.a, read.intensities.wavelength) == (7.5, 0.8)
    assert read.contents is not None


def test_uncertainties_of_the_cell_are_read(tmp_path: Path) -> None:
    text = INS.replace("LATT", "ZERR 2 0.001 0.002 0.003 0 0.01 0\nLATT", 1)
    read = read_intensities(shelx(tmp_path, text))
    assert read.intensities.cell_sigma == (0.001, 0.002, 0.003, 0, 0.01, 0)
    path = tmp_path / "b.cif"
    path.write_text(CIF.replace("length_a 7", "length_a 7.012(13)") + LOOP)
    assert read_intensities(path).intensities.cell_sigma == (0.013, 0, 0, 0, 0, 0)
    path.write_text(CIF + LOOP)
    assert read_intensities(path).intensities.cell_sigma is None


def test_a_missing_wavelength_is_told(tmp_path: Path) -> None:
    path = tmp_path / "b.cif"
    path.write_text(CIF.replace("_diffrn_radiation_wavelength 0.71073", "") + LOOP)
    read = read_intensities(path)
    assert read.intensities.wavelength is None
    assert any("No wavelength" in note for note in read.notes)


def test_estimates_sigma_where_all_are_zero(tmp_path: Path) -> None:
    rows = "   1   2   3  100.00    0.00\n   2   0   0   50.00    0.00\n"
    read = read_intensities(shelx(tmp_path, rows=rows))
    np.testing.assert_allclose(read.intensities.sigma, np.hypot([3.0, 1.5], 0.75))
    assert any("estimated" in note for note in read.notes)


def test_squares_amplitudes(tmp_path: Path) -> None:
    read = read_intensities(shelx(tmp_path, INS.replace("HKLF 4", "HKLF 3")))
    assert read.intensities.value.tolist() == [10_000.0, 8_100.0, 2_500.0]
    assert read.intensities.sigma[0] == pytest.approx(400.0, rel=1e-3)
    assert any("squares" in note for note in read.notes)


P4P = (
    "FILEID SAINT 7.68A\nSITEID lab\nTITLE  x\nCHEM   C12 H22 O11\n"
    "CELL      7.7160   8.6640  10.8120  90.000 102.980  90.000  704.3\n"
    "CELLSD    0.0002   0.0002   0.0002   0.001   0.001   0.001    0.1\n"
    "ORT1  1 0 0\nSOURCE   MO   0.71073   0.70930   0.71359   2.0 50.0 30.0\nBRAVAIS Monoclinic P\n"
)


def test_a_p4p_file_gives_cell_and_wavelength_but_no_group(tmp_path: Path) -> None:
    path = shelx(tmp_path)
    (tmp_path / "a.ins").unlink()
    (tmp_path / "a.p4p").write_text(P4P)
    read = read_intensities(path)
    assert read.intensities.wavelength == 0.71073
    assert read.intensities.cell.beta == 102.98
    assert not read.intensities.stated
    assert read.contents is not None
    assert (read.contents.counts or {})["C"] == 24
    assert len(read_intensities(tmp_path / "a.p4p").intensities) == 3


def test_instructions_lead_to_their_reflections(tmp_path: Path) -> None:
    shelx(tmp_path)
    assert len(read_intensities(tmp_path / "a.ins").intensities) == 3


def test_instructions_without_reflections_say_what_is_missing(tmp_path: Path) -> None:
    shelx(tmp_path).unlink()
    with pytest.raises(UserError, match=r"put a\.hkl there"):
        read_intensities(tmp_path / "a.ins")


CIF = """data_a
_cell_length_a 7
_cell_length_b 8
_cell_length_c 9
_cell_angle_alpha 90
_cell_angle_beta 100
_cell_angle_gamma 90
_cell_volume 496.3
_chemical_formula_sum 'C10 H12 O2'
_cell_formula_units_Z 2
_space_group_name_H-M_alt 'P 21'
_diffrn_radiation_wavelength 0.71073
"""
LOOP = """loop_
_refln_index_h
_refln_index_k
_refln_index_l
_refln_F_squared_calc
_refln_F_squared_meas
_refln_F_squared_sigma
_refln_observed_status
1 2 3 99 100 2 o
2 0 0 51 50 1 x
-1 -2 -3 99 95 2 o
"""


def test_prefers_embedded_measurements_to_the_merged_list(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    path.write_text(CIF + LOOP + f"_shelx_hkl_file\n;\n{ROWS};\n")
    read = read_intensities(path)
    assert read.intensities.value.tolist() == [100.0, 90.0, 50.0]
    assert read.intensities.label == "_shelx_hkl_file, σ of a.cif"
    assert read.intensities.spacegroup.number == 4


def test_measured_amplitudes_are_preferred_to_calculated_intensities(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    measured = LOOP.replace("F_squared_meas", "F_meas").replace("_refln_F_squared_sigma\n", "")
    rows = measured.replace("1 2 3 99 100 2 o", "1 2 3 99 10 o").replace("99 95 2", "99 9 2")
    rows = rows.replace("2 0 0 51 50 1 x", "2 0 0 51 7 x").replace("99 9 2 o", "99 9 o")
    path.write_text(CIF + rows)
    assert read_intensities(path).intensities.value.tolist() == [100.0, 81.0]
    path.write_text(CIF + rows.replace("_refln_F_meas", "_refln_other"))
    calculated = read_intensities(path)
    assert calculated.intensities.value.tolist() == [99.0, 99.0]
    assert any("calculated from a model and not measured" in note for note in calculated.notes)


def test_measurements_beside_an_embedded_list(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    inner = "data_b\n" + LOOP
    path.write_text(CIF + f"_shelx_fcf_file\n;\n{inner};\n_shelx_hkl_file\n;\n{ROWS};\n")
    assert read_intensities(path).intensities.value.tolist() == [100.0, 90.0, 50.0]
    path.write_text(CIF + f"_shelx_fcf_file\n;\n{inner};\n")
    read = read_intensities(path)
    assert read.intensities.value.tolist() == [100.0, 95.0]
    assert read.intensities.wavelength == 0.71073


def test_contents_of_a_cif_are_formula_times_z(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    path.write_text(CIF + LOOP)
    contents = read_intensities(path).contents
    assert contents is not None
    assert dict(contents.counts or {}) == {"C": 20, "H": 24, "O": 4}


@pytest.mark.parametrize(
    ("item", "radiation"),
    [
        ("_diffrn_radiation_probe neutron", "neutron"),
        ("_diffrn_radiation_probe x-ray", "xray"),
        ("_diffrn_radiation_type 'MoK\\a'", "xray"),
        ("_diffrn_radiation_probe electron", "electron"),
        ("_diffrn_source 'nuclear reactor'", "neutron"),
        ("_diffrn_radiation_source 'fine-focus sealed tube'", "xray"),
    ],
)
def test_items_of_a_cif_tell_the_radiation(tmp_path: Path, item: str, radiation: str) -> None:
    path = tmp_path / "a.cif"
    path.write_text(f"{CIF}{item}\n{LOOP}")
    assert read_intensities(path).intensities.radiation == radiation


def test_a_volume_that_contradicts_the_cell_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.cif").write_text(CIF.replace("496.3", "300"))
    path = tmp_path / "a.hkl"
    path.write_text(ROWS)
    assert any("states 300 Å³" in note for note in read_intensities(path).notes)


@pytest.mark.parametrize(
    ("factors", "radiation"),
    [
        ("C 2.31 20.84 1.02 10.21 1.589 0.569 0.865 51.65 0.2156 0 0 1 0.77 12.01", "xray"),
        ("C 0.0893 0.2465 0.2563 1.71 0.757 6.4094 1.0487 18.61 0.3575 0 0 1 0.77 12", "electron"),
        ("C 0 1 0 1 0 1 0 1 6.646 0 0 1 0.77 12.01", "neutron"),
    ],
)
def test_scattering_factors_tell_the_radiation(
    tmp_path: Path, factors: str, radiation: str
) -> None:
    text = INS.replace("SFAC C H O\n", f"SFAC {factors[:40]} =\n {factors[40:]}\nSFAC H O\n")
    assert read_intensities(shelx(tmp_path, text)).intensities.radiation == radiation


def test_a_group_of_no_table_is_told_and_left_open(tmp_path: Path) -> None:
    text = INS.replace("LATT -1", "LATT -1\nSYMM -X+0.3, Y+0.5, -Z\nSYMM -X+0.1, Y, -Z")
    read = read_intensities(shelx(tmp_path, text))
    assert not read.intensities.stated
    assert any("not those of a space group" in note for note in read.notes)


def test_a_twin_instruction_is_told(tmp_path: Path) -> None:
    read = read_intensities(shelx(tmp_path, INS.replace("HKLF", "TWIN -1 0 0 0 -1 0 0 0 1\nHKLF")))
    assert any("TWIN" in note for note in read.notes)


def test_reads_the_measured_example() -> None:
    read = read_intensities(measured_example_path())
    assert len(read.intensities) == 3318
    assert read.intensities.spacegroup.xhm() == "P 1 21 1"
    assert read.contents is not None
    assert dict(read.contents.counts or {}) == {"C": 24, "H": 44, "O": 22}
