"""The bundle reader of the plugins rejects archives that it cannot trust."""

import json
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle
from tests.plugins.bundles import refused, rewritten, with_manifest
from tests.plugins.load import shared_module

archive = shared_module("archive")
pgz = shared_module("pgz")
BundleError = shared_module("text").BundleError


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
    with zipfile.ZipFile(bundle, "a", zipfile.ZIP_LZMA) as zipped:
        zipped.writestr("maps/other.ccp4", b"x" * 100)
    refused(bundle, out, "compressed with another method")


def test_rejects_links(bundle: Path, out: Path) -> None:
    info = zipfile.ZipInfo("maps/link.ccp4")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(bundle, "a") as zipped:
        zipped.writestr(info, "/etc/passwd")
    refused(bundle, out, "is a link")


def test_rejects_an_entry_that_appears_twice(bundle: Path, out: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(bundle, "a") as zipped:
        zipped.writestr("manifest.json", b"{}")
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
    monkeypatch.setattr(archive, "LARGEST_SUM", 100_000)
    refused(bundle, out, "unpacks to more bytes than a bundle may hold")


def test_stops_reading_a_zip_bomb_with_a_false_size(bundle: Path, out: Path) -> None:
    with zipfile.ZipFile(bundle, "a", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("maps/bomb.ccp4", bytes(50_000_000))

    data = bundle.read_bytes()
    real = struct.pack("<I", 50_000_000)
    assert data.count(real) == 2
    bundle.write_bytes(data.replace(real, struct.pack("<I", 1000)))
    opened = archive.Archive(str(bundle))
    try:
        with pytest.raises(BundleError, match="damaged zip"):
            list(opened.parts("maps/bomb.ccp4"))
    finally:
        opened.close()


def test_counts_a_member_each_time_it_is_read(
    bundle: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(bundle) as zipped:
        (true,) = (
            part
            for part in json.loads(zipped.read("manifest.json"))["maps"]
            if part["kind"] == "true"
        )
        size = zipped.getinfo(true["file"]).file_size
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
    monkeypatch.setattr(archive, "LARGEST_SUM", 2 * size)
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
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("a", b"b")
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
    with pytest.raises(UserError) as by_program:
        read_bundle(bundle)
    with pytest.raises(BundleError) as by_plugin:
        pgz.unpack(str(bundle), str(out))
    assert str(by_plugin.value) == str(by_program.value)


def test_rejects_a_bundle_with_a_missing_member(bundle: Path, out: Path) -> None:
    rewritten(bundle, lambda members: members.pop("maps/true.ccp4"))
    refused(bundle, out, "lacks maps/true.ccp4")
