"""SHELX instructions: free variables, continuation lines, settings, and what is no atom."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.formats.shelx_header import hkl_format_of
from patterson_gui.io.formats.shelx_instructions import is_instructions, parse_instructions
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.source_file import SourceFile

HEAD = "TITL test\nCELL 0.71 10 11 12 90 95 90\nZERR 4 0 0 0 0 0 0\n"
BODY = """\
LATT 1
SYMM -X, 0.5+Y, 0.5-Z
SFAC C H O
SFAC FE 1 2 3 4 5 =
 6 7 8 9
UNIT 40 48 8 4
REM C1 1 0.5 0.5 0.5
TEMP -100
FVAR 1.5 0.6 0.07
C1    1    0.100000    0.200000    0.300000    11.00000    0.02000    0.03000 =
         0.04000    0.00500    0.00600    0.00700
AFIX 43
H1    2    0.15 0.25 0.35 11.00000 -1.20000
AFIX 0
PART 1
O1    3    0.4 0.5 0.6 21.00000 31.00000
PART 2
O1A   3    0.41 0.5 0.6 -21.00000 0.05
PART 0
FE1   4   10.5 10.0 10.5 10.50000 0.01
Q1    1   0.7 0.7 0.7 11.00000 0.05 1.23
HKLF 4
REM  after the end
Q2    1   0.7 0.7 0.7 11.00000 0.05 1.23
END
C9    1   0.9 0.9 0.9 11.0 0.05
"""


def test_reads_atoms_with_free_variables_parts_and_riding_u():
    read = parse_instructions(HEAD + BODY, "a.res")
    sites = {site.label: site for site in read.sites}
    assert list(sites) == ["C1", "H1", "O1", "O1A", "FE1"]
    assert sites["C1"].u_aniso == (0.02, 0.03, 0.04, 0.007, 0.006, 0.005)
    u_eq = read.cell.calculate_u_eq(gemmi.SMat33d(*sites["C1"].u_aniso))
    assert sites["H1"].u_iso == pytest.approx(1.2 * u_eq)
    assert sites["O1"].occ == pytest.approx(0.6)
    assert sites["O1"].u_iso == pytest.approx(0.07)
    assert sites["O1A"].occ == pytest.approx(0.4)
    assert (sites["O1"].part, sites["O1A"].part) == (1, 2)
    assert sites["FE1"].frac == (0.5, 0.0, 0.5)
    assert sites["FE1"].occ == pytest.approx(0.5)
    assert sites["FE1"].element == "Fe"
    assert read.spacegroup.xhm() == "P 1 21/c 1"
    assert read.composition == {"C": 40, "O": 8, "Fe": 4}
    assert read.hkl_format is not None


def test_the_structure_keeps_place_and_disorder(tmp_path: Path):
    path = tmp_path / "a.res"
    path.write_text(HEAD + BODY)
    structure = read_model(path)
    atoms = {cra.atom.name: cra.atom for cra in structure[0].all()}
    assert atoms["O1A"].altloc == "B"
    frac = structure.cell.fractionalize(atoms["C1"].pos)
    assert frac.tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert atoms["C1"].b_iso == pytest.approx(8 * 3.14159265**2 * 0.0302, rel=0.03)


@pytest.mark.parametrize(
    ("latt", "symm", "name"),
    [
        ("-1", ["0.5-X,-Y,0.5+Z", "-X,0.5+Y,0.5-Z", "0.5+X,0.5-Y,-Z"], "P 21 21 21"),
        ("1", [], "P -1"),
        ("-1", [], "P 1"),
        ("-7", ["-x, y, -z"], "C 1 2 1"),
        ("7", ["-x, y, 1/2-z"], "C 1 2/c 1"),
        ("-3", ["-y, x-y, z", "y-x, -x, z"], "R 3:H"),
        ("-5", ["1/2+X, -Y, Z+1/2"], "A 1 n 1"),
    ],
)
def test_latt_and_symm_give_the_space_group(latt: str, symm: list[str], name: str):
    lines = "".join(f"SYMM {triplet}\n" for triplet in symm)
    read = parse_instructions(f"{HEAD}LATT {latt}\n{lines}SFAC C\nUNIT 4\n", "a.ins")
    assert read.spacegroup.xhm() == name


def test_reports_wrong_instructions():
    for text, word in (
        ("TITL x\nLATT 1\n", "CELL"),
        (HEAD + "LATT 9\n", "LATT 9"),
        (HEAD + "LATT -1\nSYMM 1/2-x,1/3+y,z\n", "not those of a space group"),
        (HEAD + "LATT -1\nSYMM nonsense\n", "not those of a space group"),
    ):
        with pytest.raises(UserError, match=word):
            parse_instructions(text, "a.ins")


def test_hklf_is_read_with_its_scale_and_matrix():
    assert hkl_format_of("no such line") is None
    assert hkl_format_of("HKLF 4 ! comment\n").code == 4
    form = hkl_format_of("hklf -3 0.1 0 0 1 0 1 0 -1 0 0 1 0\n")
    assert (form.code, form.scale) == (3, 0.1)
    assert form.matrix.tolist() == [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]
    assert hkl_format_of("HKLF 4 1 0 0 0 0 0 0 0 0 0\n").matrix is None


def test_the_group_agrees_with_gemmi_for_every_centring():
    for latt, name in enumerate(["P -1", "I -1", "R -3:H", "F -1", "A -1", "B -1", "C -1"], 1):
        symm = "SYMM -y,x-y,z\nSYMM y-x,-x,z\n" if latt == 3 else ""
        read = parse_instructions(f"{HEAD}LATT {latt}\n{symm}", "a.ins")
        assert read.spacegroup.operations() == gemmi.SpaceGroup(name).operations()


def test_hydrogen_takes_its_u_from_the_equivalent_u_in_an_oblique_cell():
    head = "TITL a\nCELL 0.71073 7 9 11 90 125 90\nLATT -1\nSFAC C H\nUNIT 1 1\n"
    # The U_ij of an isotropic carbon with U = 0.04 Å² in this cell.
    u13 = 0.04 * np.cos(np.radians(55))
    atoms = f"C1 1 0.1 0.2 0.3 11 0.04 0.04 =\n 0.04 0 {u13:.6f} 0\nH1 2 0.2 0.2 0.3 11 -1.2\n"
    read = parse_instructions(f"{head}{atoms}HKLF 4\nEND\n", "a.res")
    assert read.sites[1].u_iso == pytest.approx(1.2 * 0.04, abs=1e-5)


REST = "ZERR 4 0 0 0 0 0 0\nLATT -1\nSYMM -X,0.5+Y,-Z\nSFAC C O\nUNIT 8 8\nFVAR 1\n"
ONE_ATOM = "O1 2 0.1 0.2 0.3 11 0.03\n"
CELL_LINE = "CELL 0.71073 7.512 10.234 8.871 90 104.37 90"


@pytest.mark.parametrize(
    "beginning",
    [
        f"TITL compound 5, x=y=\n{CELL_LINE}\n",
        f"TITL =\n{CELL_LINE}\n",
        f"{CELL_LINE} ! from APEX\n",
        f"REM a =\n{CELL_LINE}  \n",
    ],
)
def test_titles_are_not_continued_and_cells_may_have_comments(beginning: str):
    source = SourceFile.in_memory("a.ins", (beginning + REST + ONE_ATOM).encode())
    assert is_instructions(source)
    read = parse_instructions(source.text, "a.ins")
    assert read.cell.b == 10.234
    assert [site.label for site in read.sites] == ["O1"]


def test_counts_atoms_whose_number_is_no_element():
    text = f"TITL\n{CELL_LINE}\n{REST}{ONE_ATOM}Fe1 3 0.4 0.4 0.4 11 0.03\nQ1 1 .5 .5 .5 11 0.05\n"
    read = parse_instructions(text, "a.res")
    assert [site.label for site in read.sites] == ["O1"]
    assert "1 atom has a number that is no element of SFAC and was left out: Fe1." in read.notes
