"""Models of every kind, and files that only look like one."""

import gzip
import math
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.errors import UserError
from patterson_gui.io.models.checks import checked_model
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.opening.models import (
    count_atoms,
    read_model,
    read_model_contents,
)


def test_a_pdb_file_is_read_whatever_its_name_packing_or_line_ends(tmp_path: Path, pdb_text: str):
    for name, content in (
        ("my model ü.pdb", pdb_text.encode()),
        ("pdb1abc.ent", pdb_text.replace("\n", "\r\n").encode()),
        ("model.pdb.gz", gzip.compress(pdb_text.encode())),
        ("without ending", pdb_text.encode()),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        structure = read_model(path)
        assert count_atoms(structure) == 9
        assert structure.spacegroup_hm == "P 1 21 1"
    assert structure.name == "without ending"


def test_mmcif_and_pdb_give_the_same_atoms(tmp_path: Path, pdb_text: str):
    gemmi.read_pdb_string(pdb_text).make_mmcif_document().write_file(str(tmp_path / "a.cif"))
    (tmp_path / "a.pdb").write_text(pdb_text)
    ours = [
        [(c.atom.name, c.atom.pos.tolist()) for c in read_model(tmp_path / name)[0].all()]
        for name in ("a.cif", "a.pdb")
    ]
    assert ours[0] == ours[1]


def test_a_chemical_component_is_a_model_without_a_cell(tmp_path: Path):
    path = tmp_path / "LIG.cif"
    path.write_text(
        "data_LIG\nloop_\n_chem_comp_atom.comp_id\n_chem_comp_atom.atom_id\n"
        "_chem_comp_atom.type_symbol\n_chem_comp_atom.model_Cartn_x\n"
        "_chem_comp_atom.model_Cartn_y\n_chem_comp_atom.model_Cartn_z\n"
        "LIG C1 C 0 0 0\nLIG O1 O 1.2 0 0\n"
    )
    assert count_atoms(read_model(path)) == 2
    assert read_model(path).cell.a == 1.0


def test_atom_records_alone_make_a_model_without_a_cell(tmp_path: Path, pdb_text: str):
    path = tmp_path / "a.pdb"
    path.write_text("".join(line + "\n" for line in pdb_text.splitlines() if line[:4] == "ATOM"))
    assert count_atoms(read_model(path)) == 9
    assert read_model(path).cell.a == 1.0


def test_pdb_files_of_the_nineties_keep_their_elements(tmp_path: Path):
    # Columns 73 to 80 hold the entry's code and a line number, not element and charge.
    lines = [
        f"ATOM  {n:5d}  CA  ALA A{n:4d}      {n:6.3f}   2.000   3.000  1.00 20.00      1ABC{n:4d}"
        for n in range(90, 130)
    ]
    path = tmp_path / "pdb1abc.ent"
    path.write_text("\n".join(lines) + "\nEND\n")
    structure = read_model(path)
    assert {cra.atom.element.name for cra in structure[0].all()} == {"C"}


def test_notes_alternative_positions_and_unknown_elements(tmp_path: Path, pdb_text: str):
    text = (
        pdb_text.replace("  CA  ALA", "  CA AALA")
        .replace("  N   ", "  X   ")
        .replace("          N\n", "          X\n")
    )
    path = tmp_path / "a.pdb"
    path.write_text(text)
    contents = read_model_contents(path)
    notes = contents.notes
    assert "Some atoms in 1 of 2 residues have alternative positions" in notes[0]
    assert notes[1] == "2 atoms of no known element were left out."
    assert count_atoms(contents.structure) == 7


def test_replaces_or_rejects_impossible_numbers(pdb_text: str):
    structure = gemmi.read_pdb_string(pdb_text)
    atoms = [cra.atom for cra in structure[0].all()]
    atoms[0].b_iso = float("nan")
    atoms[1].occ = float("inf")
    atoms[2].aniso = gemmi.SMat33f(1e30, 1, 1, 0, 0, 0)
    model, notes = checked_model(structure, "a.pdb")
    assert notes == (
        "3 atoms have an impossible occupancy or displacement parameter: usual values replace it.",
    )
    mended = [cra.atom for cra in model[0].all()]
    assert (mended[0].b_iso, mended[1].occ) == (20.0, 1.0)
    assert not mended[2].aniso.nonzero()
    atoms[3].pos = gemmi.Position(1e30, 0, 0)
    with pytest.raises(UserError, match=r"puts atom O at impossible coordinates \(1e\+30"):
        checked_model(structure, "a.pdb")


def test_rejects_impossible_coordinates_in_a_unit_cell(pdb_text: str):
    structure = gemmi.read_pdb_string(pdb_text)
    structure.cell, structure.spacegroup_hm = gemmi.UnitCell(20, 20, 20, 90, 90, 90), "P 21 21 21"
    structure[0][0][0][0].pos = gemmi.Position(math.nan, 0, 0)
    with pytest.raises(UserError, match="at impossible coordinates"):
        checked_model(structure, "a.pdb")


def test_replaces_displacements_that_are_far_from_positive_definite(pdb_text: str):
    structure = gemmi.read_pdb_string(pdb_text)
    atoms = [cra.atom for cra in structure[0].all()]
    atoms[0].aniso = gemmi.SMat33f(0.04, 0.05, 0.06, 0, 0, 3.0)  # U23 of 3 Å²
    atoms[1].aniso = gemmi.SMat33f(0.04, 0.05, 0.06, 0, 0, 0.07)  # as refinements leave it
    model, notes = checked_model(structure, "a.pdb")
    assert notes == (
        "1 atom has an impossible occupancy or displacement parameter: usual values replace it.",
    )
    mended = [cra.atom for cra in model[0].all()]
    assert not mended[0].aniso.nonzero()
    assert mended[1].aniso.nonzero()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02" * 100, "of an unknown kind"),
        (b"%PDF-1.4 nonsense", "PDF"),
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (b"some text that means nothing\n", "of an unknown kind"),
        (b"HEADER    PROTEIN\nTITLE     NOTHING\nEND\n", "holds no atoms"),
        (b"data_x\n_cell_length_a 5\n", "holds no atoms"),
        (b"data_x\nloop_\n_atom_site.id\n_atom_site.Cartn_x\n1\n", "not a valid CIF"),
        (b"data_x\n_cell_length_a 5\n_cell_length_b 5\nloop_\n_atom_site_label\n"
         b"_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nC1 0 0 0\n",
         "no usable cell"),
        (b"ATOM      1  N   ALA A   1       1.458   0.000\n", "cannot be read as a model"),
        (b"PK\x03\x04 not a zip", "not a model but a prediction bundle"),
        (b"TITL a\nCELL 0.7 5 5\n", "no usable CELL line"),
    ],
)  # fmt: skip
def test_reports_a_file_that_is_not_a_model_in_one_sentence(
    tmp_path: Path, content: bytes, word: str
):
    path = tmp_path / "file.pdb"
    path.write_bytes(content)
    with pytest.raises(UserError, match=word) as error:
        read_model(path)
    assert "\n" not in str(error.value)


def test_reports_a_folder(tmp_path: Path):
    with pytest.raises(UserError, match="is a folder"):
        read_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "atoms"),
    [
        ("xray/1aba.pdb", 880), ("xray/6mw0.cif", 91), ("edge/pdb1gdr.ent", 105),
        ("edge/disordered.pdb", 50), ("edge/odd-start.pdb", 20), ("edge/insertion-code.pdb", 3),
        ("smallmol/2012000.cif", 59), ("smallmol/NaCl.res", 2), ("smallmol/biotin_talos.ins", 16),
    ],
)  # fmt: skip
def test_real_models_are_read_whole(shared_data: Path, name: str, atoms: int):
    assert count_atoms(read_model(shared_data / name)) == atoms


@pytest.mark.parametrize("name", ["2012000", "2016452", "2200000", "NaCl", "biotin_talos"])
def test_small_molecules_scatter_as_gemmi_says(shared_data: Path, name: str):
    path = shared_data / "smallmol" / f"{name}.cif"
    structure = read_model(path)
    blocks = [gemmi.make_small_structure_from_block(block) for block in gemmi.cif.read(str(path))]
    small = next(block for block in blocks if block.sites)
    small.change_occupancies_to_crystallographic()
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    f = structure_factors(structure, small.cell, small.spacegroup, 1.2)
    theirs = [calculator.calculate_sf_from_small_structure(small, h) for h in f.hkl.tolist()]
    assert np.abs(f.f - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_rotates_models_with_other_axes_into_the_standard_frame(pdb_text: str):
    structure = gemmi.read_pdb_string(pdb_text)
    usual = structure_factors(structure, structure.cell, structure.find_spacegroup(), 3.0)
    turn = gemmi.Mat33([[0, -1, 0], [0, 0, -1], [1, 0, 0]])
    rotation, frac = np.array(turn.tolist()), np.array(structure.cell.frac.mat.tolist())
    lines = []
    for n, row in enumerate(frac @ rotation.T, start=1):
        numbers = "".join(f"{x:10.6f}" for x in row)
        lines.append(f"SCALE{n}    {numbers}     {0.25 if n == 1 else 0:10.5f}\n")
    moved = structure.clone()
    offset = rotation @ np.array(structure.cell.orth.mat.tolist()) @ [-0.25, 0, 0]
    moved[0].transform_pos_and_adp(gemmi.Transform(turn, gemmi.Vec3(*offset)))
    first, rest = moved.make_pdb_string().split("\n", 1)
    atoms = "\n".join(line for line in rest.splitlines() if line.startswith("ATOM"))
    model, notes = checked_model(
        gemmi.read_pdb_string(f"{first}\n{''.join(lines)}{atoms}\nEND\n"), "a.pdb"
    )
    assert "model was rotated" in notes[0]
    f = structure_factors(model, model.cell, model.find_spacegroup(), 3.0)
    assert np.abs(f.f - usual.f).max() < 0.01 * np.abs(usual.f).max()


def test_a_written_model_is_read_back_and_long_names_fit_into_pdb(tmp_path: Path, pdb_text: str):
    structure = gemmi.read_pdb_string(pdb_text)
    structure[0][0].name = "Heavy"
    structure[0][0][0].name = "A1LU6"
    for name in ("a b.pdb", "ü.cif"):
        write_model(tmp_path / name, structure)
        back = read_model(tmp_path / name)
        assert count_atoms(back) == 9
        assert back.cell.approx(structure.cell, 1e-3)
        assert back.spacegroup_hm == "P 1 21 1"
    assert structure[0][0].name == "Heavy"
    assert back[0][0].name == "Heavy"


def test_writes_remarks_at_the_head_of_pdb_and_mmcif(tmp_path: Path, pdb_text: str):
    structure = gemmi.read_pdb_string(pdb_text)
    remarks = ('Built from |F| alone; it\'s no "deposited" model.' + 10 * " R1 0.021", "Second.")
    write_model(tmp_path / "a.pdb", structure, remarks)
    lines = (tmp_path / "a.pdb").read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("REMARK   3 ")]
    assert " ".join(line[11:] for line in head).split() == " ".join(remarks).split()
    assert max(map(len, head)) <= 80
    assert lines.index(head[-1]) < lines.index(next(x for x in lines if x.startswith("ATOM")))
    write_model(tmp_path / "a.cif", structure, remarks)
    block = gemmi.cif.read(str(tmp_path / "a.cif")).sole_block()
    (text,) = block.find_values("_database_PDB_remark.text")
    assert gemmi.cif.as_string(text) == "\n".join(remarks)
    assert not structure.raw_remarks
    for name in ("a.pdb", "a.cif"):
        assert count_atoms(read_model(tmp_path / name)) == 9


def test_joins_models_that_are_parts_of_one_structure(shared_data: Path, tmp_path: Path):
    """A file of the CSD numbers the residues of Gly-Ala as models."""
    contents = read_model_contents(shared_data / "raw" / "gly_ala_pdb_style.cif")
    assert count_atoms(contents.structure) == 20
    assert len(contents.structure) == 1
    assert "The 2 models of the file repeat no atom" in " ".join(contents.notes)


def test_models_of_one_molecule_stay_apart(tmp_path: Path, pdb_text: str):
    atoms = [line for line in pdb_text.splitlines() if line[:4] == "ATOM"]
    head = [line for line in pdb_text.splitlines() if line[:6] == "CRYST1"]
    models = [f"MODEL     {n:4d}\n" + "\n".join(atoms) + "\nENDMDL" for n in (1, 2)]
    path = tmp_path / "a.pdb"
    path.write_text("\n".join(head + models) + "\n")
    assert len(read_model(path)) == 2
