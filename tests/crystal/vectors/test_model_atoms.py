import gemmi
import pytest

from patterson_gui.crystal.vectors.model_atoms import atoms_of_model
from patterson_gui.errors import UserError

PDB = """\
CRYST1   30.000   40.000   50.000  90.00  90.00  90.00 P 21 21 21
ATOM      1  SD  MET A  54       3.000   4.000   5.000  0.50 10.00           S
ATOM      2  CE  MET A  54       4.000   4.000   5.000  1.00 10.00           C
ATOM      3  HE1 MET A  54       4.500   4.000   5.000  1.00 10.00           H
HETATM    4 AU    AU A 101      15.000  20.000  10.000  0.80 10.00          AU
END
"""


def test_atoms_are_labelled_and_hydrogen_is_left_out() -> None:
    atoms = atoms_of_model(gemmi.read_pdb_string(PDB))
    assert atoms.labels == ("A/54/SD", "A/54/CE", "A/101/AU")
    assert atoms.elements == ("S", "C", "Au")
    assert atoms.occ == pytest.approx([0.5, 1.0, 0.8])
    assert atoms.frac[2] == pytest.approx([0.5, 0.5, 0.2])


def test_atoms_of_one_residue_have_short_labels() -> None:
    lines = [line for line in PDB.splitlines(keepends=True) if "MET" not in line]
    assert atoms_of_model(gemmi.read_pdb_string("".join(lines))).labels == ("AU",)


def test_a_model_without_atoms_or_cell_is_a_sentence() -> None:
    empty = gemmi.Structure()
    with pytest.raises(UserError, match="no unit cell"):
        atoms_of_model(empty)
    empty.cell = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    with pytest.raises(UserError, match="no atoms"):
        atoms_of_model(empty)
