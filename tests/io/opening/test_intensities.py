"""Intensities for a structure solution, from files of each format."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.intensities import read_intensities

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
