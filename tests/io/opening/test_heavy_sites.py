"""Sites read from the files that the program writes, and from tables written by hand."""

import math
from pathlib import Path

import gemmi
import pytest

from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.errors import UserError
from patterson_gui.io.heavy_atoms.site_files import write_site_file
from patterson_gui.io.opening.heavy_sites import check_cell, read_site_file

CELL, GROUP = gemmi.UnitCell(40, 50, 60, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")
SITES = (
    HeavySite("Au", (0.1, 0.25, 0.5), 1.0, 3.0, 40.0),
    HeavySite("Hg", (0.3, -0.05, 0.75), 0.6, 0.0, math.nan),
)


@pytest.mark.parametrize("ending", [".pdb", ".res", ".csv"])
def test_sites_that_were_saved_are_read_again(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    write_site_file(path, SITES, CELL, GROUP)
    found = read_site_file(path)
    assert [site.element for site in found.sites] == ["Au", "Hg"]
    for site, written in zip(found.sites, SITES, strict=True):
        assert site.frac == pytest.approx(written.frac, abs=1e-4)
        assert site.occupancy == pytest.approx(written.occupancy, abs=0.01)
    check_cell(found, CELL)
    assert found.of_element("Hg") == found.sites[1:]


@pytest.mark.parametrize(
    "text",
    [
        "AU 0.1 0.2 0.3\nhg  0.4   0.5 0.6  0.5\n",
        "# by hand\nAu,0.1,0.2,0.3\nHg, 0.4, 0.5, 0.6, 0.5\n",
        "x;y;z;element;occupancy\n0.1;0.2;0.3;AU;1\n0.4;0.5;0.6;HG;0.5\n",
        "Element\tX\tY\tZ\tOccupancy\nAu\t0.1\t0.2\t0.3\t\nHg\t0.4\t0.5\t0.6\t0.5\n",
    ],
)
def test_tables_written_by_hand_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    sites = read_site_file(path).sites
    assert [(site.element, site.frac, site.occupancy) for site in sites] == [
        ("Au", (0.1, 0.2, 0.3), 1.0), ("Hg", (0.4, 0.5, 0.6), 0.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# none\n", "has no sites"),
        ("element,x,y\nAu,0.1,0.2\n", "no column z"),
        ("Au 0.1 0.2\n", "Row 1 of a.csv is no site"),
        ("Au 0.1 0.2 nan\n", "Row 1 of a.csv is no site"),
        ("gold? 0.1 0.2 0.3\nQq 0.1 0.2 0.3\n", "Row 1 of a.csv is no site"),
        ("Au 0.1 0.2 0.3 -1\n", "Row 1 of a.csv is no site"),
        ("Au 23.9 34.5 20.6\n", "write fractional coordinates, not Å"),
    ],
)
def test_a_wrong_table_makes_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=words):
        read_site_file(path)


def test_a_note_tells_of_occupancies_of_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.pdb"
    write_site_file(path, SITES, CELL, GROUP)
    assert read_site_file(path).notes == ()
    structure = gemmi.read_structure(str(path))
    structure[0][0][0][0].occ = 0.0
    structure.write_pdb(str(path))
    found = read_site_file(path)
    assert found.sites[0].occupancy == 1.0
    assert found.notes == ("1 site has no occupancy above 0 and gets 1.",)


def test_sites_of_another_crystal_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pdb"
    write_site_file(path, SITES, CELL, GROUP)
    with pytest.raises(UserError, match="use sites of this crystal"):
        check_cell(read_site_file(path), gemmi.UnitCell(40, 50, 66, 90, 90, 90))
