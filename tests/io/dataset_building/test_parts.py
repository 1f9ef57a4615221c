from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.crystal.models.residues import residue_choices
from patterson_gui.errors import UserError
from patterson_gui.io.dataset_building.parts import (
    Part,
    atoms_of,
    joined,
    part_of_files,
    part_of_model,
    read_part,
    write_part,
)
from patterson_gui.io.datasets.proteins import MILLI, DataSetSettings, cube
from patterson_gui.io.opening.models import read_model
from tests.crystal.conftest import PEPTIDE
from tests.io.small_proteins import protein

WIDE = DataSetSettings(kind="dipeptide", cell=cube(30.0))


def windows(part: Part) -> set[tuple[str, str]]:
    """(first, last) residue of each example."""
    seqids = [f"{n}{c.decode()}" for n, c in zip(part.number, part.insertion_code, strict=True)]
    return {
        (seqids[first], seqids[first + length - 1])
        for first, length in zip(part.first.tolist(), part.length.tolist(), strict=True)
    }


def positions(part: Part, i: int) -> np.ndarray:
    start = np.concatenate([[0], np.cumsum(part.n_atoms, dtype=int)])
    first, last = part.first[i], part.first[i] + part.length[i]
    origin = np.repeat(part.origin.astype(float), part.n_atoms, axis=0)
    return ((origin + part.offset) / MILLI)[start[first] : start[last]]


def test_cleans_a_model_like_the_paper_and_counts_what_is_left_out() -> None:
    part = part_of_model(gemmi.read_pdb_string(PEPTIDE), "1abc", WIDE)
    assert windows(part) == {("52", "52A"), ("52A", "53")}
    assert part.chain_name.tolist() == [b"1abc:A"]
    names = part.atom_name.tolist()
    assert names == b"N CA C O CB N CA C O N CA C O CB OG".split()
    assert part.residue_name.tolist() == [b"ALA", b"GLY", b"SER"]
    assert part.rejected == {
        "hydrogen atoms": 1,
        "atoms of further conformers": 1,
        "residues that are no standard amino acid": 2,  # MSE and water
        "residues that are incomplete": 1,
        "residues in a run too short for an example": 1,
    }


def test_keeps_the_first_of_two_conformers() -> None:
    part = part_of_model(gemmi.read_pdb_string(PEPTIDE), "1abc", WIDE)
    np.testing.assert_allclose(positions(part, 0)[1], [11.639, 6.071, 5.147], atol=1e-9)


def test_keeps_backbone_and_cb_of_a_dialanine() -> None:
    model = protein(["SER", "GLY", "TRP"])
    for atom in model[0]["A"][1]:
        if atom.name == "O":
            extra = atom.clone()
            extra.name = "CB"  # some files have one
            model[0]["A"][1].add_atom(extra)
            break
    settings = DataSetSettings(kind="dialanine", cell=cube(20.0))
    part = part_of_model(model, "1abc", settings)
    assert part.atom_name.tolist() == b"N CA C O CB N CA C O N CA C O CB".split()
    assert part.rejected == {"atoms beyond CB": 1 + 1 + 9}


def test_every_window_of_every_length_is_an_example() -> None:
    settings = DataSetSettings(kind="fragment", lengths=(2, 4), cell=None)
    part = part_of_model(protein(["ALA"] * 6), "1abc", settings)
    expected = {(str(i), str(i + n - 1)) for n in (2, 3, 4) for i in range(1, 8 - n)}
    assert windows(part) == expected
    assert len(part.first) == len(expected) == 12
    assert len(part.n_atoms) == 6


def test_leaves_out_residues_without_an_example() -> None:
    # An arginine's rod of eleven atoms does not fit the cube, so its neighbours stand alone.
    names = ["ALA", "ALA", "ARG", "ALA"]
    part = part_of_model(protein(names), "1abc", DataSetSettings())
    assert windows(part) == {("1", "2")}
    assert part.rejected == {"examples within 3 Å of their copy in the next cell": 2}
    assert part.residue_name.tolist() == [b"ALA", b"ALA"]
    assert len(part.offset) == part.n_atoms.sum() == 10


def test_joins_parts_in_order_and_shifts_their_windows() -> None:
    one = part_of_model(protein(["ALA", "GLY", "SER"]), "1abc", DataSetSettings())
    none = part_of_model(protein(["GLY"]), "2abc", DataSetSettings())
    two = part_of_model(protein(["SER", "GLY"]), "3abc", DataSetSettings())
    whole = joined([one, none, two])
    assert [len(p.first) for p in (one, none, two, whole)] == [2, 0, 1, 3]
    assert whole.first.tolist() == [0, 1, 3]
    assert whole.chain_name.tolist() == [b"1abc:A", b"3abc:A"]
    assert whole.chain.tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_array_equal(positions(whole, 2), positions(two, 0))
    assert whole.rejected["files without an example"] == 1
    assert whole.rejected["residues in a run too short for an example"] == 1


def test_counts_an_unreadable_file_and_continues() -> None:
    good = protein(["ALA", "GLY"]).make_pdb_string().encode()
    settings = DataSetSettings()
    part = part_of_files([("1abc", b"rubbish"), ("2abc", good)], settings)
    assert len(part.first) == 1
    assert part.rejected == {"files that could not be read as a model": 1}


def test_leaves_out_residues_with_impossible_positions() -> None:
    model = protein(["ALA", "ALA", "ALA", "ALA"])
    model[0]["A"][3]["CB"][0].pos = gemmi.Position(0, 0, 500)
    model[0]["A"][0]["CB"][0].pos = gemmi.Position(float("nan"), 0, 0)
    part = part_of_model(model, "1abc", DataSetSettings())
    assert windows(part) == {("2", "3")}
    assert part.rejected["residues with impossible atoms"] == 2


def test_reads_back_a_part_and_ignores_a_damaged_one(tmp_path: Path) -> None:
    part = part_of_model(protein(["ALA", "GLY", "SER"]), "1abc", DataSetSettings())
    path = tmp_path / "0.npz"
    assert read_part(path) is None
    write_part(path, part)
    again = read_part(path)
    assert again is not None
    assert again.rejected == part.rejected
    np.testing.assert_array_equal(again.offset, part.offset)
    assert again.atom_name.tolist() == part.atom_name.tolist()
    content = path.read_bytes()
    for size in (0, 10, len(content) // 2, len(content) - 5):
        path.write_bytes(content[:size])
        assert read_part(path) is None


@pytest.mark.parametrize("kind", ["dipeptide", "dialanine"])
def test_examples_equal_the_fragments_of_the_program(shared_data: Path, kind: str) -> None:
    structure = read_model(shared_data / "xray" / "1aba.pdb")
    edge = 10.0
    settings = DataSetSettings(kind=kind, cell=cube(edge))
    part = part_of_model(structure, "1aba", settings)
    names = part.atom_name
    start = np.concatenate([[0], np.cumsum(part.n_atoms, dtype=int)])
    examples = {
        (f"{part.number[first]}", f"{part.number[first + 1]}"): i
        for i, first in enumerate(part.first.tolist())
    }
    made = refused = 0
    for run in residue_choices(structure):
        for a, b in zip(run.residues, run.residues[1:], strict=False):
            key = (a.seqid, b.seqid)
            try:
                crystal = make_fragment(
                    structure, run.chain, *key, cell_edge=edge, d_min=4.0, atoms_of=atoms_of(kind)
                )
            except UserError:
                assert key not in examples
                refused += 1
                continue
            i = examples.pop(key)
            rows = slice(start[part.first[i]], start[part.first[i] + 2])
            atoms = [cra.atom for cra in crystal.model[0].all()]
            assert [atom.name.encode() for atom in atoms] == names[rows].tolist()
            numbers = part.atomic_number[rows].astype(float)
            assert [atom.element.atomic_number for atom in atoms] == numbers.tolist()
            mine = positions(part, i)
            mine += edge / 2 - numbers @ mine / numbers.sum()
            np.testing.assert_allclose(mine, [atom.pos.tolist() for atom in atoms], atol=1e-3)
            made += 1
    assert not examples
    assert made > 40
    assert refused > 0 if kind == "dipeptide" else refused >= 0
