"""The bundle reader of the plugins: what it shows, and what it rejects."""

import json
import stat
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.colours import MAP_COLOURS, element_colour
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle, write_bundle
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.resources import example_path
from tests.plugins.conftest import toy_prediction
from tests.plugins.load import SOURCES, load

pgz = load(SOURCES / "common" / "pgz.py", "pgz_under_test")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def items_of(scene: dict) -> dict[str, dict]:
    return {item["key"]: item for item in scene["items"]}


def rewritten(bundle: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The bundle with its members changed."""
    with zipfile.ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return bundle


def with_manifest(bundle: Path, **changes: object) -> Path:
    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"]) | changes
        members["manifest.json"] = json.dumps(manifest).encode()

    return rewritten(bundle, change)


# ---------------------------------------------------------------------- what is shown
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
    assert {kind.value: colour for kind, colour in MAP_COLOURS.items()} == pgz.MAP_COLOURS
    assert element_colour("C") == pgz.ATOMS_COLOUR


def test_unpacks_the_example(out: Path) -> None:
    scene = pgz.unpack(str(example_path()), str(out))
    items = items_of(scene)
    assert {"patterson", "true", "model"} <= set(items)
    assert all(item["level"] > 0 for item in items.values() if item["kind"] == "map")


def test_middle_of_a_skewed_cell_agrees_with_gemmi() -> None:
    cell = gemmi.UnitCell(9.1, 11.2, 13.3, 71, 82, 103)
    for frac in ((0.5, 0.5, 0.5), (1, 0, 0), (0, 1, 0), (0.1, -0.7, 2.3)):
        ours = pgz.orthogonalised(list(cell.parameters), frac)
        assert ours == pytest.approx(cell.orthogonalize(gemmi.Fractional(*frac)).tolist())


def test_writes_unsafe_names_as_plain_file_names(toy: Crystal, tmp_path: Path, out: Path) -> None:
    from dataclasses import replace

    path = tmp_path / "x.pgz"
    write_bundle(path, replace(toy, name='../../a";b\n$(c)'), prediction=toy_prediction(toy))
    for item in pgz.unpack(str(path), str(out))["items"]:
        assert Path(item["path"]).parent == out
        assert not set(Path(item["path"]).name) & set('";\n$()/\\')
        assert "\n" not in item["name"]


# ---------------------------------------------------------------------- what is refused
def refused(path: Path, out: Path, match: str) -> None:
    with pytest.raises(pgz.BundleError, match=match) as caught:
        pgz.unpack(str(path), str(out))
    assert "\n" not in str(caught.value)
    assert list(out.iterdir()) == [] or match != "points outside"


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up.ccp4", "a/../../b", "a\\b.ccp4", "C:x", "c:/x"]
)
def test_rejects_entries_that_point_outside_the_archive(bundle: Path, out: Path, name: str) -> None:
    rewritten(bundle, lambda members: members.update({name: b"x"}))
    refused(bundle, out, "points outside")


def test_rejects_an_entry_name_with_a_nul(bundle: Path, out: Path) -> None:
    rewritten(bundle, lambda members: members.update({"maps/zero.ccp4": b"x"}))
    bundle.write_bytes(bundle.read_bytes().replace(b"maps/zero.ccp4", b"maps/\0ero.ccp4"))
    refused(bundle, out, "points outside")


def test_rejects_entries_with_another_compression(bundle: Path, out: Path) -> None:
    # Each way of packing has errors of its own, and some take any amount of memory.
    with zipfile.ZipFile(bundle, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("maps/other.ccp4", b"x" * 100)
    refused(bundle, out, "compressed with another method")


def test_rejects_links(bundle: Path, out: Path) -> None:
    info = zipfile.ZipInfo("maps/link.ccp4")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    refused(bundle, out, "is a link")


def test_rejects_an_entry_that_appears_twice(bundle: Path, out: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("manifest.json", b"{}")
    refused(bundle, out, "twice")


def test_rejects_encrypted_entries(bundle: Path, out: Path) -> None:
    data = bytearray(bundle.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    bundle.write_bytes(data)
    refused(bundle, out, "is encrypted")


def test_rejects_too_many_entries(bundle: Path, out: Path) -> None:
    rewritten(bundle, lambda members: members.update({f"x{n}": b"" for n in range(200)}))
    refused(bundle, out, "more than any bundle")


def test_rejects_a_zip_bomb_by_its_declared_size(
    bundle: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pgz, "LARGEST_SUM", 100_000)
    refused(bundle, out, "unpacks to more bytes than a bundle may hold")


def test_stops_reading_a_zip_bomb_with_a_false_size(bundle: Path, out: Path) -> None:
    with zipfile.ZipFile(bundle, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("maps/bomb.ccp4", bytes(50_000_000))

    data = bundle.read_bytes()
    real = struct.pack("<I", 50_000_000)
    assert data.count(real) == 2
    bundle.write_bytes(data.replace(real, struct.pack("<I", 1000)))
    with zipfile.ZipFile(bundle) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["maps"][0]["file"] = "maps/bomb.ccp4"
    raw = bundle.read_bytes()
    bundle.write_bytes(raw)
    archive = pgz._Archive(str(bundle))
    try:
        with pytest.raises(pgz.BundleError):
            b"".join(archive.parts("maps/bomb.ccp4"))
    finally:
        archive.close()


def test_counts_a_member_each_time_it_is_read(
    bundle: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        (true,) = (
            part
            for part in json.loads(archive.read("manifest.json"))["maps"]
            if part["kind"] == "true"
        )
        size = archive.getinfo(true["file"]).file_size
    maps = [dict(true, kind=kind) for kind in ("patterson", "true", "density")]
    with_manifest(bundle, maps=maps, aligned=None)
    rewritten(
        bundle,
        lambda members: [
            members.pop(name)
            for name in list(members)
            if name not in (true["file"], "manifest.json")
        ],
    )
    monkeypatch.setattr(pgz, "LARGEST_SUM", 2 * size)
    refused(bundle, out, "unpacks to more bytes than a bundle may hold")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"not json", "damaged manifest"),
        (b"\xff\xfe", "damaged manifest"),
        (b"[]", "not a prediction bundle"),
        (b'{"format": "other"}', "not a prediction bundle"),
        (b'{"format": "patterson_gui bundle", "schema_version": 99}', "unknown bundle"),
        (b'{"format": "patterson_gui bundle", "schema_version": true}', "unknown bundle"),
        (b'{"format": "patterson_gui bundle", "schema_version": "a\\nb"}', "unknown bundle"),
        (b"1" * 5000, "damaged manifest"),
        (b"[" * 100_000, "damaged manifest"),
    ],
)
def test_rejects_an_unusable_manifest(bundle: Path, out: Path, content: bytes, match: str) -> None:
    rewritten(bundle, lambda members: members.update({"manifest.json": content}))
    refused(bundle, out, match)


def test_rejects_a_file_that_is_not_a_zip_or_has_no_manifest(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "x.pgz"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    refused(path, out, "damaged zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"b")
    refused(path, out, "is a zip archive, not a prediction bundle")
    refused(tmp_path / "none.pgz", out, "could not be opened")


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.pop("manifest.json"),
        lambda members: members.update({"manifest.json": b"[]"}),
        lambda members: members.update({"manifest.json": b"not json"}),
        lambda members: members.update(
            {"manifest.json": b'{"format": "patterson_gui bundle", "schema_version": 99}'}
        ),
        lambda members: members.pop("maps/patterson.ccp4"),
        lambda members: members.update({f"x{n}": b"" for n in range(300)}),
        lambda members: members.update({"../x": b""}),
    ],
)
def test_says_the_same_sentence_as_the_program(
    bundle: Path, out: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    rewritten(bundle, change)
    with pytest.raises(UserError) as told:
        read_bundle(bundle)
    with pytest.raises(pgz.BundleError) as told_inside:
        pgz.unpack(str(bundle), str(out))
    assert str(told_inside.value) == str(told.value)


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


def test_rejects_a_bundle_with_a_missing_member(bundle: Path, out: Path) -> None:
    rewritten(bundle, lambda members: members.pop("maps/true.ccp4"))
    refused(bundle, out, "lacks maps/true.ccp4")


def damaged(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[dict[str, bytes]], None]:
    def apply(members: dict[str, bytes]) -> None:
        members["maps/true.ccp4"] = bytes(change(bytearray(members["maps/true.ccp4"])))

    return apply


def put(data: bytearray, word: int, form: str, value: float) -> bytearray:
    struct.pack_into(form, data, 4 * (word - 1), value)
    return data


def operation(data: bytearray, triplet: str) -> bytearray:
    """The first symmetry operation is another."""
    data[1024:1104] = triplet.ljust(80).encode()
    return data


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda d: d[:500], "not a CCP4 map"),
        (lambda d: b"text " * 1000, "not a CCP4 map"),
        (lambda d: d[:-4], "wrong length"),
        (lambda d: d + b"1234", "wrong length"),
        (lambda d: put(d, 1, "<i", -5), "damaged map header"),
        (lambda d: put(d, 2, "<i", 2_000_000_000), "damaged map header"),
        (lambda d: put(d, 4, "<i", 0), "not a map in mode 2"),
        (lambda d: put(d, 17, "<i", 3), "damaged map header"),
        (lambda d: put(d, 24, "<i", -80), "damaged map header"),
        (lambda d: put(d, 11, "<f", 0.0), "damaged map header"),
        (lambda d: put(d, 14, "<f", float("nan")), "damaged map header"),
        (lambda d: put(d, 14, "<f", 5.0), "damaged map header"),  # no three angles of a corner
        (lambda d: put(d, 55, "<f", float("inf")), "damaged map header"),
        (lambda d: put(d, 25, "<i", 1), "damaged map header"),
        # Coot's reader ends at these, or goes on without end.
        (lambda d: put(d, 54, "<i", -1), "damaged map header"),
        (lambda d: put(d, 54, "<i", 0x1111), "damaged map header"),
        (lambda d: put(d, 56, "<i", 11), "damaged map header"),
        (lambda d: put(d, 56, "<i", -1), "damaged map header"),
        (lambda d: put(put(put(d, 8, "<i", 1 << 16), 9, "<i", 1 << 16), 10, "<i", 9), "damaged"),
        (lambda d: operation(d, "x,x,z"), "damaged map header"),
        (lambda d: operation(d, "x+y,y,z"), "damaged map header"),
        (lambda d: operation(d, "2x,y,z"), "damaged map header"),
        (lambda d: operation(d, "x,y"), "damaged map header"),
        (lambda d: operation(d, ""), "damaged map header"),
        (lambda d: put(d, len(d) // 4, "<f", float("nan")), "not numbers"),
        (lambda d: put(d, len(d) // 4 - 7, "<f", float("inf")), "not numbers"),
        (lambda d: put(d, len(d) // 4 - 7, "<f", 1e20), "not numbers"),
    ],
)
def test_rejects_damaged_maps(
    bundle: Path, out: Path, change: Callable[[bytearray], bytes], match: str
) -> None:
    rewritten(bundle, damaged(change))
    refused(bundle, out, match)
    assert not list(out.glob("*true*"))


def test_accepts_maps_of_every_space_group(tmp_path: Path) -> None:
    path = tmp_path / "map.ccp4"
    one = {group.number: group for group in gemmi.spacegroup_table()}
    odd = [
        gemmi.find_spacegroup_by_name(name) for name in ("F d -3 m:1", "R 3:H", "C -1", "P 21 1 1")
    ]
    for group in [*one.values(), *odd]:
        written = gemmi.Ccp4Map()
        written.grid = gemmi.FloatGrid(24, 24, 24)
        written.grid.spacegroup = group
        written.grid.set_unit_cell(gemmi.UnitCell(20, 20, 20, 90, 90, 90))
        written.update_ccp4_header(2)
        written.write_ccp4_map(str(path))
        assert pgz.check_map(str(path)) == 0.0


def test_reports_a_map_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(pgz.BundleError, match=r"^none.ccp4 could not be read"):
        pgz.check_map(str(tmp_path / "none.ccp4"))


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
    with pytest.raises(pgz.BundleError, match=r"could not be unpacked into .*none"):
        pgz.unpack(str(bundle), str(tmp_path / "none"))


# ---------------------------------------------------------------------- predicting
def program(tmp_path: Path, text: str) -> str:
    path = tmp_path / "patterson-gui"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_a_prediction_runs_as_a_process_and_its_failure_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "import os; open(sys.argv[4] + '/prediction.pgz', 'w').write(' '.join(sys.argv[1:]))"
    good = program(tmp_path, told)
    monkeypatch.setenv("PATTERSON_GUI", good)
    assert pgz.find_patterson_gui() == [good]
    running = pgz.Prediction([good], "in.pdb", str(tmp_path), ["--seed", "1"])
    assert Path(running.result()).read_text() == f"predict in.pdb -o {tmp_path} --seed 1"
    words = "print('Note: x'); sys.exit('patterson-gui: No cell: give one.')"
    bad = program(tmp_path, words)
    (tmp_path / "prediction.pgz").unlink()
    with pytest.raises(pgz.BundleError, match=r"^Nothing was predicted: No cell: give one\.$"):
        pgz.Prediction([bad], "in.pdb", str(tmp_path)).result()
    slow = pgz.Prediction([program(tmp_path, "time.sleep(60)")], "in.pdb", str(tmp_path))
    assert not slow.ended()
    slow.cancel()
    with pytest.raises(pgz.BundleError, match=r"^Nothing was predicted: it was stopped\.$"):
        slow.result()
    with pytest.raises(pgz.BundleError, match="could not be started"):
        pgz.Prediction([str(tmp_path / "none")], "in.pdb", str(tmp_path))


def test_without_patterson_gui_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATTERSON_GUI", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    assert pgz.find_patterson_gui() is None
