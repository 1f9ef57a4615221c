import csv
import errno
import gzip
import hashlib
import tarfile
import time
from itertools import combinations, count, islice
from pathlib import Path
from typing import IO, Any

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.dataset_building import build_proteins as dataset_build
from patterson_gui.io.dataset_building.build_proteins import build_dataset
from patterson_gui.io.dataset_building.parts import atoms_of
from patterson_gui.io.datasets.proteins import PRESETS, DataSetSettings, cube, read_dataset
from patterson_gui.io.datasets.splits import read_split_table
from patterson_gui.io.locks import locked_file
from patterson_gui.io.opening.models import read_model
from tests.io.small_proteins import protein, write_protein

CHAINS = ("ALA GLY SER", "LYS ALA GLY TRP", "SER SER", "GLY ALA LYS SER ALA")
FRAGMENTS = DataSetSettings(kind="fragment", lengths=(2, 3), cell=None)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Four proteins, a broken file and one that is no model."""
    folder = tmp_path / "models"
    folder.mkdir()
    for i, names in enumerate(CHAINS, start=1):
        write_protein(folder / f"{i}abc.pdb", names)
    (folder / "broken.pdb").write_text("ATOM  rubbish\n")
    (folder / "notes.txt").write_text("no model")
    return folder


@pytest.fixture
def two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few enough files to a part that a few proteins make several."""
    monkeypatch.setattr(dataset_build, "_FILES_OF_A_PART", 2)


def what_lies_beside(path: Path) -> list[str]:
    return sorted(found.name for found in path.parent.iterdir() if found.name != "models")


def test_reads_back_every_window_of_every_model(models: Path, tmp_path: Path) -> None:
    report = build_dataset([models], tmp_path / "data.h5", FRAGMENTS, jobs=1)
    data = read_dataset(tmp_path / "data.h5")
    names = {data.example(i).name for i in range(len(data))}
    expected = {
        f"{entry}abc A:{first + 1}-{first + length} {'-'.join(chain[first : first + length])}"
        for entry, text in enumerate(CHAINS, start=1)
        for chain in [text.split()]
        for length in (2, 3)
        for first in range(len(chain) - length + 1)
    }
    assert names == expected
    assert len(data) == len(expected) == sum(report.examples.values())
    assert report.residues == len(data.arrays.residue_names) == 14  # each once
    assert data.settings == FRAGMENTS
    assert report.rejected["files that could not be read as a model"] == 1
    assert data.provenance.rejected == report.rejected
    assert report.size == (tmp_path / "data.h5").stat().st_size
    assert what_lies_beside(report.path) == ["data.h5"]


@pytest.mark.parametrize("kind", ["dialanine", "dipeptide"])
def test_example_equals_the_fragment_of_its_window(models: Path, tmp_path: Path, kind: str) -> None:
    settings = DataSetSettings(kind=kind, cell=cube(20.0))
    build_dataset([models], tmp_path / "data.h5", settings, jobs=1)
    data = read_dataset(tmp_path / "data.h5")
    for i in range(len(data)):
        example = data.example(i)
        structure = read_model(models / f"{example.entry}.pdb")
        ends = example.seqids[0], example.seqids[-1]
        made = make_fragment(
            structure, "A", *ends, cell_edge=20.0, d_min=4.0, atoms_of=atoms_of(settings.kind)
        ).model
        atoms = [cra.atom for cra in made[0].all()]
        assert example.atom_names == tuple(atom.name for atom in atoms)
        assert example.numbers.tolist() == [atom.element.atomic_number for atom in atoms]
        np.testing.assert_allclose(
            example.positions + 10.0, [atom.pos.tolist() for atom in atoms], atol=2e-3
        )
        assert example.residues == tuple(residue.name for residue in made[0][0])
        assert [len(residue) for residue in made[0][0]] == np.bincount(
            example.residue_index
        ).tolist()


def test_provenance_holds_the_checksums_of_the_files(models: Path, tmp_path: Path) -> None:
    build_dataset([models], tmp_path / "data.h5", FRAGMENTS, jobs=1)
    told = {file.name: file.sha256 for file in read_dataset(tmp_path / "data.h5").provenance.files}
    assert told == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in models.glob("*.pdb")
    }


@pytest.mark.usefixtures("two_parts")
def test_equal_input_gives_equal_bytes_in_any_folder_with_any_number_of_processes(
    models: Path, tmp_path: Path
) -> None:
    settings = FRAGMENTS.model_copy(update={"most_examples": 3, "seed": 7})
    build_dataset([models], tmp_path / "one.h5", settings, jobs=1)
    time.sleep(1.1)  # HDF5 keeps times in seconds
    elsewhere = tmp_path / "elsewhere"
    models.rename(elsewhere)
    build_dataset([elsewhere], tmp_path / "two.h5", settings, jobs=2)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    other = settings.model_copy(update={"seed": 8})
    build_dataset([elsewhere], tmp_path / "three.h5", other, jobs=1)
    assert (tmp_path / "three.h5").read_bytes() != (tmp_path / "one.h5").read_bytes()


def test_limits_the_number_of_examples_of_a_split(models: Path, tmp_path: Path) -> None:
    settings = FRAGMENTS.model_copy(update={"most_examples": 2})
    report = build_dataset([models], tmp_path / "data.h5", settings, jobs=1)
    assert set(report.examples.values()) <= {1, 2}
    assert report.examples["train"] == 2
    left = sum(n for reason, n in report.rejected.items() if "beyond the number" in reason)
    assert left + sum(report.examples.values()) == 16


def test_splits_agree_with_the_table(models: Path, tmp_path: Path) -> None:
    table = tmp_path / "splits.tsv"
    table.write_text("entry\tsplit\tcluster30\n1abc\ttrain\ta\n2abc\tval\tb\n3abc\ttest\tc\n")
    report = build_dataset(
        [models], tmp_path / "data.h5", FRAGMENTS, table=read_split_table(table), jobs=1
    )
    data = read_dataset(tmp_path / "data.h5")
    for split, entry in (("train", "1abc"), ("val", "2abc"), ("test", "3abc")):
        assert {data.example(int(i)).entry for i in data.in_split(split)} == {entry}
    assert report.rejected["files of entries the table does not name"] == 2
    assert "splits.tsv" in data.provenance.splits


def test_refuses_to_build_with_a_cluster_in_two_splits(models: Path, tmp_path: Path) -> None:
    table = tmp_path / "splits.tsv"
    table.write_text("entry\tsplit\tcluster30\n1abc\ttrain\ta\n2abc\ttest\ta\n")
    with pytest.raises(UserError, match=r"1abc into 'train' and 2abc into 'test'.*cluster30 a"):
        build_dataset(
            [models], tmp_path / "data.h5", FRAGMENTS, table=read_split_table(table), jobs=1
        )
    assert what_lies_beside(tmp_path / "data.h5") == ["splits.tsv"]


@pytest.mark.usefixtures("two_parts")
def test_continues_an_interrupted_build(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, output = tmp_path / "whole.h5", tmp_path / "data.h5"
    build_dataset([models], whole, FRAGMENTS, jobs=1)
    done = iter([False] * 7 + [True] * 9)  # five files looked at, two parts made
    with pytest.raises(Cancelled):
        build_dataset([models], output, FRAGMENTS, jobs=1, cancelled=lambda: next(done))
    assert not output.exists()
    worked: list[int] = []
    real = dataset_build.results_of

    def counted(tasks, *rest):  # type: ignore[no-untyped-def]
        return real((worked.append(task.number) or task for task in tasks), *rest)

    monkeypatch.setattr(dataset_build, "results_of", counted)
    build_dataset([models], output, FRAGMENTS, jobs=1)
    assert worked == [2]
    assert output.read_bytes() == whole.read_bytes()
    assert what_lies_beside(output) == ["data.h5", "whole.h5"]


@pytest.mark.usefixtures("two_parts")
def test_does_not_continue_an_interrupted_build_with_other_settings(
    models: Path, tmp_path: Path
) -> None:
    done = iter([False] * 7 + [True] * 9)
    output = tmp_path / "data.h5"
    with pytest.raises(Cancelled):
        build_dataset([models], output, FRAGMENTS, jobs=1, cancelled=lambda: next(done))
    report = build_dataset([models], output, DataSetSettings(cell=cube(30.0)), jobs=1)
    assert sum(report.examples.values()) == 10
    assert what_lies_beside(output) == ["data.h5"]


def a_full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.usefixtures("two_parts")
def test_keeps_the_old_file_if_the_disk_fills_with_parts(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "data.h5"
    output.write_bytes(b"what was there")
    real, calls = np.savez, count()

    def fills_up(file: IO[bytes], **arrays: Any) -> None:
        if next(calls) == 1:
            file.write(b"half a part")
            a_full_disk()
        real(file, **arrays)

    monkeypatch.setattr(np, "savez", fills_up)
    with pytest.raises(UserError, match="the disk is full: free some space"):
        build_dataset([models], output, FRAGMENTS, jobs=1)
    assert output.read_bytes() == b"what was there"
    assert what_lies_beside(output) == ["data.h5"]


def test_keeps_the_old_file_if_the_disk_fills_at_the_end(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "data.h5"
    output.write_bytes(b"what was there")
    real = Path.write_bytes

    def fills_up(self: Path, content: bytes) -> int:
        if self.parent != tmp_path:
            return real(self, content)
        real(self, content[: len(content) // 2])
        return a_full_disk() or 0

    monkeypatch.setattr(Path, "write_bytes", fills_up)
    with pytest.raises(UserError, match="the disk is full: free some space"):
        build_dataset([models], output, FRAGMENTS, jobs=1)
    monkeypatch.undo()
    assert output.read_bytes() == b"what was there"
    assert what_lies_beside(output) == ["data.h5"]


def test_reports_a_full_temporary_folder(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_bytes", a_full_disk)  # the copy of a model
    with pytest.raises(UserError, match=r"temporary files.*No space left on device"):
        build_dataset([models], tmp_path / "data.h5", FRAGMENTS, jobs=1)
    assert what_lies_beside(tmp_path / "data.h5") == []


def test_reports_input_without_examples(models: Path, tmp_path: Path) -> None:
    output, empty = tmp_path / "data.h5", tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match="There is no model"):
        build_dataset([empty], output, FRAGMENTS)
    with pytest.raises(UserError, match="is not a folder"):
        build_dataset([tmp_path / "missing"], output, FRAGMENTS)
    with pytest.raises(UserError, match="is a folder and cannot be written as a file"):
        build_dataset([models], empty, FRAGMENTS)
    long = DataSetSettings(kind="fragment", lengths=(9, 12), cell=None)
    with pytest.raises(UserError, match=r"No example of this kind.*14 residues in a run too short"):
        build_dataset([models], output, long, jobs=1)
    assert what_lies_beside(output) == ["empty"]


def test_uses_one_file_of_each_entry(models: Path, tmp_path: Path) -> None:
    write_protein(models / "1abc.updated.pdb", "ALA ALA ALA ALA")
    report = build_dataset([models], tmp_path / "data.h5", FRAGMENTS, jobs=1)
    assert report.residues == 14
    assert report.rejected["files of an entry given before"] == 1


def test_reads_packed_models_and_mmcif(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    structure = protein(["ALA", "GLY"])
    (folder / "1abc.pdb.gz").write_bytes(gzip.compress(structure.make_pdb_string().encode()))
    structure.make_mmcif_document().write_file(str(folder / "2abc.cif"))
    report = build_dataset([folder], tmp_path / "data.h5", FRAGMENTS, jobs=1)
    assert report.residues == 4


def test_rejects_examples_too_near_their_copy_in_a_triclinic_cell(
    models: Path, tmp_path: Path
) -> None:
    """Against gemmi's search for neighbours in the cell's images."""
    cell = (10.0, 11.0, 12.0, 75.0, 115.0, 100.0)
    report = build_dataset([models], tmp_path / "data.h5", DataSetSettings(cell=cell), jobs=1)
    data = read_dataset(tmp_path / "data.h5")
    kept = {data.example(i).name for i in range(len(data))}
    assert data.example(0).cell == cell
    build_dataset([models], tmp_path / "all.h5", DataSetSettings(cell=cube(40.0)), jobs=1)
    everything = read_dataset(tmp_path / "all.h5")
    apart = set()
    for i in range(len(everything)):
        example = everything.example(i)
        if nearest_image(example.positions, cell) >= 3.0:
            apart.add(example.name)
    assert 0 < len(kept) < len(everything)
    assert kept == apart
    assert sum(report.rejected[reason] for reason in report.rejected if "3 Å" in reason) == len(
        everything
    ) - len(kept)


def nearest_image(positions: np.ndarray, cell: tuple[float, ...]) -> float:
    """Å between atoms of neighbouring cells, by gemmi; other molecules hide nothing here,
    because no translation is as short as twice the 3 Å that matter."""
    unit_cell = gemmi.UnitCell(*cell)
    places = [gemmi.Position(*xyz) for xyz in positions.tolist()]
    nearest = min(cell[:3])
    for one, other in combinations(places, 2):
        image = unit_cell.find_nearest_pbc_image(one, other, 0)
        if image.pbc_shift != (0, 0, 0):
            nearest = min(nearest, image.dist())
    return nearest


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_builds_every_preset(models: Path, tmp_path: Path, preset: str) -> None:
    report = build_dataset([models], tmp_path / "data.h5", PRESETS[preset], jobs=1)
    assert sum(report.examples.values()) > 0


def test_stores_a_residue_in_few_enough_bytes_for_the_shared_set(
    shared_data: Path, tmp_path: Path
) -> None:
    table = read_split_table(shared_data / "proteins_dev.tsv")
    (tmp_path / "models").mkdir()
    with tarfile.open(shared_data / "proteins_dev.tar.xz") as packed:
        models = (member for member in packed if member.name.endswith(".pdb"))
        for member in islice(models, 24):
            content = packed.extractfile(member)
            assert content is not None
            (tmp_path / "models" / Path(member.name).name).write_bytes(content.read())
    output = tmp_path / "data.h5"
    report = build_dataset([tmp_path / "models"], output, PRESETS["2"], table=table, jobs=1)
    assert report.residues > 3000
    with (shared_data / "proteins_dev.tsv").open() as rows:
        residues = sum(int(row["residues"]) for row in csv.DictReader(rows, delimiter="\t"))
    assert report.size / report.residues * residues < 20e6


def test_refuses_a_file_that_another_program_builds(models: Path, tmp_path: Path) -> None:
    with (
        locked_file(tmp_path / "data.h5", "builds"),
        pytest.raises(UserError, match=r"Another patterson-gui builds .*data\.h5"),
    ):
        build_dataset([models], tmp_path / "data.h5", FRAGMENTS, jobs=1)
    assert what_lies_beside(tmp_path / "data.h5") == []
