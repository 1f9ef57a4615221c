import gzip
from dataclasses import replace
from pathlib import Path

import gemmi
import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.maps.ccp4 import read_map, write_map
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.scenes.of_files import joined, scene_of_file


@pytest.fixture
def map_file(fragment: Crystal, tmp_path: Path) -> Path:
    assert fragment.amplitudes is not None
    write_map(tmp_path / "P.ccp4", patterson(fragment.amplitudes))
    return tmp_path / "P.ccp4"


@pytest.fixture
def model_file(fragment: Crystal, tmp_path: Path) -> Path:
    assert fragment.model is not None
    write_model(tmp_path / "m.pdb", fragment.model)
    return tmp_path / "m.pdb"


def test_sends_files_in_known_formats_without_a_copy(
    map_file: Path, model_file: Path, tmp_path: Path
) -> None:
    for path in (map_file, model_file):
        (item,) = scene_of_file(path, tmp_path / "out").items
        assert item.path == path
    assert not (tmp_path / "out").exists()


def test_copies_compressed_files_and_unusual_names(
    map_file: Path, model_file: Path, tmp_path: Path
) -> None:
    packed = tmp_path / "P.map.gz"
    packed.write_bytes(gzip.compress(map_file.read_bytes()))
    (item,) = scene_of_file(packed, tmp_path / "out").items
    assert item.path.parent == tmp_path / "out"
    assert read_map(item.path).grid == pytest.approx(read_map(packed).grid, abs=1e-5)
    zipped = tmp_path / "m.pdb.gz"
    zipped.write_bytes(gzip.compress(model_file.read_bytes()))
    (item,) = scene_of_file(zipped, tmp_path / "out").items
    read = gemmi.read_structure(str(item.path))
    assert read[0].count_atom_sites() == gemmi.read_pdb(str(model_file))[0].count_atom_sites()


def test_maps_have_absolute_levels_whether_kept_in_the_bundle_or_not(
    fragment: Crystal, tmp_path: Path
) -> None:
    assert fragment.amplitudes is not None
    density = patterson(fragment.amplitudes)
    for name, levels, rmsd in (("first", {}, 1.4), ("kept", {"patterson": 3.0}, 3.0)):
        path = tmp_path / f"{name}.pgz"
        crystal = replace(fragment, is_fragment=True)
        write_bundle(path, crystal, patterson=density, levels=levels)
        items = {item.key: item for item in scene_of_file(path, tmp_path / name).items}
        assert items["patterson"].level == pytest.approx(rmsd * density.rmsd, rel=1e-4)


def test_joined_scenes_have_distinct_keys_and_the_first_cell(
    map_file: Path, model_file: Path, tmp_path: Path
) -> None:
    scenes = [scene_of_file(path, tmp_path) for path in (map_file, model_file, map_file)]
    scene = joined(scenes)
    assert len({item.key for item in scene.items}) == 3
    assert scene.cell == scenes[0].cell


def test_rejects_files_without_map_or_model(tmp_path: Path) -> None:
    hkl = tmp_path / "x.hkl"
    hkl.write_text("".join(f"   1   0{n:4d}  100.00    1.00   1\n" for n in range(30)))
    with pytest.raises(UserError, match="neither a map nor a model"):
        scene_of_file(hkl, tmp_path / "out")


def test_sends_a_density_of_vasp_as_a_map(tmp_path: Path) -> None:
    values = "".join(f" {0.1 * i:.5E}\n" for i in range(216))
    path = tmp_path / "CHGCAR"
    path.write_text(
        "NaCl\n1.0\n 4 0 0\n 0 4 0\n 0 0 4\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n\n 6 6 6\n"
        + values
    )
    (item,) = scene_of_file(path, tmp_path / "out").items
    assert item.path.suffix == ".ccp4"
    assert read_map(item.path).grid[1, 0, 0] == pytest.approx(0.1 / 64)
