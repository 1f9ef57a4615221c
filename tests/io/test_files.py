"""Writing beside and renaming, and looking before reading."""

import errno
import gzip
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.files import (
    make_folder,
    plain_stem,
    read_content,
    refuse_unwritable,
    replace_file,
)
from patterson_gui.io.source_file import SourceFile


def test_replaces_a_file_without_leaving_others(tmp_path: Path):
    target = tmp_path / "Straße mit Ü" / "a map.ccp4"
    target.parent.mkdir()
    target.write_text("old")
    with replace_file(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.suffix == ".ccp4"
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_keeps_the_old_file_if_writing_fails(tmp_path: Path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write_half() -> None:
        with replace_file(target) as temporary:
            temporary.write_text("half")
            raise KeyError("in the middle")

    with pytest.raises(KeyError):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_reports_a_full_disk_in_one_sentence(tmp_path: Path):
    with pytest.raises(UserError, match="disk is full"), replace_file(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_says_that_the_disk_is_full_where_a_library_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def write() -> None:
        with replace_file(tmp_path / "phases.mtz"):
            raise RuntimeError("writing failed")

    with pytest.raises(RuntimeError):
        write()
    usage = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(UserError, match="disk is full"):
        write()
    assert not list(tmp_path.iterdir())


def test_reports_a_full_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.pdb.gz"
    path.write_bytes(gzip.compress(b"content"))

    def refuse(self: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    source = SourceFile.of(path)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(UserError, match=r"no space left on device.*TMPDIR"), source.plain_path():
        pytest.fail("must not get here")


@pytest.mark.skipif(sys.platform != "linux", reason="a folder that refuses root as well")
def test_reports_a_read_only_folder_before_the_work():
    with pytest.raises(UserError, match=r"cannot be written to|could not be written"):
        make_folder(Path("/proc/self"))
    with pytest.raises(UserError, match="could not be written"):
        refuse_unwritable(Path("/proc/self/map.ccp4"))


def test_does_not_replace_a_read_only_file(tmp_path: Path):
    target = tmp_path / "a.txt"
    target.write_text("kept")
    target.chmod(0o444)
    with pytest.raises(UserError, match="read-only"), replace_file(target):
        pytest.fail("must not get here")
    assert target.read_text() == "kept"


def test_reports_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with (
        pytest.raises(UserError, match="place for it is read-only"),
        replace_file(tmp_path / "a.txt"),
    ):
        pytest.fail("must not get here")


@pytest.mark.parametrize(
    ("name", "word"),
    [(".", "is a folder"), ("no/such/folder/a.txt", "does not exist"), ("x" * 300, "too long")],
)
def test_reports_a_target_that_cannot_be_written(tmp_path: Path, name: str, word: str):
    target = tmp_path / name
    if len(name) == 300:
        target = tmp_path / f"a.{name}"  # the ending is kept, so that the name stays too long
    with pytest.raises(UserError, match=word), replace_file(target):
        pytest.fail("must not get here")


def test_reports_a_file_in_place_of_a_folder(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="not a folder"), replace_file(tmp_path / "file" / "a.txt"):
        pytest.fail("must not get here")


def test_follows_links_and_keeps_permissions(tmp_path: Path):
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with replace_file(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_makes_a_folder_with_its_parents_or_keeps_an_existing_one(tmp_path: Path):
    folder = tmp_path / "über" / "out"
    make_folder(folder)
    (folder / "a.txt").write_text("kept")
    make_folder(folder)
    assert (folder / "a.txt").read_text() == "kept"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("file", "file exists and is not a folder: choose"),
        ("file/out", "part of its path is a file, not a folder: choose"),
        ("lost/out", "lost exists and is not a folder: choose"),
        ("x" * 300, "name is too long: choose"),
    ],
)
def test_reports_what_prevents_making_a_folder(tmp_path: Path, name: str, why: str):
    (tmp_path / "file").write_text("x")
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=f"^The folder .*{name} cannot be made, because .*{why}"):
        make_folder(tmp_path / name)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize(
    ("number", "why"), [(errno.EACCES, "is read-only"), (errno.ENOSPC, "disk is full")]
)
def test_reports_a_place_where_no_folder_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, why: str
):
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UserError, match=f"cannot be made, because .*{why}"):
        make_folder(tmp_path / "out")


def test_reports_files_that_cannot_be_read(tmp_path: Path):
    empty = tmp_path / "empty.pdb"
    empty.touch()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, word in (
        (tmp_path, "is a folder"),
        (empty, "is empty"),
        (pipe, "pipe"),
        (tmp_path / "none.pdb", "does not exist"),
        (Path("nul\x00name"), "could not be read"),
    ):
        with pytest.raises(UserError, match=word):
            read_content(path)


def test_reports_damaged_and_truncated_gzip(tmp_path: Path):
    packed = gzip.compress(b"hello " * 1000)
    broken = bytearray(packed)
    broken[20] ^= 0xFF
    for content in (b"\x1f\x8brubbish", packed[:-20], bytes(broken), packed[:12]):
        path = tmp_path / "a.gz"
        path.write_bytes(content)
        with pytest.raises(UserError, match="damaged"):
            read_content(path)


def test_rejects_content_that_unpacks_beyond_the_limit(tmp_path: Path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0" * 5_000_000))
    with pytest.raises(UserError, match="larger than"):
        read_content(path, largest=1_000_000)
    path.write_bytes(gzip.compress(b""))
    with pytest.raises(UserError, match="empty once unpacked"):
        read_content(path)


def test_recognises_packing_by_content_not_by_name(tmp_path: Path):
    import bz2
    import lzma

    for pack in (gzip.compress, bz2.compress, lzma.compress, bytes):
        path = tmp_path / "plain.txt"
        path.write_bytes(pack(b"hello"))
        assert read_content(path) == b"hello"
        with SourceFile(path).plain_path() as plain:
            assert plain.read_bytes() == b"hello"


def test_removes_packing_and_ending_from_stems():
    assert plain_stem(Path("a/6mw0-sf.cif.gz")) == "6mw0-sf"
    assert plain_stem(Path("map")) == "map"
