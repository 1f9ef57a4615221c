import gemmi
import pytest

from patterson_gui.crystal.models.residues import (
    STANDARD_ATOMS,
    ResidueRange,
    atoms_to_cb,
    parse_range,
    residue_choices,
    select_range,
)
from patterson_gui.errors import UserError


def test_standard_atoms_agree_with_the_heavy_atom_counts_of_the_amino_acids():
    for name, atoms in STANDARD_ATOMS.items():
        info = gemmi.find_tabulated_residue(name)
        assert info.is_amino_acid()
        assert info.is_standard()
        elements = sum({"C": 12.011, "N": 14.007, "O": 15.999, "S": 32.06}[a[0]] for a in atoms)
        # The free acid has one more oxygen and its hydrogens.
        assert elements + 15.999 < info.weight < elements + 15.999 + 1.008 * 20


def test_runs_end_where_the_chain_breaks_and_leave_water_and_modified_residues_out(peptide):
    runs = residue_choices(peptide)
    assert [str(run) for run in runs] == ["A:52-53", "A:60-61"]
    assert [residue.seqid for residue in runs[0].residues] == ["52", "52A", "53"]
    assert runs[1].residues[1].missing == ("CD", "CE", "CG", "NZ")
    assert not runs[1].residues[1].complete


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A:10-11", ("A", "10", "11")),
        ("A:52A-53", ("A", "52A", "53")),
        ("A:-3--1", ("A", "-3", "-1")),
        ("A:-3-1", ("A", "-3", "1")),
        ("AB:7", ("AB", "7", "7")),
        ("3-4", ("", "3", "4")),
        (" B:1..2 ", ("B", "1", "2")),
        ("A:52a-53", ("A", "52A", "53")),
    ],
)
def test_reads_residue_ranges(text, expected):
    assert parse_range(text) == ResidueRange(*expected)


@pytest.mark.parametrize("text", ["", "A", "A:", "A:x-y", "A:1-2-3", "A:1 2"])
def test_rejects_text_that_is_not_a_residue_range(text):
    with pytest.raises(UserError, match="A:10-11"):
        parse_range(text)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (("B", "52", "53"), "no protein chain “B”.*has A"),
        (("A", "1", "53"), "no residue 1: its protein residues run from 52 to 61"),
        (("A", "53", "52"), "comes before"),
        (("A", "53", "60"), "not bonded"),
        (("A", "60", "61"), "lacks CD, CE, CG, NZ"),
        (("A", "62", "62"), "not a standard amino acid"),
        (("A", "101", "101"), "not a standard amino acid"),
    ],
)
def test_rejects_unusable_ranges_with_the_reason(peptide, wanted, sentence):
    with pytest.raises(UserError, match=sentence):
        select_range(peptide, ResidueRange(*wanted))


def test_the_only_chain_need_not_be_named(peptide):
    chosen = select_range(peptide, ResidueRange("", "52", "52A"))
    assert [residue.name for residue in chosen] == ["ALA", "GLY"]


def test_uses_the_first_of_two_residues_with_the_same_number():
    lines = [
        f"ATOM  {i:5d}  {name:<3s}{alt}{res} A   1    {x:8.3f}   0.000   0.000  0.50 10.00"
        f"           {name[0]}"
        for i, (name, alt, res, x) in enumerate(
            [("N", "A", "SER", 0), ("N", "B", "THR", 0.1), ("CA", "A", "SER", 1.4),
             ("CA", "B", "THR", 1.5)], 1)
    ]  # fmt: skip
    runs = residue_choices(gemmi.read_pdb_string("\n".join(lines)))
    assert [[residue.name for residue in run.residues] for run in runs] == [["SER"]]


def test_rejects_a_model_without_protein():
    with pytest.raises(UserError, match="no protein"):
        select_range(gemmi.Structure(), ResidueRange("A", "1", "2"))


def test_cuts_a_residue_to_an_alanine_and_keeps_a_glycine(peptide):
    cut = {str(r.seqid): [atom.name for atom in atoms_to_cb(r)] for r in peptide[0]["A"]}
    assert cut["53"] == ["N", "CA", "C", "O", "CB"]  # a serine
    assert cut["52"] == ["N", "CA", "C", "O", "CB"]  # one CA of its two conformers, no hydrogen
    assert cut["52A"] == ["N", "CA", "C", "O"]
