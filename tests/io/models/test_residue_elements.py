"""PDB files without the column of elements."""

from pathlib import Path

import pytest

from patterson_gui.io.opening.models import read_model_contents

CRYST1 = "CRYST1   25.000   30.000   35.000  90.00  97.00  90.00 P 1 21 1      2\n"
# Residue, name, element; names stand in column 13, where two-letter elements begin.
LEFT = """
ALA N N|ALA CA C|ALA C C|ALA O O|ALA CB C|ALA HA H|GLU CD C|LYS CE C|ARG NE N|SER HG H|HIS HE2 H
MET SD S|MSE SE Se|CYS SG S|ILE CD1 C|ASN ND2 N|ARG HH11 H|DA P P|DG N9 N|A O2' O|HOH O O
NA NA Na|CA CA Ca|CL CL Cl|ZN ZN Zn|HG HG Hg|CD CD Cd|GOL HO2 H|GOL C1 C|HEM FE Fe|HEM NA N
LIG CL1 Cl|LIG CA C|LIG BR2 Br
"""
ATOMS = [tuple(each.split()) for line in LEFT.split("\n") for each in line.split("|") if each]


def pdb(rows: list[tuple[str, str, str]], *, with_elements: bool = False) -> str:
    lines = []
    for n, (residue, name, element) in enumerate(rows, start=1):
        columns = element.upper().rjust(2) if with_elements else ""
        lines.append(
            f"HETATM{n:5d} {name:<4s} {residue:>3s} A{n:4d}    {0.7 * n:8.3f}   2.000   3.000"
            f"  1.00 15.00          {columns}".rstrip()
        )
    return CRYST1 + "\n".join(lines) + "\nEND\n"


def test_names_in_column_13_mean_what_their_residue_says(tmp_path: Path):
    path = tmp_path / "a.pdb"
    path.write_text(pdb(ATOMS))
    contents = read_model_contents(path)
    got = [(c.residue.name, c.atom.name, c.atom.element.name) for c in contents.structure[0].all()]
    assert got == ATOMS
    assert "taken from residue and name" in contents.notes[0]


def test_elements_that_a_file_gives_stay(tmp_path: Path):
    """Cobalt in a ligand, deuterium, and ions: all rightly given."""
    rows = [*ATOMS, ("B12", "CO", "Co"), ("ALA", "H", "D"), ("CAF", "AS", "As")]
    path = tmp_path / "a.pdb"
    path.write_text(pdb(rows, with_elements=True))
    contents = read_model_contents(path)
    assert [c.atom.element.name for c in contents.structure[0].all()] == [row[2] for row in rows]
    assert contents.notes == ()


def test_a_wrong_element_of_an_amino_acid_is_corrected(tmp_path: Path):
    path = tmp_path / "a.pdb"
    path.write_text(pdb([("ALA", "CA", "Ca"), ("ALA", "CB", "C")], with_elements=True))
    contents = read_model_contents(path)
    assert [c.atom.element.name for c in contents.structure[0].all()] == ["C", "C"]
    assert "The element of 1 atom was taken from residue and name" in contents.notes[0]


def test_mmcif_without_type_symbols_is_read_by_its_residues(tmp_path: Path):
    path = tmp_path / "a.cif"
    items = (
        "id label_atom_id label_alt_id label_comp_id label_asym_id label_seq_id Cartn_x Cartn_y "
        "Cartn_z occupancy B_iso_or_equiv auth_seq_id auth_asym_id"
    )
    tags = "".join(f"_atom_site.{item}\n" for item in items.split())
    path.write_text(
        f"data_a\nloop_\n{tags}1 CA . ALA A 1 0 0 0 1 20 1 A\n2 SD . MET A 2 3 3 3 1 20 2 A\n"
    )
    contents = read_model_contents(path)
    assert [c.atom.element.name for c in contents.structure[0].all()] == ["C", "S"]


@pytest.mark.parametrize(
    ("method", "word"),
    [
        ("NEUTRON DIFFRACTION", "neutron"), ("ELECTRON CRYSTALLOGRAPHY", "electron"),
        ("X-RAY DIFFRACTION; NEUTRON DIFFRACTION", ""), ("X-RAY DIFFRACTION", ""),
    ],
)  # fmt: skip
def test_a_method_without_x_rays_is_told(tmp_path: Path, method: str, word: str):
    path = tmp_path / "a.pdb"
    path.write_text(f"EXPDTA    {method}\n" + pdb(ATOMS[:5], with_elements=True))
    notes = " ".join(read_model_contents(path).notes)
    assert ("X-ray scattering factors" in notes) == bool(word)
    assert word in notes
