"""mmCIF models that lack columns which other programs leave out."""

from pathlib import Path

import pytest

from patterson_gui.io.opening.models import read_model_contents

CARTESIAN, FRACTIONAL = "Cartn_x Cartn_y Cartn_z", "fract_x fract_y fract_z"
CELL = "".join(
    f"_cell.{item} {value}\n"
    for item, value in (
        ("length_a", 20), ("length_b", 30), ("length_c", 40),
        ("angle_alpha", 90), ("angle_beta", 90), ("angle_gamma", 90),
    )
)  # fmt: skip


def write(path: Path, tags: str, rows: list[str]) -> Path:
    loop = "".join(f"_atom_site.{tag}\n" for tag in tags.split())
    rows_text = "\n".join(rows)
    path.write_text(
        f"data_x\n{CELL}_symmetry.space_group_name_H-M 'P 21 21 21'\nloop_\n{loop}{rows_text}\n"
    )
    return path


def test_reads_atoms_without_alternatives_occupancies_and_displacements(tmp_path: Path):
    tags = "id type_symbol label_atom_id label_comp_id label_asym_id label_seq_id " + CARTESIAN
    rows = ["1 N N ALA B 7 1.0 2.0 3.0", "2 C CA ALA B 7 2.0 2.5 3.5"]
    read = read_model_contents(write(tmp_path / "a.cif", tags, rows))
    (residue,) = (r for chain in read.structure[0] for r in chain)
    assert (residue.name, str(residue.seqid)) == ("ALA", "7")
    assert [(atom.element.name, atom.occ, atom.b_iso) for atom in residue] == [
        ("N", 1.0, 20.0), ("C", 1.0, 20.0),
    ]  # fmt: skip
    assert any("B = 20" in note for note in read.notes)


def test_reads_fractional_coordinates(tmp_path: Path):
    tags = "label_atom_id label_comp_id auth_asym_id auth_seq_id B_iso_or_equiv " + FRACTIONAL
    read = read_model_contents(write(tmp_path / "a.cif", tags, ["CA ALA A 1 12 0.1 0.2 0.25"]))
    (atom,) = (cra.atom for cra in read.structure[0].all())
    assert atom.pos.tolist() == pytest.approx([2.0, 6.0, 10.0])
    assert (atom.element.name, atom.b_iso) == ("C", 12.0)
