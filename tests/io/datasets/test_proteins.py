import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from pydantic import ValidationError

from patterson_gui.errors import UserError
from patterson_gui.io.dataset_building.build_proteins import build_dataset
from patterson_gui.io.datasets.proteins import DataSetSettings, cube, read_dataset
from tests.io.small_proteins import write_protein


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three dipeptides."""
    (tmp_path / "models").mkdir()
    write_protein(tmp_path / "models" / "1abc.pdb", "ALA GLY SER ALA")
    settings = DataSetSettings(cell=cube(30.0))
    return build_dataset([tmp_path / "models"], tmp_path / "data.h5", settings, jobs=1).path


def test_positions_of_an_example_are_relative_to_its_centre_of_mass(data: Path) -> None:
    example = read_dataset(data).example(1)
    np.testing.assert_allclose(example.numbers @ example.positions, 0.0, atol=1e-3)
    assert example.name == "1abc A:2-3 GLY-SER"
    assert example.elements == {6: 5, 7: 2, 8: 3}
    assert example.residue_index.tolist() == [0] * 4 + [1] * 6
    assert (example.cell, example.d_min, example.b_iso) == (cube(30.0), 1.5, 20.0)


def test_reports_another_version_of_the_format(data: Path) -> None:
    for version, advice in ((2, "update the program"), (0, "build it again")):
        with h5py.File(data, "r+") as file:
            file.attrs["schema_version"] = version
        with pytest.raises(UserError, match=rf"of version {version}, .* reads version 1: {advice}"):
            read_dataset(data)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_reports_a_truncated_data_set(data: Path, share: float) -> None:
    content = data.read_bytes()
    data.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=r"is damaged or was cut short .*: copy it again"):
        read_dataset(data)


def test_damaged_bytes_raise_nothing_but_a_user_error(data: Path) -> None:
    content = np.frombuffer(data.read_bytes(), np.uint8)
    random = np.random.default_rng(0)
    for _ in range(40):
        damaged = content.copy()
        where = random.integers(8, len(content), 200)
        damaged[where] = random.integers(0, 256, 200)
        data.write_bytes(damaged.tobytes())
        try:
            found = read_dataset(data)
            for i in range(len(found)):
                found.example(i)
        except UserError:
            pass


def test_rejects_files_that_are_not_data_sets(data: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.h5"
    text.write_text("not HDF5")
    with pytest.raises(UserError, match=r"is not a data set \(HDF5\)"):
        read_dataset(text)
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = [1, 2]
    with pytest.raises(UserError, match="not a data set of this program"):
        read_dataset(other)
    with pytest.raises(UserError, match="does not exist"):
        read_dataset(tmp_path / "missing.h5")
    with pytest.raises(UserError, match="is a folder"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("examples/first", 3),  # a window beyond the last residue
        ("examples/length", 0),
        ("examples/split", 3),
        ("residues/n_atoms", 200),
        ("residues/chain", 1),
        ("residues/name", 9),
        ("atoms/name", 99),
    ],
)
def test_rejects_indices_out_of_range(data: Path, column: str, value: int) -> None:
    with h5py.File(data, "r+") as file:
        file[column][-1] = value
    with pytest.raises(UserError, match="is damaged or was cut short"):
        read_dataset(data)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"lengths": (3, 3)}, "a dipeptide has two residues"),
        ({"kind": "fragment", "lengths": (5, 2)}, "the smaller number first"),
        ({"kind": "fragment", "lengths": (0, 2)}, "cannot have 0 to 2 residues"),
        ({"cell": (10.0, 10.0, 10.0, 120.0, 120.0, 125.0)}, "angles that enclose a volume"),
        ({"cell": (1.4, 10.0, 10.0, 90.0, 90.0, 90.0)}, "at least 1.5 Å"),
        ({"cell": cube(-1.0)}, "edges of at least"),
        ({"d_min": 0.0}, "greater than 0"),
    ],
)
def test_rejects_impossible_settings(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        DataSetSettings.model_validate(wrong)


def test_reads_a_data_set_with_only_the_packages_for_training() -> None:
    block = "import sys; sys.modules.update(dict.fromkeys(['scipy', 'joblib', 'dask']))"
    code = f"{block}; import patterson_gui.io.datasets.proteins"
    subprocess.run([sys.executable, "-c", code], check=True)
