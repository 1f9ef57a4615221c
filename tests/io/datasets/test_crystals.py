from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import unit_cell_sample, window_sample
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.dataset_building import build_crystals as build
from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
from patterson_gui.io.datasets.crystals import (
    MaterialDataSet,
    MaterialDataSetSettings,
    is_material_dataset,
    read_material_dataset,
    rotation_of,
)
from patterson_gui.io.datasets.proteins import read_dataset
from patterson_gui.io.datasets.splits import read_split_table
from patterson_gui.io.models.writers.materials import write_materials
from tests.crystal.example_materials import hematite, perovskite, rock_salt

CRYSTAL = MaterialDataSetSettings()
LATTICE = MaterialDataSetSettings(kind="lattice", seed=5)


def _with(material: Material, **changes: str) -> Material:
    return replace(material, **changes)  # type: ignore[arg-type]


@pytest.fixture
def materials() -> list[Material]:
    """Three that fit, each of a split of its own."""
    return [
        _with(rock_salt(), split="train"),
        _with(perovskite(), split="val"),
        _with(hematite(), split="test"),
    ]


@pytest.fixture
def source(tmp_path: Path, materials: list[Material]) -> Path:
    path = tmp_path / "in" / "some.extxyz"
    path.parent.mkdir()
    write_materials(path, materials)
    return path


def built(
    source: Path, settings: MaterialDataSetSettings = CRYSTAL, name: str = "data.h5"
) -> MaterialDataSet:
    output = source.parent.parent / name
    build_material_dataset([source], output, settings)
    return read_material_dataset(output)


def test_reads_crystals_back_within_two_thousandths_of_an_angstrom(
    source: Path, materials: list[Material]
) -> None:
    data = built(source)
    assert len(data) == data.n_examples == 3
    for i, before in enumerate(materials):
        after = data.material(i)
        assert (after.name, after.identifier, after.split) == (
            before.name, before.identifier, before.split,
        )  # fmt: skip
        assert after.numbers.tolist() == before.numbers.tolist()
        assert np.abs(after.positions - before.positions).max() < 0.002
        assert after.lattice is not None
        assert before.lattice is not None
        assert np.abs(after.lattice - before.lattice).max() < 1e-5
    assert data.in_split("val").tolist() == [1]
    assert data.provenance.splits == "by the files"


def test_stores_crystals_in_standard_axes(tmp_path: Path) -> None:
    turn = rotation_of(np.array([0.5, 0.5, 0.5, 0.5]))
    ore = hematite()
    assert ore.lattice is not None
    turned = replace(ore, positions=ore.positions @ turn.T, lattice=ore.lattice @ turn.T)
    folder = tmp_path / "in"
    folder.mkdir()
    write_materials(folder / "a.xyz", [turned])
    lattice = built(folder / "a.xyz").lattice(0)
    assert np.abs(lattice - ore.lattice).max() < 1e-4


def test_example_of_a_unit_cell_equals_its_sample_in_the_cube(source: Path) -> None:
    data = built(source)
    expected = unit_cell_sample(data.material(2))
    assert np.array_equal(data.example(2).positions, expected.positions)
    assert data.example(2).kind == "crystal"


def test_windows_differ_and_are_reproducible(source: Path) -> None:
    data, again = built(source, LATTICE), built(source, LATTICE, "again.h5")
    assert data.n_examples == 9
    first = window_sample(data.material(1))
    assert np.array_equal(data.example(3).positions, first.positions)
    for example in range(9):
        sample = data.example(example)
        assert np.array_equal(sample.positions, again.example(example).positions)
        assert sample.inside.any()
        assert np.linalg.det(sample.lattice) == pytest.approx(
            np.linalg.det(data.lattice(data.crystal_of(example)))
        )
    assert not np.allclose(data.example(4).lattice, data.example(5).lattice)


def test_rotations_of_windows_are_uniform() -> None:
    _, rotations = build.windows(4000, MaterialDataSetSettings(kind="lattice", windows=2))
    quaternions = rotations[:, 1] / 32767.0
    assert np.allclose(np.linalg.norm(quaternions, axis=1), 1, atol=1e-3)
    # The mean of a uniform rotation matrix is zero, its entries' mean square 1/3.
    turns = np.array([rotation_of(q) for q in quaternions])
    assert np.abs(turns.mean(0)).max() < 0.05
    assert np.abs((turns**2).mean(0) - 1 / 3).max() < 0.03


def test_the_same_input_and_seed_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / source.name
    copy.parent.mkdir()
    copy.write_bytes(source.read_bytes())
    one, two = built(source, LATTICE), built(copy, LATTICE, "b.h5")
    assert one.path.read_bytes() == two.path.read_bytes()
    other = built(source, LATTICE.model_copy(update={"seed": 6}), "c.h5")
    assert other.sha256 != one.sha256


def test_counts_rejected_crystals_by_reason(tmp_path: Path, materials: list[Material]) -> None:
    molecule = Material(np.zeros((1, 3)), np.array([2]), name="He", split="train")
    heavy = _with(rock_salt(cation=98), identifier="heavy", split="train")
    large = Material(
        np.array([[0.0, 0, 0], [12.0, 0, 0]]), np.array([11, 17]), 24 * np.eye(3), "wide", "wide",
        "train",
    )  # fmt: skip
    path = tmp_path / "some.extxyz"
    write_materials(path, [*materials, molecule, heavy, large, materials[0]])
    with path.open("a") as file:
        file.write("1\nLattice='1 0 0 0 1 0 0 0 1'\nQq 0 0 0\n3\n")
    report = build_material_dataset([path], tmp_path / "data.h5", CRYSTAL)
    assert report.rejected == {
        build.WITHOUT_LATTICE: 1,
        build.UNKNOWN_ELEMENTS: 1,
        build.TOO_LARGE: 1,
        build.GIVEN_BEFORE: 1,
        build.UNREADABLE: 2,
    }
    assert "Frame 8" in report.first_error
    data = read_material_dataset(tmp_path / "data.h5")
    assert data.provenance.rejected == report.rejected
    lattice = build_material_dataset([path], tmp_path / "wide.h5", LATTICE)
    assert build.TOO_LARGE not in lattice.rejected


def test_draws_splits_with_each_composition_in_one_split(tmp_path: Path) -> None:
    # Each composition twice, as two cells of one and two formula units.
    anions, cations = (9, 17, 35, 53), range(20, 31)
    crystals = [
        _with(rock_salt(a, c, edge), name="", identifier=f"{c}-{a}-{edge}")
        for a in anions for c in cations for edge in (5.5, 6.0)
    ]  # fmt: skip
    path = tmp_path / "in" / "many.xyz"
    path.parent.mkdir()
    write_materials(path, crystals)
    data = built(path)
    by_composition: dict[str, set[int]] = {}
    for i in range(len(data)):
        key = build.reduced_formula(data.material(i))
        by_composition.setdefault(key, set()).add(int(data.split[i]))
    assert len(by_composition) == 44
    assert all(len(splits) == 1 for splits in by_composition.values())
    assert all(len(data.in_split(name)) >= 4 for name in ("train", "val", "test"))


def test_follows_a_table_of_identifiers_and_leaves_out_others(source: Path, tmp_path: Path) -> None:
    table = tmp_path / "splits.tsv"
    table.write_text("entry\tsplit\nsalt\ttest\nhematite\ttrain\n")
    report = build_material_dataset(
        [source], tmp_path / "data.h5", CRYSTAL, table=read_split_table(table)
    )
    data = read_material_dataset(report.path)
    assert [m.split for m in map(data.material, range(2))] == ["test", "train"]
    assert report.rejected == {build.NOT_IN_TABLE: 1}


def test_reports_compositions_in_several_splits(tmp_path: Path, materials: list[Material]) -> None:
    path = tmp_path / "in" / "a.xyz"
    path.parent.mkdir()
    write_materials(path, [*materials, _with(rock_salt(), identifier="other", split="test")])
    assert built(path).provenance.splits == "by the files (1 of 3 compositions stand in several)"


def test_rejects_an_unknown_split(tmp_path: Path, materials: list[Material]) -> None:
    path = tmp_path / "a.xyz"
    write_materials(path, [materials[0], _with(materials[1], split="holdout")])
    with pytest.raises(UserError, match="CaTiO3 perovskite the split 'holdout'"):
        build_material_dataset([path], tmp_path / "data.h5", CRYSTAL)


def test_limits_the_number_of_crystals_of_a_split(tmp_path: Path) -> None:
    path = tmp_path / "in" / "a.xyz"
    path.parent.mkdir()
    many = [_with(rock_salt(edge=5 + i / 10), identifier=str(i), split="train") for i in range(9)]
    write_materials(path, many)
    data = built(path, LATTICE.model_copy(update={"most_examples": 4}))
    assert (len(data), data.n_examples) == (4, 12)
    assert data.provenance.rejected == {build.NOT_ASKED_FOR: 5}


def test_leaves_no_file_after_a_cancelled_or_empty_build(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        build_material_dataset([source], tmp_path / "a.h5", CRYSTAL, cancelled=lambda: True)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match="no file of crystals"):
        build_material_dataset([empty], tmp_path / "a.h5", CRYSTAL)
    source.write_text("1\n\nHe 0 0 0\n")
    with pytest.raises(UserError, match="No crystal can be used .* without a lattice"):  # noqa: RUF043
        build_material_dataset([source], tmp_path / "a.h5", CRYSTAL)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "in"]


def test_searches_folders_and_uses_each_file_once(source: Path, tmp_path: Path) -> None:
    report = build_material_dataset([source.parent, source], tmp_path / "a.h5", CRYSTAL)
    assert report.files == 1
    assert sum(report.crystals.values()) == 3


def test_distinguishes_the_kinds_of_data_sets(source: Path, tmp_path: Path) -> None:
    data = built(source)
    assert is_material_dataset(data.path)
    assert not is_material_dataset(source)
    with pytest.raises(UserError, match="not a data set of this program"):
        read_dataset(data.path)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    assert not is_material_dataset(tmp_path / "other.h5")
    with pytest.raises(UserError, match="not a data set of crystals"):
        read_material_dataset(tmp_path / "other.h5")


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.99])
def test_reports_a_truncated_file_in_one_sentence(source: Path, keep: float) -> None:
    path = built(source).path
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(UserError, match="damaged or was cut short"):
        read_material_dataset(path)


@pytest.mark.parametrize("name", ["crystals/n_atoms", "crystals/lattice", "windows/rotation"])
def test_rejects_inconsistent_arrays(source: Path, name: str) -> None:
    path = built(source).path
    with h5py.File(path, "r+") as file:
        values = file[name][()]
        del file[name]
        file[name] = values[:-1]
    with pytest.raises(UserError, match="its arrays are inconsistent"):
        read_material_dataset(path)


def test_reports_the_version_of_a_newer_file(source: Path) -> None:
    path = built(source).path
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = 2
    with pytest.raises(UserError, match=r"version 2, .* update the program"):
        read_material_dataset(path)


def test_a_unit_cell_has_one_window() -> None:
    assert MaterialDataSetSettings().windows == 1
    assert MaterialDataSetSettings(kind="lattice").windows == 3
    with pytest.raises(ValueError, match="one example"):
        MaterialDataSetSettings(windows=2)
