"""Files to be read: opened once, unpacked, and parsed once."""

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io import source_file
from patterson_gui.io.files import opened_with_packing
from patterson_gui.io.source_file import HEAD, SourceFile


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each opening of a file by its path, in order."""
    paths: list[Path] = []
    real = opened_with_packing

    def counting(path: Path):
        paths.append(path)
        return real(path)

    monkeypatch.setattr(source_file, "opened_with_packing", counting)
    monkeypatch.setattr("patterson_gui.io.files.opened_with_packing", counting)
    return paths


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_opens_a_file_once_for_everything_it_gives(tmp_path: Path, openings: list[Path], pack):
    path = tmp_path / "a.txt"
    path.write_bytes(pack(b"one\r\ntwo\n" * 20_000))
    source = SourceFile(path)
    assert openings == []
    assert source.head == (b"one\r\ntwo\n" * 20_000)[:HEAD]
    assert source.content == b"one\r\ntwo\n" * 20_000
    assert source.text == "one\ntwo\n" * 20_000
    assert source.size == 180_000
    assert source.is_packed == (pack is not bytes)
    with source.open() as file:
        assert file.read(3) == b"one"
    with source.plain_path() as plain:
        assert plain.read_bytes() == source.content
        assert (plain == path) == (pack is bytes)
    assert openings == [path]


def test_reads_a_large_file_piece_by_piece(
    tmp_path: Path, openings: list[Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(source_file, "LARGEST_KEPT", 2 * HEAD)
    for pack in (bytes, gzip.compress):
        path = tmp_path / f"a{pack.__name__}"
        path.write_bytes(pack(bytes(range(256)) * 1000))
        openings.clear()
        source = SourceFile(path)
        assert len(source.head) == HEAD
        assert source.kept_content is None
        assert source.size == (256_000 if pack is bytes else None)
        with source.open() as file:
            assert file.read() == bytes(range(256)) * 1000
        assert len(openings) == 2
        assert source.content == bytes(range(256)) * 1000


def test_keeps_a_file_of_exactly_the_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(source_file, "LARGEST_KEPT", 2 * HEAD)
    for n, kept in ((2 * HEAD, True), (2 * HEAD + 1, False)):
        for pack in (bytes, gzip.compress):
            path = tmp_path / "a"
            path.write_bytes(pack(bytes(n)))
            source = SourceFile(path)
            assert (len(source._beginning.content) == n) is kept
            assert len(source.content) == n


def test_recognises_a_file_whose_end_is_damaged_and_reports_the_damage(tmp_path: Path):
    path = tmp_path / "a.gz"
    packed = bytearray(gzip.compress(b"data_x\n" * 100_000))
    path.write_bytes(packed[:-4])
    source = SourceFile(path)
    assert source.head.startswith(b"data_x\n")
    for read in (lambda: source.content, lambda: source.text):
        with pytest.raises(UserError, match=r"a\.gz is damaged"):
            read()
    with pytest.raises(UserError, match=r"a\.gz is damaged"), source.open() as file:
        file.read()


def test_says_that_a_packed_file_is_empty(tmp_path: Path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b""))
    assert SourceFile(path).head == b""
    with pytest.raises(UserError, match="empty once unpacked"):
        _ = SourceFile(path).content


def test_gives_no_text_for_a_binary_head(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"MTZ \x00\x01")
    assert SourceFile(path).head_text == ""
    path.write_bytes("\ufeffÅ\r\n".encode())
    assert SourceFile(path).head_text == "Å\n"
    path.write_bytes("Å".encode("latin-1"))
    assert SourceFile(path).head_text == "Å"


def test_parses_once(tmp_path: Path):
    path = tmp_path / "a"
    path.write_text("1 2 3")
    source, calls = SourceFile(path), []

    def words(source: SourceFile) -> list[str]:
        calls.append(source)
        return source.text.split()

    assert source.parsed(words) is source.parsed(words)
    assert calls == [source]


def test_finds_files_beside_and_opens_each_once(tmp_path: Path):
    for name in ("a.res", "a.hkl", "a.cif", "b.res"):
        (tmp_path / name).write_text(name)
    source = SourceFile(tmp_path / "a.hkl")
    res, cif = source.beside((".res", ".cif"))
    assert [res.name, cif.name] == ["a.res", "a.cif"]
    assert source.beside((".cif",)) == [cif]
    assert res.beside((".hkl", ".cif")) == [source, cif]


def test_content_in_memory_has_a_name_and_no_siblings(tmp_path: Path):
    source = SourceFile.in_memory("x.pdb in b.pgz", b"\x1f\x8b as it is")
    assert source.name == "x.pdb in b.pgz"
    assert source.content == b"\x1f\x8b as it is"
    assert source.beside((".pdb",)) == []
    with source.plain_path() as plain:
        assert plain.read_bytes() == source.content
    assert not plain.exists()


def test_returns_a_source_file_unchanged(tmp_path: Path):
    source = SourceFile.of(tmp_path / "a")
    assert SourceFile.of(source) is source
    assert SourceFile.of(str(tmp_path / "a")).path == source.path


# ---------------------------------------------------------------- changes while a file is read
def _write_again(path: Path, content: bytes) -> None:
    """Write a file with another time of change, as a later moment has."""
    path.write_bytes(content)
    now = path.stat().st_mtime_ns
    os.utime(path, ns=(now + 10_000_000, now + 10_000_000))


CHANGES: list[Callable[[Path], None]] = [
    lambda path: _write_again(path, b"b" * path.stat().st_size),  # of the same size
    lambda path: _write_again(path, b"b" * (path.stat().st_size // 2)),
    lambda path: path.unlink(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_refuses_a_large_file_that_changes_between_two_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
):
    monkeypatch.setattr(source_file, "LARGEST_KEPT", HEAD)
    path = tmp_path / "a.ccp4"
    path.write_bytes(b"a" * 5 * HEAD)
    for read in (lambda s: s.content, _read_in_pieces, _read_by_path):
        path.write_bytes(b"a" * 5 * HEAD)
        source = SourceFile(path)
        assert source.head == b"a" * HEAD
        change(path)
        with pytest.raises(UserError, match="was changed or removed while it was read"):
            read(source)


def _read_in_pieces(source: SourceFile) -> bytes:
    with source.open() as file:
        return file.read()


def _read_by_path(source: SourceFile) -> bytes:
    with source.plain_path() as path:
        return path.read_bytes()


@pytest.mark.parametrize("change", CHANGES)
def test_a_small_file_that_changes_after_it_was_opened_stays_whole(
    tmp_path: Path, change: Callable[[Path], None]
):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 3 * HEAD)
    source = SourceFile(path)
    with source.unchanged():
        assert source.head == b"a" * HEAD
        change(path)
        assert source.content == b"a" * 3 * HEAD


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("which", ["a.hkl", "a.ins"])
def test_refuses_files_of_one_name_that_are_of_different_moments(
    tmp_path: Path, change: Callable[[Path], None], which: str
):
    for name in ("a.hkl", "a.ins"):
        (tmp_path / name).write_text("text")
    with pytest.raises(UserError, match=f"{which} was changed or removed"):
        _read_both(SourceFile(tmp_path / "a.hkl"), lambda: change(tmp_path / which))


def _read_both(source: SourceFile, then: Callable[[], object]) -> None:
    with source.unchanged():
        (beside,) = source.beside([".ins"])
        assert source.text == beside.text == "text"
        then()


def test_an_error_of_a_file_that_changed_says_that_it_changed(tmp_path: Path):
    for name in ("a.hkl", "a.ins"):
        (tmp_path / name).write_text("text")

    def fail() -> None:
        _write_again(tmp_path / "a.hkl", b"other")
        raise UserError("a.hkl is damaged.")

    with pytest.raises(UserError, match="was changed or removed"):
        _read_both(SourceFile(tmp_path / "a.hkl"), fail)
