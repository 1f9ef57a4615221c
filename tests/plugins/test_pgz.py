"""The scene that the plugins make of a bundle."""

import json
import zipfile
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.colours import BUILT_CARBON_COLOUR, MAP_COLOURS
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.resources import example_path
from tests.plugins.bundles import items_of, refused, rewritten, with_manifest
from tests.plugins.conftest import toy_prediction
from tests.plugins.load import shared_module

orthogonalised = shared_module("cell").orthogonalised
pgz = shared_module("pgz")
BundleError = shared_module("text").BundleError


def test_unpacks_a_bundle_into_a_scene_with_its_levels_and_styles(
    bundle: Path, toy: Crystal, out: Path
) -> None:
    scene = pgz.unpack(str(bundle), str(out))
    items = items_of(scene)
    assert list(items) == ["patterson", "predicted", "true", "model", "atoms"]
    assert toy.amplitudes is not None
    assert toy.truth is not None
    assert items["patterson"]["level"] == pytest.approx(1.7 * patterson(toy.amplitudes).rmsd)
    assert items["true"]["level"] == pytest.approx(2.1 * toy.truth.rmsd)
    assert items["predicted"]["level"] == pytest.approx(2.5 * toy.truth.rmsd, rel=1e-5)
    assert [items[key]["style"] for key in ("true", "predicted")] == ["surface", "mesh"]
    assert not items["patterson"]["shown"]
    assert items["true"]["shown"]
    assert scene["cell"] == pytest.approx(toy.cell.parameters)
    assert scene["provenance"] == "Made for a test."
    assert scene["verdict"] == "Solved: it is a toy."
    assert "A note." in scene["notes"]
    assert items["model"]["name"] == "toy model"
    assert items["true"]["rmsd"] == pytest.approx(toy.truth.rmsd)
    json.dumps(scene)


def test_shows_the_aligned_prediction_where_the_bundle_has_one(
    bundle: Path, toy: Crystal, out: Path
) -> None:
    items = items_of(pgz.unpack(str(bundle), str(out)))
    assert items["predicted"]["name"] == "toy predicted (aligned to the truth)"
    assert toy.truth is not None
    shown = read_map(Path(items["predicted"]["path"])).grid
    np.testing.assert_allclose(shown, toy.truth.grid, atol=1e-6)


def test_notes_that_a_prediction_is_not_aligned(toy: Crystal, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "plain.pgz"
    write_bundle(path, toy, prediction=toy_prediction(toy))
    scene = pgz.unpack(str(path), str(out))
    assert any("not aligned" in note for note in scene["notes"])
    assert items_of(scene)["predicted"]["name"] == "toy predicted"


def test_colours_are_those_of_the_window() -> None:
    bundled = {kind.value: colour for kind, colour in MAP_COLOURS.items()}
    del bundled["difference"]  # bundles hold no difference maps
    assert bundled == pgz.MAP_COLOURS
    assert BUILT_CARBON_COLOUR == pgz.ATOMS_COLOUR


def test_unpacks_the_example(out: Path) -> None:
    scene = pgz.unpack(str(example_path()), str(out))
    items = items_of(scene)
    assert {"patterson", "true", "model"} <= set(items)
    assert all(item["level"] > 0 for item in items.values() if item["kind"] == "map")


def test_middle_of_a_skewed_cell_agrees_with_gemmi() -> None:
    cell = gemmi.UnitCell(9.1, 11.2, 13.3, 71, 82, 103)
    for frac in ((0.5, 0.5, 0.5), (1, 0, 0), (0, 1, 0), (0.1, -0.7, 2.3)):
        ours = orthogonalised(list(cell.parameters), frac)
        assert ours == pytest.approx(cell.orthogonalize(gemmi.Fractional(*frac)).tolist())


def test_writes_unsafe_names_as_plain_file_names(toy: Crystal, tmp_path: Path, out: Path) -> None:
    from dataclasses import replace

    path = tmp_path / "x.pgz"
    write_bundle(path, replace(toy, name='../../a";b\n$(c)'), prediction=toy_prediction(toy))
    for item in pgz.unpack(str(path), str(out))["items"]:
        assert Path(item["path"]).parent == out
        assert not set(Path(item["path"]).name) & set('";\n$()/\\')
        assert "\n" not in item["name"]


def test_ignores_manifest_values_of_other_types(bundle: Path, out: Path) -> None:
    with_manifest(
        bundle, name=5, notes={"a": 1}, cell=["x"] * 6, levels=[1], prediction=[1], aligned="no",
        provenance=None, verdict=3,
    )  # fmt: skip
    scene = pgz.unpack(str(bundle), str(out))
    assert scene["name"] == "prediction"
    assert scene["cell"] is None


def test_ignores_huge_numbers_and_cells_without_volume(
    bundle: Path, out: Path, toy: Crystal
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        maps = json.loads(archive.read("manifest.json"))["maps"]
    for part in maps:
        part["level"] = 10**400
    for cell in ([10**400] * 6, [10, 10, 10, 20, 20, 160], [9, 9, 9, 90, 90, 360], [9] * 5):
        with_manifest(bundle, maps=maps, cell=cell, model=None)
        scene = pgz.unpack(str(bundle), str(out))
        assert (scene["cell"], scene["centre"]) == (None, None)
    assert toy.truth is not None
    assert items_of(scene)["true"]["level"] == pytest.approx(2.1 * toy.truth.rmsd)


def test_shows_the_later_of_two_maps_of_one_kind(bundle: Path, out: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        maps = json.loads(archive.read("manifest.json"))["maps"]
    more = [dict(maps[0], level=0.5), {"kind": ["true"]}, {"kind": "other", "file": "x"}, 7]
    with_manifest(bundle, maps=maps + more)
    scene = pgz.unpack(str(bundle), str(out))
    assert [item["key"] for item in scene["items"]][:3] == ["patterson", "predicted", "true"]
    assert items_of(scene)["patterson"]["level"] == 0.5
    assert len({item["path"] for item in scene["items"]}) == len(scene["items"])


def test_text_of_a_bundle_is_on_one_printable_line(bundle: Path, out: Path) -> None:
    with_manifest(bundle, name="a\x1b[31m\u202eb\ud800" + "c" * 500, provenance="one\r\ntwo")
    scene = pgz.unpack(str(bundle), str(out))
    assert scene["name"].startswith("a [31m b?ccc")
    assert len(scene["name"]) == pgz.LONGEST_NAME
    assert scene["provenance"] == "one two"
    scene["name"].encode("utf-8")


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("model.pdb", b"import os\n", "is not a model"),
        ("model.pdb", b"", "is not a model"),
        ("model.pdb", b"ATOM\0", "is not a model"),
        ("model.cif", b"ATOM  1", "is not a model"),
        ("model.py", b"ATOM  1", "neither PDB nor mmCIF"),
        ("model.pdb.cxc", b"ATOM  1", "neither PDB nor mmCIF"),
    ],
)
def test_rejects_files_that_are_not_models(
    bundle: Path, out: Path, name: str, content: bytes, match: str
) -> None:
    with_manifest(bundle, model=name)
    rewritten(bundle, lambda members: members.update({name: content}))
    refused(bundle, out, match)
    assert not list(out.glob("*model*"))


def test_names_the_folder_that_has_no_space(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"could not be unpacked into .*none"):
        pgz.unpack(str(bundle), str(tmp_path / "none"))
